/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Digests that name things, where others have chosen them. Not for secrets: see secret.h.
 */
#pragma once

#include "base/macros.h"

enum { DIGEST_MD5_TEXT = 33 };

/* Lower-case hex of the text's MD5. False: this OpenSSL has none. */
_must_use_ bool digest_md5(const char *text, char out[static DIGEST_MD5_TEXT]);
