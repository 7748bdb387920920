/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The Api: every dialect with its router, and the pool of workers.
 */
#include "api/common/priv.h"
#include "base/mem.h"

enum { API_WORKERS_DEFAULT = 2, API_BULK_WORKERS = 2 };

static void service_init(ApiService *service, const ApiDialect *dialect)
{
	service->dialect = dialect;
	service->router = router_new();
	stats_init(service);
}

int api_new(const ApiConfig *config, Api **ret, Fault *f)
{
	_cleanup_(api_freep) Api *api = NEW(Api);
	int r;

	api->config = *config;
	api->service_count = config->dialect_count + 1;
	api->services = mem_new(api->service_count * sizeof(*api->services));
	for (size_t i = 0; i < config->dialect_count; i++)
		service_init(&api->services[i], config->dialects[i]);
	service_init(&api->services[config->dialect_count], &port_dialect);
	r = worker_pool_start(config->workers ? config->workers : API_WORKERS_DEFAULT,
			      &api->workers, f);
	if (!r)
		r = worker_pool_start(API_BULK_WORKERS, &api->bulk, f);
	if (r)
		return fault_unexpected(f, r);
	*ret = TAKE(api);
	return 0;
}

Api *api_free(Api *api)
{
	if (!api)
		return NULL;
	worker_pool_stop(api->workers);
	worker_pool_stop(api->bulk);
	for (size_t i = 0; i < api->service_count; i++) {
		router_free(api->services[i].router);
		stats_done(&api->services[i]);
	}
	free(api->services);
	free(api);
	return NULL;
}
