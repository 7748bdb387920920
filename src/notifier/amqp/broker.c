/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The way to a broker. Exchanges and queues are declared by senders and by listeners, and have to
 * be declared alike: where others did so with another durability, what is there is used as it is
 * (a broker closes the channel for the attempt, and another one is opened). So there is a channel
 * for declaring, beside those of the lanes.
 *
 * A channel's confirms count from one, and some of a closed one may still be read: so numbers of
 * channels are not used again in a connection. It is lost when there are none left.
 */
#include "notifier/amqp/broker.h"

#include <sys/time.h>
#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/ssl_socket.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#endif

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"

enum {
	HEARTBEAT_S = 60,
	GOODBYE_MS = 1000,
	NOT_EQUIVALENT = 406, /* PRECONDITION_FAILED */
};

#define TRUSTED "/etc/ssl/certs/ca-certificates.crt"

typedef struct Channel {
	amqp_channel_t number; /* 0: there is none */
	uint64_t tag;          /* of the last message */
} Channel;

struct Broker {
	const NotifierConfig *config;
	BrokerHooks hooks;
	amqp_connection_state_t state;
	amqp_channel_t channels; /* opened so far */
	Channel lanes[NOTIFIER_LANES];
	Channel declaring;
	Map *declared; /* "exchange queue" */
	bool lost;
};

static struct timeval to_timeval(int64_t ms)
{
	return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

/* --- addresses --- */

static bool scheme_take(const char *url, const char **ret_rest, bool *ret_tls)
{
	static const struct {
		const char *scheme;
		bool tls;
	} schemes[] = {{"amqp://", false}, {"amqps://", true}, {"rabbit://", false}};

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		*ret_rest = str_after(url, schemes[i].scheme);
		*ret_tls = schemes[i].tls;
		if (*ret_rest)
			return true;
	}
	return false;
}

int broker_address_read(const char *url, Arena *arena, BrokerAddress *ret, Fault *f)
{
	struct amqp_connection_info info;
	const char *rest;
	bool tls;

	if (!scheme_take(url, &rest, &tls))
		return fault(f, -EINVAL, "the url begins with amqp://, amqps:// or rabbit://");
	if (strpbrk(rest, "?,"))
		return fault(f, -EINVAL, "the url names one broker, and has no options");
	/* It cuts its text into pieces. */
	if (amqp_parse_url(arena_printf(arena, "%s%s", tls ? "amqps://" : "amqp://", rest),
			   &info) != AMQP_STATUS_OK)
		return fault(f, -EINVAL, "the url is not amqp://USER:PASSWORD@HOST:PORT/VHOST");
	*ret = (BrokerAddress){
		.host = info.host,
		.user = info.user,
		.password = info.password,
		.vhost = str_empty(info.vhost) ? "/" : info.vhost,
		.port = info.port,
		.tls = tls,
	};
	return 0;
}

/* --- what goes wrong --- */

static int status_fault(Fault *f, const char *what, int status)
{
	return fault(f, -EIO, "%s: %s", what, amqp_error_string2(status));
}

static int close_fault(Fault *f, const char *what, int code, amqp_bytes_t text)
{
	return fault(f, -EIO, "%s: the broker says %d %.*s", what, code, (int)text.len,
		     (const char *)text.bytes);
}

/* What a broker's closing says, if that is what this is. */
static bool closing_of(amqp_method_number_t id, const void *decoded, int *ret_code,
		       amqp_bytes_t *ret_text)
{
	const amqp_channel_close_t *channel = decoded;
	const amqp_connection_close_t *connection = decoded;

	if (id == AMQP_CHANNEL_CLOSE_METHOD) {
		*ret_code = channel->reply_code;
		*ret_text = channel->reply_text;
		return true;
	}
	if (id == AMQP_CONNECTION_CLOSE_METHOD) {
		*ret_code = connection->reply_code;
		*ret_text = connection->reply_text;
		return true;
	}
	return false;
}

static int reply_fault(Fault *f, const char *what, const amqp_rpc_reply_t *reply)
{
	amqp_bytes_t text;
	int code;

	switch (reply->reply_type) {
	case AMQP_RESPONSE_NORMAL:
		return 0;
	case AMQP_RESPONSE_LIBRARY_EXCEPTION:
		return status_fault(f, what, reply->library_error);
	case AMQP_RESPONSE_SERVER_EXCEPTION:
		if (closing_of(reply->reply.id, reply->reply.decoded, &code, &text))
			return close_fault(f, what, code, text);
		break;
	case AMQP_RESPONSE_NONE:
		break;
	}
	return fault(f, -EIO, "%s: no answer", what);
}

/* --- channels --- */

/* The broker has closed it: agree, and the connection goes on. */
static void close_channel(Broker *connection, Channel *channel)
{
	amqp_channel_close_ok_t agreed = {0};

	if (amqp_send_method(connection->state, channel->number, AMQP_CHANNEL_CLOSE_OK_METHOD,
			     &agreed) != AMQP_STATUS_OK)
		connection->lost = true;
	*channel = (Channel){0};
}

static bool is_closed(const amqp_rpc_reply_t *reply)
{
	return reply->reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
	       reply->reply.id == AMQP_CHANNEL_CLOSE_METHOD;
}

/* 0, or a fault, after which the channel is closed or the connection lost. */
static int judge_reply(Broker *connection, Channel *channel, const char *what,
		       const amqp_rpc_reply_t *reply, Fault *f)
{
	int r = reply_fault(f, what, reply);

	if (r && is_closed(reply))
		close_channel(connection, channel);
	else if (r)
		connection->lost = true;
	return r;
}

static int check_reply(Broker *connection, Channel *channel, const char *what, Fault *f)
{
	const amqp_rpc_reply_t reply = amqp_get_rpc_reply(connection->state);

	return judge_reply(connection, channel, what, &reply, f);
}

static int open_channel(Broker *connection, Channel *channel, Fault *f)
{
	*channel = (Channel){.number = ++connection->channels};
	amqp_channel_open(connection->state, channel->number);
	return check_reply(connection, channel, "open a channel", f);
}

int broker_open_lane(Broker *connection, unsigned lane, Fault *f)
{
	Channel *channel = &connection->lanes[lane];
	int r;

	if (channel->number)
		return 0;
	r = open_channel(connection, channel, f);
	if (r)
		return r;
	amqp_confirm_select(connection->state, channel->number);
	return check_reply(connection, channel, "ask for confirms", f);
}

bool broker_is_lost(const Broker *connection)
{
	return !connection || connection->lost;
}

/* --- connecting --- */

static amqp_socket_t *make_tls(Broker *connection, Fault *f)
{
	const NotifierConfig *config = connection->config;
	const char *ca = config->ca_file ? config->ca_file : TRUSTED;
	amqp_socket_t *socket = amqp_ssl_socket_new(connection->state);
	int status = socket ? amqp_ssl_socket_set_cacert(socket, ca) : AMQP_STATUS_NO_MEMORY;

	if (status == AMQP_STATUS_OK)
		status = amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST);
	if (status == AMQP_STATUS_OK && config->cert_file)
		status = amqp_ssl_socket_set_key(socket, config->cert_file, config->key_file);
	if (status != AMQP_STATUS_OK) {
		(void)status_fault(f, "prepare TLS", status); /* told by NULL */
		return NULL;
	}
	amqp_ssl_socket_set_verify_peer(socket, 1);
	amqp_ssl_socket_set_verify_hostname(socket, 1);
	return socket;
}

static int open_socket(Broker *connection, const BrokerAddress *address, Fault *f)
{
	struct timeval wait = to_timeval(connection->config->deadline_ms);
	amqp_socket_t *socket =
		address->tls ? make_tls(connection, f) : amqp_tcp_socket_new(connection->state);
	int status;

	if (!socket)
		return address->tls ? f->code : fault(f, -ENOMEM, "no socket");
	status = amqp_socket_open_noblock(socket, address->host, address->port, &wait);
	if (status != AMQP_STATUS_OK)
		return fault(f, -EIO, "connect to %s:%d: %s", address->host, address->port,
			     amqp_error_string2(status));
	connection->hooks.on_socket(connection->hooks.ctx, amqp_get_sockfd(connection->state));
	return 0;
}

static int log_in(Broker *connection, const BrokerAddress *address, Fault *f)
{
	struct timeval wait = to_timeval(connection->config->deadline_ms);
	amqp_rpc_reply_t reply;

	(void)amqp_set_handshake_timeout(connection->state, &wait); /* fails without memory alone */
	(void)amqp_set_rpc_timeout(connection->state, &wait);
	reply = amqp_login(connection->state, address->vhost, AMQP_DEFAULT_MAX_CHANNELS,
			   AMQP_DEFAULT_FRAME_SIZE, HEARTBEAT_S, AMQP_SASL_METHOD_PLAIN,
			   address->user, address->password);
	return reply_fault(f, "log in", &reply);
}

int broker_connect(const NotifierConfig *config, const BrokerAddress *address,
		   const BrokerHooks *hooks, Broker **ret, Fault *f)
{
	Broker *connection = NEW(Broker);
	int r;

	connection->config = config;
	connection->hooks = *hooks;
	connection->declared = map_new();
	connection->state = amqp_new_connection();
	r = connection->state ? open_socket(connection, address, f)
			      : fault(f, -ENOMEM, "no connection");
	if (!r)
		r = log_in(connection, address, f);
	if (r) {
		broker_disconnect(connection, false);
		return r;
	}
	*ret = connection;
	return 0;
}

Broker *broker_disconnect(Broker *connection, bool politely)
{
	struct timeval wait = to_timeval(GOODBYE_MS);

	if (!connection)
		return NULL;
	if (connection->state && politely) {
		(void)amqp_set_rpc_timeout(connection->state, &wait);
		(void)amqp_connection_close(connection->state, AMQP_REPLY_SUCCESS); /* it ends */
	}
	connection->hooks.on_socket(connection->hooks.ctx, -1);
	if (connection->state)
		(void)amqp_destroy_connection(connection->state); /* closes the socket */
	map_free(connection->declared);
	free(connection);
	return NULL;
}

/* --- declaring --- */

/* Something to declare: as we would have it, or (passively) as it is. */
typedef void (*Declare)(Broker *connection, const char *name, bool passive);

static void declare_exchange(Broker *connection, const char *name, bool passive)
{
	amqp_exchange_declare(connection->state, connection->declaring.number,
			      amqp_cstring_bytes(name), amqp_cstring_bytes("topic"), passive,
			      connection->config->durable, false, false, amqp_empty_table);
}

static void declare_queue(Broker *connection, const char *name, bool passive)
{
	amqp_table_entry_t quorum = {
		.key = amqp_cstring_bytes("x-queue-type"),
		.value = {.kind = AMQP_FIELD_KIND_UTF8,
			  .value.bytes = amqp_cstring_bytes("quorum")},
	};
	amqp_table_t arguments = {.num_entries = connection->config->quorum ? 1 : 0,
				  .entries = &quorum};

	amqp_queue_declare(connection->state, connection->declaring.number,
			   amqp_cstring_bytes(name), passive, connection->config->durable, false,
			   false, arguments);
}

/* Whether the broker has closed the channel because something is there and differs. */
static bool is_different(const amqp_rpc_reply_t *reply)
{
	const amqp_channel_close_t *closing = reply->reply.decoded;

	return is_closed(reply) && closing->reply_code == NOT_EQUIVALENT;
}

static int use_declared(Broker *connection, Declare declare, const char *name, Fault *f)
{
	int r;

	close_channel(connection, &connection->declaring);
	r = open_channel(connection, &connection->declaring, f);
	if (r)
		return r;
	declare(connection, name, true);
	return check_reply(connection, &connection->declaring, "use what others declared", f);
}

static int declare_one(Broker *connection, Declare declare, const char *name, Fault *f)
{
	amqp_rpc_reply_t reply;
	int r;

	declare(connection, name, false);
	reply = amqp_get_rpc_reply(connection->state);
	if (is_different(&reply))
		r = use_declared(connection, declare, name, f);
	else
		r = judge_reply(connection, &connection->declaring, "declare", &reply, f);
	return r ? fault_context(f, "%s", name) : 0;
}

static int bind_queue(Broker *connection, const char *exchange, const char *queue, Fault *f)
{
	amqp_queue_bind(connection->state, connection->declaring.number, amqp_cstring_bytes(queue),
			amqp_cstring_bytes(exchange), amqp_cstring_bytes(queue), amqp_empty_table);
	return check_reply(connection, &connection->declaring, "bind a queue", f);
}

int broker_declare(Broker *connection, const char *exchange, const char *queue, Fault *f)
{
	_cleanup_(buf_done) Buf both = {0};
	int r = 0;

	buf_printf(&both, "%s %s", exchange, queue);
	if (map_get(connection->declared, buf_text(&both)))
		return 0;
	if (!connection->declaring.number)
		r = open_channel(connection, &connection->declaring, f);
	if (!r)
		r = declare_one(connection, declare_exchange, exchange, f);
	if (!r)
		r = declare_one(connection, declare_queue, queue, f);
	if (!r)
		r = bind_queue(connection, exchange, queue, f);
	if (!r)
		(void)map_put(connection->declared, buf_text(&both), connection); /* new */
	return r;
}

/* --- publishing --- */

int broker_publish(Broker *connection, unsigned lane, const BrokerMessage *message,
		   uint64_t *ret_tag, Fault *f)
{
	const amqp_basic_properties_t properties = {
		._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_CONTENT_ENCODING_FLAG |
			  AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG |
			  AMQP_BASIC_PRIORITY_FLAG,
		.content_type = amqp_cstring_bytes("application/json"), /* just so */
		.content_encoding = amqp_cstring_bytes("utf-8"),
		.headers = amqp_empty_table,
		.delivery_mode = AMQP_DELIVERY_PERSISTENT,
		.priority = 0,
	};
	const amqp_bytes_t bytes = {.len = message->length,
				    .bytes = (void *)(uintptr_t)message->body};
	Channel *channel = &connection->lanes[lane];
	int status = amqp_basic_publish(
		connection->state, channel->number, amqp_cstring_bytes(message->exchange),
		amqp_cstring_bytes(message->queue), false, false, &properties, bytes);

	if (status != AMQP_STATUS_OK) {
		connection->lost = true;
		return status_fault(f, "publish", status);
	}
	*ret_tag = ++channel->tag;
	return 0;
}

/* --- confirms --- */

/* The lane of a channel, or -1. */
static int lane_of(const Broker *connection, amqp_channel_t number)
{
	for (int i = 0; i < NOTIFIER_LANES; i++)
		if (connection->lanes[i].number == number)
			return i;
	return -1;
}

/* It closed a lane's channel: there will be no more confirms, and what is declared may be gone. */
static int take_closing(Broker *connection, unsigned lane, const amqp_channel_close_t *closing,
			BrokerConfirm *ret)
{
	*ret = (BrokerConfirm){
		.lane = lane,
		.tag = connection->lanes[lane].tag,
		.multiple = true,
		.refused = true,
	};
	(void)snprintf(ret->why, sizeof(ret->why), "%d %.*s", closing->reply_code,
		       (int)closing->reply_text.len,
		       (const char *)closing->reply_text.bytes); /* cut at worst */
	close_channel(connection, &connection->lanes[lane]);
	map_free(connection->declared);
	connection->declared = map_new();
	return 0;
}

/* A method that came by itself. 0, a fault, or BROKER_SILENT. */
static int take_method(Broker *connection, const amqp_frame_t *frame, BrokerConfirm *ret, Fault *f)
{
	const amqp_method_t *method = &frame->payload.method;
	const amqp_connection_close_t *closing = method->decoded;
	const amqp_basic_ack_t *ack = method->decoded;
	const amqp_basic_nack_t *nack = method->decoded;
	int lane = lane_of(connection, frame->channel);

	if (method->id == AMQP_CONNECTION_CLOSE_METHOD)
		return close_fault(f, "wait for confirms", closing->reply_code,
				   closing->reply_text);
	if (lane < 0)
		return BROKER_SILENT;
	if (method->id == AMQP_CHANNEL_CLOSE_METHOD)
		return take_closing(connection, (unsigned)lane, method->decoded, ret);
	if (method->id == AMQP_BASIC_ACK_METHOD)
		*ret = (BrokerConfirm){.tag = ack->delivery_tag, .multiple = ack->multiple};
	else if (method->id == AMQP_BASIC_NACK_METHOD)
		*ret = (BrokerConfirm){.tag = nack->delivery_tag,
				       .multiple = nack->multiple,
				       .refused = true,
				       .why = "it says no more"};
	else
		return BROKER_SILENT;
	ret->lane = (unsigned)lane;
	return 0;
}

int broker_next_confirm(Broker *connection, int64_t wait_ms, BrokerConfirm *ret, Fault *f)
{
	struct timeval wait = to_timeval(wait_ms);
	amqp_frame_t frame;
	int status, r;

	amqp_maybe_release_buffers(connection->state);
	status = amqp_simple_wait_frame_noblock(connection->state, &frame, &wait);
	if (status == AMQP_STATUS_TIMEOUT)
		return BROKER_SILENT;
	if (status != AMQP_STATUS_OK)
		r = status_fault(f, "wait for confirms", status);
	else if (frame.frame_type == AMQP_FRAME_METHOD)
		r = take_method(connection, &frame, ret, f);
	else
		r = BROKER_SILENT;
	connection->lost = connection->lost || r < 0;
	return r;
}
