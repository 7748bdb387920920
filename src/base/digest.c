/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See digest.h.
 */
#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/md5.h>

#include "base/str.h"

bool digest_md5(const char *text, char out[static DIGEST_MD5_TEXT])
{
	uint8_t digest[MD5_DIGEST_LENGTH];

	if (EVP_Digest(text, strlen(text), digest, NULL, EVP_md5(), NULL) != 1)
		return false; /* one that was built or set up without it */
	str_hex(digest, sizeof(digest), out);
	return true;
}
