/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * The zone's init, fini, constructor and destructor, through the pointers
 * that threadinit() gave to uma_zcreate().
 */
#include "harness.h"

/*
 * A thread structure full of junk, as an item may be.
 */
static struct thread *
junk(void)
{
	static struct thread0_storage storage;
	struct thread *td;

	td = &storage.t0st_thread;
	memset(td, 0x5a, sizeof(storage));
	td->td_state = TDS_INACTIVE;
	td->td_sel = NULL;
	name_ptr(td, "td");
	name_ptr(&td->td_osd, "&td.td_osd");
	return (td);
}

static void
check_only_changed(const void *before, const struct thread *td,
    const size_t (*fields)[2], int nfields)
{
	const char *a, *b;
	size_t i;
	int f;

	a = before;
	b = (const char *)td;
	for (i = 0; i < sizeof(struct thread0_storage); i++) {
		if (a[i] == b[i])
			continue;
		for (f = 0; f < nfields; f++)
			if (i >= fields[f][0] &&
			    i < fields[f][0] + fields[f][1])
				break;
		if (f == nfields) {
			fail(__FILE__, __LINE__, "byte at offset %#zx of "
			    "struct thread changed", i);
			return;
		}
	}
}

#define	FIELD(name)							\
	{ __offsetof(struct thread, name), sizeof(((struct thread *)0)->name) }

TEST(ctor_calls, "zone ctor: S09 state, CPUs, critnest and lent priority; "
    "hooks in order")
{
	struct thread *td;

	boot();
	td = junk();
	td->td_state = TDS_RUNNING;
	CHECK_EQ(0, thread_zone_fake.fz_ctor(td, 0, NULL, M_WAITOK));
	CHECK_EQ(TDS_INACTIVE, td->td_state);
	CHECK_EQ(NOCPU, td->td_lastcpu);
	CHECK_EQ(NOCPU, td->td_oncpu);
	CHECK_EQ(1, td->td_critnest);
	CHECK_EQ(PRI_MAX, td->td_lend_user_pri);
	expect_calls(
	    IF_AUDIT("audit_thread_alloc(td) | -"),
	    IF_KDTRACE("kdtrace_thread_ctor(td) | -"),
	    "umtx_thread_alloc(td) | -");
}

TEST(ctor_untouched, "zone ctor: no other field is touched")
{
	static struct thread0_storage before;
	static const size_t fields[][2] = { FIELD(td_state),
	    FIELD(td_lastcpu), FIELD(td_oncpu), FIELD(td_critnest),
	    FIELD(td_lend_user_pri) };
	struct thread *td;

	boot();
	td = junk();
	memcpy(&before, td, sizeof(before));
	(void)thread_zone_fake.fz_ctor(td, 0, NULL, M_WAITOK);
	check_only_changed(&before, td, fields, nitems(fields));
}

TEST(dtor_calls, "zone dtor: S09 hooks in order")
{
	struct thread *td;

	boot();
	td = junk();
	thread_zone_fake.fz_dtor(td, 0, NULL);
	expect_calls(
	    IF_AUDIT("audit_thread_free(td) | -"),
	    IF_KDTRACE("kdtrace_thread_dtor(td) | -"),
	    "osd_exit(OSD_THREAD,&td.td_osd) | -",
	    "ast_kclear(td) | -",
	    IF_OLDER("softdep_ast_cleanup(td) | -"),
	    "seltdfini(td) | -");
}

TEST(init_fields, "zone init: S09 sleep queue, turnstile, no stack, no "
    "select state, domain 0")
{
	struct thread *td;

	boot();
	td = junk();
	CHECK_EQ(0, thread_zone_fake.fz_init(td, 0, M_WAITOK));
	CHECK_EQ(0x51ee9000, (long)td->td_sleepqueue);
	CHECK_EQ(0x70b00000, (long)td->td_turnstile);
	CHECK_EQ(0, td->td_kstack);
	CHECK_PTR(NULL, td->td_sel);
	CHECK_EQ(0, td->td_allocdomain);
#ifndef PROFILE_15
	CHECK_PTR(NULL, td->td_rlqe);
#endif
}

TEST(init_calls, "zone init: S09 calls in order; the init event comes before "
    "umtx, the stack and select state are reset after it")
{
	struct thread *td;

	boot();
	handler_add(_eventhandler_list_thread_init, 0, "init_event");
	td = junk();
	(void)thread_zone_fake.fz_init(td, 0, M_WAITOK);
	expect_calls(
	    "pmap_kextract(td) | -",
	    "sleepq_alloc() | -",
	    "turnstile_alloc() | -",
	    "init_event(td) | -",
	    "eventhandler_prune_list(thread_init) | thread_init",
	    "umtx_thread_init(td) | -");
}

static void
dirty(void *arg)
{
	struct thread *td;

	td = arg;
	td->td_kstack = 0xbad;
	td->td_sel = (struct seltd *)(uintptr_t)0xbad;
}

TEST(init_after_umtx, "zone init: S09 td_kstack and td_sel are reset last")
{
	struct thread *td;

	boot();
	on("umtx_thread_init", dirty);
	td = junk();
	(void)thread_zone_fake.fz_init(td, 0, M_WAITOK);
	CHECK_EQ(0, td->td_kstack);
	CHECK_PTR(NULL, td->td_sel);
}

TEST(fini_calls, "zone fini: S09 the event first, then what init made, in "
    "order")
{
	struct thread *td;

	boot();
	handler_add(_eventhandler_list_thread_fini, 0, "fini_event");
	td = junk();
	(void)thread_zone_fake.fz_init(td, 0, M_WAITOK);
	clear_calls();
	thread_zone_fake.fz_fini(td, 0);
	expect_calls(
	    "fini_event(td) | -",
	    "eventhandler_prune_list(thread_fini) | thread_fini",
#ifndef PROFILE_15
	    "rlqentry_free(NULL) | -",
#endif
	    "turnstile_free(0x70b00000) | -",
	    "sleepq_free(0x51ee9000) | -",
	    "umtx_thread_fini(td) | -");
}

TEST(no_handlers, "events: S09 a list without handlers is neither locked nor "
    "pruned")
{

	boot();
	log_locks();
	(void)thread_zone_fake.fz_init(junk(), 0, M_WAITOK);
	CHECK_EQ(0, count_calls("eventhandler_prune_list("));
	CHECK_EQ(0, count_calls("mtx_lock(thread_init"));
}

TEST(init_each_item, "zone: S09 init runs once for each item of a new slab, "
    "not again for a reused one")
{
	struct thread *td;
	int i;

	zone_slab_items = 3;
	boot();
	handler_add(_eventhandler_list_thread_init, 0, "init_event");
	td = thread_alloc(1);
	CHECK_EQ(3, count_calls("init_event("));
	clear_calls();
	for (i = 0; i < 5; i++) {
		thread_free(td);
		td = thread_alloc(1);
	}
	CHECK_EQ(0, count_calls("init_event("));
	CHECK_EQ(0, count_calls("umtx_thread_init("));
	CHECK_EQ(5, count_calls("umtx_thread_alloc("));
}

/*
 * The event handler loop.
 */
static struct eventhandler_entry *late;

static void
kill_late(void *arg)
{

	CHECK_EQ(1, _eventhandler_list_thread_init->el_runcount);
	CHECK_LOCKS("-");
	late->ee_priority = EHE_DEAD_PRIORITY;
}

TEST(event_order, "events: handlers run in order of priority, without the "
    "list's lock")
{
	struct thread *td;

	boot();
	handler_add(_eventhandler_list_thread_init, 20, "second");
	handler_add(_eventhandler_list_thread_init, 10, "first");
	td = junk();
	(void)thread_zone_fake.fz_init(td, 0, M_WAITOK);
	expect_only(ONLY("first", "second", "eventhandler_prune_list"),
	    "first(td) | -",
	    "second(td) | -",
	    "eventhandler_prune_list(thread_init) | thread_init");
	CHECK_LOCKS("-");
	CHECK_EQ(0, _eventhandler_list_thread_init->el_runcount);
}

TEST(event_dead, "events: a handler that was deregistered meanwhile is "
    "skipped")
{

	boot();
	handler_add(_eventhandler_list_thread_init, 10, "first");
	late = handler_add(_eventhandler_list_thread_init, 20, "late");
	on("first", kill_late);
	(void)thread_zone_fake.fz_init(junk(), 0, M_WAITOK);
	CHECK_EQ(1, count_calls("first("));
	CHECK_EQ(0, count_calls("late("));
}

static void
nested(void *arg)
{

	CHECK_EQ(1, _eventhandler_list_thread_init->el_runcount);
	_eventhandler_list_thread_init->el_runcount++;
}

TEST(event_nested, "events: the list is pruned only when nobody else runs "
    "through it")
{

	boot();
	handler_add(_eventhandler_list_thread_init, 10, "first");
	on("first", nested);
	(void)thread_zone_fake.fz_init(junk(), 0, M_WAITOK);
	CHECK_EQ(1, _eventhandler_list_thread_init->el_runcount);
	CHECK_EQ(0, count_calls("eventhandler_prune_list("));
	CHECK_LOCKS("-");
}

#ifdef NUMA
#include <vm/vm_phys.h>

TEST(init_domain, "zone init: S26 with NUMA the domain of the structure's "
    "memory is noted")
{
	static struct mem_affinity affinity[3];
	struct thread *td;

	boot();
	td = junk();
	affinity[0] = (struct mem_affinity){ .start = 0, .end = 1,
	    .domain = 0 };
	affinity[1] = (struct mem_affinity){ .start = 2, .end = ~0UL,
	    .domain = 3 };
	mem_affinity = affinity;
	vm_ndomains = 4;
	(void)thread_zone_fake.fz_init(td, 0, M_WAITOK);
	CHECK_EQ(3, td->td_allocdomain);
	/* Memory of no domain is none of them. */
	affinity[1].end = 3;
	(void)thread_zone_fake.fz_init(td, 0, M_WAITOK);
	CHECK_EQ((u_char)-1, (u_char)td->td_allocdomain);
	vm_ndomains = 1;
	(void)thread_zone_fake.fz_init(td, 0, M_WAITOK);
	CHECK_EQ(0, td->td_allocdomain);
}
#endif
