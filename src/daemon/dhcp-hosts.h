/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a DHCP server of the operator's is told of servers' addresses: a directory with a file for
 * each server, as dnsmasq's --dhcp-hostsdir reads it.
 */
#pragma once

#include "base/fault.h"
#include "model/network.h"

/* Make the directory, which others may read, unless it is there. */
_must_use_ int dhcp_hosts_open(const char *folder, Fault *f);

/* Have the file of a server that has an address; one that is right already is not touched. */
_must_use_ int dhcp_hosts_add(const char *folder, const Server *server, Fault *f);

/* Fine when there is none. What goes wrong is logged. */
void dhcp_hosts_remove(const char *folder, const char *server_id);
