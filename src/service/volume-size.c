/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The sizes that a type allows its volumes: asked when one is made, extended or given the type.
 */
#include <inttypes.h>

#include "base/str.h"
#include "service/text-map.h"
#include "service/volume.h"

int volume_check_type_size(Work *work, const VolumeType *type, int64_t size_gib)
{
	static const struct {
		const char *spec;
		bool is_least;
	} bounds[] = {
		{.spec = "provisioning:min_vol_size", .is_least = true},
		{.spec = "provisioning:max_vol_size", .is_least = false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
		const char *text = text_map_value(work->arena, type->extra_specs, bounds[i].spec);
		int64_t bound;

		if (!text || !str_parse_i64(text, &bound))
			continue;
		if (bounds[i].is_least ? size_gib >= bound : size_gib <= bound)
			continue;
		work->refused = (RefusalData){
			.value = arena_printf(
				work->arena,
				"Invalid input received: Specified volume size of '%" PRId64
				"' is %s than the %s size of '%" PRId64 "' for volume type '%s'.",
				size_gib, bounds[i].is_least ? "less" : "greater",
				bounds[i].is_least ? "minimum required" : "maximum allowable",
				bound, type->name),
		};
		return REFUSAL_BAD_INPUT;
	}
	return 0;
}
