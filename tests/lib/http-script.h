/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * An HTTP server for tests of clients: on a free port of the loopback, it answers requests from a
 * table, strictly in order, and remembers the first one that was not the expected one.
 */
#pragma once

#include <stddef.h>

typedef struct HttpScript HttpScript;

typedef struct HttpScriptRow {
	const char *request; /* "GET /v3/auth/tokens?x=1"; with * at its end: anything from there */
	const char *holds;   /* text that the head or body holds, or NULL */
	const char *lacks;   /* text that neither holds, or NULL */
	int status;
	const char *headers; /* complete lines ending in \r\n, or NULL */
	const char *body;    /* or NULL */
} HttpScriptRow;

/* Rows are borrowed until the end. */
HttpScript *http_script_start(const HttpScriptRow *rows, size_t count);

/* "http://127.0.0.1:PORT" */
const char *http_script_url(const HttpScript *script);

/* Stops and frees. NULL when all rows were played as written, else what went wrong; free() it. */
char *http_script_end(HttpScript *script);
