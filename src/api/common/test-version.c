/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Negotiation as tables: compute reads from the right, block storage from the left, and
 * shares have a header that goes before.
 */
#include "api/common/version.h"
#include "tests/lib/test.h"

static const ApiDialect compute = {
	.version_word = "compute",
	.version_min = API_VERSION(2, 1),
	.version_max = API_VERSION(2, 59),
};

static const ApiDialect volume = {
	.version_word = "volume",
	.version_first = true,
	.version_min = API_VERSION(3, 0),
	.version_max = API_VERSION(3, 71),
};

static const ApiDialect share = {
	.version_word = "shared-file-system",
	.version_header = "X-OpenStack-Manila-API-Version",
	.older_first = true,
	.version_min = API_VERSION(2, 0),
	.version_max = API_VERSION(2, 88),
};

typedef struct Row {
	const char *header;
	const char *older;
	int outcome;
	int version;
	const char *text;
} Row;

static void check_rows(const ApiDialect *dialect, const Row *rows, size_t count)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();

	for (size_t i = 0; i < count; i++) {
		const Row *row = &rows[i];
		VersionWish wish;
		int outcome = version_negotiate(dialect, arena, row->header, row->older, &wish);

		print_message("# %s / %s\n", row->header ? row->header : "-",
			      row->older ? row->older : "-");
		assert_int_equal(outcome, row->outcome);
		if (outcome == 0)
			assert_int_equal(wish.version, row->version);
		if (row->text)
			assert_string_equal(wish.text, row->text);
	}
}

TEST(compute_reads_from_the_right)
{
	static const Row rows[] = {
		{NULL, NULL, 0, API_VERSION(2, 1), NULL},
		{"compute 2.10", NULL, 0, API_VERSION(2, 10), "2.10"},
		{"COMPUTE 2.2", NULL, 0, API_VERSION(2, 2), NULL},
		{"compute latest", NULL, 0, API_VERSION(2, 59), NULL},
		{"compute 2.4, volume 3.9", NULL, 0, API_VERSION(2, 4), NULL},
		{"compute 2.4 , compute 2.7", NULL, 0, API_VERSION(2, 7), NULL},
		{"volume 3.9", NULL, 0, API_VERSION(2, 1), NULL},
		{"volume 3.9", "2.3", 0, API_VERSION(2, 3), NULL},
		{"compute 2.5", "2.3", 0, API_VERSION(2, 5), NULL},
		{NULL, "2.3", 0, API_VERSION(2, 3), NULL},
		{NULL, "2.1, 2.8", 0, API_VERSION(2, 8), NULL},
		{NULL, "latest", 0, API_VERSION(2, 59), NULL},
		{"computer 2.5", NULL, 0, API_VERSION(2, 1), NULL},
		{"", NULL, 0, API_VERSION(2, 1), NULL},
	};
	check_rows(&compute, rows, ARRAY_SIZE(rows));
}

TEST(compute_refuses)
{
	static const Row rows[] = {
		{"compute 2.60", NULL, VERSION_UNSUPPORTED, 0, "2.60"},
		{"compute 2.0", NULL, VERSION_UNSUPPORTED, 0, "2.0"},
		{"compute 1.1", NULL, VERSION_UNSUPPORTED, 0, "1.1"},
		{"compute 2.99999999999999999999", NULL, VERSION_UNSUPPORTED, 0, NULL},
		{"compute 99999999999.1", NULL, VERSION_UNSUPPORTED, 0, NULL},
		{"compute 2", NULL, VERSION_MALFORMED, 0, "2"},
		{"compute 2.01", NULL, VERSION_MALFORMED, 0, "2.01"},
		{"compute 02.1", NULL, VERSION_MALFORMED, 0, "02.1"},
		{"compute 0.1", NULL, VERSION_MALFORMED, 0, "0.1"},
		{"compute 2.1.1", NULL, VERSION_MALFORMED, 0, "2.1.1"},
		{"compute 2.1 x", NULL, VERSION_MALFORMED, 0, "2.1 x"},
		{"compute", NULL, VERSION_MALFORMED, 0, ""},
		{"compute -2.1", NULL, VERSION_MALFORMED, 0, "-2.1"},
		{"compute Latest", NULL, VERSION_MALFORMED, 0, "Latest"},
		{NULL, "", VERSION_MALFORMED, 0, ""},
	};
	check_rows(&compute, rows, ARRAY_SIZE(rows));
}

TEST(volume_reads_from_the_left)
{
	static const Row rows[] = {
		{NULL, NULL, 0, API_VERSION(3, 0), NULL},
		{"volume 3.54", NULL, 0, API_VERSION(3, 54), NULL},
		{"volume latest", NULL, 0, API_VERSION(3, 71), NULL},
		{"volume 3.10, volume 3.20", NULL, 0, API_VERSION(3, 10), NULL},
		{"compute 2.1, volume 3.7", NULL, 0, API_VERSION(3, 7), NULL},
		{"volumev3 3.7", NULL, 0, API_VERSION(3, 7), NULL},
		{"compute 2.1", NULL, VERSION_NO_ITEM, 0, NULL},
		{"", NULL, VERSION_NO_ITEM, 0, NULL},
		{"volume", NULL, VERSION_MALFORMED, 0, ""},
		{"volume 3.1 3.2", NULL, VERSION_MALFORMED, 0, NULL},
		{"volume 3.72", NULL, VERSION_UNSUPPORTED, 0, "3.72"},
	};
	check_rows(&volume, rows, ARRAY_SIZE(rows));
}

TEST(of_shares_the_older_header_decides)
{
	static const Row rows[] = {
		{NULL, NULL, 0, API_VERSION(2, 0), NULL},
		{NULL, "2.72", 0, API_VERSION(2, 72), "2.72"},
		{"shared-file-system 2.82", NULL, 0, API_VERSION(2, 82), "2.82"},
		{"shared-file-system 2.82", "2.82", 0, API_VERSION(2, 82), "2.82"},
		{"shared-file-system 2.82", "2.45", 0, API_VERSION(2, 45), "2.45"},
		{"shared-file-system nonsense", "2.45", 0, API_VERSION(2, 45), "2.45"},
		{"compute 2.1", "2.45", 0, API_VERSION(2, 45), NULL},
		{"compute 2.1", NULL, 0, API_VERSION(2, 0), NULL},
		{"shared-file-system latest", NULL, 0, API_VERSION(2, 88), NULL},
		{NULL, "latest", VERSION_MALFORMED, 0, "latest"},
		{NULL, "2", VERSION_MALFORMED, 0, "2"},
		{NULL, "abc", VERSION_MALFORMED, 0, "abc"},
		{NULL, "2.89", VERSION_UNSUPPORTED, 0, "2.89"},
		{"shared-file-system 2.82", "1.0", VERSION_UNSUPPORTED, 0, "1.0"},
	};
	check_rows(&share, rows, ARRAY_SIZE(rows));
}
