/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See router.h. A tree with one node per segment. A node has literal children and at most one for
 * any text; the search tries the literal first and comes back when it leads nowhere, so that
 * "/servers/detail" does not hide "/servers/{id}/action" for a server of that name. The number of
 * steps is bounded by the nodes of the tree, whatever the path says.
 */
#include "http/router.h"

#include "base/mem.h"
#include "base/str.h"
#include "http/uri.h"

typedef struct Node Node;

/* The rows of one method and pattern. */
typedef struct Chain {
	const char *method;
	VEC(const void *) rows;
	size_t count;
	char *names[ROUTER_PARAMS_MAX];
} Chain;

struct Node {
	const char *text; /* the literal segment, not terminated; NULL for any */
	size_t length;
	VEC(Node *) literals;
	Node *any;
	VEC(Chain *) chains;
};

struct Router {
	Node root;
};

/* One match on its way: the segments that stood for names so far. */
typedef struct Search {
	Arena *arena;
	const char *method;
	const char *values[ROUTER_PARAMS_MAX];
	size_t count;
	const Chain *found;
	bool saw_path;
} Search;

Router *router_new(void)
{
	return NEW(Router);
}

static void node_done(Node *node)
{
	VEC_FOREACH (&node->literals, i) {
		node_done(node->literals.items[i]);
		free(node->literals.items[i]);
	}
	vec_done(&node->literals);
	if (node->any) {
		node_done(node->any);
		free(node->any);
	}
	VEC_FOREACH (&node->chains, i) {
		Chain *chain = node->chains.items[i];

		for (size_t k = 0; k < chain->count; k++)
			free(chain->names[k]);
		vec_done(&chain->rows);
		free(chain);
	}
	vec_done(&node->chains);
}

Router *router_free(Router *router)
{
	if (!router)
		return NULL;
	node_done(&router->root);
	free(router);
	return NULL;
}

/* The next segment at *path, which then stands behind it; false when none is left. */
static bool segment_next(const char **path, const char **ret_text, size_t *ret_length)
{
	const char *text = *path;

	if (*text == '/')
		text++;
	if (!*text)
		return false;
	*ret_text = text;
	*ret_length = strcspn(text, "/");
	*path = text + *ret_length;
	return true;
}

static Node *literal_find(const Node *node, const char *text, size_t length)
{
	VEC_FOREACH (&node->literals, i) {
		Node *child = node->literals.items[i];

		if (child->length == length && memcmp(child->text, text, length) == 0)
			return child;
	}
	return NULL;
}

static Node *literal_make(Node *node, const char *text, size_t length)
{
	Node *child = literal_find(node, text, length);

	if (child)
		return child;
	child = NEW(Node);
	child->text = text;
	child->length = length;
	vec_push(&node->literals, child);
	return child;
}

static Chain *chain_find(const Node *node, const char *method)
{
	VEC_FOREACH (&node->chains, i)
		if (str_eq(node->chains.items[i]->method, method))
			return node->chains.items[i];
	return NULL;
}

void router_add(Router *router, const char *method, const char *pattern, const void *row)
{
	const char *rest = pattern, *text;
	Chain names = {.method = method};
	Node *node = &router->root;
	Chain *chain;
	size_t length;

	assert(row);
	while (segment_next(&rest, &text, &length)) {
		if (*text != '{') {
			node = literal_make(node, text, length);
			continue;
		}
		assert(text[length - 1] == '}' && names.count < ROUTER_PARAMS_MAX);
		names.names[names.count++] = mem_strndup(text + 1, length - 2);
		if (!node->any)
			node->any = NEW(Node);
		node = node->any;
	}
	chain = chain_find(node, method);
	if (!chain) {
		chain = NEW(Chain);
		*chain = names;
		vec_push(&node->chains, chain);
	} else {
		for (size_t i = 0; i < names.count; i++) {
			assert(str_eq(names.names[i], chain->names[i]));
			free(names.names[i]);
		}
	}
	vec_push(&chain->rows, row);
}

static bool node_search(Search *s, const Node *node, const char *path);

/* Try the node for any text with one segment. */
static bool any_search(Search *s, const Node *node, const char *value, const char *rest)
{
	assert(s->count < ROUTER_PARAMS_MAX); /* router_add() made the tree no deeper */
	s->values[s->count++] = value;
	if (node_search(s, node, rest))
		return true;
	s->count--;
	return false;
}

static bool node_search(Search *s, const Node *node, const char *path)
{
	const char *text, *rest = path;
	const Node *child;
	size_t length;

	if (!segment_next(&rest, &text, &length)) {
		s->saw_path |= node->chains.count > 0;
		s->found = chain_find(node, s->method);
		return s->found;
	}
	if (length == 0)
		return false;
	text = http_uri_decode(s->arena, text, length, HTTP_URI_PATH);
	if (!text)
		return false;
	child = literal_find(node, text, strlen(text));
	if (child && node_search(s, child, rest))
		return true;
	return node->any && any_search(s, node->any, text, rest);
}

int router_match(const Router *router, Arena *arena, const char *method, const char *path,
		 RouterMatch *ret)
{
	Search s = {.arena = arena, .method = method};

	if (*path != '/')
		return ROUTER_NO_PATH;
	if (!node_search(&s, &router->root, path)) {
		if (!s.saw_path)
			return ROUTER_NO_PATH;
		if (!str_eq(method, "HEAD"))
			return ROUTER_NO_METHOD;
		s.method = "GET";
		if (!node_search(&s, &router->root, path))
			return ROUTER_NO_METHOD;
	}
	*ret = (RouterMatch){
		.row = s.found->rows.items[0],
		.chain = s.found,
		.count = s.found->count,
	};
	for (size_t i = 0; i < ret->count; i++) {
		ret->params[i].name = s.found->names[i];
		ret->params[i].value = s.values[i];
	}
	return 0;
}

const void *router_next(const RouterMatch *match, const void *row)
{
	const Chain *chain = match->chain;

	for (size_t i = 0; i + 1 < chain->rows.count; i++)
		if (chain->rows.items[i] == row)
			return chain->rows.items[i + 1];
	return NULL;
}

const char *router_param(const RouterMatch *match, const char *name)
{
	for (size_t i = 0; i < match->count; i++)
		if (str_eq(match->params[i].name, name))
			return match->params[i].value;
	assert(!"the pattern has no such parameter");
	return NULL;
}
