/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A cell is JSON text. JSON output prints it as it is; tables and values turn it into plain text:
 * strings without quotes, objects as key=value, lists with commas.
 *
 * Columns chosen with -c keep the order of the view.
 */
#include "cli/output.h"

#include <libsmartcols.h>

#include "base/mem.h"

/* What is printed: titles, and cells row by row. */
typedef struct Grid {
	const char **titles;
	bool *right;
	size_t columns;
	const char **cells; /* JSON texts */
	size_t rows;
} Grid;

const char *output_cell_text(Cli *cli, const char *text)
{
	_cleanup_(freep) char *json = NULL;
	JsonOut out = {0};

	json_out_text(&out, NULL, text);
	json = json_out_take(&out, NULL);
	return arena_strdup(cli->arena, json);
}

static const char *cell(Cli *cli, const Column *column, const ClientItem *item, const void *ctx)
{
	const char *json;

	if (column->print)
		return column->print(cli, item, ctx);
	json = json_get_raw(cli->arena, item->doc,
			    client_item_path(cli->arena, item, column->member));
	return json ? json : "null";
}

static const char *plain(Arena *arena, const char *json, const char *null);

/* "a=1, b=2" or "1, 2" or, of objects in a list, "a=1; a=2"; what nests otherwise stays JSON. */
static const char *plain_items(Arena *arena, const JsonDoc *doc, bool object)
{
	_cleanup_(buf_done) Buf out = {0};
	int64_t count = json_get_count(doc, "");

	for (int64_t i = 0; i < count; i++) {
		const char *json = json_get_raw_at(arena, doc, "", (size_t)i);
		bool deeper = *json == '[' || (object && *json == '{');
		const char *separator = *json == '{' && !object ? "; " : ", ";

		buf_printf(&out, "%s%s%s%s", i ? separator : "",
			   object ? json_get_name(arena, doc, "", (size_t)i) : "",
			   object ? "=" : "", deeper ? json : plain(arena, json, "None"));
	}
	return arena_strdup(arena, buf_text(&out));
}

/* A cell for people. In the arena. */
static const char *plain(Arena *arena, const char *json, const char *null)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	bool nests = *json == '{' || *json == '[';
	const char *text = nests ? json : arena_printf(arena, "[%s]", json);

	if (str_eq(json, "null"))
		return null;
	if (str_eq(json, "true") || str_eq(json, "false"))
		return *json == 't' ? "True" : "False";
	if ((!nests && *json != '"') || json_parse(arena, text, strlen(text), &doc, NULL))
		return json;
	return nests ? plain_items(arena, doc, *json == '{') : json_get_text(arena, doc, "0");
}

static bool is_chosen(const Cli *cli, const char *title)
{
	size_t count;
	const char *const *names = cli_option_all(cli, "column", &count);

	for (size_t i = 0; i < count; i++)
		if (str_eq_nocase(names[i], title))
			return true;
	return count == 0;
}

/* Every -c names something that is there. */
static int check_chosen(Cli *cli, const char *const *titles, size_t title_count)
{
	_cleanup_(buf_done) Buf known = {0};
	size_t count;
	const char *const *names = cli_option_all(cli, "column", &count);

	for (size_t i = 0; i < title_count; i++)
		buf_printf(&known, "%s%s", i ? ", " : "", titles[i]);
	for (size_t i = 0; i < count; i++) {
		bool found = false;

		for (size_t j = 0; j < title_count && !found; j++)
			found = str_eq_nocase(names[i], titles[j]);
		if (!found)
			return cli_fail(cli, CLI_USAGE, "there is no column '%s'; there are: %s",
					names[i], buf_text(&known));
	}
	return 0;
}

static void print_json_object(JsonOut *out, const Grid *grid, size_t row)
{
	json_out_begin(out, NULL);
	for (size_t i = 0; i < grid->columns; i++)
		json_out_raw(out, grid->titles[i], grid->cells[row * grid->columns + i]);
	json_out_end(out);
}

static void print_json(Cli *cli, JsonOut *out)
{
	_cleanup_(freep) char *text = json_out_take(out, NULL);

	fprintf(cli->out, "%s\n", text);
}

static void print_values(Cli *cli, const Grid *grid)
{
	for (size_t i = 0; i < grid->rows * grid->columns; i++) {
		const char *text = plain(cli->arena, grid->cells[i], "None");

		fprintf(cli->out, "%s%c", text, (i + 1) % grid->columns == 0 ? '\n' : ' ');
	}
}

static void print_table(Cli *cli, const Grid *grid)
{
	struct libscols_table *table = scols_new_table();

	assert(table);
	(void)scols_table_set_stream(table, cli->out); /* only fails without memory, as all here */
	for (size_t i = 0; i < grid->columns; i++)
		(void)scols_table_new_column(table, grid->titles[i], 0,
					     grid->right[i] ? SCOLS_FL_RIGHT : 0);
	for (size_t row = 0; row < grid->rows; row++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		for (size_t i = 0; i < grid->columns; i++) {
			const char *json = grid->cells[row * grid->columns + i];
			const char *text = plain(cli->arena, json, "");

			(void)scols_line_set_data(line, i, *text ? text : "-");
		}
	}
	(void)scols_print_table(table);
	scols_unref_table(table);
}

int output_list(Cli *cli, const View *view, const ClientItem *items, size_t count)
{
	const Column **chosen = ARENA_ARRAY(cli->arena, const Column *, view->count);
	const char **titles = ARENA_ARRAY(cli->arena, const char *, view->count);
	Grid grid = {
		.titles = ARENA_ARRAY(cli->arena, const char *, view->count),
		.right = ARENA_ARRAY(cli->arena, bool, view->count),
		.rows = count,
	};
	JsonOut out = {0};
	int code;

	for (size_t i = 0; i < view->count; i++)
		titles[i] = view->columns[i].title;
	code = check_chosen(cli, titles, view->count);
	if (code)
		return code;
	for (size_t i = 0; i < view->count; i++) {
		if (!is_chosen(cli, titles[i]))
			continue;
		grid.titles[grid.columns] = titles[i];
		grid.right[grid.columns] = view->columns[i].right;
		chosen[grid.columns++] = &view->columns[i];
	}
	grid.cells = ARENA_ARRAY(cli->arena, const char *, count *grid.columns);
	for (size_t row = 0; row < count; row++)
		for (size_t i = 0; i < grid.columns; i++)
			grid.cells[row * grid.columns + i] =
				cell(cli, chosen[i], &items[row], view->ctx);
	switch (cli->format) {
	case CLI_TABLE:
		if (count > 0)
			print_table(cli, &grid);
		break;
	case CLI_VALUE:
		print_values(cli, &grid);
		break;
	case CLI_JSON:
		json_out_list_begin(&out, NULL);
		for (size_t row = 0; row < count; row++)
			print_json_object(&out, &grid, row);
		json_out_list_end(&out);
		print_json(cli, &out);
		break;
	case _CLI_FORMAT_MAX:
		assert(false);
		break;
	}
	return 0;
}

/* A single thing: names on the left, cells on the right. */
typedef struct Sheet {
	const char **names;
	const char **cells;
	size_t count;
} Sheet;

static void sheet_add(Cli *cli, Sheet *sheet, const char *name, const char *json)
{
	size_t count = sheet->count++;

	sheet->names = arena_grow(cli->arena, sheet->names, count, sizeof(*sheet->names));
	sheet->cells = arena_grow(cli->arena, sheet->cells, count, sizeof(*sheet->cells));
	sheet->names[count] = name;
	sheet->cells[count] = json;
}

static bool view_has(const View *view, const char *member)
{
	for (size_t i = 0; i < view->count; i++)
		if (str_eq(view->columns[i].member, member))
			return true;
	return false;
}

/* The members that no column of the view is about. */
static void sheet_add_rest(Cli *cli, Sheet *sheet, const View *view, const ClientItem *item)
{
	Arena *arena = cli->arena;
	int64_t count = json_get_count(item->doc, item->path);

	for (int64_t i = 0; i < count; i++) {
		const char *name = json_get_name(arena, item->doc, item->path, (size_t)i);

		if (!view_has(view, name))
			sheet_add(cli, sheet, name,
				  json_get_raw_at(arena, item->doc, item->path, (size_t)i));
	}
}

static void print_sheet(Cli *cli, const Sheet *sheet)
{
	bool right[] = {false, false};
	const char *titles[] = {"Field", "Value"};
	const char **cells = ARENA_ARRAY(cli->arena, const char *, 2 * sheet->count);
	const Grid grid = {titles, right, 2, cells, sheet->count};

	for (size_t i = 0; i < sheet->count; i++) {
		cells[2 * i] = output_cell_text(cli, sheet->names[i]);
		cells[2 * i + 1] = sheet->cells[i];
	}
	print_table(cli, &grid);
}

int output_show(Cli *cli, const View *view, const ClientItem *item)
{
	Sheet all = {0}, sheet = {0};
	JsonOut out = {0};
	int code;

	for (size_t i = 0; i < view->count; i++)
		if (view->columns[i].title)
			sheet_add(cli, &all, view->columns[i].title,
				  cell(cli, &view->columns[i], item, view->ctx));
	if (view->rest)
		sheet_add_rest(cli, &all, view, item);
	code = check_chosen(cli, all.names, all.count);
	if (code)
		return code;
	for (size_t i = 0; i < all.count; i++)
		if (is_chosen(cli, all.names[i]))
			sheet_add(cli, &sheet, all.names[i], all.cells[i]);
	switch (cli->format) {
	case CLI_TABLE:
		print_sheet(cli, &sheet);
		break;
	case CLI_VALUE:
		for (size_t i = 0; i < sheet.count; i++)
			fprintf(cli->out, "%s\n", plain(cli->arena, sheet.cells[i], "None"));
		break;
	case CLI_JSON:
		json_out_begin(&out, NULL);
		for (size_t i = 0; i < sheet.count; i++)
			json_out_raw(&out, sheet.names[i], sheet.cells[i]);
		json_out_end(&out);
		print_json(cli, &out);
		break;
	case _CLI_FORMAT_MAX:
		assert(false);
		break;
	}
	return 0;
}

int output_text(Cli *cli, const char *name, const char *text)
{
	JsonOut out = {0};
	size_t length = strlen(text);

	if (cli->format != CLI_JSON) {
		fprintf(cli->out, "%s%s", text, length && text[length - 1] != '\n' ? "\n" : "");
		return 0;
	}
	json_out_begin(&out, NULL);
	json_out_text(&out, name, text);
	json_out_end(&out);
	print_json(cli, &out);
	return 0;
}

int output_path_list(Cli *cli, const View *view, JsonDoc *doc, const char *path)
{
	int64_t count = MAX(json_get_count(doc, path), 0);
	ClientItem *items = ARENA_ARRAY(cli->arena, ClientItem, (size_t)count);

	for (int64_t i = 0; i < count; i++)
		items[i] = (ClientItem){
			.doc = doc,
			.path = arena_printf(cli->arena, "%s.%lld", path, (long long)i),
		};
	return output_list(cli, view, items, (size_t)count);
}

int output_nouns(Cli *cli, ClientNoun noun, const char *query, const View *view)
{
	_cleanup_(client_list_done) ClientList list = {0};
	Fault f = {0};
	int r = client_list(cli->client, cli->arena, noun, query, &list, &f);

	if (r)
		return cli_fail_client(cli, r, &f, "%s", cli->command->name);
	return output_list(cli, view, list.items, list.count);
}

int output_noun(Cli *cli, ClientNoun noun, const char *name_or_id, const View *view)
{
	_cleanup_(client_item_done) ClientItem item = {0};
	int code = cli_find(cli, noun, name_or_id, &item);

	return code ? code : output_show(cli, view, &item);
}
