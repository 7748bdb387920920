/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A table of events and statuses as a page of docs/ shows it: a diagram, and a row for each event.
 */
#pragma once

#include "base/enum.h"
#include "base/str.h"

typedef struct Machine {
	const char *title;
	const EnumNames *statuses;
	const EnumNames *events;
	int status_count; /* so many of the statuses are shown; 0: all */
	/*
	 * What an event makes of a status; the status itself where it says nothing, -1 where it is
	 * refused. `beside`: as the second column has it.
	 */
	int (*move)(int status, int event, bool beside);
	const char *beside;         /* title of a second column for what is allowed, or NULL */
	bool (*settles)(int event); /* what becomes of it is looked up elsewhere; or NULL */
	int everywhere;             /* an event that the diagram leaves out; -1: none */
} Machine;

void machine_print(Buf *text, const Machine *machine);
