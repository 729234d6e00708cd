/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * proc_linkup(), thread_link() and thread_unlink().
 */
#include "harness.h"

/*
 * A thread structure that belongs to no process.
 */
static struct thread *
loose(const char *name)
{
	struct thread *td;

	td = mkthread(P, name, 500);
	exits(td);
	TD_SET_STATE(td, TDS_CAN_RUN);
	td->td_proc = NULL;
	td->td_flags = TDF_SINTR | TDF_BOUNDARY | TDF_TIMEOUT;
	memset(&td->td_contested, 0xff, sizeof(td->td_contested));
	memset(&td->td_lprof, 0xff, sizeof(td->td_lprof));
	memset(&td->td_sigqueue, 0xff, sizeof(td->td_sigqueue));
	memset(&td->td_slpcallout, 0xff, sizeof(td->td_slpcallout));
#ifdef EPOCH_TRACE
	td->td_epochs.slh_first = (void *)td;
#endif
#ifndef OLDER
	td->td_ast = 0x55;
#endif
	td->td_inhibitors = 0x55;
	return (td);
}

static struct thread *
last_thread(void)
{
	struct thread *td;

	/* The list has no name for TAILQ_LAST; the tail is all the same. */
	FOREACH_THREAD_IN_PROC(P, td)
		if (P->p_threads.tqh_last == &td->td_plist.tqe_next)
			return (td);
	return (NULL);
}

TEST(link_fields, "thread_link: S12 state, process, flags assigned anew, "
    "empty lists, signal queue, callout")
{
	struct thread *td;

	multi(2);
	td = loose("td");
	thread_link(td, P);
	CHECK_EQ(TDS_INACTIVE, td->td_state);
	CHECK_PTR(P, td->td_proc);
	CHECK_EQ(TDF_INMEM, td->td_flags);
	CHECK(LIST_EMPTY(&td->td_contested));
	CHECK(LIST_EMPTY(&td->td_lprof[0]));
	CHECK(LIST_EMPTY(&td->td_lprof[1]));
#ifdef EPOCH_TRACE
	CHECK(SLIST_EMPTY(&td->td_epochs));
#endif
	/* What thread_link is not to touch. */
#ifndef OLDER
	CHECK_EQ(0x55, td->td_ast);
#endif
	CHECK_EQ(0x55, td->td_inhibitors);
	expect_calls(
	    "sigqueue_init(&td.td_sigqueue,p) | -",
	    "callout_init(&td.td_slpcallout,1) | -");
}

TEST(link_tail, "thread_link: S12 at the tail, counted")
{
	struct thread *td;

	multi(2);
	td = loose("td");
	thread_link(td, P);
	CHECK_EQ(3, P->p_numthreads);
	CHECK_PTR(td, last_thread());
	CHECK_PTR(td, TAILQ_NEXT(T1, td_plist));
	CHECK_PTR(NULL, TAILQ_NEXT(td, td_plist));
}

TEST(link_no_lock, "thread_link: S12 needs no lock and takes none")
{

	multi(1);
	log_locks();
	thread_link(loose("td"), P);
	CHECK_LOCKS("-");
	expect_only(ONLY("mtx_lock", "mtx_lock_spin"), "");
}

TEST(linkup, "proc_linkup: S12 signal queue, ksiginfo with its flags, "
    "notifiers, then the thread")
{
	struct thread *td;

	multi(1);
	td = loose("td");
	exits(T0);
	P->p_numthreads = 7;
	memset(&P->p_mqnotifier, 0xff, sizeof(P->p_mqnotifier));
	proc_linkup(P, td);
	CHECK_EQ(1, P->p_numthreads);
	CHECK(LIST_EMPTY(&P->p_mqnotifier));
	CHECK(P->p_ksi != NULL);
	CHECK_EQ(KSI_EXT | KSI_INS, P->p_ksi->ksi_flags);
	CHECK_PTR(td, FIRST_THREAD_IN_PROC(P));
	expect_calls(
	    "sigqueue_init(&p.p_sigqueue,p) | -",
	    "ksiginfo_alloc(M_WAITOK) | -",
	    "sigqueue_init(&td.td_sigqueue,p) | -",
	    "callout_init(&td.td_slpcallout,1) | -");
}

TEST(linkup_early, "proc_linkup: S01 before the ksiginfo zone exists: no "
    "flags are stored")
{
	struct thread *td;

	multi(1);
	td = loose("td");
	exits(T0);
	returns("ksiginfo_alloc", 0);
	proc_linkup(P, td);
	CHECK_PTR(NULL, P->p_ksi);
	CHECK_PTR(P, td->td_proc);
}

TEST(linkup_keeps_list, "proc_linkup: S12 does not start the list of threads "
    "afresh, proc_linkup0 does")
{
	struct thread *td;

	multi(1);
	td = loose("td");
	proc_linkup(P, td);
	CHECK_PTR(T0, FIRST_THREAD_IN_PROC(P));
	CHECK_PTR(td, TAILQ_NEXT(T0, td_plist));
	/* The count starts afresh all the same. */
	CHECK_EQ(1, P->p_numthreads);
}

static void
check_unlink(struct thread *td, struct thread *first, struct thread *second)
{

	PROC_LOCK(P);
	thread_unlink(td);
	CHECK_LOCKS("PL");
	CHECK_EQ(2, P->p_numthreads);
	CHECK_PTR(first, TAILQ_FIRST(&P->p_threads));
	CHECK_PTR(second, TAILQ_NEXT(first, td_plist));
	CHECK_PTR(second, last_thread());
	CHECK_PTR(NULL, TAILQ_NEXT(second, td_plist));
	CHECK_PTR(P, td->td_proc);
	expect_no_calls();
}

TEST(unlink_first, "thread_unlink: S12 the first thread; td_proc stays")
{

	multi(3);
	check_unlink(T0, T1, T2);
}

TEST(unlink_middle, "thread_unlink: S12 a thread in the middle")
{

	multi(3);
	check_unlink(T1, T0, T2);
}

TEST(unlink_last, "thread_unlink: S12 the thread at the tail")
{

	multi(3);
	check_unlink(T2, T0, T1);
}

TEST(unlink_only, "thread_unlink: the only thread: an empty list that can be "
    "appended to")
{

	multi(1);
	PROC_LOCK(P);
	thread_unlink(T0);
	CHECK_EQ(0, P->p_numthreads);
	CHECK(TAILQ_EMPTY(&P->p_threads));
	thread_link(T0, P);
	CHECK_PTR(T0, FIRST_THREAD_IN_PROC(P));
}
