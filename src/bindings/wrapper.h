/*
 * What bindgen reads: the kernel headers that declare what the library calls
 * or lays its hands on, and the macros whose values bindgen can't evaluate by
 * itself, as constants.
 *
 * Compiled with the flags of a kernel file and with the forced include that
 * the build driver stages, so that option-dependent layouts and values are
 * those of the kernel that will link the object.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/eventhandler.h>
#include <sys/priv.h>
#include <sys/rangelock.h>
#include <sys/resourcevar.h>
#include <sys/rwlock.h>
#include <sys/sched.h>
#include <sys/sdt.h>
#include <sys/selinfo.h>
#include <sys/signalvar.h>
#include <sys/sleepqueue.h>
#include <sys/smp.h>
#include <sys/lockstat.h>
#include <sys/lock_profile.h>
#include <sys/asan.h>
#include <sys/msan.h>
#include <sys/syscallsubr.h>
#include <sys/sysctl.h>
#include <sys/sysent.h>
#include <sys/taskqueue.h>
#include <sys/turnstile.h>
#include <sys/umtxvar.h>
#include <sys/vmmeter.h>
#include <sys/cpuset.h>
#include <sys/dtrace_bsd.h>
#include <sys/ktr.h>
#include <sys/osd.h>
#ifdef HWPMC_HOOKS
#include <sys/pmckern.h>
#endif
#include <security/audit/audit.h>
#include <vm/vm.h>
#include <vm/pmap.h>
#include <vm/vm_extern.h>
#include <vm/uma.h>
#include <vm/vm_phys.h>

/* Declared by the files that use them, not by a header. */
extern int max_threads_per_proc;
SDT_PROVIDER_DECLARE(proc);

/* Headers of a source tree, whose own promises to modules bind. */
#ifndef KT_PACKAGED_HEADERS
static const int KT_SOURCE_TREE = 1;
#endif

/* Is any option set that makes lock calls carry file and line? */
static const int KT_LOCK_DEBUG = LOCK_DEBUG;

static const int KT_MA_OWNED = LA_XLOCKED;
static const int KT_MA_NOTOWNED = LA_UNLOCKED;
static const uintptr_t KT_MTX_FLAGMASK = MTX_FLAGMASK;
static const uintptr_t KT_MTX_UNOWNED = MTX_UNOWNED;
static const uintptr_t KT_RW_UNLOCKED = RW_UNLOCKED;
static const unsigned int KT_SYSCTL_INT_KIND = CTLTYPE_INT | CTLFLAG_MPSAFE;
static const unsigned int KT_CTLFLAG_RDTUN = CTLFLAG_RDTUN;
static const int KT_OID_AUTO = OID_AUTO;
static const int KT_PRI_MAX = PRI_MAX;
static const int KT_NOCPU = NOCPU;
static const int KT_CACHE_LINE_SIZE = CACHE_LINE_SIZE;
static const int KT_MAXMEMDOM = MAXMEMDOM;
static const int KT_C_HARDCLOCK = C_HARDCLOCK;
static const int KT_CS_DRAIN = CS_DRAIN;
static const int KT_PDROP = PDROP;
static const int KT_PCATCH = PCATCH;
static const int KT_THREAD0_TID = THREAD0_TID;
static const int KT_NO_PID = NO_PID;
#ifndef TDF_NEEDSUSPCHK	/* FreeBSD 14's way of ASTs */
static const int KT_TDA_SUSPEND = TDA_SUSPEND;
#endif
static const int KT_SW_VOL_SUSPEND = SW_VOL | SWT_SUSPEND;
static const int KT_SW_INVOL_SUSPEND = SW_INVOL | SWT_SUSPEND;
static const unsigned long KT_MALLOC_TYPE_VERSION = M_VERSION;
static const int KT_ERESTART = ERESTART;
static const int KT_EHE_DEAD_PRIORITY = EHE_DEAD_PRIORITY;
#ifdef KTR
static const unsigned int KT_KTR_COMPILE = KTR_COMPILE;
static const unsigned int KT_KTR_PROC = KTR_PROC;
static const unsigned int KT_KTR_EVH = KTR_EVH;
#endif
#ifdef HWPMC_HOOKS
static const int KT_PMC_FN_CSW_OUT = PMC_FN_CSW_OUT;
static const int KT_PMC_FN_THR_EXIT = PMC_FN_THR_EXIT;
static const int KT_PMC_FN_THR_EXIT_LOG = PMC_FN_THR_EXIT_LOG;
#endif
