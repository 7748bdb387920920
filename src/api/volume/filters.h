/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Lists of block storage: one table says what may be filtered and sorted, and the same few
 * functions read the query, find the rows and print what comes behind them.
 *
 *     VolumeList list = {.listing = &snapshot_listing};
 *
 *     if (!volume_list_read(r, &list))
 *             return 0;
 *     return volume_list_reply(r, &list, "snapshots", print_snapshot, f);
 */
#pragma once

#include "api/volume/priv.h"

typedef enum VolumeFilterKind {
	VOLUME_FILTER_TEXT,  /* equal; from 3.34 on "name~" asks for a part of the text */
	VOLUME_FILTER_INT,   /* what is no number finds nothing */
	VOLUME_FILTER_BOOL,  /* what is no boolean is 400 */
	VOLUME_FILTER_MAP,   /* {'key': 'value'}: pairs that a stored text map must have */
	VOLUME_FILTER_TIME,  /* "gt:2026-01-01,lt:2027-01-01": all of them must hold */
	VOLUME_FILTER_NEVER, /* nothing here has such a thing, so nothing is found */
	VOLUME_FILTER_CALL,  /* .add does it */
} VolumeFilterKind;

typedef struct VolumeFilter {
	const char *name;
	const char *column;
	VolumeFilterKind kind;
	int since;  /* before that version it is ignored */
	bool admin; /* for everybody else it is an unknown one */
	/* False after a 400. */
	bool (*add)(ApiRequest *r, RecordQuery *query, const char *value);
} VolumeFilter;

/*
 * One kind of list. Admins may filter by every sort key too, and ask for all projects; a filter
 * that is unknown is ignored before 3.31, then 400 (for admins: nothing is found).
 */
typedef struct VolumeListing {
	const char *resource; /* as GET /resource_filters names it */
	const char *links;    /* key of the next links, or NULL: none */
	const RecordTable *table;
	const VolumeFilter *filters;    /* ends with a row without name */
	const VolumeSortKey *sort_keys; /* ends with a row without key */
	Refusal no_marker;
} VolumeListing;

typedef struct VolumeList {
	const VolumeListing *listing;
	RecordQuery query;
	size_t filters;  /* so many of the query's conditions are filters */
	bool counted;    /* the client wants to know how many there are in all */
	RecordList rows; /* pointers to the structs of the table */
} VolumeList;

/* Every listing with filters of its own. */
extern const VolumeListing volume_listing;
extern const VolumeListing attachment_listing;
extern const VolumeListing message_listing;
extern const VolumeListing snapshot_listing;

/* Read the query parameters. False after a 400. */
_must_use_ bool volume_list_read(ApiRequest *r, VolumeList *list);
/* The scope and the filters alone. False after a 400. */
_must_use_ bool volume_list_read_filters(ApiRequest *r, VolumeList *list);
/* The rows of the page. 0, the listing's refusal of a marker, or a fault. */
_must_use_ int volume_list_find(ApiRequest *r, VolumeList *list, Fault *f);
/* Print one row, as an element of a list. 0 or a fault. */
typedef int VolumeRowPrint(ApiRequest *r, const void *row, Fault *f);
/*
 * Find the rows and reply with them under that key, with the next link, and with the count of all
 * when it is asked for (3.45). Answers as volume_list_find() does.
 */
_must_use_ int volume_list_reply(ApiRequest *r, VolumeList *list, const char *key,
				 VolumeRowPrint *print, Fault *f);

/* No row meets this. */
void volume_filter_nothing(RecordQuery *query);
/* What VOLUME_FILTER_MAP does, in two steps: read the pairs, and ask for them. False after a 400.
 */
_must_use_ bool volume_filter_read_map(ApiRequest *r, const char *name, const char *value,
				       JsonTextMap *ret);
_must_use_ bool volume_filter_pairs(ApiRequest *r, RecordQuery *query, const char *column,
				    const JsonTextMap *pairs);
/* For .add: everything here counts against a quota. */
_must_use_ bool volume_filter_consumes_quota(ApiRequest *r, RecordQuery *query, const char *value);
