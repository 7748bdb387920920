/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See qos.h.
 */
#include "service/qos.h"

#include "base/str.h"
#include "service/priv.h"
#include "service/text-map.h"
#include "service/volume-type.h"
#include "json/out.h"

int service_find_qos(Work *work, const char *id, QosSpec **ret, Fault *f)
{
	int r = qos_spec_get(work->tx, work->arena, id, ret, f);

	if (r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	work->refused = (RefusalData){.id = id};
	return REFUSAL_NO_QOS;
}

static int check_consumer(Work *work, const char *consumer)
{
	if (str_eq(consumer, "front-end") || str_eq(consumer, "back-end") ||
	    str_eq(consumer, "both"))
		return 0;
	return work_refuse(work, REFUSAL_BAD_INPUT,
			   "Invalid qos specs: Valid consumer of QoS specs are: "
			   "['front-end', 'back-end', 'both']");
}

/* Take a key out of a text map; NULL when it is not there. */
static const char *take_key(Arena *arena, const char **map, const char *key)
{
	const char *value = text_map_value(arena, *map, key);

	if (value)
		*map = text_map_without(arena, *map, key);
	return value;
}

int service_create_qos(Work *work, const JsonTextMap *wish, QosSpec **ret, Fault *f)
{
	const char *specs = json_print_text_map(work->arena, wish);
	const char *name = arena_stripped(work->arena, take_key(work->arena, &specs, "name"));
	const char *consumer = take_key(work->arena, &specs, "consumer");
	QosSpec *qos = ARENA_NEW(work->arena, QosSpec);
	int r;

	if (str_empty(name))
		return work_refuse(work, REFUSAL_BAD_INPUT, "Please specify a name for QoS specs.");
	*qos = (QosSpec){
		.id = new_uuid(work->arena),
		.name = name,
		.consumer = consumer ? consumer : "back-end",
		.specs = specs,
		.created_us = work->now_us,
	};
	r = check_consumer(work, qos->consumer);
	if (r)
		return r;
	r = qos_spec_insert(work->tx, qos, f);
	if (r == RECORD_EXISTS)
		return work_refuse(work, REFUSAL_VOLUME_CONFLICT, "QoS Specs %s already exists.",
				   name);
	if (r)
		return fault_unexpected(f, r);
	*ret = qos;
	return 0;
}

static int write_qos(Work *work, QosSpec *qos, Fault *f)
{
	qos->updated_us = work->now_us;
	return fault_unexpected(f, qos_spec_update(work->tx, qos, f));
}

int service_merge_qos(Work *work, const char *id, const JsonTextMap *specs, Fault *f)
{
	const char *set = json_print_text_map(work->arena, specs);
	const char *consumer = take_key(work->arena, &set, "consumer");
	JsonTextMap rest = json_text_map(work->arena, set);
	QosSpec *qos;
	int r;

	r = service_find_qos(work, id, &qos, f);
	if (!r && consumer)
		r = check_consumer(work, consumer);
	if (r)
		return r;
	if (text_map_value(work->arena, set, "name"))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid qos specs: The name of QoS specs cannot be changed.");
	if (consumer)
		qos->consumer = consumer;
	qos->specs = text_map_merge(work->arena, qos->specs, &rest);
	return write_qos(work, qos, f);
}

int service_delete_qos_keys(Work *work, const char *id, const char *const *keys, size_t count,
			    Fault *f)
{
	QosSpec *qos;
	int r;

	r = service_find_qos(work, id, &qos, f);
	if (r)
		return r;
	for (size_t i = 0; i < count; i++) {
		const char *rest = text_map_without(work->arena, qos->specs, keys[i]);

		if (!rest)
			return work_refuse(work, REFUSAL_BAD_INPUT,
					   "QoS spec %s has no spec with key %s.", id, keys[i]);
		qos->specs = rest;
	}
	return write_qos(work, qos, f);
}

int service_list_qos_types(Work *work, const char *id, VolumeType ***ret, size_t *ret_count,
			   Fault *f)
{
	RecordQuery query = {0};
	QosSpec *qos;
	int r;

	r = service_find_qos(work, id, &qos, f);
	if (r)
		return r;
	record_where_text(&query, "qos_id", RECORD_EQ, qos->id);
	return fault_unexpected(f,
				volume_type_find(work->tx, work->arena, &query, ret, ret_count, f));
}

int service_delete_qos(Work *work, const char *id, bool force, Fault *f)
{
	VolumeType **types;
	size_t count;
	int r;

	r = service_list_qos_types(work, id, &types, &count, f);
	if (r)
		return r;
	if (count > 0 && !force)
		return work_refuse(work, REFUSAL_BAD_INPUT, "Qos specs still in use.");
	r = service_disassociate_qos(work, id, NULL, f);
	return r ? r : fault_unexpected(f, qos_spec_delete(work->tx, id, f));
}

static int give_type(Work *work, VolumeType *type, const char *qos_id, Fault *f)
{
	type->qos_id = qos_id;
	type->updated_us = work->now_us;
	return fault_unexpected(f, volume_type_update(work->tx, type, f));
}

int service_associate_qos(Work *work, const char *id, const char *type_id, Fault *f)
{
	VolumeType *type;
	QosSpec *qos;
	int r;

	r = service_find_qos(work, id, &qos, f);
	if (!r)
		r = service_find_volume_type(work, type_id, &type, f);
	if (r)
		return r;
	if (type->qos_id && !str_eq(type->qos_id, qos->id))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid volume type: Type %s is already associated with "
				   "another qos specs: %s",
				   type->id, type->qos_id);
	return give_type(work, type, qos->id, f);
}

int service_disassociate_qos(Work *work, const char *id, const char *type_id, Fault *f)
{
	VolumeType **types, *named;
	size_t count;
	int r;

	r = service_list_qos_types(work, id, &types, &count, f);
	if (!r && type_id)
		r = service_find_volume_type(work, type_id, &named, f);
	for (size_t i = 0; !r && i < count; i++)
		if (!type_id || str_eq(types[i]->id, named->id))
			r = give_type(work, types[i], NULL, f);
	return r;
}
