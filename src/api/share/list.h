/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Lists of shared file systems: one table says what may be filtered and sorted, and the same few
 * functions read the query, find the rows and print what comes behind them. The caller has put into
 * the query whose rows it may find.
 *
 *     ShareList list = {.listing = &listing};
 *     int k;
 *
 *     ... conditions of the scope into list.query ...
 *     if (!share_list_read(r, &list, &k, f))
 *             return k;
 *     k = share_list_find(r, &list, f);
 *     if (k)
 *             return k;
 *     ... print list.rows, as "shares" ...
 *     k = share_list_end(r, &list, f);
 */
#pragma once

#include "api/share/priv.h"

typedef enum ShareFilterKind {
	SHARE_FILTER_TEXT,  /* equal */
	SHARE_FILTER_PART,  /* a part of the text */
	SHARE_FILTER_MAP,   /* {'key': 'value'}: pairs that a stored text map must have */
	SHARE_FILTER_SINCE, /* at that time or later; what is no time is 400 */
	SHARE_FILTER_UNTIL, /* at that time or before */
	SHARE_FILTER_NEVER, /* nothing here has such a thing, so nothing is found */
	SHARE_FILTER_CALL,  /* .add does it */
} ShareFilterKind;

/* Parameters without a row are ignored, and so are those of other versions or other people. */
typedef struct ShareFilter {
	const char *name;
	const char *column;
	ShareFilterKind kind;
	int since;
	bool admin;
	/* 0, a refusal, or a fault. */
	int (*add)(ApiRequest *r, RecordQuery *query, const char *value, Fault *f);
} ShareFilter;

typedef struct ShareListing {
	const char *links; /* key of the next links */
	const RecordTable *table;
	const ShareFilter *filters;  /* ends with a row without name */
	const ApiSortKey *sort_keys; /* ends with a row without key */
	int count_since;             /* with_count is known from this version on */
} ShareListing;

typedef struct ShareList {
	const ShareListing *listing;
	RecordQuery query;
	size_t filters;  /* so many of the query's conditions are filters */
	bool counted;    /* the client wants to know how many there are in all */
	RecordList rows; /* pointers to the structs of the table */
} ShareList;

/* Read the query parameters. False after a reply, a refusal or a fault: *ret is what to return. */
_must_use_ bool share_list_read(ApiRequest *r, ShareList *list, int *ret, Fault *f);
/* The rows of the page. 0, a refusal or a fault. */
_must_use_ int share_list_find(ApiRequest *r, ShareList *list, Fault *f);
/* Print the next link, and the count of all when it is asked for. 0 or a fault. */
_must_use_ int share_list_end(ApiRequest *r, const ShareList *list, Fault *f);

/* No row meets this. */
void share_filter_nothing(RecordQuery *query);

/* Shares by where they can be mounted; and the rows of a table of filters for that. */
int share_filter_export_id(ApiRequest *r, RecordQuery *query, const char *value, Fault *f);
int share_filter_export_path(ApiRequest *r, RecordQuery *query, const char *value, Fault *f);

/* clang-format off */
#define SHARE_EXPORT_FILTERS                                                                       \
	{.name = "export_location_id", .kind = SHARE_FILTER_CALL, .since = V(35),                  \
	 .add = share_filter_export_id},                                                           \
	{.name = "export_location_path", .kind = SHARE_FILTER_CALL, .since = V(35),                \
	 .add = share_filter_export_path}
/* clang-format on */
