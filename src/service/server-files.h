/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Files that are given to a server when it is made or rebuilt: see ServerFile.
 */
#pragma once

#include "service/service.h"
#include "json/json.h"

/*
 * Whether a server of the project may have them. REFUSAL_QUOTA ("injected_files",
 * "injected_file_content_bytes", "injected_file_path_bytes").
 */
_must_use_ int server_files_check(Work *work, const char *project_id, const JsonList *files,
				  Fault *f);
/* It has them from now on, and no others. */
_must_use_ int server_files_write(Work *work, const char *server_id, const JsonList *files,
				  Fault *f);
