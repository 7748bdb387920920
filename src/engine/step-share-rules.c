/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The step that lets a backend have all access rules of a share. They are read within the share's
 * turn, and so is the backend told: operations in other lanes do the same, and what the backend
 * hears last is the truth of the latest rows.
 *
 * It has no way back. A rule that it failed for is in error, and in no later set: the next time
 * that the backend is told, its user is out.
 */
#include "engine/priv.h"
#include "rules/share-rule-state.h"
#include "json/out.h"

typedef struct RuleSet {
	StepRun *run;
	Share *share; /* NULL: gone, and the rules with it */
	ShareRule **all;
	size_t count;
	const ShareRule **in; /* those that the backend is told of */
	ShareRuleResult *results;
	size_t in_count;
} RuleSet;

static int load_rules(Tx *tx, void *ctx, Fault *f)
{
	RuleSet *set = ctx;
	const char *id = set->run->operation->share_id;
	int r = share_get(tx, set->run->arena, id, &set->share, f);

	if (r == RECORD_NOT_FOUND) {
		set->share = NULL;
		return 0;
	}
	if (!r)
		r = share_rules_of(tx, set->run->arena, id, &set->all, &set->count, f);
	return fault_unexpected(f, r);
}

static void choose_rules(RuleSet *set)
{
	set->in = ARENA_ARRAY(set->run->arena, const ShareRule *, MAX(set->count, 1));
	set->results = ARENA_ARRAY(set->run->arena, ShareRuleResult, MAX(set->count, 1));
	for (size_t i = 0; i < set->count; i++)
		if (share_rule_lets_in((ShareRuleState)set->all[i]->state))
			set->in[set->in_count++] = set->all[i];
}

/* Where there is no share, nobody gets in. */
static int tell_backend(RuleSet *set, Fault *f)
{
	int r = share_backend_apply(set->run->config->share_backend, set->share, set->in,
				    set->in_count, set->run->arena, set->results, f);

	if (r != SHARE_BACKEND_NO_SHARE)
		return fault_unexpected(f, r);
	for (size_t i = 0; i < set->in_count; i++)
		set->results[i] = (ShareRuleResult){.refused = true};
	return 0;
}

static void add_pair(const RuleSet *set, JsonTextMap *found, const char *key, const ShareRule *rule,
		     const char *value)
{
	found->pairs[found->count++] = (JsonPair){
		.key = arena_printf(set->run->arena, "%s%s", key, rule->id),
		.value = value,
	};
}

/* For the end of the operation: how it ended for those whose end was open. */
static const char *print_found(const RuleSet *set)
{
	JsonTextMap found = {
		.pairs = ARENA_ARRAY(set->run->arena, JsonPair, MAX(2 * set->count, 1)),
	};

	for (size_t i = 0; i < set->count; i++)
		if (share_rule_is_going((ShareRuleState)set->all[i]->state))
			add_pair(set, &found, OPERATION_RULE, set->all[i], OPERATION_RULE_DENIED);
	for (size_t i = 0; i < set->in_count; i++) {
		const ShareRuleResult *result = &set->results[i];

		if (!share_rule_is_passing((ShareRuleState)set->in[i]->state))
			continue;
		add_pair(set, &found, OPERATION_RULE, set->in[i],
			 result->refused ? OPERATION_RULE_REFUSED : OPERATION_RULE_APPLIED);
		if (!result->refused && result->access_key)
			add_pair(set, &found, OPERATION_RULE_KEY, set->in[i], result->access_key);
	}
	return json_print_text_map(set->run->arena, &found);
}

int share_rules_act(StepRun *run, Fault *f)
{
	RuleSet set = {.run = run};
	const char *id = run->operation->share_id;
	Use *use = use_begin(run->share_uses, id);
	int r;

	r = store_read(run->config->store, load_rules, &set, f);
	if (!r && set.share) {
		choose_rules(&set);
		r = tell_backend(&set, f);
	}
	use_end(run->share_uses, id, use);
	if (!r && set.share)
		run->found = print_found(&set);
	return r;
}
