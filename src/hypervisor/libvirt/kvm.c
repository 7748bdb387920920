/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Does KVM run a guest? A processor in 64-bit mode has to add some numbers and halt.
 *
 * Less would not tell. There are machines where virtual machines can be made but run nothing,
 * and others (nested ones, without help from their processor) where KVM carries out the simplest
 * instructions by itself, one by one: there a lone hlt in real mode works, and no operating system
 * ever does. The vector addition is not among what KVM can imitate.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "hypervisor/libvirt/priv.h"

#if defined(__x86_64__)
#include <asm/processor-flags.h>
#include <linux/kvm.h>

/* The guest's memory: a page each, in this order from address 0. */
enum { PAGE = 4096, CODE = 0, TOP_TABLE, SECOND_TABLE, THIRD_TABLE, PAGES };

enum {
	CPUID_ENTRIES = 256,
	TABLE_ENTRY = 0x3, /* present, writable */
	BIG_PAGE = 0x80,   /* 2 MiB */
	EFER_LONG_MODE = 0x500,
};

static const uint8_t code[] = {
	0x0f, 0x58, 0xc0, /* addps %xmm0, %xmm0 */
	0xf4,             /* hlt */
};

static void unmap_memoryp(uint8_t **memory)
{
	if (*memory != MAP_FAILED)
		(void)munmap(*memory, PAGES * PAGE); /* it was mapped by us */
}

/* Code, and page tables that map the first 2 MiB to themselves. */
static void fill(uint8_t *memory)
{
	const uint64_t second = SECOND_TABLE * PAGE | TABLE_ENTRY;
	const uint64_t third = THIRD_TABLE * PAGE | TABLE_ENTRY;
	const uint64_t page = BIG_PAGE | TABLE_ENTRY;

	memcpy(memory + CODE * PAGE, code, sizeof(code));
	memcpy(memory + TOP_TABLE * PAGE, &second, sizeof(second));
	memcpy(memory + SECOND_TABLE * PAGE, &third, sizeof(third));
	memcpy(memory + THIRD_TABLE * PAGE, &page, sizeof(page));
}

/* A processor without its features has no 64-bit mode. */
static bool give_features(int kvm, int vcpu)
{
	_cleanup_(freep) struct kvm_cpuid2 *cpuid =
		mem_new(sizeof(*cpuid) + CPUID_ENTRIES * sizeof(cpuid->entries[0]));

	cpuid->nent = CPUID_ENTRIES;
	return ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid) == 0 &&
	       ioctl(vcpu, KVM_SET_CPUID2, cpuid) == 0;
}

static bool enter_long_mode(int vcpu)
{
	const struct kvm_segment text = {
		.limit = UINT32_MAX,
		.selector = 8,
		.type = 11, /* code, readable, accessed */
		.present = 1,
		.s = 1,
		.l = 1,
		.g = 1,
	};
	const struct kvm_segment data = {
		.limit = UINT32_MAX,
		.selector = 16,
		.type = 3, /* data, writable, accessed */
		.present = 1,
		.s = 1,
		.db = 1,
		.g = 1,
	};
	const struct kvm_regs regs = {.rip = CODE * PAGE, .rflags = X86_EFLAGS_FIXED};
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs) < 0)
		return false;
	sregs.cs = text;
	sregs.ds = sregs.es = sregs.ss = data;
	sregs.cr3 = TOP_TABLE * PAGE;
	sregs.cr4 = X86_CR4_PAE | X86_CR4_OSFXSR;
	sregs.cr0 = X86_CR0_PE | X86_CR0_MP | X86_CR0_ET | X86_CR0_NE | X86_CR0_PG;
	sregs.efer = EFER_LONG_MODE;
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

static bool guest_halts(int kvm)
{
	_cleanup_(closep) int vm = ioctl(kvm, KVM_CREATE_VM, 0);
	_cleanup_(closep) int vcpu = -1;
	_cleanup_(unmap_memoryp) uint8_t *memory =
		mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct kvm_userspace_memory_region region = {
		.memory_size = PAGES * PAGE,
		.userspace_addr = (uintptr_t)memory,
	};

	if (vm < 0 || memory == MAP_FAILED)
		return false;
	fill(memory);
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		return false;
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	return vcpu >= 0 && give_features(kvm, vcpu) && enter_long_mode(vcpu) && halts(kvm, vcpu);
}

bool kvm_runs(void)
{
	_cleanup_(closep) int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	return kvm >= 0 && ioctl(kvm, KVM_GET_API_VERSION, 0) == KVM_API_VERSION &&
	       guest_halts(kvm);
}

#else

bool kvm_runs(void)
{
	return false;
}

#endif
