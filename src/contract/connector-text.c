/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See connector-text.h.
 */
#include "contract/connector-text.h"

#include <arpa/inet.h>
#include <ctype.h>

#include "base/str.h"

int connector_say(ConnectorCall *call, ConnectorOutcome outcome, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	call->why = arena_vprintf(call->arena, format, ap);
	va_end(ap);
	return (int)outcome;
}

bool connector_address(const char *text, char out[static CONNECTOR_ADDRESS_BYTES])
{
	bool is_quoted = text[0] == '[' && str_ends(text, "]");
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;
	size_t length = strlen(text) - (is_quoted ? 2 : 0);
	uint8_t bytes[sizeof(struct in6_addr)];
	char plain[CONNECTOR_ADDRESS_BYTES];

	static_assert(CONNECTOR_ADDRESS_BYTES >= INET6_ADDRSTRLEN, "any address fits");
	if (length >= sizeof(plain) || (is_quoted && family == AF_INET))
		return false;
	memcpy(plain, text + is_quoted, length);
	plain[length] = '\0';
	return inet_pton(family, plain, bytes) == 1 &&
	       inet_ntop(family, bytes, out, CONNECTOR_ADDRESS_BYTES);
}

bool connector_is_word(const char *text, const char *also, size_t max)
{
	size_t length = strlen(text);

	if (length == 0 || length > max || text[0] == '-' || text[0] == '.')
		return false;
	for (const char *p = text; *p; p++)
		if (!isascii(*p) || (!isalnum((unsigned char)*p) && !strchr(also, *p)))
			return false;
	return true;
}

int connector_bad(ConnectorCall *call, const char *member, const char *reason)
{
	return connector_say(call, CONNECTOR_BAD_INFO, "%s %s", member, reason);
}

int connector_decode(ConnectorCall *call, const char *info, const JsonFields *fields, void **ret)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	JsonProblem problem;

	if (json_parse(call->arena, info, strlen(info), &doc, NULL) || !json_is_object(doc))
		return connector_bad(call, "the connection_info", "is not a JSON object");
	if (json_decode(call->arena, doc, fields, 0, ret, &problem))
		return connector_bad(call, problem.path, problem.reason);
	return 0;
}
