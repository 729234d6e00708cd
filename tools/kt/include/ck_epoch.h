/*
 * Stand-in for Concurrency Kit's header of this name, which an installed
 * system doesn't have: <sys/epoch.h> includes it and names these four types.
 * None of them is part of a structure that the library or the C file looks
 * into, so their contents don't matter.
 */
#ifndef CK_EPOCH_H
#define	CK_EPOCH_H

struct ck_epoch_entry {
	void	(*function)(struct ck_epoch_entry *);
	void	*next;
};
struct ck_epoch_section {
	unsigned int	bucket;
};
struct ck_epoch;
struct ck_epoch_record;

typedef struct ck_epoch ck_epoch_t;
typedef struct ck_epoch_entry ck_epoch_entry_t;
typedef struct ck_epoch_record ck_epoch_record_t;
typedef struct ck_epoch_section ck_epoch_section_t;

#endif /* !CK_EPOCH_H */
