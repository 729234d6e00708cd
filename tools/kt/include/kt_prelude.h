/*
 * Forced include of every C file that the build driver compiles with the
 * kernel's headers, and of the file that bindgen reads.
 *
 * A kernel file may include <sys/systm.h> first because the build defines
 * what the headers take for granted; these four come first for the same
 * reason.
 */
#ifndef KT_PRELUDE_H
#define	KT_PRELUDE_H

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/sysctl.h>
#include <vm/vm.h>

struct thread;

/*
 * Packaged headers (KT_PACKAGED_HEADERS) are those of an installed system.
 * A source tree declares all of this by itself.
 */
#ifdef KT_PACKAGED_HEADERS

/*
 * Profile ref stands between two releases: the C file that was ported is
 * younger than the 14.x headers, which still call the function
 * thread_alloc_stack() and don't have the KASAN hook.
 */
#ifdef KT_PROFILE_REF
int	thread_recycle(struct thread *, int pages);
#ifdef KASAN
void	kasan_thread_alloc(struct thread *);
#else
#define	kasan_thread_alloc(td)
#endif
#endif /* KT_PROFILE_REF */

/* An installed <security/audit/audit.h> is the one for user land. */
#ifdef AUDIT
void	audit_thread_alloc(struct thread *);
void	audit_thread_free(struct thread *);
#endif

#endif /* KT_PACKAGED_HEADERS */

#endif /* !KT_PRELUDE_H */
