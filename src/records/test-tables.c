/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The tables against the structs they describe.
 */
#include "base/str.h"
#include "records/tables.h"
#include "tests/lib/test.h"

static const RecordTable *const tables[] = {
	&project_table,
	&user_table,
	&assignment_table,
	&token_table,
	&app_credential_table,
	&image_table,
	&flavor_table,
	&volume_type_table,
	&volume_table,
	&attachment_table,
	&server_table,
	&step_table,
	&operation_table,
	&instance_action_table,
	&action_event_table,
	&server_file_table,
	&keypair_table,
	&share_type_table,
	&share_table,
	&share_export_table,
	&share_rule_table,
	&resource_lock_table,
	&share_snapshot_table,
	&share_mapping_table,
	&share_type_access_table,
};

static size_t size_of(ColumnType type)
{
	switch (type) {
	case COLUMN_TEXT:
		return sizeof(const char *);
	case COLUMN_INT:
		return sizeof(int64_t);
	case COLUMN_BOOL:
		return sizeof(bool);
	case COLUMN_ENUM:
		return sizeof(int);
	}
	return 0;
}

static size_t align_up(size_t offset, size_t size)
{
	return (offset + size - 1) / size * size;
}

/* Rows stand in the order of the members, so a gap is a member that was forgotten. */
TEST(every_member_has_a_column)
{
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		size_t end = 0;

		for (size_t i = 0; i < tables[t]->count; i++) {
			const Column *column = &tables[t]->columns[i];

			if (column->offset != align_up(end, size_of(column->type)))
				fail_msg("%s: before %s", tables[t]->name, column->name);
			end = column->offset + size_of(column->type);
		}
		if (tables[t]->size != align_up(end, sizeof(int64_t)))
			fail_msg("%s: after the last column", tables[t]->name);
	}
}

TEST(columns_are_complete)
{
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		assert_string_equal(tables[t]->columns[0].name, "id");
		assert_int_equal(tables[t]->columns[0].type, COLUMN_TEXT);
		for (size_t i = 0; i < tables[t]->count; i++) {
			const Column *column = &tables[t]->columns[i];

			assert_ptr_equal(record_column(tables[t], column->name), column);
			assert_int_equal(column->type == COLUMN_ENUM, column->names != NULL);
		}
	}
	assert_null(record_column(&volume_table, "no_such"));
}
