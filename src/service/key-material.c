/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See key-material.h. An SSH key is a line "TYPE BASE64 [COMMENT]"; what is encoded is a row of
 * strings, each behind its length in four bytes (RFC 4253, 6.6; RFC 5656; RFC 8709): the type
 * again, then the numbers or points of that type.
 */
#include "service/key-material.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "base/str.h"

enum {
	RSA_BITS = 2048,
	CERTIFICATE_DAYS = 3650,
	COMMON_NAME_MAX = 64,
	BLOB_MAX = 8192,
	INTEGER_MAX = RSA_BITS / 8 + 1,
};

/* Types of SSH keys, and of how many strings behind its name each is made. */
typedef struct SshType {
	const char *name;
	size_t strings;
} SshType;

static const SshType ssh_types[] = {
	{.name = "ssh-rsa", .strings = 2},
	{.name = "ssh-dss", .strings = 4},
	{.name = "ssh-ed25519", .strings = 1},
	{.name = "ecdsa-sha2-nistp256", .strings = 2},
	{.name = "ecdsa-sha2-nistp384", .strings = 2},
	{.name = "ecdsa-sha2-nistp521", .strings = 2},
	{.name = "sk-ssh-ed25519@openssh.com", .strings = 2},
	{.name = "sk-ecdsa-sha2-nistp256@openssh.com", .strings = 3},
};

static void bio_freep(BIO **bio)
{
	(void)BIO_free(*bio); /* takes NULL; what was in memory cannot fail to be flushed */
}

static void pkey_freep(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void x509_freep(X509 **certificate)
{
	X509_free(*certificate);
}

static void bn_freep(BIGNUM **number)
{
	BN_free(*number);
}

/* Pairs of digits between colons. */
static void print_fingerprint(const unsigned char *digest, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		(void)snprintf(out + 3 * i, 4, "%02x%s", digest[i],
			       i + 1 < n ? ":" : ""); /* fits */
}

/* --- SSH --- */

typedef struct Blob {
	const unsigned char *bytes;
	size_t length;
} Blob;

/* The next string of a blob; false when there is none. */
static bool blob_string(Blob *blob, Blob *ret)
{
	size_t n;

	if (blob->length < 4)
		return false;
	n = (size_t)blob->bytes[0] << 24 | (size_t)blob->bytes[1] << 16 |
	    (size_t)blob->bytes[2] << 8 | blob->bytes[3];
	if (n > blob->length - 4)
		return false;
	*ret = (Blob){.bytes = blob->bytes + 4, .length = n};
	blob->bytes += 4 + n;
	blob->length -= 4 + n;
	return true;
}

static bool blob_is_key(Blob blob, const SshType *type)
{
	Blob part;

	if (!blob_string(&blob, &part) || part.length != strlen(type->name) ||
	    memcmp(part.bytes, type->name, part.length) != 0)
		return false;
	for (size_t i = 0; i < type->strings; i++)
		if (!blob_string(&blob, &part) || part.length == 0)
			return false;
	return blob.length == 0;
}

static const SshType *ssh_type(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(ssh_types); i++)
		if (strlen(ssh_types[i].name) == length &&
		    strncmp(ssh_types[i].name, name, length) == 0)
			return &ssh_types[i];
	return NULL;
}

/* Bytes of canonical base64; 0 when it is none or too long. */
static size_t decode(const char *text, size_t length, unsigned char out[static BLOB_MAX])
{
	size_t padding = 0;
	int n;

	if (length == 0 || length % 4 || length / 4 * 3 > BLOB_MAX ||
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") <
		    length)
		return 0;
	while (padding < 2 && text[length - 1 - padding] == '=')
		padding++;
	n = EVP_DecodeBlock(out, (const unsigned char *)text, (int)length);
	return n < (int)padding ? 0 : (size_t)n - padding;
}

/* A second line would be a second key in a guest's list of them. */
static bool is_one_line(const char *text)
{
	text += strcspn(text, "\r\n");
	return text[strspn(text, "\r\n")] == '\0';
}

static int ssh_fingerprint(const char *line, char *out)
{
	size_t type_length = strcspn(line, " \t"), length;
	const SshType *type = ssh_type(line, type_length);
	const char *encoded = line + type_length;
	unsigned char bytes[BLOB_MAX], digest[EVP_MAX_MD_SIZE];
	unsigned digest_length = 0;

	encoded += strspn(encoded, " \t");
	length = decode(encoded, strcspn(encoded, " \t\r\n"), bytes);
	if (!type || !length || !blob_is_key((Blob){.bytes = bytes, .length = length}, type) ||
	    !is_one_line(line))
		return KEY_INVALID;
	if (!EVP_Digest(bytes, length, digest, &digest_length, EVP_md5(), NULL))
		return KEY_INVALID; /* not where policy forbids MD5 */
	print_fingerprint(digest, digest_length, out);
	return 0;
}

static void add_string(Buf *buf, const void *bytes, size_t n)
{
	const unsigned char head[] = {(unsigned char)(n >> 24), (unsigned char)(n >> 16),
				      (unsigned char)(n >> 8), (unsigned char)n};

	buf_append(buf, head, sizeof(head));
	buf_append(buf, bytes, n);
}

/* A number as SSH writes it: shortest, with a zero in front where it would look negative. */
static bool add_number(Buf *buf, const EVP_PKEY *key, const char *name)
{
	_cleanup_(bn_freep) BIGNUM *number = NULL;
	unsigned char bytes[1 + INTEGER_MAX] = {0};
	int n;

	if (!EVP_PKEY_get_bn_param(key, name, &number) || BN_num_bytes(number) > INTEGER_MAX)
		return false;
	n = BN_bn2bin(number, bytes + 1);
	if (bytes[1] & 0x80)
		add_string(buf, bytes, (size_t)n + 1);
	else
		add_string(buf, bytes + 1, (size_t)n);
	return true;
}

static const char *ssh_line(const EVP_PKEY *key, Arena *arena)
{
	_cleanup_(buf_done) Buf blob = {0};
	char *encoded;

	add_string(&blob, "ssh-rsa", strlen("ssh-rsa"));
	if (!add_number(&blob, key, "e") || !add_number(&blob, key, "n"))
		return NULL;
	encoded = arena_alloc(arena, blob.length * 2 + 4);
	(void)EVP_EncodeBlock((unsigned char *)encoded, (unsigned char *)blob.data,
			      (int)blob.length); /* its length, which the NUL tells too */
	return arena_printf(arena, "ssh-rsa %s Generated-by-Cleat", encoded);
}

/* --- certificates --- */

static int x509_fingerprint(const char *pem, char *out)
{
	_cleanup_(bio_freep) BIO *bio = BIO_new_mem_buf(pem, -1);
	_cleanup_(x509_freep) X509 *certificate =
		bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	if (!certificate || !X509_digest(certificate, EVP_sha1(), digest, &length))
		return KEY_INVALID;
	print_fingerprint(digest, length, out);
	return 0;
}

static bool add_extension(X509 *certificate, int what, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, what, value);
	bool added = extension && X509_add_ext(certificate, extension, -1);

	X509_EXTENSION_free(extension);
	return added;
}

/* A client's certificate as Windows wants it for logging in over WinRM: the user is in its name. */
static X509 *certificate_new(EVP_PKEY *key, const char *user_id, Arena *arena)
{
	_cleanup_(x509_freep) X509 *certificate = X509_new();
	const char *name = arena_strndup(arena, user_id, strnlen(user_id, COMMON_NAME_MAX));
	X509_NAME *subject;

	if (!certificate)
		return NULL;
	subject = X509_get_subject_name(certificate);
	if (!X509_set_version(certificate, X509_VERSION_3) ||
	    !ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) ||
	    !X509_gmtime_adj(X509_getm_notBefore(certificate), 0) ||
	    !X509_gmtime_adj(X509_getm_notAfter(certificate), CERTIFICATE_DAYS * 24L * 3600) ||
	    !X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name,
					-1, -1, 0) ||
	    !X509_set_issuer_name(certificate, subject) || !X509_set_pubkey(certificate, key) ||
	    !add_extension(certificate, NID_ext_key_usage, "clientAuth") ||
	    !add_extension(certificate, NID_subject_alt_name,
			   arena_printf(arena, "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:%s@localhost",
					name)) ||
	    !X509_sign(certificate, key, EVP_sha256()))
		return NULL;
	return TAKE(certificate);
}

static const char *bio_text(BIO *bio, Arena *arena)
{
	char *data;
	long n = BIO_get_mem_data(bio, &data);

	return arena_strndup(arena, data, (size_t)n);
}

static const char *certificate_pem(EVP_PKEY *key, const char *user_id, Arena *arena)
{
	_cleanup_(x509_freep) X509 *certificate = certificate_new(key, user_id, arena);
	_cleanup_(bio_freep) BIO *bio = BIO_new(BIO_s_mem());

	if (!certificate || !bio || !PEM_write_bio_X509(bio, certificate))
		return NULL;
	return bio_text(bio, arena);
}

/* --- both --- */

int key_fingerprint(KeypairType type, const char *public_key, char out[static KEY_FINGERPRINT_TEXT])
{
	switch (type) {
	case KEYPAIR_SSH:
		return ssh_fingerprint(public_key, out);
	case KEYPAIR_X509:
		return x509_fingerprint(public_key, out);
	case _KEYPAIR_TYPE_MAX:
		break;
	}
	return KEY_INVALID;
}

/* In the form that ssh-keygen -m PEM writes, which every client reads. */
static const char *private_pem(KeypairType type, const EVP_PKEY *key, Arena *arena)
{
	_cleanup_(bio_freep) BIO *bio = BIO_new(BIO_s_secmem());
	int written;

	if (!bio)
		return NULL;
	if (type == KEYPAIR_SSH)
		written = PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL);
	else
		written = PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	return written ? bio_text(bio, arena) : NULL;
}

int key_generate(KeypairType type, const char *user_id, Arena *arena, KeyMaterial *ret, Fault *f)
{
	_cleanup_(pkey_freep) EVP_PKEY *key = EVP_RSA_gen(RSA_BITS);
	KeyMaterial made = {0};

	if (key) {
		made.public_key = type == KEYPAIR_SSH ? ssh_line(key, arena)
						      : certificate_pem(key, user_id, arena);
		made.private_key = private_pem(type, key, arena);
	}
	if (!made.public_key || !made.private_key)
		return fault(f, -EIO, "OpenSSL cannot make a key pair");
	*ret = made;
	return 0;
}
