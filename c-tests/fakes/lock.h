/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Shared by the fakes of locks.
 */
#ifndef LOCK_H
#define	LOCK_H

extern bool asserts_logged, locks_logged;

const char *lock_name(const volatile uintptr_t *word);
/* Log the call and change the word; the test ends if that cannot be. */
void	lock_acquire(const char *func, volatile uintptr_t *word, int kind);
void	lock_release(const char *func, volatile uintptr_t *word, int kind);
/* Free, or with a rival that gives it up at once. */
bool	lock_free(volatile uintptr_t *word, int kind);
/* A slow path has taken a spin lock. */
void	lock_recurse(const volatile uintptr_t *word);

#endif /* LOCK_H */
