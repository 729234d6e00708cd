/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Thread ids, as thread_alloc() hands them out and thread_free() takes them
 * back: next fit with wrap.
 */
#include "harness.h"
#include "zombies.h"

static struct thread *
alloc(void)
{
	struct thread *td;

	td = thread_alloc(1);
	CHECK(td != NULL);
	return (td);
}

/*
 * A thread that has credentials and so on is not needed to free it again.
 */
static lwpid_t
alloc_free(void)
{
	struct thread *td;
	lwpid_t tid;

	td = alloc();
	tid = td->td_tid;
	thread_free(td);
	return (tid);
}

TEST(ids_consecutive, "thread ids: S06 consecutive from 100001 on")
{
	int i;

	boot();
	for (i = 1; i <= 40; i++)
		CHECK_EQ(THREAD0_TID + i, alloc()->td_tid);
}

TEST(ids_not_reused, "thread ids: S06 a freed id is not handed out again at "
    "once")
{
	struct thread *b;

	boot();
	CHECK_EQ(100001, alloc()->td_tid);
	b = alloc();
	CHECK_EQ(100002, b->td_tid);
	CHECK_EQ(100003, alloc()->td_tid);
	thread_free(b);
	CHECK_EQ(100004, alloc()->td_tid);
}

TEST(ids_last_freed, "thread ids: S06 not even the one freed last is reused")
{

	boot();
	CHECK_EQ(100001, alloc_free());
	CHECK_EQ(100002, alloc_free());
	CHECK_EQ(100003, alloc_free());
}

TEST(ids_wrap, "thread ids: S06 after the last id the search starts at the "
    "lowest free one")
{
	int i;

	set_maxthread(200);
	boot();
	for (i = 1; i < 200; i++)
		CHECK_EQ(THREAD0_TID + i, alloc_free());
	/* Id 100000 is thread0's. */
	CHECK_EQ(THREAD0_TID + 1, alloc_free());
	CHECK_EQ(THREAD0_TID + 2, alloc_free());
}

TEST(ids_wrap_lowest, "thread ids: S06 the wrap finds the lowest of the ids "
    "freed meanwhile")
{
	struct thread *kept, *low, *high;
	int i;

	set_maxthread(200);
	boot();
	kept = alloc();
	low = alloc();
	(void)alloc();
	high = alloc();
	for (i = 5; i < 200; i++)
		CHECK_EQ(THREAD0_TID + i, alloc_free());
	thread_free(high);
	thread_free(low);
	CHECK_EQ(THREAD0_TID + 2, alloc()->td_tid);
	CHECK_EQ(THREAD0_TID + 4, alloc()->td_tid);
	CHECK_EQ(THREAD0_TID + 5, alloc()->td_tid);
	CHECK_EQ(THREAD0_TID + 1, kept->td_tid);
}

TEST(ids_wrap_first, "thread ids: S06 the search after the wrap starts at the "
    "very first id")
{
	struct thread *td;
	int i;

	set_maxthread(200);
	boot();
	td = alloc();
	td->td_tid = THREAD0_TID;
	thread_free(td);
	for (i = 2; i < 200; i++)
		CHECK_EQ(THREAD0_TID + i, alloc_free());
	CHECK_EQ(THREAD0_TID, alloc()->td_tid);
}

TEST(ids_second_scan, "thread ids: S06 with all ids from the cursor up taken "
    "the search starts over")
{
	struct thread *tds[200];
	int i;

	set_maxthread(200);
	boot();
	for (i = 1; i < 199; i++)
		tds[i] = alloc();
	/* Take the last id, wrap to 50; the cursor is 51 now, then 61. */
	thread_free(tds[50]);
	thread_free(tds[60]);
	CHECK_EQ(THREAD0_TID + 199, alloc()->td_tid);
	CHECK_EQ(THREAD0_TID + 50, alloc()->td_tid);
	thread_free(tds[10]);
	CHECK_EQ(THREAD0_TID + 60, alloc()->td_tid);
	/* All from 61 up are taken. */
	thread_free(tds[20]);
	CHECK_EQ(THREAD0_TID + 10, alloc()->td_tid);
	thread_free(tds[5]);
	CHECK_EQ(THREAD0_TID + 20, alloc()->td_tid);
	/* Once more, with nothing but the very first id left below. */
	CHECK_EQ(NULL, thread_alloc(1));
	thread_free(tds[70]);
	CHECK_EQ(THREAD0_TID + 70, alloc()->td_tid);
	tds[80]->td_tid = THREAD0_TID;
	thread_free(tds[80]);
	/* 5 is clear as well, but 0 comes first. */
	CHECK_EQ(THREAD0_TID, alloc()->td_tid);
}

TEST(ids_word_edges, "thread ids: a bitmap larger than its last word hands "
    "out nothing beyond maxthread")
{
	int i;

	set_maxthread(193);
	boot();
	for (i = 1; i < 193; i++)
		CHECK_EQ(THREAD0_TID + i, alloc_free());
	CHECK_EQ(THREAD0_TID + 1, alloc_free());
}

/*
 * One thread goes, the next gets that id.  One id is always free.
 */
static struct thread *full[192];

static void
replace(int gone, int expected)
{
	struct thread *td;

	thread_free(full[gone]);
	td = alloc();
	CHECK_EQ(THREAD0_TID + expected, td->td_tid);
	full[expected] = td;
}

TEST(ids_full_words, "thread ids: S06 words of the bitmap are full, the last "
    "one, too")
{
	int i;

	set_maxthread(192);
	boot();
	for (i = 1; i < 191; i++)
		full[i] = alloc();
	replace(150, 191);
	/* From the first id on. */
	replace(10, 10);
	replace(5, 150);
	/* Nothing above 150: again from the first. */
	replace(10, 5);
	replace(191, 10);
	/* Words in between are full. */
	replace(3, 191);
	replace(190, 3);
	replace(2, 190);
	/* The search begins at the last id, which is taken. */
	replace(1, 1);
	replace(100, 2);
	replace(170, 100);
	replace(120, 120);
	replace(110, 170);
	/* Nothing above 170, and the first word is full. */
	replace(90, 90);
	replace(160, 110);
	replace(150, 150);
	replace(140, 160);
	/* The first two are full. */
	replace(130, 130);
	replace(5, 140);
	replace(10, 5);
	replace(20, 10);
	replace(8, 20);
	/* Nothing above 20, in its word and in all that follow. */
	replace(7, 7);
}

TEST(ids_full_end, "thread ids: the search of a bitmap that is full to its end "
    "reads no word behind it")
{
	int i;

	malloc_first_at_end = 1;
	set_maxthread(192);
	boot();
	CHECK_EQ(192 / NBBY + BY_ALGORITHM(0, sizeof(u_long)),
	    malloc_first_size);
	tap_forbid((char *)malloc_first + malloc_first_size);
	for (i = 1; i < 191; i++)
		full[i] = alloc();
	replace(150, 191);
	replace(10, 10);
	replace(5, 150);
	/* From 151 on everything is taken. */
	replace(10, 5);
}

/*
 * Enough ids for a map that says which words are full, and which words of that
 * are.  All but one or two are taken.
 */
#define	THOUSANDS	4200
static struct thread *taken[THOUSANDS];

/* Takes the next id, which has to be the first free one from there on. */
static int
take_from(int next)
{
	struct thread *td;
	int id;

	for (id = next; taken[id % THOUSANDS] != NULL; id++)
		CHECK(id < next + THOUSANDS);
	id %= THOUSANDS;
	td = alloc();
	CHECK_EQ(THREAD0_TID + id, td->td_tid);
	taken[id] = td;
	clear_calls();
	return (id + 1);
}

TEST(ids_thousands, "thread ids: S06 one of thousands is free")
{
	const int gone[] = {
		1, 4199, 4098, 4097, 4095, 64, 63, 65, 4160, 4159, 2, 4198,
		4032, 4031, 3, 100, 4096, 4199, 128, 127, 4100
	};
	int i, next;

	set_maxthread(THOUSANDS);
	boot();
	taken[0] = thread0p;
	for (next = 1; next < THOUSANDS - 1;)
		next = take_from(next);
	for (i = 0; i < nitems(gone); i++) {
		thread_free(taken[gone[i]]);
		taken[gone[i]] = NULL;
		next = take_from(next);
	}
}

/*
 * So many ids are taken; those from 60 on are given back together, of two
 * words of the map.
 */
static void
check_reaped(int all)
{
	struct thread *td;
	int i, next;

	set_maxthread(THOUSANDS);
	zombies_boot();
	taken[0] = thread0p;
	for (next = 1; next < all;)
		next = take_from(next);
	for (i = 60; i < 100; i++) {
		td = taken[i];
		taken[i] = NULL;
		exit_of(td, cred_a, lim_a);
		thread_stash(td);
	}
	reap();
	/* Those that were never taken but one, and then the lowest ones. */
	for (i = all; i < THOUSANDS - 1 + 40; i++)
		next = take_from(next);
}

TEST(ids_reaped, "thread ids: S06 ids of full words are reaped together")
{

	check_reaped(200);
}

TEST(ids_reaped_thousands, "thread ids: S06 the same with the last of "
    "thousands")
{

	check_reaped(THOUSANDS - 1);
}

TEST(ids_alloc_lock, "thread ids: allocation and release take tid_lock once "
    "each")
{

#ifndef LOCKS_VISIBLE
	skip("lock calls are inline in this kernel");
#endif
	boot();
	log_locks();
	(void)alloc_free();
	expect_only(ONLY("mtx_lock", "mtx_unlock", "uma_zalloc", "uma_zfree"),
	    "mtx_lock(tid_lock) | -",
	    "mtx_unlock(tid_lock) | tid_lock",
	    "uma_zalloc(THREAD,NULL,M_WAITOK) | -",
	    "uma_zfree(THREAD,item*,NULL) | -",
	    "mtx_lock(tid_lock) | -",
	    "mtx_unlock(tid_lock) | tid_lock");
}
