/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The limits on everything that a client controls. Units are in the names.
 */
#pragma once

enum {
	LIMIT_HTTP_HEAD_BYTES = 32 * 1024,
	LIMIT_HTTP_BODY_BYTES = 114688, /* compute's own limit; also said in its 413 text */
	LIMIT_HTTP_REQUEST_MS = 60 * 1000,
	LIMIT_HTTP_IDLE_S = 75,
	LIMIT_HTTP_DRAIN_MS = 1000,
	LIMIT_HTTP_CONNECTIONS_PER_THREAD =
		125,                          /* 128 ready ones stall libmicrohttpd's epoll loop */
	LIMIT_HTTP_STREAM_BYTES_PER_S = 4096, /* slower uploads are cut */
	LIMIT_HTTP_QUERY_PARAMS = 64,
	LIMIT_JSON_DEPTH = 32,
	LIMIT_LIST_PAGE = 1000,
	LIMIT_NAME_CHARS = 255,
	LIMIT_METADATA_ITEMS = 128,
	LIMIT_TAGS = 50,
	LIMIT_TAG_CHARS = 60,
	LIMIT_SERVER_SHARES = 32, /* each has an emulator's device and a process of the host */
	LIMIT_USER_DATA_BYTES = 65535,
	LIMIT_PASSWORD_BYTES = 4096,
	LIMIT_USER_TOKENS = 5000,
	LIMIT_STORE_BATCH = 32,
	LIMIT_WORKER_QUEUE = 64,
	LIMIT_CONSOLE_BYTES = 102400,
};
