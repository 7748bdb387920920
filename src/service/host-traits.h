/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What servers demand of the host they run on, against what it is able to do.
 */
#pragma once

#include "service/service.h"

/*
 * Whether the host may have servers of a flavor with those extra specs and that much memory: it has
 * what "trait:NAME" = "required" names, has not what is "forbidden", and has pages of the size that
 * "hw:mem_page_size" says.
 */
bool host_fits(Arena *arena, const HostTraits *traits, const char *extra_specs, int64_t ram_mib);
/*
 * Whether extra specs say of what pages a guest's memory is made; and how large those are here, 0
 * where the host has none such.
 */
bool host_pages(Arena *arena, const HostTraits *traits, const char *extra_specs, int64_t ram_mib,
		int64_t *ret_kib);
/* Whether guests here can be given shares. */
bool host_gives_shares(const HostTraits *traits);
