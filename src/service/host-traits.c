/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See host-traits.h. Every guest's memory is made ready for shares, so no size of pages that a
 * flavor asks for stands in for the trait.
 */
#include "service/host-traits.h"

#include "base/str.h"
#include "rules/page-size.h"
#include "service/text-map.h"
#include "json/json.h"

static bool has(const HostTraits *traits, const char *name)
{
	int trait = enum_value(&host_trait_names, name);

	return trait >= 0 && !traits->lacks[trait];
}

static bool has_pages(const HostTraits *traits, const char *text, int64_t ram_mib)
{
	int64_t wish, kib;

	return page_size_parse(text, &wish) &&
	       page_size_choose(wish, traits->page_kib, ram_mib, &kib);
}

bool host_fits(Arena *arena, const HostTraits *traits, const char *extra_specs, int64_t ram_mib)
{
	JsonTextMap specs = json_text_map(arena, extra_specs);

	for (size_t i = 0; i < specs.count; i++) {
		const char *name = str_after(specs.pairs[i].key, "trait:");

		if (str_eq(specs.pairs[i].key, PAGE_SIZE_SPEC) &&
		    !has_pages(traits, specs.pairs[i].value, ram_mib))
			return false;
		if (!name)
			continue;
		if (str_eq(specs.pairs[i].value, "required") && !has(traits, name))
			return false;
		if (str_eq(specs.pairs[i].value, "forbidden") && has(traits, name))
			return false;
	}
	return true;
}

bool host_pages(Arena *arena, const HostTraits *traits, const char *extra_specs, int64_t ram_mib,
		int64_t *ret_kib)
{
	const char *text = text_map_value(arena, extra_specs, PAGE_SIZE_SPEC);
	int64_t wish, kib = 0;

	if (!text || !page_size_parse(text, &wish))
		return false;
	if (page_size_choose(wish, traits->page_kib, ram_mib, &kib) && kib == 0)
		kib = ORDINARY_PAGE_KIB;
	*ret_kib = kib;
	return true;
}

bool host_gives_shares(const HostTraits *traits)
{
	return !traits->lacks[HOST_TRAIT_VIRTIO_FS] && !traits->lacks[HOST_TRAIT_SHARED_MEMORY];
}
