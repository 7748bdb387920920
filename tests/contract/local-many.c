/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Many volumes at once in one process through libcleat, for scripts of tests:
 *
 *     local-many attach|detach VOLUME...       of the service that the environment names
 *     local-many connect INFO-FILE...          what these connection_infos say
 *     local-many disconnect INFO-FILE...
 *
 * Each has a thread; all begin together. Prints what failed, and one line with the times. Exit
 * status: 0 only if nothing failed.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cleat/cleat.h>

enum { MANY_MAX = 256, INFO_MAX = 65536, TIMEOUT_MS = 10 * 60 * 1000 };

typedef int Deed(cleat_host *host, const char *name, struct cleat_error *error);

typedef struct One {
	const char *name;
	Deed *deed;
	cleat_host *host;
	pthread_barrier_t *start;
	pthread_t thread;
	struct cleat_error error;
	int status;
	long ms;
} One;

static long now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* is always there */
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int attach(cleat_host *host, const char *name, struct cleat_error *error)
{
	const struct cleat_attach_options options = {.timeout = TIMEOUT_MS};
	cleat_cloud *cloud = NULL;
	cleat_disk *disk = NULL;
	int r = cleat_cloud_open(NULL, &cloud, error);

	if (r == 0)
		r = cleat_local_attach(host, cloud, name, &options, &disk, error);
	cleat_disk_free(disk);
	cleat_cloud_close(cloud);
	return r;
}

static int detach(cleat_host *host, const char *name, struct cleat_error *error)
{
	cleat_cloud *cloud = NULL;
	int r = cleat_cloud_open(NULL, &cloud, error);

	if (r == 0)
		r = cleat_local_detach(host, cloud, name, NULL, 0, TIMEOUT_MS, error);
	cleat_cloud_close(cloud);
	return r;
}

/* The name of its file names the volume as well. */
static int connect_info(cleat_host *host, const char *name, struct cleat_error *error)
{
	const struct cleat_connect_options options = {.volume_id = name, .timeout = TIMEOUT_MS};
	char *info = calloc(1, INFO_MAX);
	FILE *file = fopen(name, "r");
	cleat_disk *disk = NULL;
	int r = CLEAT_USAGE;

	if (info && file && fread(info, 1, INFO_MAX - 1, file) > 0)
		r = cleat_connect(host, info, &options, &disk, error);
	else
		(void)snprintf(error->message, sizeof(error->message), "it cannot be read");
	if (file)
		(void)fclose(file); /* only read */
	free(info);
	cleat_disk_free(disk);
	return r;
}

static int disconnect(cleat_host *host, const char *name, struct cleat_error *error)
{
	return cleat_disconnect(host, name, 0, TIMEOUT_MS, error);
}

static const struct {
	const char *name;
	Deed *deed;
} deeds[] = {
	{"attach", attach},
	{"detach", detach},
	{"connect", connect_info},
	{"disconnect", disconnect},
};

static Deed *find_deed(const char *name)
{
	for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++)
		if (strcmp(deeds[i].name, name) == 0)
			return deeds[i].deed;
	return NULL;
}

static void *run(void *ctx)
{
	One *one = ctx;
	long begin;

	(void)pthread_barrier_wait(one->start); /* cannot fail */
	begin = now_ms();
	one->status = one->deed(one->host, one->name, &one->error);
	one->ms = now_ms() - begin;
	return NULL;
}

/* How many of them failed. */
static int report(const char *what, const One *all, int count, long whole_ms)
{
	long first = all[0].ms, last = 0;
	int failed = 0;

	for (int i = 0; i < count; i++) {
		first = all[i].ms < first ? all[i].ms : first;
		last = all[i].ms > last ? all[i].ms : last;
		if (all[i].status) {
			failed++;
			printf("%s %s: %s\n", what, all[i].name, all[i].error.message);
		}
	}
	printf("%s of %d at once: %ld ms; the quickest %ld ms, the slowest %ld ms\n", what, count,
	       whole_ms, first, last);
	return failed;
}

static int run_all(const char *what, Deed *deed, char **names, int count, cleat_host *host)
{
	One *all = calloc((size_t)count, sizeof(*all));
	pthread_barrier_t start;
	int started = 0, failed = 1;
	long begin;

	if (!all || pthread_barrier_init(&start, NULL, (unsigned)count + 1))
		goto end;
	for (; started < count; started++) {
		all[started] =
			(One){.name = names[started], .deed = deed, .host = host, .start = &start};
		if (pthread_create(&all[started].thread, NULL, run, &all[started]))
			abort(); /* those that wait would wait for ever */
	}
	(void)pthread_barrier_wait(&start); /* cannot fail */
	begin = now_ms();
	for (int i = 0; i < count; i++)
		(void)pthread_join(all[i].thread, NULL); /* cannot fail */
	failed = report(what, all, count, now_ms() - begin);
	(void)pthread_barrier_destroy(&start); /* nobody waits */
end:
	free(all);
	return failed;
}

int main(int argc, char **argv)
{
	Deed *deed = argc > 2 && argc < MANY_MAX ? find_deed(argv[1]) : NULL;
	struct cleat_error error;
	cleat_host *host;
	int failed;

	if (!deed) {
		fprintf(stderr, "usage: local-many attach|detach|connect|disconnect NAME...\n");
		return 2;
	}
	if (cleat_host_open(NULL, &host, &error)) {
		fprintf(stderr, "this machine: %s\n", error.message);
		return 1;
	}
	failed = run_all(argv[1], deed, argv + 2, argc - 2, host);
	cleat_host_close(host);
	return failed > 0;
}
