/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The two trees of documents, and what both are made with.
 */
#pragma once

#include "metadata/metadata.h"

#define METADATA_TYPE_TEXT "text/plain; charset=UTF-8"
#define METADATA_TYPE_JSON "application/json"
#define METADATA_TYPE_BYTES "application/octet-stream"

MetadataDocument metadata_text(const char *type, const char *text);

/* "name.novalocal" */
const char *metadata_hostname(const MetadataView *view, Arena *arena);

/* What base64 stands for. METADATA_NOT_THERE: it is none. */
_must_use_ int metadata_decode(Arena *arena, const char *text, MetadataDocument *ret);

/* The decoded user data. METADATA_NOT_THERE. */
_must_use_ int metadata_user_data(const MetadataView *view, Arena *arena, MetadataDocument *ret);

/* openstack.c: paths below "/openstack"; `rest` begins after that, with a slash or the end. */
_must_use_ int openstack_get(const MetadataView *view, Arena *arena, const char *rest,
			     MetadataDocument *ret);
/* Where the n-th file of a server is, below "/openstack"; in the arena. */
const char *openstack_content_path(Arena *arena, size_t index);
bool openstack_is_password(const MetadataView *view, const char *rest);
/* The version of that place in time, for all that is to be seen; NULL: no more. */
const char *openstack_version(const MetadataView *view, size_t index);

/* ec2.c: the names at the root, one a line. */
const char *ec2_versions(void);
/* Paths that begin with a version; `path` has no slash in front. */
_must_use_ int ec2_get(const MetadataView *view, Arena *arena, const char *path,
		       MetadataDocument *ret);
/* All of meta-data at a version as one JSON object. */
const char *ec2_json(const MetadataView *view, Arena *arena, const char *version);
