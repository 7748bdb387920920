/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * From results of the client and of libcleat to the outcomes of a call.
 */
#include "plugin/priv.h"

int call_tell(Call *call, PluginOutcome outcome, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	call->why = arena_vprintf(call->arena, format, ap);
	va_end(ap);
	return outcome;
}

int call_tell_client(Call *call, int r, const Fault *f)
{
	const char *words = client_error(call->session->client);

	if (r < 0)
		return call_say(call, PLUGIN_AWAY, "%s", f->text);
	switch ((ClientOutcome)r) {
	case CLIENT_NOT_FOUND:
		return call_say(call, PLUGIN_NONE, "%s", words);
	case CLIENT_DENIED:
	case CLIENT_REFUSED:
	case CLIENT_AMBIGUOUS:
		return call_say(call, PLUGIN_REFUSED, "%s", words);
	case CLIENT_BROKEN:
		break;
	}
	return call_say(call, PLUGIN_AWAY, "%s", words);
}

static PluginOutcome outcome_of(int status)
{
	switch ((enum cleat_status)status) {
	case CLEAT_NOT_FOUND:
		return PLUGIN_NONE;
	case CLEAT_AMBIGUOUS:
	case CLEAT_DENIED:
	case CLEAT_REFUSED:
	case CLEAT_BUSY:
	case CLEAT_UNFLUSHED:
	case CLEAT_NO_MOUNT:
		return PLUGIN_REFUSED;
	case CLEAT_UNAVAILABLE:
		return PLUGIN_AWAY;
	case CLEAT_TIMEOUT:
		return PLUGIN_LATE;
	case CLEAT_OK:
	case CLEAT_USAGE:
	case CLEAT_BAD_INFO:
	case CLEAT_NO_TRANSPORT:
	case CLEAT_NO_PATH:
	case CLEAT_NO_DISK:
	case CLEAT_WRONG_DISK:
	case CLEAT_NOT_GROWN:
	case CLEAT_NOT_PERMITTED:
	case CLEAT_SYSTEM:
		break;
	}
	return PLUGIN_FAILED;
}

int call_tell_cleat(Call *call, const struct cleat_error *error)
{
	return call_say(call, outcome_of(error->status), "%s", error->message);
}
