/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the operator chose: defaults, then the configuration file, then the command line. The file
 * is described in cleatd.conf(5), key by key.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"

typedef struct Config {
	/* [server] */
	const char *listen;
	const char *public_url; /* NULL: what the client used */
	const char *proxies;    /* NULL: none */
	const char *tls_cert;   /* files, or NULL */
	const char *tls_key;
	bool allow_plain_http; /* also for others than this machine */
	int64_t http_threads;  /* 0: one a core */
	int64_t api_workers;
	int64_t wait_s; /* how long a request waits for the end of what it began */
	/* [state] */
	const char *directory;
	/* [log] */
	const char *log_level;
	const char *log_rooms; /* levels of their own; see log_set_rooms() */
	/* [audit] */
	const char *audit; /* "none", "journal", or a file */
	/* [identity] */
	int64_t token_s;
	const char *region;
	/* [hypervisor] */
	const char *hypervisor;
	const char *hypervisor_uri; /* NULL: embedded */
	const char *accelerator;
	int64_t shutdown_s;
	int64_t detach_s; /* after which a guest is asked again to let go of a disk */
	int64_t detach_tries;
	const char *virtiofsd; /* NULL: it is looked for */
	int64_t virtiofs_queue;
	const char *virtiofs_cache;
	/* [compute] */
	const char *host;
	const char *availability_zone;
	int64_t max_disks;
	const char *volume_swap; /* who may: "members" or "service-only" */
	bool share_actions;
	const char *share_hotplug; /* whether servers that run may be given shares */
	int64_t shelved_offload_s;
	int64_t resize_confirm_s; /* 0: nobody but the owner confirms */
	int64_t deleted_days;     /* 0: deleted servers are kept */
	/* [network] */
	const char *network_bridge; /* of servers; NULL: each has a network of its emulator's */
	const char *network_name;   /* by which clients see it */
	const char *network_subnet;
	const char *network_range;   /* of the subnet, what servers get; NULL: all */
	const char *network_gateway; /* NULL: this host */
	const char *network_dns;     /* with commas between; NULL: none */
	const char *network_filter;  /* libvirt's; NULL: none */
	const char *dhcp_hosts;      /* directory; NULL: below the state directory */
	/* [metadata] */
	const char *metadata_secret;        /* shared with proxies; NULL: there are none */
	const char *metadata_listen;        /* a port for nothing else, or NULL */
	bool metadata_guests;               /* guests reach it over their emulator's network */
	const char *metadata_listen_guests; /* for guests on the bridge, or NULL */
	const char *metadata_domain;        /* of host names */
	const char *config_drive;           /* which servers get one: "asked" or "always" */
	/* [volume] */
	const char *volume_backend;
	const char *volume_group;     /* for lvm */
	const char *thin_pool;        /* for lvm: NULL: thick volumes */
	const char *volume_export;    /* for nfs */
	const char *volume_options;   /* for nfs: of the mount; NULL: none */
	const char *ceph_pool;        /* for rbd */
	const char *ceph_conf;        /* for rbd: NULL: Ceph's own place */
	const char *ceph_cluster;     /* for rbd: NULL: "ceph" */
	const char *ceph_user;        /* for rbd: NULL: "cleat" */
	const char *ceph_secret;      /* for rbd: the id of a secret of libvirt's, or NULL */
	const char *volume_directory; /* NULL: below the state directory */
	const char *volume_format;
	int64_t oversubscription; /* hundredths */
	int64_t reserved_percent;
	const char *default_volume_type;
	int64_t hold_s; /* how long os-reserve holds for a client who does not come back */
	/* [target] */
	const char *target;         /* by what volumes are exported; "none" */
	const char *target_portals; /* with commas between; NULL: none */
	const char *target_prefix;  /* of the names of what is exported, or NULL */
	const char *target_control; /* of tgtd */
	bool target_chap;
	/* [share] */
	const char *share_backend;
	const char *share_directory;         /* NULL: below the state directory */
	const char *share_mount_directory;   /* likewise */
	const char *share_limit;             /* what holds shares to their sizes */
	const char *share_address;           /* of the server of shares */
	const char *share_host_address;      /* of this host, as that server sees it */
	const char *share_mount_options;     /* NULL: none */
	const char *share_exports_directory; /* NULL: the NFS server's own */
	const char *share_ceph_conf;         /* NULL: Ceph's own place */
	const char *share_ceph_user;         /* NULL: "cleat-shares" */
	const char *default_share_type;
	int64_t share_restore_s; /* how long one that was put away can be taken back */
	/* [image] */
	const char *image_directory; /* NULL: below the state directory */
	/* [notifications] */
	const char *notifier;   /* "auto", "none", "log", "amqp" */
	const char *notify_url; /* of a broker, or NULL */
	const char *notify_ca_file;
	const char *notify_cert_file; /* or NULL, */
	const char *notify_key_file;  /* and then both */
	const char *notify_exchange;  /* of the compute service */
	const char *notify_volume_exchange;
	const char *notify_share_exchange;
	const char *notify_topics; /* with commas between */
	const char *notify_versioned_topics;
	const char *notify_format; /* "unversioned", "versioned", "both" */
	bool notify_devices;
	bool notify_shares;
	bool notify_durable;
	bool notify_quorum;
	int64_t outbox_limit;
	/* [engine] */
	int64_t engine_workers; /* 0: a sensible number */
	/* The command line alone */
	bool dev;
	bool new_admin_password;
	const char *guest_image; /* directory of a tiny guest to register, or NULL */
} Config;

/* Texts are in the arena. */
void config_default(Config *config, Arena *arena);

/* Read a file over what is there. A fault names the line. */
_must_use_ int config_read(Config *config, Arena *arena, const char *path, Fault *f);

/* Whether the values go together. */
_must_use_ int config_check(const Config *config, Fault *f);
