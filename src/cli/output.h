/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Results on stdout: lists and single things, as a table, as JSON, or as bare values.
 */
#pragma once

#include "cli/cli.h"
#include "json/out.h"

/* A column of a list, or a row of a single thing. */
typedef struct Column {
	const char *title;  /* NULL hides the member from a single thing */
	const char *member; /* path in the item; NULL when print() does it all */
	/* JSON text of the cell, in cli->arena; ctx is the caller's. NULL: the member as it is. */
	const char *(*print)(Cli *cli, const ClientItem *item, const void *ctx);
	bool right; /* a number */
} Column;

typedef struct View {
	const Column *columns;
	size_t count;
	const void *ctx;
	bool rest; /* of a single thing: its other members as well, behind the named ones */
} View;

#define VIEW(table) .columns = (table), .count = ARRAY_SIZE(table)

int output_list(Cli *cli, const View *view, const ClientItem *items, size_t count);
int output_show(Cli *cli, const View *view, const ClientItem *item);

/* Ask for a list, or for one thing by name or id, and print it. */
int output_nouns(Cli *cli, ClientNoun noun, const char *query, const View *view);
int output_noun(Cli *cli, ClientNoun noun, const char *name_or_id, const View *view);

/* A text that is the whole answer (a console); in JSON it is {name: text}. */
int output_text(Cli *cli, const char *name, const char *text);

/* A text as a JSON cell; NULL is null. In cli->arena. */
const char *output_cell_text(Cli *cli, const char *text);

/* Every item of a list at a path in a document. */
int output_path_list(Cli *cli, const View *view, JsonDoc *doc, const char *path);
