/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Fingerprints of keys that ssh-keygen and openssl have made, and pairs of our own.
 */
#include "service/key-material.h"

#include "base/str.h"
#include "tests/lib/test.h"

static const char rsa[] =
	"ssh-rsa "
	"AAAAB3NzaC1yc2EAAAADAQABAAAAgQDx8nkQv/zgGgB4rMYmIf+6A4l6Rr+o/6lHBQdW5aYd44bd8JttDCE/"
	"F/pNRr0lRE+PiqSPO8nDPHw0010JeMH9gYgnnFlyY3/OcJ02RhIPyyxYpv9FhY+2YiUkpwFOcLImyrxEsYXpD/"
	"0d3ac"
	"30bNH6Sw9JD9UZHYcpSxsIbECHw== somebody@somewhere";

TEST(ssh_fingerprints_are_those_of_ssh_keygen)
{
	char out[KEY_FINGERPRINT_TEXT];

	assert_int_equal(key_fingerprint(KEYPAIR_SSH, rsa, out), 0);
	assert_string_equal(out, "1e:2c:9b:56:79:4b:45:77:f9:ca:7a:98:2c:b0:d5:3c");
	assert_int_equal(
		key_fingerprint(KEYPAIR_SSH,
				"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAg"
				"JRNarH4TRpNePnAS\n",
				out),
		0);
}

TEST(what_is_no_key_has_no_fingerprint)
{
	static const char *const wrong[] = {
		"",
		"ssh-rsa",
		"ssh-rsa ",
		"ssh-rsa !!!!",
		"ssh-rsa AAAA",
		"ssh-rsa AAAAB3NzaC1yc2E=",                 /* its name alone */
		"ssh-dss AAAAB3NzaC1yc2EAAAADAQABAAAAAQE=", /* another name inside */
		"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAA==", /* an empty number */
		"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQEB", /* something behind it */
		"ssh-rsa AAAAB3NzaC1yc2H/////AQABAAAAAQE=", /* a length beyond the end */
		"ssh-new AAAAB3NzaC1yc2EAAAADAQABAAAAAQE=", /* no such type */
		"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQE=\nssh-rsa AAAA", /* a second line */
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	};
	char out[KEY_FINGERPRINT_TEXT];

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(key_fingerprint(KEYPAIR_SSH, wrong[i], out), KEY_INVALID);
		assert_int_equal(key_fingerprint(KEYPAIR_X509, wrong[i], out), KEY_INVALID);
	}
}

TEST(a_pair_that_was_made_is_a_key)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	char out[KEY_FINGERPRINT_TEXT];
	KeyMaterial made = {0};
	Fault f = {0};

	for (KeypairType type = 0; type < _KEYPAIR_TYPE_MAX; type++) {
		assert_int_equal(key_generate(type, "0123456789abcdef", arena, &made, &f), 0);
		assert_int_equal(key_fingerprint(type, made.public_key, out), 0);
		assert_int_equal(strlen(out), type == KEYPAIR_SSH ? 47 : 59);
		assert_int_equal(keypair_type_of(made.public_key), type);
		assert_non_null(str_after(made.private_key,
					  type == KEYPAIR_SSH ? "-----BEGIN RSA PRIVATE KEY-----\n"
							      : "-----BEGIN PRIVATE KEY-----\n"));
	}
}
