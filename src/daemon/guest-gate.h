/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Who may ask for metadata from the network of guests: an address that really is the machine's that
 * asks, as far as the kernel can tell, and not more often than leaves room for others.
 *
 * Thread-safe.
 */
#pragma once

#include "api/common/api.h"
#include "host/host.h"
#include "model/network.h"

typedef struct GuestGate GuestGate;

/* How many requests of one address are answered: that many at once, and so many a second on. */
enum { GUEST_BURST = 100, GUEST_RATE = 20 };

/* Borrows all; `host` is NULL where addresses are believed (there is no bridge to look at). */
GuestGate *guest_gate_new(const GuestNetwork *network, const Host *host);
GuestGate *guest_gate_free(GuestGate *gate);
DEFINE_CLEANUP(GuestGate, guest_gate_free)

/* What becomes of a request from that address at that time (of any clock that only rises). */
GuestVerdict guest_gate_judge(GuestGate *gate, const char *address, int64_t now_us);
