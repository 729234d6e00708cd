/*
 * Stand-in for Concurrency Kit's header of this name, which an installed
 * system doesn't have: <sys/pmc.h> includes it (HWPMC_HOOKS) and uses one
 * macro of it, which is the list entry of <sys/queue.h> under another name.
 */
#ifndef CK_QUEUE_H
#define	CK_QUEUE_H

#define	CK_LIST_ENTRY(type)						\
struct {								\
	struct type *cle_next;						\
	struct type **cle_prev;						\
}

#endif /* !CK_QUEUE_H */
