/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * libcleat: block volumes on this machine. See cleat(3).
 *
 * Two handles. A cleat_host is this machine with the records of what is connected to it; a
 * cleat_cloud is a block storage service (cleatd, or Cinder) and who one is there. Either is of use
 * alone: a program that talks to the service by itself needs the host only.
 *
 * Results: 0, or one of enum cleat_status; a struct cleat_error that the caller owns (or NULL) then
 * says in words what happened. On anything but 0 no out-parameter is written.
 * Ownership: what a function hands out is the caller's, and freed by the function its comment
 * names; what is handed in is only read, until the call returns. Texts are UTF-8. Times are
 * milliseconds, sizes bytes.
 * Threads: a cleat_host may be used by any number of threads (and processes) at once; a
 * cleat_cloud by one at a time. Nothing is kept but in the handles and below the host's state
 * directory; no signal handler is installed, nothing exits. Programs are run as child processes:
 * a program that waits for all its children must leave these to us.
 * Connecting, disconnecting and extending need root, or the capabilities that the kernel asks for.
 */
#ifndef CLEAT_CLEAT_H
#define CLEAT_CLEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CLEAT_API __attribute__((visibility("default")))

enum cleat_status {
	CLEAT_OK = 0,
	CLEAT_USAGE = 1,        /* an argument is missing, or makes no sense */
	CLEAT_NOT_FOUND = 2,    /* no such volume, attachment or record */
	CLEAT_AMBIGUOUS = 3,    /* several have that name, or several attachments are there */
	CLEAT_DENIED = 4,       /* the service does not know us, or does not let us */
	CLEAT_REFUSED = 5,      /* the service said no: it is not possible now */
	CLEAT_UNAVAILABLE = 6,  /* the service cannot be reached, or failed */
	CLEAT_BAD_INFO = 7,     /* a connection_info that is not whole, or not to be trusted */
	CLEAT_NO_TRANSPORT = 8, /* this machine lacks a module, a program or a transport */
	CLEAT_NO_PATH = 9,      /* no portal, server or monitor answers, or lets us in */
	CLEAT_NO_DISK = 10,     /* connected, but the volume has not appeared */
	CLEAT_WRONG_DISK = 11,  /* where the volume should be is another one */
	CLEAT_BUSY = 12,      /* somebody has the volume open, mounted, or something on top of it */
	CLEAT_UNFLUSHED = 13, /* what was written could not be flushed; it is all still there */
	CLEAT_NOT_GROWN = 14, /* not every path shows the new size yet: ask again */
	CLEAT_TIMEOUT = 15,   /* not done in the time given; the next call goes on with it */
	CLEAT_NOT_PERMITTED = 16, /* needs root */
	CLEAT_SYSTEM = 17,        /* anything else that this machine failed at */
	CLEAT_NO_MOUNT = 18,      /* it cannot be mounted there, or has no file system */
};

/* "not found": a word or two for a status; never NULL. */
CLEAT_API const char *cleat_status_text(int status);

struct cleat_error {
	int status;        /* enum cleat_status */
	int os_errno;      /* where the kernel said no, else 0 */
	char message[512]; /* one sentence, without a full stop */
};

/* "1.2.3" of the library that runs. */
CLEAT_API const char *cleat_version(void);

/* Free a text that was handed out; NULL is fine. */
CLEAT_API void cleat_free(char *text);

/* --- this machine --- */

typedef struct cleat_host cleat_host;

/* Zero everything that is not known: cleat_host_open(NULL, ...) is the usual machine. */
struct cleat_host_options {
	const char *state_dir; /* records; NULL: /var/lib/cleat/local */
	const char *link_dir;  /* stable names of devices; NULL: /dev/cleat */
};

CLEAT_API int cleat_host_open(const struct cleat_host_options *options, cleat_host **ret,
			      struct cleat_error *error);
CLEAT_API void cleat_host_close(cleat_host *host);

struct cleat_connector_options {
	const char *host; /* name; NULL: this machine's */
	const char
		*interface; /* whose address is told; NULL: the one that the route to `peer` has */
	const char *peer;   /* host, address or URL of the service; NULL: no address is told */
	bool multipath;
	bool enforce_multipath;
};

/* The connector of this machine as JSON; freed by cleat_free(). */
CLEAT_API int cleat_host_connector(cleat_host *host, const struct cleat_connector_options *options,
				   char **ret_json, struct cleat_error *error);

enum cleat_disk_kind {
	CLEAT_DISK_BLOCK = 0, /* path is a block device */
	CLEAT_DISK_FILE = 1,  /* path is a file, in the format that `format` names */
};

/* A volume that is connected here. All texts belong to it, and may be NULL where said. */
typedef struct cleat_disk {
	const char *id;            /* of the record; names it in the calls below */
	const char *attachment_id; /* or NULL */
	const char *volume_id;     /* or NULL */
	const char *path;          /* stable: /dev/cleat/…; of a file, the file */
	const char *device;        /* what it is at this moment: /dev/dm-3 */
	const char *identity;      /* how it is recognised: "wwid:3600…", "uuid:…" */
	const char *protocol;      /* "iscsi" … */
	const char *state;         /* "connected"; others while something is unfinished */
	const char *format;        /* "raw", "qcow2" of a file; NULL of a device */
	const char *wwn;           /* or NULL */
	const char *multipath_id;  /* or NULL */
	const char *mountpoint;    /* where it was mounted by us, or NULL */
	const char *last_error;    /* or NULL */
	enum cleat_disk_kind kind;
	int64_t size;
	unsigned paths;
	bool readonly;
	bool degraded; /* fewer paths than asked for */
} cleat_disk;

CLEAT_API void cleat_disk_free(cleat_disk *disk);

struct cleat_connect_options {
	const char *attachment_id; /* names the link; NULL: the record's id */
	const char *volume_id;
	const char *connector_json; /* kept, for the end of the attachment */
	int64_t size;               /* what it must have; 0: not known */
	int64_t timeout;            /* 0: two minutes */
	bool multipath;
	bool enforce_multipath;
	bool readonly;
};

/* Connect what a connection_info says, in either of its forms. Freed by cleat_disk_free(). */
CLEAT_API int cleat_connect(cleat_host *host, const char *connection_info_json,
			    const struct cleat_connect_options *options, cleat_disk **ret,
			    struct cleat_error *error);

enum {
	/*
	 * Although it is in use or cannot be flushed, or its record cannot be used. Data may be
	 * lost: after success, error->message says what, or is empty.
	 */
	CLEAT_FORCE = 1 << 0,
};

/* By the id of a record, an attachment or a volume. 0 also when nothing of it is here. */
CLEAT_API int cleat_disconnect(cleat_host *host, const char *id, unsigned flags, int64_t timeout,
			       struct cleat_error *error);
/* See a new size, at least `size` (0: what it is now). */
CLEAT_API int cleat_extend(cleat_host *host, const char *id, int64_t size, int64_t timeout,
			   int64_t *ret_size, struct cleat_error *error);
/* Look whether it is still there and still itself; `ret` may be NULL. */
CLEAT_API int cleat_verify(cleat_host *host, const char *id, cleat_disk **ret,
			   struct cleat_error *error);

/* All records, oldest first; freed by cleat_disks_free(). */
CLEAT_API int cleat_list(cleat_host *host, cleat_disk ***ret, size_t *ret_count,
			 struct cleat_error *error);
CLEAT_API void cleat_disks_free(cleat_disk **disks, size_t count);

/* --- a block storage service --- */

typedef struct cleat_cloud cleat_cloud;

/* What is NULL is taken from the environment (OS_*) and clouds.yaml, as `cleat` does. */
struct cleat_cloud_options {
	const char *cloud; /* of clouds.yaml */
	const char *auth_url;
	const char *token;
	const char *username;
	const char *user_id;
	const char *password;
	const char *user_domain; /* by name, here and below, where there is no _id */
	const char *user_domain_id;
	const char *project;
	const char *project_id;
	const char *project_domain;
	const char *project_domain_id;
	const char *application_credential_id;
	const char *application_credential_name;
	const char *application_credential_secret;
	const char *region;
	const char *interface; /* public, internal or admin */
	const char *endpoint;  /* of block storage, instead of the catalog's */
	const char *cacert;
	int64_t timeout; /* of one call; 0: a minute */
	bool insecure;
};

CLEAT_API int cleat_cloud_open(const struct cleat_cloud_options *options, cleat_cloud **ret,
			       struct cleat_error *error);
CLEAT_API void cleat_cloud_close(cleat_cloud *cloud);

/* Documents as the service words them, as JSON; freed by cleat_free(). Volumes by id or name. */
CLEAT_API int cleat_volume_show(cleat_cloud *cloud, const char *volume, char **ret_json,
				struct cleat_error *error);
CLEAT_API int cleat_attachment_create(cleat_cloud *cloud, const char *volume_id,
				      const char *instance_id, const char *connector_json,
				      const char *mode, char **ret_json, struct cleat_error *error);
CLEAT_API int cleat_attachment_update(cleat_cloud *cloud, const char *attachment_id,
				      const char *connector_json, char **ret_json,
				      struct cleat_error *error);
CLEAT_API int cleat_attachment_show(cleat_cloud *cloud, const char *attachment_id, char **ret_json,
				    struct cleat_error *error);
CLEAT_API int cleat_attachment_list(cleat_cloud *cloud, const char *volume_id, char **ret_json,
				    struct cleat_error *error);
CLEAT_API int cleat_attachment_complete(cleat_cloud *cloud, const char *attachment_id,
					struct cleat_error *error);
CLEAT_API int cleat_attachment_delete(cleat_cloud *cloud, const char *attachment_id,
				      struct cleat_error *error);

/* --- both: a volume of a service, on this machine --- */

struct cleat_attach_options {
	struct cleat_connector_options connector;
	const char *mode;       /* "rw", "ro"; NULL: rw */
	const char *mountpoint; /* mount it there, or NULL */
	const char *make_fs;    /* file system to make when it is blank, or NULL */
	int64_t timeout;        /* 0: three minutes */
};

/*
 * Attach a volume (by id or name) to this machine: the attachment is made and completed, the volume
 * is in use and its device is there. On failure everything is taken back. Attaching what is
 * attached here answers what is there. Works with services older than 3.44 by their older calls.
 */
CLEAT_API int cleat_local_attach(cleat_host *host, cleat_cloud *cloud, const char *volume,
				 const struct cleat_attach_options *options, cleat_disk **ret,
				 struct cleat_error *error);
/* Unmount, flush, disconnect, and end the attachment. `attachment_id` may be NULL if there is one.
 */
CLEAT_API int cleat_local_detach(cleat_host *host, cleat_cloud *cloud, const char *volume,
				 const char *attachment_id, unsigned flags, int64_t timeout,
				 struct cleat_error *error);

typedef void (*cleat_recover_report)(const char *id, const char *what, void *ctx);

/*
 * Bring to an end what was interrupted: every record that says so, and attachments of ours at the
 * service that lost theirs. `cloud` may be NULL: then only this machine is looked at.
 */
CLEAT_API int cleat_local_recover(cleat_host *host, cleat_cloud *cloud, cleat_recover_report report,
				  void *ctx, struct cleat_error *error);

#ifdef __cplusplus
}
#endif

#endif
