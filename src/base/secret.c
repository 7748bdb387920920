/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Secrets by way of OpenSSL: base64, SHA-256 and the comparison that takes its time.
 */
#include "base/secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <pthread.h>

#include "base/str.h"
#include "base/uuid.h"

void secret_new(size_t n, char out[static SECRET_TEXT_MAX])
{
	uint8_t bytes[SECRET_BYTES_MAX];
	int length;

	assert(n <= sizeof(bytes));
	random_bytes(bytes, n);
	length = EVP_EncodeBlock((unsigned char *)out, bytes, (int)n);
	while (length > 0 && out[length - 1] == '=')
		out[--length] = '\0';
	for (char *p = out; *p; p++) {
		if (*p == '+')
			*p = '-';
		else if (*p == '/')
			*p = '_';
	}
	OPENSSL_cleanse(bytes, sizeof(bytes));
}

static EVP_MD *sha256;

static void sha256_fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!sha256)
		abort(); /* an OpenSSL without it is no OpenSSL */
}

/* Looking the algorithm up costs far more than hashing a token with it: once is enough. */
void secret_hash(const char *text, char out[static SECRET_HASH_TEXT])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	uint8_t digest[SHA256_DIGEST_LENGTH];

	pthread_once(&once, sha256_fetch);
	if (EVP_Digest(text, strlen(text), digest, NULL, sha256, NULL) != 1)
		abort(); /* out of memory */
	str_hex(digest, sizeof(digest), out);
}

void secret_hmac(const char *key, const char *text, char out[static SECRET_HASH_TEXT])
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	unsigned length = 0;

	if (!HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)text, strlen(text),
		  digest, &length))
		abort(); /* out of memory */
	str_hex(digest, sizeof(digest), out);
	OPENSSL_cleanse(digest, sizeof(digest));
}

bool secret_equal(const char *a, const char *b)
{
	size_t length = strlen(a);

	return length == strlen(b) && CRYPTO_memcmp(a, b, length) == 0;
}
