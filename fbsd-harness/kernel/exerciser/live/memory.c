/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * The memory that the runner and the processes of the tests share, at one
 * address in all of them: an anonymous shared memory object, whose descriptor
 * survives an exec.  And what the compiler asks of a C library.
 */
#include <sys/param.h>
#include <sys/fcntl.h>
#include <sys/mman.h>
#include "live.h"

/* Above the program, below stacks and libraries. */
#define	SHARED_ADDRESS	((struct live_slot *)0x100000000)
#define	SLOT_SIZE	roundup2(sizeof(struct live_slot), PAGE_SIZE)
#define	SHARED_SIZE	(SLOT_SIZE * LIVE_SLOTS)

/* Private to a process, and right in each. */
static u_int mine;

int
live_memory_again(int fd)
{

	return (live_errno(CALL(mmap, SHARED_ADDRESS, SHARED_SIZE,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0)));
}

/* Returns the descriptor or -errno. */
int
live_memory_new(void)
{
	long fd, error;

	fd = CALL(shm_open2, SHM_ANON, O_RDWR, 0, 0, NULL);
	if (fd < 0)
		return (fd);
	error = CALL(ftruncate, fd, SHARED_SIZE);
	if (error == 0)
		error = -live_memory_again(fd);
	return (error < 0 ? error : fd);
}

struct live_slot *
live_slot(u_int n)
{

	return ((struct live_slot *)((char *)SHARED_ADDRESS + SLOT_SIZE * n));
}

u_int
live_slot_mine(void)
{

	return (mine);
}

void
live_slot_choose(u_int n)
{

	mine = n;
}

void *
ex_shared(void)
{

	return (live_slot(mine)->area);
}

void *
live_map(size_t n)
{
	long p;

	p = CALL(mmap, NULL, n, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANON, -1, 0);
	return (p < 0 ? NULL : (void *)p);
}

void
live_unmap(void *p, size_t n)
{

	(void)CALL(munmap, p, n);
}

/* ---- What the compiler calls --------------------------------------------- */

void *
memset(void *p, int c, size_t n)
{

	for (volatile char *at = p; n > 0; n--)
		*at++ = c;
	return (p);
}

void *
memcpy(void *to, const void *from, size_t n)
{
	volatile char *at = to;

	for (const char *source = from; n > 0; n--)
		*at++ = *source++;
	return (to);
}
