/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See trace.h.
 */
#include "base/trace.h"

bool trace_is_parent(const char *text)
{
	static const char form[] = "00-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";

	if (!text || strlen(text) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == 'x' ? !strchr("0123456789abcdef", text[i]) : text[i] != form[i])
			return false;
	return strspn(text + 3, "0") < 32 && strspn(text + 36, "0") < 16;
}
