/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * What the object brings into the kernel besides functions: linker-set
 * records and data symbols.
 */
#include "harness.h"

SET_DECLARE(sysinit_set, struct sysinit);
SET_DECLARE(sysuninit_set, struct sysinit);
SET_DECLARE(sysctl_set, struct sysctl_oid);
SET_DECLARE(sdt_probes_set, struct sdt_probe);

TEST(sysinit_count, "linker sets: five SYSINITs, one SYSUNINIT, one sysctl")
{

	CHECK_EQ(5, SET_COUNT(sysinit_set));
	CHECK_EQ(1, SET_COUNT(sysuninit_set));
	CHECK_EQ(1, SET_COUNT(sysctl_set));
}

static struct sysinit *
find_sysinit(enum sysinit_sub_id subsystem, int n)
{
	struct sysinit **sip;

	SET_FOREACH(sip, sysinit_set)
		if ((*sip)->subsystem == subsystem && n-- == 0)
			return (*sip);
	fatal("no such SYSINIT");
}

TEST(sysinit_malloc, "SYSINIT: M_TIDHASH is registered with malloc")
{
	struct malloc_type *mtp;
	struct sysinit *si;

	multi(1);
	si = find_sysinit(SI_SUB_KMEM, 0);
	CHECK_EQ(SI_ORDER_THIRD, si->order);
	CHECK(si->func == (sysinit_cfunc_t)malloc_init);
	mtp = __DECONST(struct malloc_type *, si->udata);
	CHECK_STR("tidhash", mtp->ks_shortdesc);
	CHECK_EQ(M_VERSION, mtp->ks_version);
	si->func(si->udata);
	expect_calls("malloc_init(tidhash)");
}

TEST(sysuninit_malloc, "SYSUNINIT: M_TIDHASH is unregistered, the same type")
{
	struct sysinit **sip, *si;

	multi(1);
	sip = SET_BEGIN(sysuninit_set);
	si = find_sysinit(SI_SUB_KMEM, 0);
	CHECK_EQ(SI_SUB_KMEM, (*sip)->subsystem);
	CHECK_EQ(SI_ORDER_ANY, (*sip)->order);
	CHECK(((sysinit_cfunc_t)malloc_uninit) == (*sip)->func);
	CHECK_PTR(si->udata, (*sip)->udata);
	(*sip)->func((*sip)->udata);
	expect_calls("malloc_uninit(tidhash)");
}

TEST(sysinit_events, "SYSINIT: four event handler lists, in the event handler "
    "subsystem, in any order")
{
	struct sysinit *si;
	int i;

	multi(1);
	for (i = 0; i < 4; i++) {
		si = find_sysinit(SI_SUB_EVENTHANDLER, i);
		CHECK_EQ(SI_ORDER_ANY, si->order);
		CHECK_PTR(NULL, si->udata);
		si->func(si->udata);
	}
	CHECK_EQ(1, count_calls("eventhandler_create_list(thread_ctor)"));
	CHECK_EQ(1, count_calls("eventhandler_create_list(thread_dtor)"));
	CHECK_EQ(1, count_calls("eventhandler_create_list(thread_init)"));
	CHECK_EQ(1, count_calls("eventhandler_create_list(thread_fini)"));
}

TEST(event_lists, "data: the four list pointers are set by their SYSINITs")
{

	CHECK_PTR(NULL, _eventhandler_list_thread_ctor);
	CHECK_PTR(NULL, _eventhandler_list_thread_dtor);
	CHECK_PTR(NULL, _eventhandler_list_thread_init);
	CHECK_PTR(NULL, _eventhandler_list_thread_fini);
	multi(1);
	boot_sysinits();
	CHECK_STR("thread_ctor", _eventhandler_list_thread_ctor->el_name);
	CHECK_STR("thread_dtor", _eventhandler_list_thread_dtor->el_name);
	CHECK_STR("thread_init", _eventhandler_list_thread_init->el_name);
	CHECK_STR("thread_fini", _eventhandler_list_thread_fini->el_name);
}

TEST(sysctl_maxthread, "sysctl: kern.maxthread, an int, read-only and "
    "tunable")
{
	struct sysctl_oid *oid;

	oid = *SET_BEGIN(sysctl_set);
	CHECK_STR("maxthread", oid->oid_name);
	CHECK_PTR(&sysctl___kern.oid_children, oid->oid_parent);
	CHECK_EQ(OID_AUTO, oid->oid_number);
	CHECK_EQ(CTLTYPE_INT | CTLFLAG_MPSAFE | CTLFLAG_RDTUN, oid->oid_kind);
	CHECK_EQ(0, oid->oid_arg2);
	CHECK(oid->oid_handler == sysctl_handle_int);
	CHECK_STR("I", oid->oid_fmt);
	CHECK_STR("Maximum number of threads", oid->oid_descr);
	CHECK_EQ(0, oid->oid_running);
	CHECK_EQ(0, oid->oid_refcnt);
	CHECK_PTR(NULL, oid->oid_label);
}

TEST(sysctl_value, "sysctl: kern.maxthread shows the limit that threadinit "
    "settled on; 0 before")
{

	CHECK_EQ(0, get_maxthread());
	boot();
	CHECK_EQ(MIN(150000, MAXTHREAD_CAP), get_maxthread());
}

#ifdef KDTRACE_HOOKS
extern struct sdt_provider sdt_provider_proc[];

TEST(probe, "SDT: proc:::lwp-exit, in the set of probes, without arguments")
{

	CHECK_EQ(1, SET_COUNT(sdt_probes_set));
	CHECK_PTR(LWP_EXIT, *SET_BEGIN(sdt_probes_set));
	CHECK_EQ(sizeof(struct sdt_probe), LWP_EXIT->version);
	CHECK_PTR(sdt_provider_proc, LWP_EXIT->prov);
	CHECK_STR("", LWP_EXIT->mod);
	CHECK_STR("", LWP_EXIT->func);
	CHECK_STR("lwp__exit", LWP_EXIT->name);
	CHECK_EQ(0, LWP_EXIT->id);
	CHECK_EQ(0, LWP_EXIT->n_args);
	CHECK_PTR(NULL, LWP_EXIT->sdtp_lf);
}
#endif
