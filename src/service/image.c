/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See image.h. Root disks are copies, so an image can go while servers made from it live on; only
 * kernels and ramdisks are read again at every start, and stay while a server boots from them.
 */
#include "service/image.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/uuid.h"
#include "service/priv.h"
#include "service/text-map.h"
#include "json/out.h"

static int refuse_image(Work *work, Refusal refusal, const char *id, const char *value)
{
	work->refused = (RefusalData){.id = id, .value = value};
	return (int)refusal;
}

static bool is_own(const Work *work, const Image *image)
{
	return caller_is_admin(work->caller) || str_eq(image->owner, work->caller->project_id);
}

int service_find_image(Work *work, const char *id, Image **ret, Fault *f)
{
	char canonical[UUID_TEXT];
	Image *image;
	int r;

	if (!uuid_canonical(id, canonical))
		return refuse_image(work, REFUSAL_NO_IMAGE, id, NULL);
	r = image_get(work->tx, work->arena, canonical, &image, f);
	if (r < 0)
		return r;
	if (r == RECORD_NOT_FOUND || (!is_own(work, image) && image->visibility != IMAGE_PUBLIC &&
				      image->visibility != IMAGE_COMMUNITY))
		return refuse_image(work, REFUSAL_NO_IMAGE, id, NULL);
	*ret = image;
	return 0;
}

int service_find_own_image(Work *work, const char *id, Image **ret, Fault *f)
{
	int r = service_find_image(work, id, ret, f);

	if (r == 0 && !is_own(work, *ret))
		return refuse_image(work, REFUSAL_IMAGE_FOREIGN, id, NULL);
	return r;
}

static const char *image_id(Work *work, const ImageWish *wish)
{
	char id[UUID_TEXT];

	if (wish->id)
		return wish->id;
	uuid_new(id);
	return arena_strdup(work->arena, id);
}

int service_create_image(Work *work, const ImageWish *wish, Image **ret, Fault *f)
{
	Image *image = ARENA_NEW(work->arena, Image);
	int r;

	if (wish->visibility == IMAGE_PUBLIC && !caller_is_admin(work->caller))
		return refuse_image(work, REFUSAL_IMAGE_PUBLISH, NULL, NULL);
	*image = (Image){
		.id = image_id(work, wish),
		.owner = work->caller->project_id,
		.name = wish->name,
		.status = IMAGE_QUEUED,
		.visibility = (int)wish->visibility,
		.disk_format = (int)wish->disk_format,
		.container_format = wish->container_format,
		.size_bytes = -1,
		.virtual_size_bytes = -1,
		.min_disk_gib = wish->min_disk_gib,
		.min_ram_mib = wish->min_ram_mib,
		.is_protected = wish->is_protected,
		.hidden = wish->hidden,
		.tags = json_print_text_list(work->arena, wish->tags, wish->tag_count),
		.properties = json_print_text_map(work->arena, &wish->properties),
		.created_us = work->now_us,
		.updated_us = work->now_us,
	};
	r = image_insert(work->tx, image, f);
	if (r == RECORD_EXISTS)
		return refuse_image(
			work, REFUSAL_NAME_EXISTS, image->id,
			arena_printf(work->arena, "Image ID %s already exists!", image->id));
	if (r)
		return fault_unexpected(f, r);
	*ret = image;
	return 0;
}

/* Between two states of filling; anything else is a refusal. */
static int move_image(Work *work, Image *image, ImageStatus from, ImageStatus to, Fault *f)
{
	if (image->status != (int)from)
		return refuse_image(work, REFUSAL_IMAGE_STATE, image->id,
				    enum_name(&image_status_names, image->status));
	image->status = (int)to;
	image->updated_us = work->now_us;
	return fault_unexpected(f, image_update(work->tx, image, f));
}

/* Whoever fills an image has been found to be its owner. */
static int find_filled(Work *work, const char *id, Image **ret, Fault *f)
{
	int r = image_get(work->tx, work->arena, id, ret, f);

	return r == RECORD_NOT_FOUND ? refuse_image(work, REFUSAL_NO_IMAGE, id, NULL)
				     : fault_unexpected(f, r);
}

int service_claim_image(Work *work, const char *id, Image **ret, Fault *f)
{
	int r = find_filled(work, id, ret, f);

	return r ? r : move_image(work, *ret, IMAGE_QUEUED, IMAGE_SAVING, f);
}

int service_fill_image(Work *work, const char *id, const DepotFacts *facts, Fault *f)
{
	Image *image;
	int r = find_filled(work, id, &image, f);

	if (r)
		return r;
	image->size_bytes = facts->size_bytes;
	image->virtual_size_bytes = facts->virtual_size_bytes;
	image->checksum = facts->md5;
	image->hash = facts->sha512;
	return move_image(work, image, IMAGE_SAVING, IMAGE_ACTIVE, f);
}

int service_release_image(Work *work, const char *id, Fault *f)
{
	Image *image;
	int r = find_filled(work, id, &image, f);

	return r ? r : move_image(work, image, IMAGE_SAVING, IMAGE_QUEUED, f);
}

int service_release_images(Tx *tx, Arena *arena, Fault *f)
{
	RecordQuery query = {0};
	Image **images;
	size_t count;
	int r;

	record_where_text(&query, "status", RECORD_EQ,
			  enum_name(&image_status_names, IMAGE_SAVING));
	r = image_find(tx, arena, &query, &images, &count, f);
	for (size_t i = 0; r == 0 && i < count; i++) {
		const char *lane;

		r = operation_lane_of(tx, arena, "image_id", images[i]->id, &lane, f);
		if (r != RECORD_NOT_FOUND)
			continue; /* a volume is being copied into it, and that goes on */
		images[i]->status = IMAGE_QUEUED;
		r = image_update(tx, images[i], f);
	}
	return fault_unexpected(f, r);
}

/* Whether a live server boots from the kernel or ramdisk. */
static int is_booted_from(Work *work, const Image *image, bool *ret, Fault *f)
{
	static const char *const columns[] = {"kernel_id", "ramdisk_id"};

	*ret = false;
	for (size_t i = 0; i < ARRAY_SIZE(columns) && !*ret; i++) {
		RecordQuery query = {0};
		int64_t count;
		int r;

		record_where_text(&query, columns[i], RECORD_EQ, image->id);
		record_where_text(&query, "vm_state", RECORD_NE,
				  enum_name(&vm_state_names, VM_DELETED));
		r = record_count(work->tx, &server_table, &query, &count, f);
		if (r)
			return fault_unexpected(f, r);
		*ret = count > 0;
	}
	return 0;
}

static int check_deletable(Work *work, const Image *image, Fault *f)
{
	bool used = false;
	int r = 0;

	if (image->is_protected)
		return refuse_image(work, REFUSAL_IMAGE_PROTECTED, image->id, NULL);
	if (image->status == IMAGE_SAVING)
		return refuse_image(work, REFUSAL_IMAGE_STATE, image->id, "saving");
	if (image->disk_format == DISK_FORMAT_AKI || image->disk_format == DISK_FORMAT_ARI)
		r = is_booted_from(work, image, &used, f);
	if (r == 0 && used)
		return refuse_image(work, REFUSAL_IMAGE_IN_USE, image->id, NULL);
	return r;
}

int service_delete_image(Work *work, const char *id, Fault *f)
{
	Operation operation;
	Image *image;
	int r;

	r = service_find_own_image(work, id, &image, f);
	if (!r)
		r = check_deletable(work, image, f);
	if (r)
		return r;
	r = image_delete(work->tx, image->id, f);
	if (r)
		return fault_unexpected(f, r);
	operation = operation_for(work, arena_printf(work->arena, "image/%s", image->id));
	operation.image_id = image->id;
	return fault_unexpected(f,
				operation_begin(work->tx, work->arena,
						service_operation("delete-image"), &operation, f));
}

/* The row went when the deletion was accepted. */
int delete_image_done(Tx *tx _unused_, Arena *arena _unused_, const Operation *operation _unused_,
		      Fault *f _unused_)
{
	return 0;
}

int delete_image_failed(Tx *tx _unused_, Arena *arena _unused_, const Operation *operation _unused_,
			const char *reason _unused_, Fault *f _unused_)
{
	return 0; /* nobody is left to tell; trying goes on */
}

static int64_t found_number(Arena *arena, const Operation *operation, const char *key)
{
	const char *text = text_map_value(arena, operation->args, key);
	int64_t number;

	return text && str_parse_i64(text, &number) ? number : -1;
}

int image_filled(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Image *image;
	int r = image_get(tx, arena, operation->image_id, &image, f);

	if (r == RECORD_NOT_FOUND)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	image->size_bytes = found_number(arena, operation, OPERATION_SIZE);
	image->virtual_size_bytes = found_number(arena, operation, OPERATION_VIRTUAL_SIZE);
	image->checksum = text_map_value(arena, operation->args, OPERATION_MD5);
	image->hash = text_map_value(arena, operation->args, OPERATION_SHA512);
	image->status = IMAGE_ACTIVE;
	image->updated_us = clock_now_us();
	return fault_unexpected(f, image_update(tx, image, f));
}
