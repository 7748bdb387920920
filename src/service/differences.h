/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * How what the rows say differs from what is there. Nothing is changed. What an operation works on,
 * or has worked on while this looked, is left out: there a difference is on its way.
 */
#pragma once

#include "service/service.h"

typedef enum DifferenceKind {
	DIFFERENCE_NOT_ASKED,         /* what could tell does not answer */
	DIFFERENCE_NO_DOMAIN,         /* of a server that should have one */
	DIFFERENCE_STRANGE_DOMAIN,    /* of ours, and of no server */
	DIFFERENCE_POWER,             /* a server is in another state than its domain */
	DIFFERENCE_NO_DISK,           /* attached, and not in the domain */
	DIFFERENCE_STRANGE_DISK,      /* of ours in a domain, and of no attachment */
	DIFFERENCE_NO_SHARE,          /* a running guest lacks one that its server has */
	DIFFERENCE_NO_BYTES,          /* of a volume */
	DIFFERENCE_OPERATION_BROKEN,  /* it could not be undone */
	DIFFERENCE_OPERATION_LATE,    /* it is past its deadline */
	DIFFERENCE_OPERATION_WAITING, /* for one of those */
	_DIFFERENCE_KIND_MAX,
} DifferenceKind;

extern const EnumNames difference_kind_names;

typedef struct Difference {
	DifferenceKind kind;
	const char
		*type; /* of what differs: "server", "volume", "domain", "operation", "backend" */
	const char *id;
	const char *name;     /* or NULL */
	const char *other_id; /* what else it is about, or NULL */
	const char *text;     /* a sentence without its full stop */
} Difference;

typedef struct DifferenceList {
	Difference *rows; /* with their texts in the arena */
	size_t count;
} DifferenceList;

/* What can be done about one, for people. */
const char *difference_advice(DifferenceKind kind);

/* Asks the hypervisor and the backend, which may take long; work->tx is not used. */
_must_use_ int service_find_differences(const Work *work, Store *store, Hypervisor *hypervisor,
					DifferenceList *ret, Fault *f);
