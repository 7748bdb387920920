/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See journal.h.
 */
#include "audit/journal.h"

#include <systemd/sd-journal.h>

int journal_write(const char *line)
{
	return sd_journal_send("MESSAGE=%s", line, "PRIORITY=6", "SYSLOG_IDENTIFIER=cleat-audit",
			       NULL);
}
