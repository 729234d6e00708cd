/*
 * The functions that kern_thread.o exports, as the kernel declares them.
 * Generated from src/export.rs by `make header`: do not edit.
 */

#ifndef KERN_THREAD_H
#define KERN_THREAD_H

#include <sys/types.h>
struct proc;
struct thread;


void proc_linkup0(struct proc *p, struct thread *td);

void proc_linkup(struct proc *p, struct thread *td);

void threadinit(void);

void thread_stash(struct thread *td);

void thread_reap_barrier(void);

struct thread *thread_alloc(int pages);

#if defined(KERN_THREAD_HAS_RECYCLE)
int thread_recycle(struct thread *td, int pages);
#endif

#if !defined(KERN_THREAD_HAS_RECYCLE)
int thread_alloc_stack(struct thread *td, int pages);
#endif

void thread_free(struct thread *td);

void thread_cow_get_proc(struct thread *newtd, struct proc *p);

void thread_cow_get(struct thread *newtd, struct thread *td);

void thread_cow_free(struct thread *td);

void thread_cow_update(struct thread *td);

void thread_cow_synced(struct thread *td);

void thread_exit(void);

void thread_wait(struct proc *p);

void thread_link(struct thread *td, struct proc *p);

void thread_unlink(struct thread *td);

int thread_single(struct proc *p, int mode);

bool thread_suspend_check_needed(void);

int thread_suspend_check(int return_instead);

int thread_check_susp(struct thread *td, bool sleep);

void thread_suspend_switch(struct thread *td, struct proc *p);

void thread_suspend_one(struct thread *td);

void thread_run_flash(struct thread *td);

void thread_unsuspend(struct proc *p);

void thread_single_end(struct proc *p, int mode);

struct thread *tdfind(lwpid_t tid, pid_t pid);

void tidhash_add(struct thread *td);

void tidhash_remove(struct thread *td);

#endif  /* KERN_THREAD_H */
