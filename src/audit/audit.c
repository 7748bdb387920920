/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See audit.h: where the lines go. Whoever has something to tell may be the store's writer, for
 * whom all others wait; a thread of the trail's own waits for the disk or the journal instead.
 */
#include "audit/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#include "audit/event.h"
#include "audit/journal.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

/* More wait only where the disk hangs. */
enum { LINES_MAX = 10000 };

typedef struct Line Line;

struct Line {
	Line *next;
	char *text;
	size_t length;
};

struct Audit {
	char *host;
	int fd;    /* -1: the journal */
	bool torn; /* the last line in the file has no end */
	pthread_t thread;
	bool started;

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t told;
	Line *first;
	Line **last;
	size_t count;
	bool ending;
};

/* What a full disk cut off must not spoil the next line as well. */
static int file_write(Audit *audit, const char *text, size_t length)
{
	ssize_t n;

	if (audit->torn && write(audit->fd, "\n", 1) == 1)
		audit->torn = false;
	n = write(audit->fd, text, length);
	if (n < 0)
		return -errno;
	audit->torn = (size_t)n != length;
	return audit->torn ? -ENOSPC : 0;
}

static void line_write(Audit *audit, Line *line)
{
	int r;

	if (audit->fd >= 0) {
		line->text[line->length++] = '\n'; /* in the place of the NUL */
		r = file_write(audit, line->text, line->length);
	} else {
		r = journal_write(line->text);
	}
	if (r < 0)
		log_error("audit=lost text=\"%s\"", strerror(-r));
	free(line->text);
	free(line);
}

/* Wait for a line; NULL: it is the end. */
static Line *line_take(Audit *audit)
{
	Line *line;

	(void)pthread_mutex_lock(&audit->lock);
	while (!audit->first && !audit->ending)
		(void)pthread_cond_wait(&audit->told, &audit->lock);
	line = audit->first;
	if (line) {
		audit->first = line->next;
		audit->count--;
	}
	if (!audit->first)
		audit->last = &audit->first;
	(void)pthread_mutex_unlock(&audit->lock);
	return line;
}

static void *trail_main(void *ctx)
{
	Audit *audit = ctx;
	Line *line;

	(void)pthread_setname_np(pthread_self(), "audit"); /* a name is a nicety */
	while ((line = line_take(audit)))
		line_write(audit, line);
	return NULL;
}

int audit_trail_open(const char *where, const char *host, Audit **ret, Fault *f)
{
	_cleanup_(audit_trail_closep) Audit *audit = NEW(Audit);
	int r;

	audit->host = mem_strdup(host);
	audit->fd = -1;
	audit->last = &audit->first;
	(void)pthread_mutex_init(&audit->lock, NULL);
	(void)pthread_cond_init(&audit->told, NULL);
	if (strcmp(where, "journal") != 0) {
		audit->fd = open(where, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
				 S_IRUSR | S_IWUSR);
		if (audit->fd < 0)
			return fault(f, -errno, "audit trail %s: %s", where, strerror(errno));
	}
	r = pthread_create(&audit->thread, NULL, trail_main, audit);
	if (r)
		return fault(f, -r, "start the audit trail");
	audit->started = true;
	*ret = TAKE(audit);
	return 0;
}

Audit *audit_trail_close(Audit *audit)
{
	if (!audit)
		return NULL;
	(void)pthread_mutex_lock(&audit->lock);
	audit->ending = true;
	(void)pthread_cond_signal(&audit->told);
	(void)pthread_mutex_unlock(&audit->lock);
	if (audit->started)
		(void)pthread_join(audit->thread, NULL);
	(void)pthread_cond_destroy(&audit->told);
	(void)pthread_mutex_destroy(&audit->lock);
	closep(&audit->fd);
	free(audit->host);
	free(audit);
	return NULL;
}

static void event_tell(Audit *audit, JsonOut *out)
{
	Line *line = NEW(Line);
	bool full;

	line->text = json_out_take(out, &line->length);
	(void)pthread_mutex_lock(&audit->lock);
	full = audit->count >= LINES_MAX;
	if (!full) {
		*audit->last = line;
		audit->last = &line->next;
		audit->count++;
		(void)pthread_cond_signal(&audit->told);
	}
	(void)pthread_mutex_unlock(&audit->lock);
	if (!full)
		return;
	log_error("audit=lost text=\"%d lines wait to be written\"", LINES_MAX);
	free(line->text);
	free(line);
}

void audit_trail_request(Audit *audit, const AuditRequest *request)
{
	JsonOut out = {0};

	event_of_request(&out, audit->host, request);
	event_tell(audit, &out);
}

void audit_trail_operation(Audit *audit, const Operation *operation, int64_t now_us)
{
	JsonOut out = {0};

	event_of_operation(&out, audit->host, operation, now_us);
	event_tell(audit, &out);
}
