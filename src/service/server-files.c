/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See server-files.h. Files are rows of their own, so that lists of servers do not read them.
 */
#include "service/server-files.h"

#include "records/tables.h"

/* The bytes in base64 that was checked. */
static int64_t decoded_bytes(const char *text)
{
	size_t length = strlen(text), padding = 0;

	while (padding < length && text[length - 1 - padding] == '=')
		padding++;
	return (int64_t)(length / 4 * 3 - padding);
}

static int check_limit(Work *work, const char *project_id, const char *resource, int64_t amount,
		       Fault *f)
{
	QuotaUsage quota;
	int r = quota_get(work->tx, project_id, resource, &quota, f);

	if (r)
		return fault_unexpected(f, r);
	if (quota.limit < 0 || amount <= quota.limit)
		return 0;
	work->refused = (RefusalData){
		.resource = resource,
		.requested = amount,
		.limit = quota.limit,
	};
	return REFUSAL_QUOTA;
}

int server_files_check(Work *work, const char *project_id, const JsonList *files, Fault *f)
{
	const ServerFile *items = files->items;
	int64_t path = 0, contents = 0;
	int r;

	if (!files->count)
		return 0;
	for (size_t i = 0; i < files->count; i++) {
		path = MAX(path, (int64_t)strlen(items[i].path));
		contents = MAX(contents, decoded_bytes(items[i].contents));
	}
	r = check_limit(work, project_id, "injected_files", (int64_t)files->count, f);
	if (!r)
		r = check_limit(work, project_id, "injected_file_path_bytes", path, f);
	return r ? r : check_limit(work, project_id, "injected_file_content_bytes", contents, f);
}

int server_files_write(Work *work, const char *server_id, const JsonList *files, Fault *f)
{
	const ServerFile *items = files->items;
	int r = server_files_forget(work->tx, server_id, f);

	for (size_t i = 0; !r && i < files->count; i++) {
		ServerFile file = items[i];

		file.id = arena_printf(work->arena, "%s/%02zu", server_id, i);
		file.server_id = server_id;
		r = server_file_insert(work->tx, &file, f);
	}
	return fault_unexpected(f, r);
}
