/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Lines for systemd's journal. Apart from the rest, because names of <syslog.h> are ours as well.
 */
#pragma once

/* 0, or a negative errno. */
int journal_write(const char *line);
