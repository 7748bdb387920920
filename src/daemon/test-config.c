/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The configuration file: values arrive, and everything wrong is told with its line.
 */
#include "daemon/config.h"

#include <stdio.h>

#include "base/str.h"
#include "tests/lib/test.h"

static Arena *arena;
static Config config;
static Fault fault;

static int read_text(const char *text)
{
	char path[] = "/tmp/test-config-XXXXXX";
	int fd = mkstemp(path);
	int r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
	arena = arena_new();
	config_default(&config, arena);
	fault = (Fault){0};
	r = config_read(&config, arena, path, &fault);
	assert_int_equal(unlink(path), 0);
	return r;
}

static void done(void)
{
	arena = arena_free(arena);
}

TEST(values_arrive)
{
	assert_int_equal(read_text("[server]\n"
				   "listen = 0.0.0.0:80 ; where\n"
				   "allow_plain_http = true\n"
				   "# a comment\n"
				   "[identity]\n"
				   "token_seconds = 600\n"
				   "[hypervisor]\n"
				   "driver = fake\n"
				   "[share]\n"
				   "limit = none\n"
				   "exports_directory = /etc/cleat.exports.d\n"
				   "restore_seconds = 60\n"),
			 0);
	assert_string_equal(config.listen, "0.0.0.0:80");
	assert_true(config.allow_plain_http);
	assert_int_equal(config.token_s, 600);
	assert_string_equal(config.hypervisor, "fake");
	assert_string_equal(config.region, "RegionOne");
	assert_string_equal(config.share_limit, "none");
	assert_string_equal(config.share_exports_directory, "/etc/cleat.exports.d");
	assert_string_equal(config.share_backend, "directory");
	assert_int_equal(config.share_restore_s, 60);
	assert_int_equal(config.deleted_days, 90);
	assert_int_equal(config_check(&config, &fault), 0);
	done();
}

static void check_unfit(const char *text, const char *reason)
{
	assert_int_equal(read_text(text), 0);
	assert_true(config_check(&config, &fault) < 0);
	assert_non_null(strstr(fault.text, reason));
	done();
}

TEST(what_does_not_go_together_is_told)
{
	check_unfit("[volume]\nbackend = lvm\n", "needs the key volume_group");
	check_unfit("[volume]\nthin_pool = p\n", "for backend lvm");
	check_unfit("[volume]\nbackend = lvm\nvolume_group = vg\nformat = qcow2\n", "are raw");
	check_unfit("[volume]\nbackend = nfs\n", "needs the key export");
	check_unfit("[volume]\nexport = a:/b\n", "for backend nfs");
	check_unfit("[volume]\nbackend = rbd\n", "needs the key pool");
	check_unfit("[volume]\nbackend = nfs\nexport = a:/b\nceph_user = u\n", "for backend rbd");
	check_unfit("[volume]\nbackend = rbd\npool = p\nformat = qcow2\n", "are raw");
	check_unfit("[volume]\nbackend = rbd\npool = p\n[target]\ndriver = tgt\n",
		    "no target serves it");
	check_unfit("[hypervisor]\nvirtiofsd = virtiofsd\n", "not an absolute path");
	check_unfit("[hypervisor]\nvirtiofs_queue = 100\n", "not a power of two");
	check_unfit("[network]\nsubnet = 10.0.0.0/24\n", "needs a bridge");
	check_unfit("[network]\nbridge = b\n", "needs a subnet");
	check_unfit("[network]\nbridge = b\nsubnet = 10.0.0.0\n", "is not like");
	check_unfit("[metadata]\nlisten_guests = 169.254.169.254:80\n", "needs a bridge");
	check_unfit("[network]\nbridge = b\nsubnet = 10.0.0.0/24\nfilter = clean-traffic\n",
		    "the embedded driver has none");
	check_unfit("[network]\nbridge = b\nsubnet = 10.0.0.0/24\ndhcp_hosts = here\n",
		    "not an absolute path");
	assert_int_equal(read_text("[hypervisor]\nuri = qemu:///system\n[network]\nbridge = b\n"
				   "subnet = 10.0.0.0/24\nfilter = clean-traffic\n"),
			 0);
	assert_int_equal(config_check(&config, &fault), 0);
	done();
	assert_int_equal(read_text("[volume]\nbackend = lvm\nvolume_group = vg\n"
				   "thin_pool = p\n"),
			 0);
	assert_int_equal(config_check(&config, &fault), 0);
	done();
}

static void check_refused(const char *text, const char *line, const char *reason)
{
	assert_true(read_text(text) < 0);
	assert_non_null(strstr(fault.text, line));
	assert_non_null(strstr(fault.text, reason));
	done();
}

TEST(ratios_are_kept_in_hundredths)
{
	static const struct {
		const char *text;
		int64_t hundredths; /* 0: refused */
	} ratios[] = {
		{"20", 2000}, {"1.0", 100}, {"1.5", 150}, {"12.34", 1234}, {"0.99", 0}, {"1.", 0},
		{".5", 0},    {"1.234", 0}, {"-2", 0},    {"2x", 0},       {"1.x", 0},  {"1e3", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(ratios); i++) {
		char text[100];
		int r;

		(void)snprintf(text, sizeof(text), "[volume]\nmax_over_subscription_ratio = %s\n",
			       ratios[i].text); /* fits */
		r = read_text(text);
		assert_int_equal(r == 0 ? config.oversubscription : 0, ratios[i].hundredths);
		done();
	}
}

TEST(what_is_wrong_is_told_with_its_line)
{
	char lengthy[400];

	check_refused("[notifications]\nvolume_exchange =\n", "line 2", "volume_exchange");
	check_refused("[server]\nlisten = x\nlisen = y\n", "line 3", "no key lisen in [server]");
	check_refused("[nowhere]\na = b\n", "line 2", "no key a in [nowhere]");
	check_refused("[identity]\ntoken_seconds = soon\n", "line 2", "soon is no value");
	check_refused("[identity]\ntoken_seconds = 1\n", "line 2", "1 is no value");
	check_refused("[server]\nallow_plain_http = yes\n", "line 2", "yes is no value");
	check_refused("[hypervisor]\ndriver = xen\n", "line 2", "xen is no value");
	check_refused("[volume]\nbackend = tape\n", "line 2", "tape is no value");
	check_refused("[server]\nlisten =\n", "line 2", "nothing is no value");
	check_refused("[server]\nlisten\n", "line 2", "not a key");
	memset(lengthy, 'x', sizeof(lengthy) - 1);
	memcpy(lengthy, "[server]\nlisten=", 16);
	lengthy[sizeof(lengthy) - 1] = '\0';
	check_refused(lengthy, "line", "");
}

TEST(values_that_do_not_go_together)
{
	assert_int_equal(read_text("[server]\ntls_cert = /etc/cert\n"), 0);
	assert_true(config_check(&config, &fault) < 0);
	done();
	assert_int_equal(read_text("[state]\ndirectory = here\n"), 0);
	assert_true(config_check(&config, &fault) < 0);
	done();
}

TEST(file_must_be_there)
{
	arena = arena_new();
	config_default(&config, arena);
	assert_true(config_read(&config, arena, "/nonexistent/cleatd.conf", &fault) < 0);
	done();
}
