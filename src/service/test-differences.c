/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Every kind of difference has its name and its advice.
 */
#include "service/differences.h"

#include "base/str.h"
#include "tests/lib/test.h"

TEST(each_kind_has_a_name_and_an_advice)
{
	assert_true(enum_names_complete(&difference_kind_names));
	assert_int_equal(difference_kind_names.count, _DIFFERENCE_KIND_MAX);
	for (int i = 0; i < _DIFFERENCE_KIND_MAX; i++)
		assert_false(str_empty(difference_advice((DifferenceKind)i)));
}
