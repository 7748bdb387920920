/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See peer.h.
 */
#include "http/peer.h"

#include <arpa/inet.h>

#include "base/str.h"

typedef struct Piece {
	const char *text;
	size_t length;
} Piece;

/* The last item of a list of that length, without blanks; what is before it is *ret_rest long. */
static Piece last_piece(const char *list, size_t length, size_t *ret_rest)
{
	size_t begin = length;

	while (begin > 0 && list[begin - 1] != ',')
		begin--;
	*ret_rest = begin > 0 ? begin - 1 : 0;
	while (begin < length && (list[begin] == ' ' || list[begin] == '\t'))
		begin++;
	while (length > begin && (list[length - 1] == ' ' || list[length - 1] == '\t'))
		length--;
	return (Piece){.text = list + begin, .length = length - begin};
}

/* One spelling of an address; false when it is none. */
static bool read_address(Piece piece, struct in6_addr *ret)
{
	char text[INET6_ADDRSTRLEN + 8];
	const char *mapped = memchr(piece.text, ':', piece.length) ? "" : "::ffff:";

	if (piece.length >= INET6_ADDRSTRLEN)
		return false;
	(void)snprintf(text, sizeof(text), "%s%.*s", mapped, (int)piece.length,
		       piece.text); /* fits */
	return inet_pton(AF_INET6, text, ret) == 1;
}

static bool is_local(Piece piece)
{
	return piece.length == 5 && memcmp(piece.text, "local", 5) == 0;
}

static bool same_peer(Piece a, Piece b)
{
	struct in6_addr one, other;

	if (is_local(a) || is_local(b))
		return is_local(a) && is_local(b);
	return read_address(a, &one) && read_address(b, &other) &&
	       memcmp(&one, &other, sizeof(one)) == 0;
}

static bool is_proxy(const char *proxies, Piece peer)
{
	size_t rest = strlen(proxies);

	while (rest > 0)
		if (same_peer(last_piece(proxies, rest, &rest), peer))
			return true;
	return false;
}

bool http_proxies_valid(const char *proxies)
{
	size_t rest = strlen(proxies);

	while (rest > 0) {
		struct in6_addr address;
		Piece piece = last_piece(proxies, rest, &rest);

		if (!is_local(piece) && !read_address(piece, &address))
			return false;
	}
	return *proxies && *proxies != ',';
}

const char *http_forwarded_peer(Arena *arena, const char *proxies, const char *peer,
				const char *forwarded)
{
	Piece at = {.text = peer, .length = strlen(peer)};
	size_t rest = strlen(forwarded);
	struct in6_addr address;

	while (rest > 0 && is_proxy(proxies, at)) {
		Piece before = last_piece(forwarded, rest, &rest);

		if (!read_address(before, &address))
			break;
		at = before;
	}
	return arena_strndup(arena, at.text, at.length);
}
