/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See enum.h.
 */
#include "base/enum.h"

#include "base/str.h"

const char *enum_name(const EnumNames *names, int value)
{
	assert(value >= 0 && value < names->count);
	return names->names[value];
}

int enum_value(const EnumNames *names, const char *name)
{
	for (int i = 0; i < names->count; i++)
		if (str_eq(names->names[i], name))
			return i;
	return -1;
}

bool enum_names_complete(const EnumNames *names)
{
	for (int i = 0; i < names->count; i++)
		if (!names->names[i])
			return false;
	return true;
}
