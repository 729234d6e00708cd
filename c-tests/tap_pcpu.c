/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Where kernel code finds its struct pcpu, in a process of the host: by a
 * register that the C library of a user program leaves alone.
 *
 *	amd64	%gs
 *	i386	%fs
 *	aarch64	x18; the C library is compiled not to use it
 *	riscv64	tp; the C library reads what lies below the address
 */
#ifdef __linux__
#include <sys/syscall.h>
#if defined(__x86_64__)
#include <asm/prctl.h>
#elif defined(__i386__)
#include <asm/ldt.h>
#endif
#endif
#ifdef __FreeBSD__
#include <machine/sysarch.h>
#endif

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

#if defined(__x86_64__)
static int
set_base(void *pcpu)
{

#ifdef __linux__
	return ((int)syscall(SYS_arch_prctl, ARCH_SET_GS, pcpu));
#else
	return (amd64_set_gsbase(pcpu));
#endif
}
#elif defined(__i386__)
static int
set_base(void *pcpu)
{
	struct user_desc desc;

	memset(&desc, 0, sizeof(desc));
	desc.entry_number = (unsigned int)-1;
	desc.base_addr = (uintptr_t)pcpu;
	desc.limit = 0xfffff;
	desc.seg_32bit = 1;
	desc.limit_in_pages = 1;
	desc.useable = 1;
	if (syscall(SYS_set_thread_area, &desc) != 0)
		return (-1);
	/* An index into the GDT, with user privilege. */
	__asm volatile("movw %w0,%%fs" : : "q"(desc.entry_number << 3 | 3));
	return (0);
}
#elif defined(__aarch64__)
static int
set_base(void *pcpu)
{

	__asm volatile("mov x18, %0" : : "r"(pcpu));
	return (0);
}
#elif defined(__riscv)
/*
 * musl has the thread's own structure right below the address in tp: a copy
 * of it serves a process with one thread.
 */
static int
set_base(void *pcpu)
{
	char *tp;

	__asm volatile("mv %0, tp" : "=r"(tp));
	memcpy((char *)pcpu - TAP_PCPU_ROOM / 4, tp - TAP_PCPU_ROOM / 4,
	    TAP_PCPU_ROOM / 4);
	__asm volatile("mv tp, %0" : : "r"(pcpu));
	return (0);
}
#endif

void
tap_set_pcpu(void *pcpu)
{

	if (set_base(pcpu) != 0) {
		fprintf(stderr, "cannot set the address of struct pcpu: %s\n",
		    strerror(errno));
		exit(2);
	}
}
