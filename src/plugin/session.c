/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See session.h.
 */
#include "plugin/session.h"

#include <pthread.h>

#include "base/mem.h"

struct Sessions {
	const ClientLogin *login;
	const struct cleat_cloud_options *cloud;
	pthread_mutex_t lock;
	Session *idle; /* guarded by the lock */
};

static Session *session_free(Session *session)
{
	client_free(session->client);
	cleat_cloud_close(session->cloud);
	free(session);
	return NULL;
}

DEFINE_CLEANUP(Session, session_free)

Sessions *sessions_new(const ClientLogin *login, const struct cleat_cloud_options *cloud)
{
	Sessions *sessions = NEW(Sessions);

	sessions->login = login;
	sessions->cloud = cloud;
	(void)pthread_mutex_init(&sessions->lock, NULL); /* cannot fail */
	return sessions;
}

Sessions *sessions_free(Sessions *sessions)
{
	if (!sessions)
		return NULL;
	for (Session *next, *session = sessions->idle; session; session = next) {
		next = session->next;
		session_free(session);
	}
	(void)pthread_mutex_destroy(&sessions->lock);
	free(sessions);
	return NULL;
}

static int session_new(const Sessions *sessions, Session **ret, Fault *f)
{
	_cleanup_(session_freep) Session *session = NEW(Session);
	struct cleat_error error = {0};
	int r = client_new(sessions->login, &session->client, f);

	if (r)
		return r;
	if (cleat_cloud_open(sessions->cloud, &session->cloud, &error))
		return fault(f, -EINVAL, "%s", error.message);
	*ret = TAKE(session);
	return 0;
}

int session_take(Sessions *sessions, Session **ret, Fault *f)
{
	Session *session;

	pthread_mutex_lock(&sessions->lock);
	session = sessions->idle;
	if (session)
		sessions->idle = session->next;
	pthread_mutex_unlock(&sessions->lock);
	if (!session)
		return session_new(sessions, ret, f);
	*ret = session;
	return 0;
}

void session_give(Sessions *sessions, Session *session)
{
	if (!session)
		return;
	pthread_mutex_lock(&sessions->lock);
	session->next = sessions->idle;
	sessions->idle = session;
	pthread_mutex_unlock(&sessions->lock);
}
