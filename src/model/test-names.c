/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Every enumerator has a name, and roles imply what they should.
 */
#include "model/domain.h"
#include "model/identity.h"
#include "model/image.h"
#include "model/operation.h"
#include "model/server.h"
#include "model/share.h"
#include "model/volume.h"
#include "tests/lib/test.h"

TEST(no_enumerator_was_forgotten)
{
	const EnumNames *const all[] = {
		&role_names,
		&volume_status_names,
		&attach_status_names,
		&attach_mode_names,
		&disk_format_names,
		&vm_state_names,
		&task_state_names,
		&action_result_names,
		&keypair_type_names,
		&image_status_names,
		&image_visibility_names,
		&operation_state_names,
		&step_state_names,
		&step_kind_names,
		&domain_state_names,
		&domain_owner_names,
		&host_trait_names,
		&disk_device_names,
		&disk_cache_names,
		&disk_io_names,
		&disk_limit_names,
		&disk_protocol_names,
		&share_protocol_names,
		&share_status_names,
		&share_rules_status_names,
		&share_access_type_names,
		&share_access_level_names,
		&share_rule_state_names,
		&share_snapshot_status_names,
		&share_mapping_status_names,
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		assert_true(enum_names_complete(all[i]));
}

TEST(names_lead_back)
{
	assert_int_equal(enum_value(&volume_status_names, "in-use"), VOLUME_IN_USE);
	assert_int_equal(enum_value(&volume_status_names, "nonsense"), -1);
	assert_string_equal(enum_name(&vm_state_names, VM_SOFT_DELETED), "soft-delete");
}

TEST(admin_implies_the_weaker_roles_but_not_service)
{
	RoleSet all = role_set_expand(1u << ROLE_ADMIN);

	assert_true(role_set_has(all, ROLE_MANAGER));
	assert_true(role_set_has(all, ROLE_MEMBER));
	assert_true(role_set_has(all, ROLE_READER));
	assert_false(role_set_has(all, ROLE_SERVICE));
	assert_int_equal(role_set_expand(1u << ROLE_SERVICE), 1u << ROLE_SERVICE);
	assert_false(role_set_has(role_set_expand(1u << ROLE_MEMBER), ROLE_MANAGER));
}
