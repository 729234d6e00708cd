/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * The CPU that the tests run on, and the counter of context switches, of
 * which each CPU has a copy.
 */
#include "../harness.h"

struct kt_cpu kt_cpu __aligned(PAGE_SIZE);
uint64_t *vswtch_counter;

/* This CPU's copy. */
static uint64_t vswtch;

#ifdef __i386__
struct pcpu __pcpu[1];
u_int cpu_feature = CPUID_CX8;

void
critical_exit_preempt(void)
{

	(void)fake_call("critical_exit_preempt", NULL, "%s", "");
}
#endif

#ifdef __aarch64__
/* Asked by the C object alone; qemu and every newer processor have them. */
_Bool lse_supported = true;
#endif

/*
 * Where another CPU's copy of a counter would be, which is what its handle
 * is made from; nothing is there.
 */
void
boot_cpu(void)
{

#ifdef __amd64__
	kt_pcpu.pc_prvspace = &kt_pcpu;
	kt_pcpu.pc_zpcpu_offset = (uintptr_t)&kt_pcpu;
#elif defined(__i386__)
	kt_pcpu.pc_prvspace = &kt_pcpu;
	kt_pcpu.pc_zpcpu_offset = (uintptr_t)&kt_pcpu - (uintptr_t)__pcpu;
#else
	kt_pcpu.pc_zpcpu_offset = 3 * PAGE_SIZE;
#endif
	vswtch_counter = &vswtch;
	vm_cnt.v_swtch = (counter_u64_t)((uintptr_t)&vswtch -
	    kt_pcpu.pc_zpcpu_offset);
	tap_set_pcpu(&kt_pcpu);
}
