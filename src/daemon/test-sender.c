/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The sender between a real store and a notifier that does as it is told: everything arrives in
 * order, through faults and through a death between sending and forgetting; and one lane's trouble
 * is not another one's.
 */
#include "daemon/sender.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "records/tables.h"
#include "store/sqlite/sqlite.h"
#include "tests/lib/test.h"

enum { ARRIVED_MAX = 1024, WAIT_MS = 120 * 1000 };

/* --- a notifier that does as it is told --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *arrived[ARRIVED_MAX]; /* "topic.priority exchange body" */
static size_t arrived_count;
static size_t faults;      /* of the next calls, */
static size_t faults_take; /* each after so many messages */
static bool late;          /* instead of a fault */
static int stuck = -1;     /* a lane that never takes anything */
static size_t stuck_calls;
static size_t largest;    /* of all calls */
static int death_fd = -1; /* tell of what arrives here, and die */

static int played_open(const NotifierConfig *config _unused_, void **ret, Fault *f _unused_)
{
	*ret = NEW(char);
	return 0;
}

static void played_close(void *self)
{
	free(self);
}

static void take(const NotifierMessage *message)
{
	Buf text = {0};

	buf_printf(&text, "%s.%s %s %s", message->topic, message->priority, message->exchange,
		   message->body);
	assert(message->id > 0);
	assert(arrived_count < ARRIVED_MAX);
	arrived[arrived_count++] = buf_take(&text);
}

static int played_send(void *self _unused_, unsigned lane, const NotifierMessage *messages,
		       size_t count, size_t *ret_sent, Fault *f)
{
	size_t sent;
	bool fails;

	if (death_fd >= 0) {
		if (write(death_fd, messages[0].body, strlen(messages[0].body)) > 0)
			(void)kill(getpid(), SIGKILL);
		_exit(1);
	}
	pthread_mutex_lock(&lock);
	largest = MAX(largest, count);
	if ((int)lane == stuck) {
		stuck_calls++;
		pthread_mutex_unlock(&lock);
		return fault(f, -EACCES, "no way");
	}
	fails = faults > 0;
	sent = fails ? MIN(faults_take, count) : count;
	for (size_t i = 0; i < sent; i++)
		take(&messages[i]);
	faults -= fails;
	pthread_mutex_unlock(&lock);
	*ret_sent = sent;
	if (fails && late)
		return NOTIFIER_LATE;
	return fails ? fault(f, -EIO, "as told") : 0;
}

static const NotifierDriver played = {
	.name = "played",
	.size = sizeof(NotifierDriver),
	.open = played_open,
	.close = played_close,
	.send = played_send,
};

static size_t count_arrived(void)
{
	size_t count;

	pthread_mutex_lock(&lock);
	count = arrived_count;
	pthread_mutex_unlock(&lock);
	return count;
}

static void wait_arrived(size_t count)
{
	int64_t end_ms = clock_mono_ms() + WAIT_MS;

	while (count_arrived() < count && clock_mono_ms() < end_ms)
		clock_sleep_ms(5);
	assert_int_equal(count_arrived(), count);
}

/* --- a store, and a sender over it --- */

static char folder[64];
static Store *store;
static Notifier *notifier;
static Sender *sender;

static const char *location(void)
{
	static char path[80];

	(void)snprintf(path, sizeof(path), "%s/db", folder); /* fits */
	return path;
}

static void open_store(void)
{
	const StoreConfig config = {.location = location()};
	Fault f = {0};

	assert_int_equal(store_open(&store_sqlite, &config, &store, &f), 0);
	assert_int_equal(store_migrate(store, schema_migrations, schema_migration_count, &f), 0);
}

static void begin(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/cleat-test-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(folder));
	open_store();
	faults = faults_take = stuck_calls = largest = 0;
	late = false;
	stuck = -1;
}

static void start(const char *topics)
{
	const NotifierConfig config = {.deadline_ms = 1000};
	SenderConfig wish = {
		.exchanges = {[OUTBOX_COMPUTE] = "nova",
			      [OUTBOX_VOLUME] = "cinder",
			      [OUTBOX_SHARE] = "manila"},
		.topics = topics,
		.versioned_topics = "versioned_notifications",
	};
	Fault f = {0};

	assert_int_equal(notifier_open(&played, &config, &notifier, &f), 0);
	wish.store = store;
	wish.notifier = notifier;
	assert_int_equal(sender_start(&wish, &sender, &f), 0);
}

static void stop(void)
{
	sender = sender_stop(sender);
	notifier = notifier_close(notifier);
}

static void end(void)
{
	static const char *const names[] = {"db", "db-wal", "db-shm", "db.lock"};

	stop();
	store = store_close(store);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[96];

		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]); /* fits */
		(void)unlink(path); /* some are gone already */
	}
	assert_int_equal(rmdir(folder), 0);
	while (arrived_count > 0)
		free(arrived[--arrived_count]);
}

static int add_work(Tx *tx, void *ctx, Fault *f)
{
	const int *range = ctx;
	int r = 0;

	for (int i = range[0]; !r && i < range[1]; i++) {
		char body[24];
		const OutboxMessage message = {
			.service = i % 2 ? OUTBOX_VOLUME : OUTBOX_COMPUTE,
			.versioned = i % 2 == 0,
			.priority = "info",
			.body = body,
		};

		(void)snprintf(body, sizeof(body), "{\"n\":%d}", i); /* fits */
		r = outbox_add(tx, &message, 1000, f);
	}
	return r;
}

static void add(int from, int to)
{
	int range[] = {from, to};
	Fault f = {0};

	assert_int_equal(store_write(store, add_work, range, &f), 0);
	if (sender)
		sender_wake(sender);
}

static int depth_work(Tx *tx, void *ctx, Fault *f)
{
	return outbox_depth(tx, ctx, f);
}

/* All from 0 on arrived once, those of one exchange in their order. */
static void assert_order(size_t count)
{
	const char *const exchanges[] = {" nova ", " cinder "};
	int next[] = {0, 1};

	for (size_t i = 0; i < count; i++) {
		char number[24];
		size_t k = strstr(arrived[i], exchanges[0]) ? 0 : 1;

		(void)snprintf(number, sizeof(number), "{\"n\":%d}", next[k]); /* fits */
		assert_string_equal(strchr(arrived[i], '{'), number);
		next[k] += 2;
	}
}

static void wait_empty(void)
{
	int64_t end_ms = clock_mono_ms() + WAIT_MS;
	int64_t depth = -1;
	Fault f = {0};

	while (depth != 0 && clock_mono_ms() < end_ms) {
		assert_int_equal(store_read(store, depth_work, &depth, &f), 0);
		clock_sleep_ms(5);
	}
	assert_int_equal(depth, 0);
}

/* --- */

TEST(each_goes_where_it_belongs)
{
	begin();
	add(0, 2);
	start("notifications, audit");
	wait_arrived(3);
	assert_string_equal(arrived[0], "versioned_notifications.info nova {\"n\":0}");
	assert_string_equal(arrived[1], "notifications.info cinder {\"n\":1}");
	assert_string_equal(arrived[2], "audit.info cinder {\"n\":1}");
	wait_empty();
	end();
}

TEST(many_arrive_in_order_and_once)
{
	begin();
	start("notifications");
	for (int i = 0; i < 300; i += 50)
		add(i, i + 50);
	wait_arrived(300);
	assert_order(300);
	assert_true(largest <= 16); /* ids that listeners remember */
	wait_empty();
	end();
}

TEST(what_has_arrived_before_a_fault_is_not_sent_again)
{
	begin();
	faults = 2;
	faults_take = 3;
	add(0, 10);
	start("notifications");
	wait_arrived(10);
	assert_order(10);
	wait_empty();
	end();
}

TEST(what_is_late_is_asked_for_again)
{
	begin();
	faults = 2;
	faults_take = 2;
	late = true;
	add(0, 10);
	start("notifications");
	wait_arrived(10);
	assert_order(10);
	wait_empty();
	end();
}

TEST(one_exchange_that_takes_nothing_holds_up_no_other_one)
{
	begin();
	stuck = OUTBOX_COMPUTE;
	add(0, 100);
	start("notifications");
	wait_arrived(50);
	for (size_t i = 0; i < 50; i++)
		assert_non_null(strstr(arrived[i], " cinder "));
	pthread_mutex_lock(&lock);
	assert_true(stuck_calls > 0);
	stuck = -1;
	pthread_mutex_unlock(&lock);
	wait_arrived(100);
	wait_empty();
	end();
}

static int spoil_work(Tx *tx, void *ctx, Fault *f)
{
	return store_query(tx, ctx, STORE_NO_VALUES, NULL, NULL, f);
}

static void spoil(const char *sql)
{
	Fault f = {0};

	assert_int_equal(store_write(store, spoil_work, (void *)(uintptr_t)sql, &f), 0);
}

TEST(what_cannot_be_read_holds_up_nothing)
{
	int64_t before = outbox_unreadable();

	begin();
	add(0, 6);
	spoil("UPDATE outbox SET service = 'nobody' WHERE seq = 6");
	spoil("UPDATE outbox SET body = 'x' WHERE seq = 5");
	start("notifications");
	wait_arrived(4);
	assert_order(4);
	wait_empty();
	assert_int_equal(outbox_unreadable(), before + 2);
	end();
}

/* With two topics a message has arrived when it has at both. */
TEST(half_a_message_is_sent_again)
{
	begin();
	faults = 1;
	faults_take = 1;
	add(1, 2);
	start("notifications,audit");
	wait_arrived(3);
	assert_string_equal(arrived[0], "notifications.info cinder {\"n\":1}");
	assert_string_equal(arrived[1], "notifications.info cinder {\"n\":1}");
	assert_string_equal(arrived[2], "audit.info cinder {\"n\":1}");
	wait_empty();
	end();
}

static _Noreturn void die_while_sending(int fd)
{
	death_fd = fd;
	open_store();
	add(7, 8);
	start("notifications");
	for (;;)
		pause();
}

TEST(who_is_killed_between_sending_and_forgetting_sends_the_same_again)
{
	char sent[24] = "";
	int pipe_fds[2], status;
	pid_t child;

	begin();
	store = store_close(store);
	assert_int_equal(pipe(pipe_fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		die_while_sending(pipe_fds[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_true(read(pipe_fds[0], sent, sizeof(sent) - 1) > 0);
	assert_string_equal(sent, "{\"n\":7}");
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	open_store();
	start("notifications");
	wait_arrived(1);
	assert_string_equal(arrived[0], "notifications.info cinder {\"n\":7}");
	wait_empty();
	end();
}
