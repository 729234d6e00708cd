/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Event handler lists with real entries, and what linker-set records of the
 * object point to.
 */
#include "../harness.h"

#define	LISTS_MAX	8
#define	HANDLERS_MAX	32

struct sdt_provider sdt_provider_proc[1] = { { .name = "proc" } };
struct sysctl_oid sysctl___kern;
uintptr_t *__start_set_pcpu;
uintptr_t *__stop_set_pcpu;

static struct eventhandler_list lists[LISTS_MAX];
static int nlists;

struct handler {
	struct eventhandler_entry	 h_entry;
	void				(*h_func)(void *, struct thread *);
};
static struct handler handlers[HANDLERS_MAX];
static int nhandlers;

int
sysctl_handle_int(struct sysctl_oid *oidp __unused, void *arg1 __unused,
    intmax_t arg2 __unused, struct sysctl_req *req __unused)
{

	fatal("sysctl_handle_int is only stored, never called");
}

struct eventhandler_list *
eventhandler_create_list(const char *name)
{
	struct eventhandler_list *el;

	(void)fake_call("eventhandler_create_list", NULL, "%s", name);
	if (nlists == LISTS_MAX)
		fatal("LISTS_MAX is too small");
	el = &lists[nlists++];
	el->el_name = __DECONST(char *, name);
	TAILQ_INIT(&el->el_entries);
	lock_register(&el->el_lock.mtx_lock, LOCK_SLEEP, name);
	name_ptr(el, "%s", name);
	return (el);
}

void
eventhandler_prune_list(struct eventhandler_list *list)
{

	(void)fake_call("eventhandler_prune_list", list, "%s",
	    list->el_name);
	fake_must(lock_owned(&list->el_lock.mtx_lock),
	    "eventhandler_prune_list", "list not locked");
	fake_must(list->el_runcount == 0, "eventhandler_prune_list",
	    "list in use");
}

/*
 * Logs "tag(thread)" for each invocation.
 */
static void
invoked(void *arg, struct thread *td)
{

	(void)fake_call(arg, td, "%s", ptr_name(td));
}

/*
 * Adds a handler, in order of priority.
 */
void *
handler_add(struct eventhandler_list *el, int prio, const char *tag)
{
	struct eventhandler_entry *ep;
	struct handler *h;

	if (nhandlers == HANDLERS_MAX)
		fatal("HANDLERS_MAX is too small");
	h = &handlers[nhandlers++];
	h->h_func = invoked;
	h->h_entry.ee_arg = __DECONST(char *, tag);
	h->h_entry.ee_priority = prio;
	TAILQ_FOREACH(ep, &el->el_entries, ee_link)
		if (ep->ee_priority > prio)
			break;
	if (ep != NULL)
		TAILQ_INSERT_BEFORE(ep, &h->h_entry, ee_link);
	else
		TAILQ_INSERT_TAIL(&el->el_entries, &h->h_entry, ee_link);
	return (h);
}
