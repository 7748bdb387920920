/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Domains that others have made become servers, and are given back. A server like that has the
 * domain's own id; its domain_name says that its definition and its disks are not ours: they are
 * shown, and left alone. What may be done to it: rules/server-action.h.
 */
#pragma once

#include "model/domain.h"
#include "model/server.h"
#include "service/service.h"

typedef struct AdoptWish {
	const DomainFacts *facts; /* as just seen */
	const char *name;         /* NULL: the domain's */
	const char *flavor;       /* id or name; NULL: one of the domain's memory and processors */
	const char *project_id;   /* NULL: the caller's */
} AdoptWish;

/*
 * Write the server and the operation that marks the domain; quotas count it, and do not refuse it.
 * REFUSAL_NOT_THERE, REFUSAL_BAD_INPUT, REFUSAL_SERVER_CONFLICT for what is managed already: .value
 * is the whole sentence.
 */
_must_use_ int service_adopt_server(Work *work, const AdoptWish *wish, Server **ret,
				    const char **ret_operation, Fault *f);

/*
 * Give the domain back, running or not. REFUSAL_NO_SERVER; REFUSAL_SERVER_CONFLICT: it is no
 * adopted one, something is under way, or it has volumes; .value is the whole sentence.
 */
_must_use_ int service_release_server(Work *work, const char *id, const char **ret_operation,
				      Fault *f);
