/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See nouns.h.
 */
#include "tests/contract/nouns.h"

#include "base/str.h"
#include "tests/lib/test.h"

const RecordTable *const noun_tables[] = {
	&project_table,         &user_table,
	&assignment_table,      &token_table,
	&app_credential_table,  &image_table,
	&flavor_table,          &volume_type_table,
	&volume_table,          &attachment_table,
	&server_table,          &step_table,
	&operation_table,       &instance_action_table,
	&snapshot_table,        &type_access_table,
	&type_encryption_table, &default_type_table,
	&qos_spec_table,        &transfer_table,
	&message_table,         &service_state_table,
	&local_disk_table,      &server_group_table,
	&flavor_access_table,   &keypair_table,
	&share_type_table,      &share_table,
	&share_export_table,    &share_rule_table,
	&resource_lock_table,   &share_snapshot_table,
	&share_mapping_table,   &share_type_access_table,
	&action_event_table,    &server_file_table,
};

static_assert(ARRAY_SIZE(noun_tables) == NOUN_COUNT, "a row for each");

void *noun_fill(Arena *arena, const RecordTable *table, int turn)
{
	char *record = arena_alloc(arena, table->size);

	for (size_t i = 0; i < table->count; i++) {
		const Column *column = &table->columns[i];
		void *member = record + column->offset;

		switch (column->type) {
		case COLUMN_TEXT:
			*(const char **)member = arena_printf(arena, "%s %d", column->name, turn);
			break;
		case COLUMN_INT:
			*(int64_t *)member = (int64_t)i * 1000003 * (turn - 1);
			break;
		case COLUMN_BOOL:
			*(bool *)member = ((int)i + turn) % 2;
			break;
		case COLUMN_ENUM:
			*(int *)member = turn % column->names->count;
			break;
		}
	}
	*(const char **)record = "key";
	return record;
}

void noun_assert_same(const RecordTable *table, const void *a, const void *b)
{
	for (size_t i = 0; i < table->count; i++) {
		size_t offset = table->columns[i].offset;
		const char *at_a = (const char *)a + offset;
		const char *at_b = (const char *)b + offset;
		bool same = true;

		switch (table->columns[i].type) {
		case COLUMN_TEXT:
			same = str_eq(*(const char *const *)at_a, *(const char *const *)at_b);
			break;
		case COLUMN_INT:
			same = *(const int64_t *)at_a == *(const int64_t *)at_b;
			break;
		case COLUMN_BOOL:
			same = *(const bool *)at_a == *(const bool *)at_b;
			break;
		case COLUMN_ENUM:
			same = *(const int *)at_a == *(const int *)at_b;
			break;
		}
		if (!same)
			fail_msg("%s.%s differs", table->name, table->columns[i].name);
	}
}
