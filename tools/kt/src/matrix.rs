//! The configurations that `kt test` goes through: each option at least once,
//! alone where it changes most, the C file's algorithms, each profile, and each
//! machine.

use crate::arch::Arch;
use crate::config::{Config, Profile};
use crate::error::Result;
use crate::options::Options;

/// One configuration.
pub struct Case {
    /// Its profile.
    pub profile: Profile,
    /// Its machine.
    pub arch: Arch,
    /// Its `OPTIONS`.
    pub options: &'static str,
    /// Whether it has the feature c-algorithms.
    pub c_algorithms: bool,
}

const fn case(profile: Profile, options: &'static str) -> Case {
    Case {
        profile,
        arch: Arch::Amd64,
        options,
        c_algorithms: false,
    }
}

const fn with_c_algorithms(options: &'static str) -> Case {
    Case {
        c_algorithms: true,
        ..case(Profile::Reference, options)
    }
}

const fn on(arch: Arch, options: &'static str) -> Case {
    Case {
        profile: Profile::Reference,
        arch,
        options,
        c_algorithms: false,
    }
}

const INVARIANTS: &str = "INVARIANTS INVARIANT_SUPPORT WITNESS";
const DEBUG: &str =
    "INVARIANTS INVARIANT_SUPPORT WITNESS AUDIT HWPMC_HOOKS EPOCH_TRACE KTR LOCK_PROFILING";

/// All of them.
pub const CASES: &[Case] = &[
    case(Profile::Reference, ""),
    case(Profile::Reference, "INVARIANTS INVARIANT_SUPPORT"),
    case(Profile::Reference, INVARIANTS),
    case(Profile::Reference, DEBUG),
    case(Profile::Reference, "-SMP -KDTRACE_HOOKS"),
    case(Profile::Reference, "NUMA MAXMEMDOM=8"),
    case(Profile::Reference, "MUTEX_NOINLINE RWLOCK_NOINLINE"),
    case(Profile::Reference, "KASAN"),
    case(Profile::Reference, "KMSAN"),
    with_c_algorithms(""),
    with_c_algorithms(INVARIANTS),
    case(Profile::FreeBsd14, ""),
    case(Profile::FreeBsd14, INVARIANTS),
    case(Profile::FreeBsd15, ""),
    case(Profile::FreeBsd15, INVARIANTS),
    on(Arch::Aarch64, ""),
    on(Arch::Aarch64, INVARIANTS),
    on(Arch::I386, ""),
    on(Arch::I386, INVARIANTS),
    on(Arch::Riscv64, ""),
    on(Arch::Riscv64, INVARIANTS),
];

impl Case {
    /// The configuration, with everything else as in `base`.
    pub fn config(&self, base: &Config) -> Result<Config> {
        let config = base.on(self.arch, self.profile, Options::parse(self.options)?);
        Ok(match self.c_algorithms {
            true => config.with_c_algorithms(),
            false => config,
        })
    }
}
