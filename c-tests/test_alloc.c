/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * thread_alloc(), thread_free(), and thread_recycle(), which FreeBSD 14 has
 * as thread_alloc_stack().
 */
#include "harness.h"

static void
setup(void)
{

	zone_slab_items = 1;
	boot();
	handler_add(_eventhandler_list_thread_ctor, 0, "ctor_event");
	handler_add(_eventhandler_list_thread_dtor, 0, "dtor_event");
}

/*
 * thread_alloc.
 */
TEST(alloc_calls, "thread_alloc: S09 every call, in order, without locks")
{
	struct thread *td;

	setup();
	/* Grow the zone first, so that init's calls are out of the way. */
	thread_free(thread_alloc(1));
	clear_calls();
	td = thread_alloc(3);
	CHECK_LOCKS("-");
	expect_calls(
	    "uma_zalloc(THREAD,NULL,M_WAITOK) | -",
	    IF_AUDIT("audit_thread_alloc(item0) | -"),
	    IF_KDTRACE("kdtrace_thread_ctor(item0) | -"),
	    "umtx_thread_alloc(item0) | -",
	    "vm_thread_new(item0,3) | -",
	    IF_KASAN("kasan_thread_alloc(item0) | -"),
	    IF_KMSAN("kmsan_thread_alloc(item0) | -"),
	    "cpu_thread_alloc(item0) | -",
	    "ctor_event(item0) | -",
	    "eventhandler_prune_list(thread_ctor) | thread_ctor");
	CHECK_EQ(THREAD0_TID + 2, td->td_tid);
	CHECK_EQ(3, td->td_kstack_pages);
	CHECK_EQ(TDS_INACTIVE, td->td_state);
}

static void
see_ready(void *arg)
{
	struct thread *td;
	u_int i;

	td = arg;
	CHECK_EQ(THREAD0_TID + 2, td->td_tid);
	CHECK(td->td_kstack != 0);
	for (i = 0; i < nitems(td->td_sa.args); i++)
		CHECK_EQ(0, td->td_sa.args[i]);
}

TEST(alloc_ctor_event, "thread_alloc: S09 the ctor event sees id, stack and "
    "zeroed syscall arguments")
{
	struct thread *td;
	u_int i;

	setup();
	td = thread_alloc(1);
	for (i = 0; i < nitems(td->td_sa.args); i++)
		td->td_sa.args[i] = 0x5555;
	td->td_sa.code = 0x1234;
	thread_free(td);
	on_call("ctor_event", 1, see_ready);
	CHECK_PTR(td, thread_alloc(1));
	/* Only the arguments are zeroed. */
	CHECK_EQ(0x1234, td->td_sa.code);
}

TEST(alloc_pages_default, "thread_alloc: pages 0 goes to vm_thread_new as it "
    "is")
{

	setup();
	(void)thread_alloc(0);
	CHECK_EQ(1, count_calls("vm_thread_new(item0,0)"));
}

TEST(alloc_no_stack, "thread_alloc: S07 no stack: NULL, item back in the "
    "zone, id and count restored, no event")
{
	struct thread *td;

	setup();
	td = thread_alloc(1);
	thread_free(td);
	clear_calls();
	CHECK_EQ(-1, td->td_tid);
	returns("vm_thread_new", 0);
	CHECK_PTR(NULL, thread_alloc(1));
	CHECK_LOCKS("-");
	CHECK_EQ(0, thread_zone_fake.fz_live);
	CHECK_EQ(-1, td->td_tid);
	expect_calls(
	    "uma_zalloc(THREAD,NULL,M_WAITOK) | -",
	    IF_AUDIT("audit_thread_alloc(item0) | -"),
	    IF_KDTRACE("kdtrace_thread_ctor(item0) | -"),
	    "umtx_thread_alloc(item0) | -",
	    "vm_thread_new(item0,1) | -",
	    "uma_zfree(THREAD,item0,NULL) | -",
	    IF_AUDIT("audit_thread_free(item0) | -"),
	    IF_KDTRACE("kdtrace_thread_dtor(item0) | -"),
	    "osd_exit(OSD_THREAD,&item0.td_osd) | -",
	    "ast_kclear(item0) | -",
	    "seltdfini(item0) | -");
}

TEST(alloc_no_stack_id, "thread_alloc: S07 the id of the failure is free "
    "again, but not handed out next")
{
	int i;

	set_maxthread(200);
	setup();
	returns("vm_thread_new", 0);
	CHECK_PTR(NULL, thread_alloc(1));
	/* 100001 was cleared: a whole round finds it again. */
	for (i = 2; i < 200; i++)
		thread_free(thread_alloc(1));
	CHECK_EQ(THREAD0_TID + 1, thread_alloc(1)->td_tid);
}

TEST(alloc_no_stack_order, "thread_alloc: S07 the item is freed before the "
    "id is")
{

#ifndef LOCKS_VISIBLE
	skip("lock calls are inline in this kernel");
#endif
	setup();
	returns("vm_thread_new", 0);
	log_locks();
	CHECK_PTR(NULL, thread_alloc(1));
	expect_only(ONLY("mtx_lock", "uma_zalloc", "uma_zfree"),
	    "mtx_lock(tid_lock) | -",
	    "uma_zalloc(THREAD,NULL,M_WAITOK) | -",
	    "uma_zfree(THREAD,item0,NULL) | -",
	    "mtx_lock(tid_lock) | -");
}

/*
 * thread_free.
 */
TEST(free_calls, "thread_free: S10 every call, in order, without locks")
{
	struct thread *td;

	setup();
	td = thread_alloc(1);
	td->td_cpuset = (struct cpuset *)(uintptr_t)0xc5e7;
	name_ptr(td->td_cpuset, "cpuset");
	clear_calls();
	thread_free(td);
	CHECK_LOCKS("-");
	expect_calls(
	    "dtor_event(item0) | -",
	    "eventhandler_prune_list(thread_dtor) | thread_dtor",
	    IF_LOCKPROF("lock_profile_thread_exit(item0) | -"),
	    "cpuset_rel(cpuset) | -",
	    "cpu_thread_free(item0) | -",
	    "vm_thread_dispose(item0) | -",
	    "callout_drain(&item0.td_slpcallout,CS_DRAIN) | -",
	    IF_KMSAN("kmsan_thread_free(item0) | -"),
	    "uma_zfree(THREAD,item0,NULL) | -",
	    IF_AUDIT("audit_thread_free(item0) | -"),
	    IF_KDTRACE("kdtrace_thread_dtor(item0) | -"),
	    "osd_exit(OSD_THREAD,&item0.td_osd) | -",
	    "ast_kclear(item0) | -",
	    "seltdfini(item0) | -");
	CHECK_PTR(NULL, td->td_cpuset);
	CHECK_EQ(-1, td->td_tid);
}

TEST(free_no_cpuset, "thread_free: S10 a thread that got no cpuset yet")
{
	struct thread *td;

	setup();
	td = thread_alloc(1);
	CHECK_PTR(NULL, td->td_cpuset);
	thread_free(td);
	CHECK_EQ(0, count_calls("cpuset_rel("));
}

TEST(free_no_stack, "thread_free: a thread without a stack")
{
	struct thread *td;

	setup();
	td = thread_alloc(1);
	td->td_kstack = 0;
	thread_free(td);
	CHECK_EQ(0, count_calls("vm_thread_dispose("));
}

static void
id_is_live(void *arg)
{
	struct thread *td;

	td = arg;
	CHECK_EQ(THREAD0_TID + 1, td->td_tid);
}

static void
id_is_gone(void *arg)
{
	struct thread *td;

	td = arg;
	CHECK_EQ(-1, td->td_tid);
	CHECK_PTR(NULL, td->td_cpuset);
}

TEST(free_id_order, "thread_free: S09 the dtor event still sees the id, the "
    "zone sees -1; the id is released last")
{

	setup();
	on("dtor_event", id_is_live);
	on("cpu_thread_free", id_is_live);
	on("uma_zfree", id_is_gone);
	thread_free(thread_alloc(1));
}

TEST(free_no_batch, "thread_free: S10 the slot can be had again at once")
{
	struct thread *td;

	set_maxthread(110);
	setup();
	td = thread_alloc(1);
	while (thread_alloc(1) != NULL)
		continue;
	thread_free(td);
	CHECK(thread_alloc(1) != NULL);
	CHECK_PTR(NULL, thread_alloc(1));
}

#ifdef LOCKS_VISIBLE
/*
 * Who got a place in the count must find an id: so ids are released first.
 */
static bool trying;

static void
refused_still(void *arg)
{

	if (trying || arg != __DEVOLATILE(void *, &tid_lock_fake->mtx_lock))
		return;
	trying = true;
	CHECK_PTR(NULL, thread_alloc(1));
	trying = false;
}

TEST(free_id_first, "thread_free: S05 the id is released before the count is "
    "lowered")
{
	struct thread *td;

	set_maxthread(110);
	setup();
	td = thread_alloc(1);
	while (thread_alloc(1) != NULL)
		continue;
	log_locks();
	on_each("mtx_lock", refused_still);
	thread_free(td);
	trying = true;
	CHECK(thread_alloc(1) != NULL);
}

static void
watch_tid_lock(void *arg)
{

	on("mtx_lock", refused_still);
}

TEST(alloc_no_stack_id_first, "thread_alloc: S07 no stack: the id is released "
    "before the count is lowered")
{
	int i;

	set_maxthread(110);
	setup();
	for (i = 0; i < 108 - 1; i++)
		CHECK(thread_alloc(1) != NULL);
	returns("vm_thread_new", 0);
	log_locks();
	on("vm_thread_new", watch_tid_lock);
	CHECK_PTR(NULL, thread_alloc(1));
	CHECK(thread_alloc(1) != NULL);
	CHECK_PTR(NULL, thread_alloc(1));
}
#endif

TEST(free_keeps_cow, "thread_free: S10 credentials and limits are the "
    "caller's to release")
{

	setup();
	thread_free(thread_alloc(1));
	CHECK_EQ(0, count_calls("crcowfree("));
	CHECK_EQ(0, count_calls("lim_free("));
	CHECK_EQ(0, count_calls("credbatch_add("));
}

#ifndef PROFILE_14
/*
 * thread_recycle.
 */
int	thread_recycle(struct thread *td, int pages);

static struct thread *
recyclable(void)
{
	struct thread *td;

	setup();
	td = thread_alloc(3);
	clear_calls();
	return (td);
}

TEST(recycle_same, "thread_recycle: S08 stack of the same size: kept, no "
    "calls but the sanitizers'")
{
	struct thread *td;
	vm_offset_t kstack;

	td = recyclable();
	kstack = td->td_kstack;
	CHECK_EQ(0, thread_recycle(td, 3));
	CHECK_EQ(kstack, td->td_kstack);
	expect_calls(
	    IF_KASAN("kasan_thread_alloc(item0) | -"),
	    IF_KMSAN("kmsan_thread_alloc(item0) | -"),
	    "");
}

TEST(recycle_resize, "thread_recycle: S08 another size: disposed of, a new "
    "one, cpu_thread_alloc")
{
	struct thread *td;

	td = recyclable();
	CHECK_EQ(0, thread_recycle(td, 5));
	CHECK_EQ(5, td->td_kstack_pages);
	expect_calls(
	    "vm_thread_dispose(item0) | -",
	    "vm_thread_new(item0,5) | -",
	    "cpu_thread_alloc(item0) | -",
	    IF_KASAN("kasan_thread_alloc(item0) | -"),
	    IF_KMSAN("kmsan_thread_alloc(item0) | -"));
}

TEST(recycle_no_stack, "thread_recycle: S08 no stack yet: a new one, nothing "
    "is disposed of")
{
	struct thread *td;

	td = recyclable();
	td->td_kstack = 0;
	CHECK_EQ(0, thread_recycle(td, 3));
	expect_calls(
	    "vm_thread_new(item0,3) | -",
	    "cpu_thread_alloc(item0) | -",
	    IF_KASAN("kasan_thread_alloc(item0) | -"),
	    IF_KMSAN("kmsan_thread_alloc(item0) | -"));
}

TEST(recycle_fails, "thread_recycle: S08 no stack to be had: ENOMEM, and the "
    "next one starts without a stack")
{
	struct thread *td;

	td = recyclable();
	returns("vm_thread_new", 0);
	CHECK_EQ(ENOMEM, thread_recycle(td, 5));
	CHECK_EQ(0, td->td_kstack);
	expect_calls(
	    "vm_thread_dispose(item0) | -",
	    "vm_thread_new(item0,5) | -");
	CHECK_EQ(0, thread_recycle(td, 5));
	CHECK_EQ(0, count_calls("vm_thread_dispose("));
	CHECK_EQ(1, count_calls("cpu_thread_alloc("));
}

TEST(recycle_zero, "thread_recycle: S08 pages 0 never matches: the default "
    "stack is replaced")
{
	struct thread *td;

	setup();
	td = thread_alloc(0);
	clear_calls();
	CHECK_EQ(0, thread_recycle(td, 0));
	CHECK_EQ(1, count_calls("vm_thread_dispose("));
	CHECK_EQ(1, count_calls("vm_thread_new(item0,0)"));
}

TEST(recycle_no_event, "thread_recycle: S08 no event, id and count as they "
    "were")
{
	struct thread *td;

	td = recyclable();
	CHECK_EQ(0, thread_recycle(td, 5));
	CHECK_EQ(0, count_calls("ctor_event("));
	CHECK_EQ(THREAD0_TID + 1, td->td_tid);
	CHECK_EQ(THREAD0_TID + 2, thread_alloc(1)->td_tid);
}
#else /* PROFILE_14 */
int	thread_alloc_stack(struct thread *td, int pages);

TEST(alloc_stack, "thread_alloc_stack: a thread without a stack gets one: 1")
{
	struct thread *td;

	setup();
	td = thread_alloc(3);
	vm_thread_dispose(td);
	clear_calls();
	CHECK_EQ(1, thread_alloc_stack(td, 5));
	CHECK_EQ(5, td->td_kstack_pages);
	expect_calls(
	    "vm_thread_new(item0,5) | -",
	    IF_KASAN("kasan_thread_alloc(item0) | -"),
	    IF_KMSAN("kmsan_thread_alloc(item0) | -"),
	    "cpu_thread_alloc(item0) | -");
}

TEST(alloc_stack_fails, "thread_alloc_stack: no stack to be had: 0, nothing "
    "else is called")
{
	struct thread *td;

	setup();
	td = thread_alloc(3);
	vm_thread_dispose(td);
	clear_calls();
	returns("vm_thread_new", 0);
	CHECK_EQ(0, thread_alloc_stack(td, 5));
	CHECK_EQ(0, td->td_kstack);
	expect_calls("vm_thread_new(item0,5) | -");
}
#endif /* PROFILE_14 */
