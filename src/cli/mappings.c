/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See mappings.h. A --block-device is a list of KEY=VALUE between commas, with the keys of the
 * compute API's block_device_mapping_v2.
 */
#include "cli/mappings.h"

#include "base/str.h"

enum { NOT_BOOTABLE = -1 };

typedef struct TextKey {
	const char *key;
	size_t offset;
} TextKey;

static const TextKey text_keys[] = {
	{"uuid", offsetof(ClientMapping, uuid)},
	{"source_type", offsetof(ClientMapping, source_type)},
	{"destination_type", offsetof(ClientMapping, destination_type)},
	{"tag", offsetof(ClientMapping, tag)},
	{"volume_type", offsetof(ClientMapping, volume_type)},
	{"disk_bus", offsetof(ClientMapping, disk_bus)},
};

static int not_a_value(Cli *cli, const char *key, const char *value)
{
	return cli_fail(cli, CLI_USAGE, "--block-device: '%s' is no value of %s", value, key);
}

static int set_number(Cli *cli, const char *key, const char *value, int64_t *ret)
{
	return str_parse_i64(value, ret) ? 0 : not_a_value(cli, key, value);
}

static int set_key(Cli *cli, ClientMapping *mapping, const char *key, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(text_keys); i++)
		if (str_eq(text_keys[i].key, key)) {
			*(const char **)((char *)mapping + text_keys[i].offset) = value;
			return 0;
		}
	if (str_eq(key, "boot_index"))
		return set_number(cli, key, value, &mapping->boot_index);
	if (str_eq(key, "volume_size"))
		return set_number(cli, key, value, &mapping->size_gib);
	if (!str_eq(key, "delete_on_termination"))
		return cli_fail(cli, CLI_USAGE,
				"--block-device: there is no key '%s'; see cleat-server(1)", key);
	mapping->delete_on_termination = str_eq(value, "true");
	return mapping->delete_on_termination || str_eq(value, "false")
		       ? 0
		       : not_a_value(cli, key, value);
}

/* Volumes may be named; other sources are ids. */
static int find_source(Cli *cli, ClientMapping *mapping)
{
	if (!mapping->source_type)
		mapping->source_type = mapping->uuid ? "volume" : "blank";
	if (!mapping->destination_type)
		mapping->destination_type = "volume";
	if (!mapping->uuid || !str_eq(mapping->source_type, "volume"))
		return 0;
	return cli_find_id(cli, CLIENT_VOLUMES, mapping->uuid, &mapping->uuid);
}

static int read_mapping(Cli *cli, const char *text, ClientMapping *ret)
{
	char *rest = arena_strdup(cli->arena, text);
	char *pair;

	*ret = (ClientMapping){.boot_index = NOT_BOOTABLE};
	while ((pair = strsep(&rest, ","))) {
		char *equals = strchr(pair, '=');
		int code;

		if (!equals)
			return cli_fail(cli, CLI_USAGE, "--block-device: '%s' is not KEY=VALUE",
					pair);
		*equals = '\0';
		code = set_key(cli, ret, pair, equals + 1);
		if (code)
			return code;
	}
	return find_source(cli, ret);
}

int mappings_check(Cli *cli)
{
	const char *image = cli_option(cli, "image"), *volume = cli_option(cli, "volume");
	const char *made = cli_option(cli, "boot-from-volume");

	if (volume && (image || made))
		return cli_fail(cli, CLI_USAGE,
				"--volume takes the place of --image and --boot-from-volume");
	if (made && !image)
		return cli_fail(cli, CLI_USAGE, "--boot-from-volume needs --image");
	if (!image && !volume && !cli_option(cli, "block-device"))
		return cli_fail(cli, CLI_USAGE,
				"server create needs --image or --volume; see 'cleat image list'");
	return 0;
}

/* The disk that the server boots from, when it is to be a volume. *ret_any: it is. */
static int read_root(Cli *cli, ClientServerWish *wish, ClientMapping *ret, bool *ret_any)
{
	const char *volume = cli_option(cli, "volume");
	int64_t size_gib;
	int code = cli_option_int(cli, "boot-from-volume", 1, 0, &size_gib);

	*ret_any = volume || size_gib;
	if (code || !*ret_any)
		return code;
	*ret = (ClientMapping){.source_type = "volume", .destination_type = "volume"};
	if (volume)
		return cli_find_id(cli, CLIENT_VOLUMES, volume, &ret->uuid);
	ret->source_type = "image";
	ret->uuid = TAKE(wish->image_id);
	ret->size_gib = size_gib;
	return 0;
}

int mappings_read(Cli *cli, ClientServerWish *wish)
{
	size_t count, n = 0;
	const char *const *texts = cli_option_all(cli, "block-device", &count);
	ClientMapping *mappings = ARENA_ARRAY(cli->arena, ClientMapping, count + 1);
	bool has_root;
	int code = read_root(cli, wish, &mappings[0], &has_root);

	n = has_root;
	for (size_t i = 0; code == 0 && i < count; i++)
		code = read_mapping(cli, texts[i], &mappings[n++]);
	wish->mappings = mappings;
	wish->mapping_count = n;
	return code;
}
