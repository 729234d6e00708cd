/*
 * What bindgen reads for the simulated kernel: the headers whose structures
 * and constants it lays its hands on, and macros that bindgen can't evaluate.
 * Types and constants only: the harness defines the functions itself.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/pcpu.h>
#include <sys/eventhandler.h>
#include <sys/priv.h>
#include <sys/procctl.h>
#include <sys/ptrace.h>
#include <sys/rangelock.h>
#include <sys/resourcevar.h>
#include <sys/rwlock.h>
#include <sys/runq.h>
#include <sys/sched.h>
#include <sys/sdt.h>
#include <sys/selinfo.h>
#include <sys/signalvar.h>
#include <sys/sleepqueue.h>
#include <sys/smp.h>
#include <sys/lockstat.h>
#include <sys/lock_profile.h>
#include <sys/syscallsubr.h>
#include <sys/sysctl.h>
#include <sys/sysent.h>
#include <sys/taskqueue.h>
#include <sys/_task.h>
#include <sys/turnstile.h>
#include <sys/ucred.h>
#include <sys/umtxvar.h>
#include <sys/unistd.h>
#include <sys/vmmeter.h>
#include <sys/wait.h>
#include <sys/cpuset.h>
#include <sys/dtrace_bsd.h>
#include <sys/kthread.h>
#include <sys/ktr.h>
#include <sys/osd.h>
#include <security/audit/audit.h>
#include <vm/vm.h>
#include <vm/pmap.h>
#include <vm/vm_extern.h>
#include <vm/uma.h>
#include <vm/vm_phys.h>

static const uintptr_t KT_MTX_UNOWNED = MTX_UNOWNED;
static const uintptr_t KT_MTX_RECURSED = MTX_RECURSED;
static const uintptr_t KT_MTX_CONTESTED = MTX_CONTESTED;
static const uintptr_t KT_MTX_DESTROYED = MTX_DESTROYED;
static const uintptr_t KT_MTX_FLAGMASK = MTX_FLAGMASK;
static const uintptr_t KT_RW_UNLOCKED = RW_UNLOCKED;
static const uintptr_t KT_RW_DESTROYED = RW_DESTROYED;
static const uintptr_t KT_RW_ONE_READER = RW_ONE_READER;
static const unsigned int KT_LO_CLASS_SPIN = MTX_SPIN;
static const int KT_MA_OWNED = LA_XLOCKED;
static const int KT_MA_NOTOWNED = LA_UNLOCKED;
static const int KT_MA_RECURSED = LA_RECURSED;
static const int KT_MA_NOTRECURSED = LA_NOTRECURSED;
static const int KT_PRI_MAX = PRI_MAX;
static const int KT_NOCPU = NOCPU;
static const int KT_PDROP = PDROP;
static const int KT_PCATCH = PCATCH;
static const int KT_PRIMASK = PRIMASK;
static const int KT_PSOCK = PSOCK;
static const int KT_PWAIT = PWAIT;
static const int KT_PZERO = PZERO;
static const int KT_PUSER = PUSER;
static const int KT_C_HARDCLOCK = C_HARDCLOCK;
static const int KT_C_ABSOLUTE = C_ABSOLUTE;
static const int KT_CS_DRAIN = CS_DRAIN;
static const int KT_THREAD0_TID = THREAD0_TID;
static const int KT_NO_PID = NO_PID;
static const int KT_PID_MAX = PID_MAX;
static const int KT_ERESTART = ERESTART;
static const int KT_EJUSTRETURN = EJUSTRETURN;
static const int KT_TDA_SIG = TDA_SIG;
static const int KT_TDA_SUSPEND = TDA_SUSPEND;
static const int KT_TDA_AST = TDA_AST;
static const int KT_TDA_SIGSUSPEND = TDA_SIGSUSPEND;
static const int KT_TDA_SCHED = TDA_SCHED;
static const int KT_TDA_MAX = TDA_MAX;
static const int KT_SW_VOL = SW_VOL;
static const int KT_SW_INVOL = SW_INVOL;
static const int KT_SW_PREEMPT = SW_PREEMPT;
static const int KT_SW_TYPE_MASK = SW_TYPE_MASK;
static const int KT_SWT_SUSPEND = SWT_SUSPEND;
static const int KT_SWT_RELINQUISH = SWT_RELINQUISH;
static const int KT_SWT_SLEEPQ = SWT_SLEEPQ;
static const int KT_SWT_TURNSTILE = SWT_TURNSTILE;
static const int KT_SWT_IDLE = SWT_IDLE;
static const int KT_SWT_BIND = SWT_BIND;
static const int KT_SWT_REMOTEPREEMPT = SWT_REMOTEPREEMPT;
static const int KT_EHE_DEAD_PRIORITY = EHE_DEAD_PRIORITY;
static const int KT_MAXMEMDOM = MAXMEMDOM;
static const int KT_CACHE_LINE_SIZE = CACHE_LINE_SIZE;
