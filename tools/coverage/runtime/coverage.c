/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Notes which points of the object under test are reached.  Linked into the
 * programs that coverage is measured with; does nothing unless KT_COVERAGE
 * names a plan (src/plan.rs), which also takes what is seen.
 *
 * At each point of the plan stands an int3.  The object's text is replaced by
 * a shared copy, so that what one process of a program has seen is no longer
 * looked for in the others.  A block's int3 goes when it is hit.  That of a
 * jump stays until every way that the plan asks for was taken, and the jump is
 * done here.
 *
 * An instruction may be reached by several host threads at once: whoever comes
 * to an int3 that is gone by now finds the instruction in its place.
 */
#define	_GNU_SOURCE
#include <sys/mman.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#define	INT3		0xcc

#define	KIND_BLOCK	0
#define	KIND_BRANCH	1
#define	KIND_TABLE	2

struct point {
	uint64_t	pt_seen;	/* ways taken; 1 for a block */
	uint64_t	pt_need;	/* when these are seen, no more int3 */
	uint32_t	pt_offset;	/* in the object's text */
	uint8_t		pt_kind;
	uint8_t		pt_original;	/* the instruction's first byte */
	uint16_t	pt_zero;
};

struct plan {
	char		pl_magic[8];
	uint32_t	pl_count;
	uint32_t	pl_anchor;	/* where threadinit is in the text */
	uint32_t	pl_size;	/* of the text */
	uint32_t	pl_zero;
	struct point	pl_points[];
};

/*
 * The function of the object by which its text is found.  Where the linker
 * wraps it (--wrap), the second name is the object's.
 */
extern uint8_t threadinit[];
extern uint8_t __real_threadinit[] __attribute__((weak));

static volatile uint8_t *text;
static uint32_t *index_of;	/* of an offset's point, plus one */
static struct plan *plan;

static void
fail(const char *why)
{

	fprintf(stderr, "error: coverage cannot be measured: %s\n", why);
	exit(2);
}

/*
 * Is the condition of a jump true?  Its number is the low half of the opcode.
 */
static int
condition(unsigned int number, uint64_t rflags)
{
	int cf, of, pf, sf, zf, value;

	cf = (rflags & 0x001) != 0;
	pf = (rflags & 0x004) != 0;
	zf = (rflags & 0x040) != 0;
	sf = (rflags & 0x080) != 0;
	of = (rflags & 0x800) != 0;
	switch ((number >> 1) & 7) {
	case 0:
		value = of;
		break;
	case 1:
		value = cf;
		break;
	case 2:
		value = zf;
		break;
	case 3:
		value = cf || zf;
		break;
	case 4:
		value = sf;
		break;
	case 5:
		value = pf;
		break;
	case 6:
		value = sf != of;
		break;
	default:
		value = zf || sf != of;
		break;
	}
	return (value != (int)(number & 1));
}

/*
 * The way that a conditional jump takes, and where to.
 */
static int
branch(const struct point *pt, uint64_t rflags, uint64_t *rip)
{
	const uint8_t *at;
	int8_t near;
	int32_t far;
	int taken;

	at = (const uint8_t *)(uintptr_t)*rip;
	if (pt->pt_original == 0x0f) {
		taken = condition(at[1] & 15, rflags);
		memcpy(&far, at + 2, sizeof(far));
		*rip += 6;
	} else {
		taken = condition(pt->pt_original & 15, rflags);
		memcpy(&near, at + 1, sizeof(near));
		far = near;
		*rip += 2;
	}
	if (taken)
		*rip += (uint64_t)(int64_t)far;
	return (taken);
}

/*
 * The entry that `jmp *table(,%reg,8)` goes through, and where to.
 */
static int
table(const struct point *pt, const greg_t *regs, uint64_t *rip)
{
	static const int order[16] = {
		REG_RAX, REG_RCX, REG_RDX, REG_RBX,
		REG_RSP, REG_RBP, REG_RSI, REG_RDI,
		REG_R8, REG_R9, REG_R10, REG_R11,
		REG_R12, REG_R13, REG_R14, REG_R15
	};
	const uint8_t *at;
	int64_t entry;
	int32_t base;
	int number;

	at = (const uint8_t *)(uintptr_t)*rip;
	number = 0;
	if (pt->pt_original != 0xff) {
		/* A prefix, which has the fourth bit of the register. */
		number = (pt->pt_original & 2) != 0 ? 8 : 0;
		at++;
	}
	number += (at[2] >> 3) & 7;
	memcpy(&base, at + 3, sizeof(base));
	entry = regs[order[number]];
	*rip = *(const uint64_t *)((intptr_t)base + entry * 8);
	return ((int)entry);
}

static void
trapped(int sig, siginfo_t *info, void *context)
{
	struct point *pt;
	greg_t *regs;
	uint64_t rip, seen;
	uintptr_t offset;
	int way;

	(void)info;
	regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	rip = (uint64_t)regs[REG_RIP] - 1;
	offset = rip - (uintptr_t)text;
	if (offset >= plan->pl_size || index_of[offset] == 0) {
		/* Not one of ours: whoever wrote it wants the process to die. */
		signal(sig, SIG_DFL);
		raise(sig);
		return;
	}
	pt = &plan->pl_points[index_of[offset] - 1];
	way = 0;
	if (pt->pt_kind == KIND_BRANCH)
		way = branch(pt, (uint64_t)regs[REG_EFL], &rip);
	else if (pt->pt_kind == KIND_TABLE)
		way = table(pt, regs, &rip);
	seen = __atomic_or_fetch(&pt->pt_seen, 1ULL << (way & 63),
	    __ATOMIC_RELAXED);
	if ((seen & pt->pt_need) == pt->pt_need)
		text[offset] = pt->pt_original;
	regs[REG_RIP] = (greg_t)rip;
}

static void
map_plan(const char *path)
{
	struct stat st;
	int fd;

	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1)
		fail("the plan that KT_COVERAGE names cannot be opened");
	plan = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	close(fd);
	if (plan == MAP_FAILED || memcmp(plan->pl_magic, "KTCOVER1", 8) != 0 ||
	    (size_t)st.st_size != sizeof(*plan) + plan->pl_count *
	    sizeof(struct point))
		fail("the plan that KT_COVERAGE names is none");
}

/*
 * Puts a copy of the pages of the text in their place, shared with the
 * processes that are forked from now on.
 */
static void
share_text(void)
{
	uintptr_t end, page, start;
	size_t size;
	void *map;
	int fd;

	page = (uintptr_t)sysconf(_SC_PAGESIZE);
	start = (uintptr_t)text & ~(page - 1);
	end = ((uintptr_t)text + plan->pl_size + page - 1) & ~(page - 1);
	size = end - start;
	fd = memfd_create("text", MFD_CLOEXEC);
	if (fd == -1 || write(fd, (void *)start, size) != (ssize_t)size)
		fail("the object's text cannot be copied");
	map = mmap((void *)start, size, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_SHARED | MAP_FIXED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		fail("the object's text cannot be made writable");
}

static void __attribute__((constructor))
start(void)
{
	struct sigaction sa;
	struct point *pt;
	const char *path;
	uint32_t i;

	path = getenv("KT_COVERAGE");
	if (path == NULL)
		return;
	map_plan(path);
	text = __real_threadinit != NULL ? __real_threadinit : threadinit;
	text -= plan->pl_anchor;
	index_of = calloc(plan->pl_size, sizeof(*index_of));
	if (index_of == NULL)
		fail("no memory");
	share_text();
	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = trapped;
	sa.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART;
	if (sigaction(SIGTRAP, &sa, NULL) == -1)
		fail("SIGTRAP cannot be caught");
	for (i = 0; i < plan->pl_count; i++) {
		pt = &plan->pl_points[i];
		if (pt->pt_offset >= plan->pl_size ||
		    text[pt->pt_offset] != pt->pt_original)
			fail("the plan is for another object");
		index_of[pt->pt_offset] = i + 1;
		if ((pt->pt_seen & pt->pt_need) != pt->pt_need)
			text[pt->pt_offset] = INT3;
	}
}
