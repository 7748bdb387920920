/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a server is made of: whether an image can be booted from and fits a flavor, and what either
 * says of the server.
 */
#pragma once

#include "model/image.h"
#include "model/server.h"
#include "service/service.h"

/* What is booted: an image, and the kernel and ramdisk that its properties name. */
typedef struct BootSource {
	const char *image_id;
	const char *kernel_id; /* or NULL */
	const char *ramdisk_id;
	const char *kernel_args;
	const char *properties; /* the image's: JSON text map */
	int format;             /* DiskFormat of the image */
} BootSource;

/* REFUSAL_IMAGE_UNUSABLE. */
_must_use_ int boot_check_image(Work *work, const Image *image);
/* REFUSAL_FLAVOR_TOO_SMALL. The first is a part of the second. */
_must_use_ int boot_check_memory(Work *work, const Image *image, const Flavor *flavor);
_must_use_ int boot_check_fit(Work *work, const Image *image, const Flavor *flavor);
/* REFUSAL_IMAGE_UNUSABLE: the kernel or the ramdisk is none of the caller's. */
_must_use_ int boot_find(Work *work, const Image *image, BootSource *ret, Fault *f);

void server_set_boot(Server *server, const BootSource *boot);
void server_set_flavor(Server *server, const Flavor *flavor);

/*
 * The public key that a name of the caller's stands for, which the server keeps: a key pair may go.
 * NULL without a name. REFUSAL_BAD_INPUT.
 */
_must_use_ int server_find_key(Work *work, const char *name, const char **ret_public_key, Fault *f);
