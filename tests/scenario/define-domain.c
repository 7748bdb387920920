/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Plain libvirt, as somebody would use it who has never heard of Cleat:
 *
 *     define-domain ROOT < XML       defines a domain in an embedded driver's folder, starts it,
 *                                    and leaves it running
 *
 * Nobody else may have the folder open meanwhile.
 */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/str.h"

static void *loop(void *unused)
{
	for (;;)
		(void)virEventRunDefaultImpl(); /* until the process ends */
	return unused;
}

static int fail(const char *what)
{
	(void)fprintf(stderr, "define-domain: %s: %s\n", what, virGetLastErrorMessage());
	return 1;
}

static int define_and_start(const char *uri, const char *xml)
{
	virConnectPtr conn = virConnectOpen(uri);
	virDomainPtr domain;

	if (!conn)
		return fail("open");
	domain = virDomainDefineXML(conn, xml);
	if (!domain)
		return fail("define");
	if (virDomainCreate(domain) < 0)
		return fail("start");
	(void)virDomainFree(domain);
	(void)virConnectClose(conn);
	return 0;
}

int main(int argc, char **argv)
{
	_cleanup_(buf_done) Buf uri = {0};
	_cleanup_(buf_done) Buf xml = {0};
	char block[4096];
	pthread_t thread;
	size_t n;

	if (argc != 2)
		return 2;
	while ((n = fread(block, 1, sizeof(block), stdin)) > 0)
		buf_append(&xml, block, n);
	buf_printf(&uri, "qemu:///embed?root=%s", argv[1]);
	(void)signal(SIGPIPE, SIG_IGN); /* the driver lives in this process */
	if (virEventRegisterDefaultImpl() < 0 || pthread_create(&thread, NULL, loop, NULL))
		return fail("event loop");
	return define_and_start(buf_text(&uri), buf_text(&xml));
}
