/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The network of guests as the operator has configured it, and as this machine has it.
 */
#pragma once

#include "daemon/config.h"
#include "model/network.h"

/*
 * What [network] says, with a bridge in it; texts are the configuration's. `host` is this host's
 * address on the bridge, which is the gateway where none is configured; 0: not known, and then
 * there may be no gateway. A fault says what does not go together.
 */
_must_use_ int guest_network_read(const Config *config, uint32_t host, GuestNetwork *ret, Fault *f);

/*
 * Likewise, when there is such a bridge on this machine, and somebody who leads out of it. The fake
 * hypervisor has no use for a bridge: there none is looked for.
 */
_must_use_ int guest_network_open(const Config *config, GuestNetwork *ret, Fault *f);
