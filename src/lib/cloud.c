/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The handle of a block storage service, and typed calls to it.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "client/connection.h"
#include "client/settings.h"
#include "lib/priv.h"

typedef struct OptionRow {
	const char *setting; /* name in client/settings.h */
	size_t offset;       /* in struct cleat_cloud_options */
} OptionRow;

#define OPTION(name, member)                                                                       \
	{                                                                                          \
		name, offsetof(struct cleat_cloud_options, member)                                 \
	}

static const OptionRow option_rows[] = {
	OPTION("os-auth-url", auth_url),
	OPTION("os-token", token),
	OPTION("os-username", username),
	OPTION("os-user-id", user_id),
	OPTION("os-password", password),
	OPTION("os-user-domain-name", user_domain),
	OPTION("os-user-domain-id", user_domain_id),
	OPTION("os-project-name", project),
	OPTION("os-project-id", project_id),
	OPTION("os-project-domain-name", project_domain),
	OPTION("os-project-domain-id", project_domain_id),
	OPTION("os-application-credential-id", application_credential_id),
	OPTION("os-application-credential-name", application_credential_name),
	OPTION("os-application-credential-secret", application_credential_secret),
	OPTION("os-region-name", region),
	OPTION("os-interface", interface),
	OPTION("os-volume-endpoint", endpoint),
	OPTION("os-cacert", cacert),
};

static const char *given_option(void *ctx, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(option_rows); i++)
		if (str_eq(option_rows[i].setting, name))
			return *(const char *const *)((const char *)ctx + option_rows[i].offset);
	return NULL;
}

int cleat_cloud_open(const struct cleat_cloud_options *options, cleat_cloud **ret,
		     struct cleat_error *error)
{
	struct cleat_cloud_options given = options ? *options : (struct cleat_cloud_options){0};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	ClientLogin login = {0};
	cleat_cloud *cloud;
	Fault f = {0};

	if (client_settings_read(arena, given.cloud, given_option, &given, &login, &f))
		return lib_fail(error, CLEAT_USAGE, "%s", f.text);
	login.insecure = login.insecure || given.insecure;
	login.timeout_ms = given.timeout;
	cloud = NEW(cleat_cloud);
	if (client_new(&login, &cloud->client, &f)) {
		free(cloud);
		return lib_fault(error, &f);
	}
	cloud->arena = TAKE(arena);
	*ret = cloud;
	return CLEAT_OK;
}

void cleat_cloud_close(cleat_cloud *cloud)
{
	if (!cloud)
		return;
	client_free(cloud->client);
	arena_free(cloud->arena);
	free(cloud);
}

int lib_agree(cleat_cloud *cloud, int *ret_minor, struct cleat_error *error)
{
	Fault f = {0};
	int r = client_volume_agree(cloud->client, ret_minor, &f);

	return r ? lib_client_failed(error, cloud->client, r, &f) : CLEAT_OK;
}

/* Attachments are spoken of in the newest words that both sides know. */
static int need_attachments(cleat_cloud *cloud, struct cleat_error *error)
{
	int minor = 0, r = lib_agree(cloud, &minor, error);

	if (r == CLEAT_OK && minor < CLIENT_MINOR_COMPLETE)
		return lib_fail(error, CLEAT_REFUSED,
				"the block storage service speaks 3.%d, and attachments need 3.%d",
				minor, CLIENT_MINOR_COMPLETE);
	return r;
}

/* Hand out what a call answered, or say why there is nothing. */
static int answer(cleat_cloud *cloud, int r, const Fault *f, JsonDoc *doc, const char *path,
		  char **ret_json, struct cleat_error *error)
{
	if (r)
		return lib_client_failed(error, cloud->client, r, f);
	*ret_json = lib_json(doc, path);
	return CLEAT_OK;
}

int cleat_volume_show(cleat_cloud *cloud, const char *volume, char **ret_json,
		      struct cleat_error *error)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(client_item_done) ClientItem item = {0};
	Fault f = {0};
	int r = client_find(cloud->client, arena, CLIENT_VOLUMES, volume, &item, &f);

	return answer(cloud, r, &f, item.doc, item.path, ret_json, error);
}

int cleat_attachment_create(cleat_cloud *cloud, const char *volume_id, const char *instance_id,
			    const char *connector_json, const char *mode, char **ret_json,
			    struct cleat_error *error)
{
	const ClientAttachmentWish wish = {
		.volume_id = volume_id,
		.server_id = instance_id,
		.connector = connector_json,
		.mode = mode,
	};
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	Fault f = {0};
	int r = need_attachments(cloud, error);

	if (r)
		return r;
	r = client_attachment_create(cloud->client, &wish, &doc, &f);
	return answer(cloud, r, &f, doc, "attachment", ret_json, error);
}

int cleat_attachment_update(cleat_cloud *cloud, const char *attachment_id,
			    const char *connector_json, char **ret_json, struct cleat_error *error)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	Fault f = {0};
	int r = need_attachments(cloud, error);

	if (r)
		return r;
	r = client_attachment_update(cloud->client, arena, attachment_id, connector_json, &doc, &f);
	return answer(cloud, r, &f, doc, "attachment", ret_json, error);
}

int cleat_attachment_show(cleat_cloud *cloud, const char *attachment_id, char **ret_json,
			  struct cleat_error *error)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(client_item_done) ClientItem item = {0};
	Fault f = {0};
	int r = need_attachments(cloud, error);

	if (r)
		return r;
	r = client_show(cloud->client, arena, CLIENT_ATTACHMENTS, attachment_id, &item, &f);
	return answer(cloud, r, &f, item.doc, item.path, ret_json, error);
}

int cleat_attachment_list(cleat_cloud *cloud, const char *volume_id, char **ret_json,
			  struct cleat_error *error)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(client_list_done) ClientList list = {0};
	_cleanup_(buf_done) Buf json = {0};
	const char *query =
		arena_printf(arena, "volume_id=%s", client_escape(cloud->client, arena, volume_id));
	Fault f = {0};
	int r = need_attachments(cloud, error);

	if (r)
		return r;
	r = client_list(cloud->client, arena, CLIENT_ATTACHMENTS, query, &list, &f);
	if (r)
		return lib_client_failed(error, cloud->client, r, &f);
	for (size_t i = 0; i < list.count; i++)
		buf_printf(&json, "%c%s", i ? ',' : '[',
			   json_get_raw(arena, list.items[i].doc, list.items[i].path));
	buf_add(&json, list.count ? "]" : "[]");
	*ret_json = buf_take(&json);
	return CLEAT_OK;
}

int cleat_attachment_complete(cleat_cloud *cloud, const char *attachment_id,
			      struct cleat_error *error)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Fault f = {0};
	int r = need_attachments(cloud, error);

	if (r)
		return r;
	r = client_attachment_complete(cloud->client, arena, attachment_id, &f);
	return r ? lib_client_failed(error, cloud->client, r, &f) : CLEAT_OK;
}

int cleat_attachment_delete(cleat_cloud *cloud, const char *attachment_id,
			    struct cleat_error *error)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Fault f = {0};
	int r = need_attachments(cloud, error);

	if (r)
		return r;
	r = client_delete(cloud->client, arena, CLIENT_ATTACHMENTS, attachment_id, &f);
	return r ? lib_client_failed(error, cloud->client, r, &f) : CLEAT_OK;
}
