/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Event handler lists with real entries, DTrace probes, and what linker-set
 * records of the object point to.
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

/*
 * Probes.  Up to FreeBSD 14 the place of a probe looks at a flag and at its
 * id; from 15 on it is a no-op instruction, listed in a linker set, that is
 * overwritten with a jump.
 */
static void __unused
probe_fired(uint32_t id, uintptr_t arg0)
{

	if (id == SPIN_RELEASE_ID)
		spin_released((struct mtx *)arg0);
	else
		(void)fake_call("sdt_probe", NULL, "%u,%#jx", id,
		    (uintmax_t)arg0);
}

#ifdef PROFILE_15
struct sdt_probe sdt_lockstat___spin__release;
bool scheduler_stopped;

#ifdef KDTRACE_HOOKS
SET_DECLARE(sdt_tracepoint_set, struct sdt_tracepoint);

void
sdt_probe(uint32_t id, uintptr_t arg0, uintptr_t arg1 __unused,
    uintptr_t arg2 __unused, uintptr_t arg3 __unused, uintptr_t arg4 __unused)
{

	probe_fired(id, arg0);
}

/*
 * Writes the instruction that jumps from one place to another; gives its
 * length.
 */
static size_t
jump_between(uint64_t from, uint64_t to, char *jump)
{
#if defined(__amd64__) || defined(__i386__)
	int32_t distance;

	distance = (int32_t)(to - (from + 5));
	jump[0] = '\xe9';
	memcpy(&jump[1], &distance, sizeof(distance));
	return (5);
#else
	uint32_t distance, insn;

	distance = (uint32_t)(to - from);
#if defined(__aarch64__)
	insn = 0x14000000 | (distance >> 2 & 0x03ffffff);
#else
	insn = 0x6f | (distance & 0x000ff000) | (distance & 0x800) << 9 |
	    (distance & 0x7fe) << 20 | (distance & 0x100000) << 11;
#endif
	memcpy(jump, &insn, sizeof(insn));
	return (sizeof(insn));
#endif
}

/*
 * Gives the number of places where the probe was switched on.
 */
int
probe_enable(struct sdt_probe *probe, int id)
{
	struct sdt_tracepoint *tp;
	char jump[5];
	size_t len;
	int n;

	probe->id = id;
	n = 0;
	for (tp = (struct sdt_tracepoint *)SET_BEGIN(sdt_tracepoint_set);
	    tp < (struct sdt_tracepoint *)SET_LIMIT(sdt_tracepoint_set);
	    tp++) {
		if (tp->probe != probe)
			continue;
		len = jump_between(tp->patchpoint, tp->target, jump);
		tap_patch((void *)tp->patchpoint, jump, len);
		n++;
	}
	return (n);
}
#else
int
probe_enable(struct sdt_probe *probe, int id)
{

	probe->id = id;
	return (0);
}
#endif

void
probes_enable(void)
{
}
#else
struct sdt_probe sdt_lockstat___spin__release[1];
volatile bool sdt_probes_enabled;

static void
dtrace_probe(uint32_t id, uintptr_t arg0, uintptr_t arg1 __unused,
    uintptr_t arg2 __unused, uintptr_t arg3 __unused, uintptr_t arg4 __unused)
{

	probe_fired(id, arg0);
}

sdt_probe_func_t sdt_probe_func = dtrace_probe;

void
probes_enable(void)
{

	sdt_probes_enabled = true;
}

int
probe_enable(struct sdt_probe *probe, int id)
{

	probes_enable();
	probe->id = id;
	return (1);
}
#endif
