/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A house for tests of operations: a store, volumes as files, the fake hypervisor and the engine in
 * a directory of their own, with one image, one flavor and one volume to work with. It can be left
 * and entered again, as by a daemon that died.
 */
#pragma once

#include "contract/backend.h"
#include "contract/depot.h"
#include "engine/engine.h"
#include "records/tables.h"
#include "service/service.h"

#define HOUSE_IMAGE "11111111-1111-4111-8111-111111111111"
#define HOUSE_FLAVOR "m1.tiny"
#define HOUSE_VOLUME "22222222-2222-4222-8222-222222222222"

#define HOUSE_SPARE "33333333-3333-4333-8333-333333333333" /* another volume */

typedef struct House {
	char directory[64];
	Store *store;
	Hypervisor *hypervisor;
	Backend *backend;
	Depot *depot;
	ShareBackend *share_backend; /* set before house_enter() by who has shares */
	const Caller *caller;        /* who asks; NULL: a member of the project "p" */
	_Atomic(Engine *) engine;    /* events and commits come from other threads */
	Arena *arena;
	EngineTimes times;
	_Atomic int64_t commits; /* since the house was made */
	int64_t die_at;          /* the process ends right after this commit; 0: never */
	char server_id[40];      /* of the last server made */
} House;

/* Make a directory and what lies in it; the engine does not run yet. */
void house_make(House *h);
/* Open everything and start the engine; also after somebody died in there. */
void house_enter(House *h);
void house_leave(House *h);
void house_remove(House *h);

/* Run a use case in a transaction of its own; returns what it returned. Faults fail the test. */
int house_visit(House *h, int (*run)(Work *work, House *house, Fault *f));
int house_create_server(House *h);
int house_delete_server(House *h);
int house_start(House *h);
int house_stop(House *h);
int house_reboot(House *h, bool hard);
int house_pause(House *h);
int house_unpause(House *h);
int house_attach(House *h);
int house_detach(House *h);
/* The spare volume takes the place of the first; and every operation is to turn back. */
int house_swap(House *h);
int house_cancel(House *h);

/* Until a house just entered has read its journal and looked at its servers, once. */
void house_look(House *h);
/* Wait until no operation is active and nothing runs. */
void house_settle(House *h);

/* What the rows say; in the house's arena until it is left. */
Server *house_server(House *h);
Volume *house_volume(House *h);
VolumeStatus house_spare_status(House *h);
Attachment *house_attachment(House *h); /* NULL when there is none */
InstanceAction *house_last_action(House *h);
int64_t house_count(House *h, const char *sql);

/* Whether rows and world agree, and nothing is in between; fails the test if not. */
void house_check(House *h);
