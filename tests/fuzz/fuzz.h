/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What every fuzz target defines. The name is libFuzzer's; the ordinary build links fuzz-main.c
 * instead, which feeds the files of the corpus to it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
