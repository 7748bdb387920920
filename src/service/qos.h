/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * QoS specs: limits that have a name, for the volumes of the types they are associated with. A type
 * has at most one.
 */
#pragma once

#include "model/volume.h"
#include "service/service.h"
#include "json/json.h"

/* REFUSAL_NO_QOS. */
_must_use_ int service_find_qos(Work *work, const char *id, QosSpec **ret, Fault *f);
/*
 * `wish` holds the specs and, of its own keys, "name" (required) and "consumer".
 * REFUSAL_BAD_INPUT, REFUSAL_VOLUME_CONFLICT: the name is taken.
 */
_must_use_ int service_create_qos(Work *work, const JsonTextMap *wish, QosSpec **ret, Fault *f);
/* Set some specs, and "consumer"; others stay. REFUSAL_NO_QOS, REFUSAL_BAD_INPUT. */
_must_use_ int service_merge_qos(Work *work, const char *id, const JsonTextMap *specs, Fault *f);
/* All of these keys, or none. REFUSAL_NO_QOS, REFUSAL_BAD_INPUT: it has no such key. */
_must_use_ int service_delete_qos_keys(Work *work, const char *id, const char *const *keys,
				       size_t count, Fault *f);
/* REFUSAL_NO_QOS, REFUSAL_BAD_INPUT: types have it, and nobody says `force`. */
_must_use_ int service_delete_qos(Work *work, const char *id, bool force, Fault *f);

/* The types that have it. REFUSAL_NO_QOS. */
_must_use_ int service_list_qos_types(Work *work, const char *id, VolumeType ***ret,
				      size_t *ret_count, Fault *f);
/* REFUSAL_NO_QOS, REFUSAL_NO_VOLUME_TYPE, REFUSAL_BAD_INPUT: the type has another. */
_must_use_ int service_associate_qos(Work *work, const char *id, const char *type_id, Fault *f);
/* A type that has it not is fine; type NULL: from all types. */
_must_use_ int service_disassociate_qos(Work *work, const char *id, const char *type_id, Fault *f);
