/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * libvirt's errors, and what they mean to us. Codes where there are codes; where libvirt passes
 * on what QEMU said, there is only the text.
 */
#include <errno.h>
#include <libvirt/virterror.h>
#include <stdarg.h>

#include "base/str.h"
#include "hypervisor/libvirt/priv.h"

static int last_code(void)
{
	return virGetLastErrorCode();
}

static bool last_says(const char *words)
{
	return strstr(virGetLastErrorMessage(), words) != NULL;
}

/* In the words of a socket; a lost emulator has words of its own. */
static bool is_socket_error(int code)
{
	return code == VIR_ERR_SYSTEM_ERROR &&
	       (last_says("End of file while reading data") || last_says("Cannot recv data") ||
		last_says("Cannot write data"));
}

static bool is_connection_error(int code)
{
	return is_socket_error(code) || code == VIR_ERR_RPC || code == VIR_ERR_NO_CONNECT ||
	       code == VIR_ERR_INVALID_CONN || code == VIR_ERR_AUTH_FAILED ||
	       (code == VIR_ERR_INTERNAL_ERROR && last_says("client socket is closed"));
}

int virt_fault_raise(Fault *f, const char *format, ...)
{
	_cleanup_(buf_done) Buf what = {0};
	int code = last_code();
	va_list ap;

	va_start(ap, format);
	buf_vprintf(&what, format, ap);
	va_end(ap);
	if (is_connection_error(code))
		code = -ENOTCONN;
	else
		code = code == VIR_ERR_OPERATION_TIMEOUT ? -ETIMEDOUT : -EIO;
	return fault(f, code, "%s: %s", buf_text(&what), virGetLastErrorMessage());
}

bool virt_error_no_domain(void)
{
	return last_code() == VIR_ERR_NO_DOMAIN;
}

bool virt_error_not_running(void)
{
	return last_code() == VIR_ERR_OPERATION_INVALID && last_says("not running");
}

bool virt_error_no_device(void)
{
	return last_code() == VIR_ERR_DEVICE_MISSING || last_says("no device found with alias");
}

/* "non unique alias detected: …", "target … already exists" */
bool virt_error_is_taken(void)
{
	return last_says("non unique alias") || last_says("already exists");
}

/*
 * "Duplicate nodes with node-name=…", "Duplicate device ID …", "slot 0 … not available for …",
 * "Chardev with id … already exists"
 */
bool virt_error_left_over(void)
{
	return last_says("Duplicate") || last_says("duplicate") || last_says("not available for") ||
	       last_says("Chardev with id");
}

/* "No more available PCI slots": they are given out when the domain is defined. */
bool virt_error_no_slot(void)
{
	return last_says("No more available PCI");
}

/* "End of file from qemu monitor", "Unable to write to monitor", "domain is no longer running" */
bool virt_error_emulator_gone(void)
{
	return last_says("monitor") || last_says("no longer running") || virt_error_not_running();
}

bool virt_error_unplug_pending(void)
{
	return last_says("in the process of unplug") || last_says("is busy");
}

bool virt_error_is_refusal(void)
{
	return !is_connection_error(last_code()) && last_code() != VIR_ERR_OPERATION_TIMEOUT;
}
