/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * The places where the handlers of an event are called: each has the loop of
 * its own in C.
 */
#include "harness.h"
#include "zombies.h"

/*
 * A handler that was deregistered, one that was not, and maybe somebody else
 * who runs through the list.
 */
static void
handlers(struct eventhandler_list *el, int others)
{
	struct eventhandler_entry *dead;

	dead = handler_add(el, 10, "dead");
	handler_add(el, 20, "live");
	dead->ee_priority = EHE_DEAD_PRIORITY;
	el->el_runcount = others;
	clear_calls();
}

static void
check_list(struct eventhandler_list *el, int others)
{

	CHECK_EQ(1, count_calls("live("));
	CHECK_EQ(0, count_calls("dead("));
	CHECK_EQ(others == 0, count_calls("eventhandler_prune_list("));
	CHECK_EQ(others, el->el_runcount);
	CHECK_UNOWNED(el->el_lock.mtx_lock);
}

/*
 * The only handler goes while the list's lock is waited for.
 */
static struct eventhandler_list *emptied;

static void
empty(void *word)
{

	if (word == &emptied->el_lock.mtx_lock)
		TAILQ_INIT(&emptied->el_entries);
}

static void
handler_goes(struct eventhandler_list *el)
{

#ifndef LOCKS_VISIBLE
	skip("lock calls are inline in this kernel");
#endif
	handler_add(el, 10, "gone");
	emptied = el;
	on_each("mtx_lock", empty);
	clear_calls();
	log_locks();
}

static void
check_gone(void)
{

	CHECK_EQ(0, count_calls("gone("));
	CHECK_EQ(1, count_calls("eventhandler_prune_list("));
	CHECK_EQ(0, emptied->el_runcount);
	CHECK_UNOWNED(emptied->el_lock.mtx_lock);
}

static struct thread *
item(void)
{
	static struct thread0_storage storage;

	return (&storage.t0st_thread);
}

static void
init_with(int others)
{

	boot();
	handlers(_eventhandler_list_thread_init, others);
	(void)thread_zone_fake.fz_init(item(), 0, M_WAITOK);
	check_list(_eventhandler_list_thread_init, others);
}

static void
fini_with(int others)
{

	boot();
	(void)thread_zone_fake.fz_init(item(), 0, M_WAITOK);
	handlers(_eventhandler_list_thread_fini, others);
	thread_zone_fake.fz_fini(item(), 0);
	check_list(_eventhandler_list_thread_fini, others);
}

static void
ctor_with(int others)
{

	boot();
	handlers(_eventhandler_list_thread_ctor, others);
	(void)thread_alloc(1);
	check_list(_eventhandler_list_thread_ctor, others);
}

static void
dtor_with(int others)
{
	struct thread *td;

	boot();
	td = thread_alloc(1);
	handlers(_eventhandler_list_thread_dtor, others);
	thread_free(td);
	check_list(_eventhandler_list_thread_dtor, others);
}

static void
reap_with(int others)
{

	zombies_boot();
	make_zombies(1);
	handlers(_eventhandler_list_thread_dtor, others);
	reap();
	check_list(_eventhandler_list_thread_dtor, others);
}

TEST(events_init, "events: init skips a dead handler, prunes the list")
{

	init_with(0);
}

TEST(events_init_shared, "events: init leaves a list alone that others use")
{

	init_with(1);
}

TEST(events_fini, "events: fini skips a dead handler, prunes the list")
{

	fini_with(0);
}

TEST(events_fini_shared, "events: fini leaves a list alone that others use")
{

	fini_with(1);
}

TEST(events_fini_none, "events: fini without handlers")
{

	boot();
	(void)thread_zone_fake.fz_init(item(), 0, M_WAITOK);
	clear_calls();
	thread_zone_fake.fz_fini(item(), 0);
	CHECK_EQ(0, count_calls("eventhandler_prune_list("));
}

TEST(events_ctor, "events: ctor skips a dead handler, prunes the list")
{

	ctor_with(0);
}

TEST(events_ctor_shared, "events: ctor leaves a list alone that others use")
{

	ctor_with(1);
}

TEST(events_dtor, "events: dtor skips a dead handler, prunes the list")
{

	dtor_with(0);
}

TEST(events_dtor_shared, "events: dtor leaves a list alone that others use")
{

	dtor_with(1);
}

TEST(events_reap, "events: a reaped thread's dtor skips a dead handler, "
    "prunes the list")
{

	reap_with(0);
}

TEST(events_reap_shared, "events: a reaped thread's dtor leaves a list alone "
    "that others use")
{

	reap_with(1);
}

TEST(events_init_gone, "events: init, the last handler goes meanwhile")
{

	boot();
	handler_goes(_eventhandler_list_thread_init);
	(void)thread_zone_fake.fz_init(item(), 0, M_WAITOK);
	check_gone();
}

TEST(events_fini_gone, "events: fini, the last handler goes meanwhile")
{

	boot();
	(void)thread_zone_fake.fz_init(item(), 0, M_WAITOK);
	handler_goes(_eventhandler_list_thread_fini);
	thread_zone_fake.fz_fini(item(), 0);
	check_gone();
}

TEST(events_ctor_gone, "events: ctor, the last handler goes meanwhile")
{

	boot();
	handler_goes(_eventhandler_list_thread_ctor);
	(void)thread_alloc(1);
	check_gone();
}

TEST(events_dtor_gone, "events: dtor, the last handler goes meanwhile")
{
	struct thread *td;

	boot();
	td = thread_alloc(1);
	handler_goes(_eventhandler_list_thread_dtor);
	thread_free(td);
	check_gone();
}

TEST(events_reap_gone, "events: a reaped thread's dtor, the last handler goes "
    "meanwhile")
{

	zombies_boot();
	make_zombies(1);
	handler_goes(_eventhandler_list_thread_dtor);
	reap();
	check_gone();
}
