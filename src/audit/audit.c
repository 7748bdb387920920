/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See audit.h: where the lines go.
 */
#include "audit/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "audit/event.h"
#include "audit/journal.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

struct Audit {
	char *host;
	int fd;           /* -1: the journal */
	atomic_bool torn; /* the last line has no end */
};

int audit_trail_open(const char *where, const char *host, Audit **ret, Fault *f)
{
	_cleanup_(audit_trail_closep) Audit *audit = NEW(Audit);

	audit->host = mem_strdup(host);
	audit->fd = -1;
	if (strcmp(where, "journal") != 0) {
		audit->fd = open(where, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
				 S_IRUSR | S_IWUSR);
		if (audit->fd < 0)
			return fault(f, -errno, "audit trail %s: %s", where, strerror(errno));
	}
	*ret = TAKE(audit);
	return 0;
}

Audit *audit_trail_close(Audit *audit)
{
	if (!audit)
		return NULL;
	closep(&audit->fd);
	free(audit->host);
	free(audit);
	return NULL;
}

/* What a full disk cut off must not spoil the next line as well. */
static int file_write(Audit *audit, const char *line, size_t length)
{
	ssize_t n;

	if (atomic_exchange(&audit->torn, false) && write(audit->fd, "\n", 1) != 1)
		atomic_store(&audit->torn, true);
	n = write(audit->fd, line, length);
	if (n < 0)
		return -errno;
	if ((size_t)n == length)
		return 0;
	atomic_store(&audit->torn, true);
	return -ENOSPC;
}

/* The text is made into a line where it goes to a file. */
static void event_write(Audit *audit, JsonOut *out)
{
	size_t length;
	_cleanup_(freep) char *text = json_out_take(out, &length);
	int r;

	if (audit->fd >= 0) {
		text[length++] = '\n'; /* in the place of the NUL */
		r = file_write(audit, text, length);
	} else {
		r = journal_write(text);
	}
	if (r < 0)
		log_error("audit=lost text=\"%s\"", strerror(-r));
}

void audit_trail_request(Audit *audit, const AuditRequest *request)
{
	JsonOut out = {0};

	event_of_request(&out, audit->host, request);
	event_write(audit, &out);
}

void audit_trail_operation(Audit *audit, const Operation *operation, int64_t now_us)
{
	JsonOut out = {0};

	event_of_operation(&out, audit->host, operation, now_us);
	event_write(audit, &out);
}
