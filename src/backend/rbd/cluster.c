/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The connection to the cluster: made when the backend is opened, with limits on how long anything
 * may take, and kept. The key is read by librados, from where ceph.conf says; it never passes here.
 */
#include "backend/rbd/priv.h"

/* After ceph.conf, whose own limits may be none. */
static const struct {
	const char *name;
	const char *value;
} options[] = {
	{"rados_mon_op_timeout", "30"}, {"rados_osd_op_timeout", "30"},
	{"client_mount_timeout", "30"}, {"log_to_stderr", "false"},
	{"err_to_stderr", "false"},
};

static_assert(POOL_TIMEOUT_S == 30, "as the table says");

static int configure(const Pool *pool, Fault *f)
{
	const char *conf = pool->config.ceph_conf;
	int r = rados_conf_read_file(pool->cluster, conf);

	if (r < 0)
		return pool_fault(f, r, "read", conf);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(options); i++)
		r = rados_conf_set(pool->cluster, options[i].name, options[i].value);
	return r < 0 ? pool_fault(f, r, "configure", "librados") : 0;
}

static int reach(Pool *pool, Fault *f)
{
	const BackendConfig *config = &pool->config;
	const char *user = arena_printf(pool->arena, "client.%s", config->ceph_user);
	int r = rados_create2(&pool->cluster, config->ceph_cluster, user, 0);

	if (r < 0)
		return pool_fault(f, r, "prepare a connection as", user);
	pool->has_cluster = true;
	r = configure(pool, f);
	if (r)
		return r;
	r = rados_connect(pool->cluster);
	if (r < 0)
		return pool_fault(f, r, "connect to Ceph as", user);
	r = rados_ioctx_create(pool->cluster, config->pool, &pool->io);
	if (r < 0)
		return pool_fault(f, r, "open pool", config->pool);
	pool->has_io = true;
	return 0;
}

static Pool *pool_free(Pool *pool)
{
	if (!pool)
		return NULL;
	if (pool->has_io)
		rados_ioctx_destroy(pool->io);
	if (pool->has_cluster)
		rados_shutdown(pool->cluster);
	(void)pthread_mutex_destroy(&pool->lock);
	free(pool->hosts);
	free(pool->ports);
	(void)arena_free(pool->arena); /* NULL */
	free(pool);
	return NULL;
}
DEFINE_CLEANUP(Pool, pool_free)

void pool_close(void *self)
{
	(void)pool_free(self); /* NULL */
}

static const char *kept(Pool *pool, const char *text)
{
	return text ? arena_strdup(pool->arena, text) : NULL;
}

int pool_open(const BackendConfig *config, void **ret, Fault *f)
{
	_cleanup_(pool_freep) Pool *pool = NULL;
	int r = pool_config_check(config, f);

	if (r)
		return r;
	pool = NEW(Pool);
	pool->arena = arena_new();
	(void)pthread_mutex_init(&pool->lock, NULL); /* does not fail on Linux */
	pool->config = (BackendConfig){
		.pool = kept(pool, config->pool),
		.ceph_conf = kept(pool, config->ceph_conf),
		.ceph_cluster = kept(pool, config->ceph_cluster),
		.ceph_user = kept(pool, config->ceph_user),
		.secret_uuid = kept(pool, config->secret_uuid),
	};
	r = reach(pool, f);
	if (r)
		return r;
	*ret = TAKE(pool);
	return 0;
}

/* ---- asking the monitors ---- */

static int ask(const Pool *pool, const char *question, Arena *arena, const char **ret, Fault *f)
{
	const char *words[] = {
		arena_printf(arena, "{\"prefix\": \"%s\", \"format\": \"json\"}", question)};
	size_t length = 0;
	char *out = NULL;
	int r = rados_mon_command(pool->cluster, words, ARRAY_SIZE(words), "", 0, &out, &length,
				  NULL, NULL);

	if (r < 0)
		return pool_fault(f, r, "ask Ceph for", question);
	*ret = arena_strndup(arena, out ? out : "", length);
	rados_buffer_free(out);
	return 0;
}

/* Monitors come and go; attachments name those that were there a moment ago. */
static int look_for_monitors(Pool *pool, Arena *arena, Fault *f)
{
	const char *dump, *hosts, *ports;
	int r = ask(pool, "mon dump", arena, &dump, f);

	if (r)
		return r;
	if (!pool_monitors_read(arena, dump, strlen(dump), &hosts, &ports))
		return fault(f, -EBADMSG, "Ceph does not say where its monitors are");
	(void)pthread_mutex_lock(&pool->lock);
	free(pool->hosts);
	free(pool->ports);
	pool->hosts = mem_strdup(hosts);
	pool->ports = mem_strdup(ports);
	(void)pthread_mutex_unlock(&pool->lock);
	return 0;
}

/* The wrapper asks before anything else, and every few seconds. */
int pool_capacity(void *self, int64_t *ret_total_bytes, int64_t *ret_free_bytes, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Pool *pool = self;
	const char *df;
	int r = look_for_monitors(pool, arena, f);

	if (!r)
		r = ask(pool, "df", arena, &df, f);
	if (r)
		return r;
	if (!pool_space_read(arena, df, strlen(df), pool->config.pool, ret_total_bytes,
			     ret_free_bytes))
		return fault(f, -ENODATA,
			     "Ceph does not say how large pool %s is: has it a manager?",
			     pool->config.pool);
	return 0;
}

int pool_connection(void *self, const Volume *volume, const Attachment *attachment _unused_,
		    Arena *arena, const char **ret, Fault *f)
{
	Pool *pool = self;

	(void)f; /* the monitors were asked at open */
	(void)pthread_mutex_lock(&pool->lock);
	*ret = pool_connection_info(arena, &pool->config, volume, pool->hosts, pool->ports);
	(void)pthread_mutex_unlock(&pool->lock);
	return 0;
}
