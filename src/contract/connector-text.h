/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What connectors ask of the texts in a connection_info before one of them becomes an argument or
 * a part of a path, and how they word their outcomes. Pure.
 */
#pragma once

#include "contract/connector.h"
#include "json/json.h"

enum { CONNECTOR_ADDRESS_BYTES = 46 };

/* Say in the call's `why` what an outcome was about; returns the outcome. */
int connector_say(ConnectorCall *call, ConnectorOutcome outcome, const char *format, ...)
	_printf_(3, 4);

/* CONNECTOR_BAD_INFO, because of this member: "target_port", "is no port". */
int connector_bad(ConnectorCall *call, const char *member, const char *reason);

/*
 * Decode a flat connection_info by a table that is open: what connectors do not know is not
 * theirs to refuse. *ret is the table's struct, in the call's arena. CONNECTOR_BAD_INFO.
 */
_must_use_ int connector_decode(ConnectorCall *call, const char *info, const JsonFields *fields,
				void **ret);

/*
 * The one spelling of an IPv4 or IPv6 address, without the brackets that may stand around the
 * latter. False for host names and anything else.
 */
_must_use_ bool connector_address(const char *text, char out[static CONNECTOR_ADDRESS_BYTES]);

/*
 * Whether a text is one word of ASCII letters, digits and the characters in `also`, of at most
 * `max` bytes, that begins with neither '-' nor '.': no tool takes it for an option, and as a name
 * it stays in its directory.
 */
_must_use_ bool connector_is_word(const char *text, const char *also, size_t max);
