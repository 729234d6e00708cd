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

#endif /* LOCK_H */
