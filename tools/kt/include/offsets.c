/*
 * Probe for offset.inc: where the four fields of struct thread lie that
 * inline code reaches before struct thread is complete, and which FreeBSD the
 * headers are.  Compiled with GENOFFSET, as a kernel build does; the driver
 * reads the table from the object file and never runs it.
 */
#include <sys/param.h>
#include <sys/proc.h>

#define	FIELD(f)						\
	__builtin_offsetof(struct thread, f), sizeof(((struct thread *)0)->f)

__attribute__((section(".kt_table"), used))
const unsigned long long kt_table[] = {
	__FreeBSD_version, 0,
	FIELD(td_priority),
	FIELD(td_critnest),
	FIELD(td_pinned),
	FIELD(td_owepreempt),
};
