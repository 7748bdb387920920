/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * libyaml loads the document; a setting is looked up in it by path. Aliases are resolved by the
 * library; merge keys are not a part of YAML 1.2 and not understood.
 */
#include "client/clouds.h"

#include <errno.h>
#include <stdio.h>
#include <yaml.h>

#include "base/mem.h"
#include "base/str.h"

struct Clouds {
	yaml_document_t document;
	yaml_node_t *cloud;
};

enum { FILE_BYTES_MAX = 1 << 20 };

static bool key_is(const yaml_node_t *key, const char *name, size_t length)
{
	return key && key->type == YAML_SCALAR_NODE && key->data.scalar.length == length &&
	       memcmp(key->data.scalar.value, name, length) == 0;
}

/* The value of a key in a mapping, or NULL. */
static yaml_node_t *child(Clouds *clouds, const yaml_node_t *node, const char *name, size_t length)
{
	const yaml_node_pair_t *pair;

	if (!node || node->type != YAML_MAPPING_NODE)
		return NULL;
	for (pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++)
		if (key_is(yaml_document_get_node(&clouds->document, pair->key), name, length))
			return yaml_document_get_node(&clouds->document, pair->value);
	return NULL;
}

int clouds_parse(const char *text, size_t length, const char *cloud, Clouds **ret, Fault *f)
{
	_cleanup_(clouds_freep) Clouds *clouds = NEW(Clouds);
	yaml_parser_t parser;
	yaml_node_t *root;
	int r = 0;

	if (!yaml_parser_initialize(&parser))
		return fault(f, -ENOMEM, "libyaml cannot be used");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	if (!yaml_parser_load(&parser, &clouds->document))
		r = fault(f, -EINVAL, "line %zu: %s", parser.problem_mark.line + 1,
			  parser.problem ? parser.problem : "not YAML");
	yaml_parser_delete(&parser);
	if (r)
		return r;
	root = yaml_document_get_root_node(&clouds->document);
	clouds->cloud = child(clouds, child(clouds, root, "clouds", strlen("clouds")), cloud,
			      strlen(cloud));
	if (!clouds->cloud)
		return CLOUDS_MISSING;
	*ret = TAKE(clouds);
	return 0;
}

Clouds *clouds_free(Clouds *clouds)
{
	if (!clouds)
		return NULL;
	yaml_document_delete(&clouds->document);
	free(clouds);
	return NULL;
}

const char *clouds_get(const Clouds *clouds, const char *path)
{
	Clouds *unlocked = (Clouds *)(uintptr_t)clouds; /* libyaml takes no const */
	const yaml_node_t *node = clouds->cloud;

	while (node && *path) {
		size_t length = strcspn(path, ".");

		node = child(unlocked, node, path, length);
		path += length + (path[length] == '.');
	}
	return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
						      : NULL;
}

static int parse_file(FILE *file, const char *path, const char *cloud, Clouds **ret, Fault *f)
{
	_cleanup_(freep) char *text = mem_new(FILE_BYTES_MAX);
	size_t length = fread(text, 1, FILE_BYTES_MAX, file);
	int r;

	if (ferror(file) || length == FILE_BYTES_MAX)
		return fault(f, -EIO, "%s: cannot be read, or is too long", path);
	r = clouds_parse(text, length, cloud, ret, f);
	return r < 0 ? fault_context(f, "%s", path) : r;
}

int clouds_open(const char *cloud, Clouds **ret, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *named = getenv("OS_CLIENT_CONFIG_FILE"), *home = getenv("HOME");
	const char *const places[] = {
		named ? named : "clouds.yaml",
		arena_printf(arena, "%s/.config/openstack/clouds.yaml", home ? home : ""),
		"/etc/openstack/clouds.yaml",
	};

	for (size_t i = 0; i < (named ? 1 : ARRAY_SIZE(places)); i++) {
		FILE *file = fopen(places[i], "re");
		int r;

		if (!file && errno == ENOENT)
			continue;
		if (!file)
			return fault(f, -errno, "%s: %s", places[i], strerror(errno));
		r = parse_file(file, places[i], cloud, ret, f);
		(void)fclose(file); /* only read */
		return r;
	}
	return CLOUDS_MISSING;
}
