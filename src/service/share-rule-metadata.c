/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Metadata of access rules: what is written there is its owner's affair.
 */
#include "service/priv.h"
#include "service/share-access.h"
#include "service/share.h"
#include "service/text-map.h"

static int write_metadata(Work *work, ShareRule *rule, const char *json, Fault *f)
{
	rule->metadata = json;
	rule->updated_us = work->now_us;
	return fault_unexpected(f, share_rule_update(work->tx, rule, f));
}

int service_merge_share_rule_metadata(Work *work, const char *rule_id, const JsonTextMap *set,
				      const char **ret, Fault *f)
{
	ShareRule *rule;
	int r = service_find_share_rule(work, rule_id, &rule, f);

	if (!r)
		r = share_check_metadata(work, set);
	if (r)
		return r;
	*ret = text_map_merge(work->arena, rule->metadata, set);
	return write_metadata(work, rule, *ret, f);
}

int service_delete_share_rule_metadata(Work *work, const char *rule_id, const char *key, Fault *f)
{
	const char *rest;
	ShareRule *rule;
	int r = service_find_share_rule(work, rule_id, &rule, f);

	if (r)
		return r;
	rest = text_map_without(work->arena, rule->metadata, key);
	if (!rest) {
		work->refused = (RefusalData){.id = rule->id, .other = key};
		return REFUSAL_NO_METADATA_KEY;
	}
	return write_metadata(work, rule, rest, f);
}
