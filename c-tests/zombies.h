/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Threads that have exited, for the tests of reaping.
 */
#ifndef ZOMBIES_H
#define	ZOMBIES_H

extern struct ucred *cred_a, *cred_b;
extern struct plimit *lim_a, *lim_b;

/* Boots; P is the process whose threads exit. */
void	zombies_boot(void);
/* The thread has exited and is off its CPU; not yet stashed. */
void	exit_of(struct thread *td, struct ucred *cr, struct plimit *lim);
/* A new one that has. */
struct thread *exited(struct ucred *cr, struct plimit *lim);
/* Stashes n of them; the log is empty afterwards. */
void	make_zombies(int n);
/* What the reap task does, by way of the barrier. */
void	reap(void);

#endif /* ZOMBIES_H */
