/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Does KVM run a guest? One page of memory, one processor in real mode, one instruction: hlt.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "hypervisor/libvirt/priv.h"

#if defined(__x86_64__)
#include <linux/kvm.h>

enum { PAGE = 4096, HLT = 0xf4 };

static void unmap_pagep(void **page)
{
	if (*page != MAP_FAILED)
		(void)munmap(*page, PAGE); /* it was mapped by us */
}

static bool start_at_zero(int vcpu)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs = {.rip = 0, .rflags = 2};

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs) < 0)
		return false;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	return ioctl(vcpu, KVM_SET_SREGS, &sregs) == 0 && ioctl(vcpu, KVM_SET_REGS, &regs) == 0;
}

/* Run until the guest leaves for a reason; only a halt is the right one. */
static bool halts(int kvm, int vcpu)
{
	int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct kvm_run *run;
	bool halted;
	int r;

	if (size < (int)sizeof(*run))
		return false;
	run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED)
		return false;
	do
		r = ioctl(vcpu, KVM_RUN, 0);
	while (r < 0 && errno == EINTR);
	halted = r == 0 && run->exit_reason == KVM_EXIT_HLT;
	(void)munmap(run, (size_t)size); /* it was mapped above */
	return halted;
}

static bool halt_runs(int kvm)
{
	_cleanup_(closep) int vm = ioctl(kvm, KVM_CREATE_VM, 0);
	_cleanup_(closep) int vcpu = -1;
	_cleanup_(unmap_pagep) void *page =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region memory = {
		.memory_size = PAGE,
		.userspace_addr = (uintptr_t)page,
	};

	if (vm < 0 || page == MAP_FAILED)
		return false;
	*(uint8_t *)page = HLT;
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &memory) < 0)
		return false;
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	return vcpu >= 0 && start_at_zero(vcpu) && halts(kvm, vcpu);
}

bool kvm_runs(void)
{
	_cleanup_(closep) int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	return kvm >= 0 && ioctl(kvm, KVM_GET_API_VERSION, 0) == KVM_API_VERSION && halt_runs(kvm);
}

#else

bool kvm_runs(void)
{
	return false;
}

#endif
