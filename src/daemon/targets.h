/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The target that the operator chose: its settings out of the configuration, and the secret of this
 * installation.
 */
#pragma once

#include "contract/target.h"
#include "daemon/config.h"

/* Volumes are served by it; NULL in *ret: by none. Texts are in the arena, which outlives it. */
_must_use_ int targets_open(const Config *config, Arena *arena, Target **ret, Fault *f);
