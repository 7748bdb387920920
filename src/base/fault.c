/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See fault.h.
 */
#include "base/fault.h"

#include <errno.h>
#include <stdarg.h>

int fault_raise(Fault *f, int code, const char *file, int line, const char *format, ...)
{
	va_list ap;

	assert(code < 0);
	if (!f)
		return code;
	f->code = code;
	f->file = file;
	f->line = line;
	va_start(ap, format);
	(void)vsnprintf(f->text, sizeof(f->text), format, ap); /* cut is fine */
	va_end(ap);
	return code;
}

int fault_context(Fault *f, const char *format, ...)
{
	char joined[2 * FAULT_TEXT_MAX + 2];
	va_list ap;
	int n;

	if (!f)
		return -EIO;
	va_start(ap, format);
	n = vsnprintf(joined, FAULT_TEXT_MAX, format, ap);
	va_end(ap);
	n = MIN(n, FAULT_TEXT_MAX - 1);
	n += snprintf(joined + n, sizeof(joined) - (size_t)n, ": %s", f->text);
	n = MIN(n, FAULT_TEXT_MAX - 1);
	memcpy(f->text, joined, (size_t)n);
	f->text[n] = '\0';
	return f->code;
}

int fault_from_outcome(Fault *f, int r, const char *file, int line)
{
	if (r <= 0)
		return r;
	return fault_raise(f, -EPROTO, file, line, "unexpected outcome %d", r);
}
