/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Of what pages a guest's memory is made: what a flavor says of it by an extra spec, and whether a
 * host has such pages.
 */
#pragma once

#include "model/domain.h"

#define PAGE_SIZE_SPEC "hw:mem_page_size"

/* Any other wish is a size in KiB. */
enum { PAGES_ORDINARY = 0, PAGES_HUGE = -1 };

enum { ORDINARY_PAGE_KIB = 4 };

/*
 * "small"; "any", which leaves it to the host; "large"; or a size: KiB where no unit (KB, MB, GB,
 * also as KiB ...) follows. False: it is none of these.
 */
_must_use_ bool page_size_parse(const char *text, int64_t *ret_wish);

/*
 * The size of huge pages that make up memory of ram_mib, as that is wished; 0: ordinary ones. The
 * host has those in host_kib, the largest first, 0 where there is none. False: it has none that
 * fit.
 */
_must_use_ bool page_size_choose(int64_t wish, const int64_t host_kib[HOST_PAGE_SIZES],
				 int64_t ram_mib, int64_t *ret_kib);
