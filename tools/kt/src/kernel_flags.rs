//! `KERNEL_CFLAGS`: the flags with which a kernel compiles its C files, as its
//! makefile hands them over.
//!
//! rustc is not clang: most flags have no counterpart, and most need none.
//! What would make an object that does not fit is refused; what the C files
//! get and stable Rust cannot give is said, a line each, so that nobody has to
//! guess; what rustc can follow it follows.

use crate::error::{Result, bail};
use crate::options::{self, Options};

/// The flags that say something to this project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct KernelFlags {
    /// One line for each thing that the C files have and the object lacks.
    pub notes: Vec<String>,
}

/// A flag of clang that stable Rust cannot match.
struct Unmatched {
    /// What the flag begins with.
    on: &'static str,
    /// What takes it back.
    off: &'static str,
    /// What kern_thread.o is without it.
    note: &'static str,
}

const UNMATCHED: &[Unmatched] = &[
    Unmatched {
        on: "-mretpoline",
        off: "-mno-retpoline",
        note: "its calls through pointers are ordinary ones; it has no jump tables anyway",
    },
    Unmatched {
        on: "-fstack-protector",
        off: "-fno-stack-protector",
        note: "its functions have no canaries",
    },
    Unmatched {
        on: "-fsanitize=kernel-address",
        off: "-fno-sanitize=all",
        note: "KASAN does not see its accesses",
    },
    Unmatched {
        on: "-fsanitize=kernel-memory",
        off: "-fno-sanitize=all",
        note: "KMSAN takes what it writes for uninitialised and will report it",
    },
    Unmatched {
        on: "-fsanitize=thread",
        off: "-fno-sanitize=all",
        note: "KCSAN does not see its accesses",
    },
    Unmatched {
        on: "-fsanitize=undefined",
        off: "-fno-sanitize=all",
        note: "KUBSAN does not check it",
    },
    Unmatched {
        on: "-fsanitize-coverage",
        off: "-fno-sanitize-coverage",
        note: "KCOV records nothing of it",
    },
    Unmatched {
        on: "-fprofile-arcs",
        off: "-fno-profile-arcs",
        note: "gcov counts nothing of it",
    },
    Unmatched {
        on: "-fprofile-instr-generate",
        off: "-fno-profile-instr-generate",
        note: "the profile has nothing of it",
    },
    Unmatched {
        on: "-mbranch-protection",
        off: "-mbranch-protection=none",
        note: "its return addresses are not signed and its functions have no landing pads",
    },
    Unmatched {
        on: "-fcf-protection",
        off: "-fcf-protection=none",
        note: "its functions have no landing pads",
    },
    Unmatched {
        on: "-ftrivial-auto-var-init",
        off: "-ftrivial-auto-var-init=uninitialized",
        note: "its variables are not filled at entry; Rust reads none before it is set",
    },
    Unmatched {
        on: "-fzero-call-used-regs",
        off: "-fzero-call-used-regs=skip",
        note: "its functions leave registers as they are",
    },
    Unmatched {
        on: "-flto",
        off: "-fno-lto",
        note: "it is machine code, into which nothing is inlined",
    },
];

/// Flags with which the same headers give other layouts, and what they do.
const OTHER_LAYOUT: &[&str] = &[
    "-fpack-struct",
    "-fshort-enums",
    "-fshort-wchar",
    "-mms-bitfields",
    "-mx32",
];

/// Flags with which a call through a pointer to kern_thread.o traps.
const TRAPPING: &[&str] = &["-fsanitize=kcfi", "-fsanitize=cfi"];

impl KernelFlags {
    /// Reads the flags of a kernel with these options.
    pub fn read(text: &str, options: &Options) -> Result<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        for word in &words {
            refuse(word, options)?;
        }
        let mut flags = Self::default();
        for unmatched in UNMATCHED {
            let Some(word) = last(&words, unmatched) else {
                continue;
            };
            flags.notes.push(format!(
                "kern_thread.o is built without {word}: {}",
                unmatched.note
            ));
        }
        Ok(flags)
    }
}

/// The word that turns something on, unless a later one takes it back.
fn last<'a>(words: &[&'a str], unmatched: &Unmatched) -> Option<&'a str> {
    let mut found = None;
    for word in words {
        if word.starts_with(unmatched.off) {
            found = None;
        } else if word.starts_with(unmatched.on) {
            found = Some(*word);
        }
    }
    found
}

/// Refuses a flag that contradicts what the object is built from.
fn refuse(word: &str, options: &Options) -> Result<()> {
    if word == "-DKLD_MODULE" {
        bail!("KERNEL_CFLAGS has {word}: give the flags of the kernel, not of a module");
    }
    if let Some(definition) = word.strip_prefix("-D") {
        let name = definition.split('=').next().unwrap_or_default();
        if options::matters(name) && !options.has(name) {
            bail!(
                "KERNEL_CFLAGS has {word} and the kernel's opt_*.h do not: say `options {name}` in the kernel's configuration file"
            );
        }
    }
    if let Some(name) = word.strip_prefix("-U")
        && options.has(name)
    {
        bail!(
            "KERNEL_CFLAGS has {word} and the kernel's opt_*.h define it: say `nooptions {name}` in the kernel's configuration file"
        );
    }
    if OTHER_LAYOUT.iter().any(|flag| word.starts_with(flag)) {
        bail!(
            "KERNEL_CFLAGS has {word}: the structures would have another layout in C than in Rust: build the kernel without it"
        );
    }
    if TRAPPING.iter().any(|flag| word.starts_with(flag)) {
        bail!(
            "KERNEL_CFLAGS has {word}: the kernel would trap when it calls kern_thread.o through a pointer: build the kernel without it"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What kern.pre.mk and kern.mk of a GENERIC kernel give.
    const GENERIC: &str = "-O2 -pipe -fno-strict-aliasing -g -nostdinc -I. -I/usr/src/sys \
        -D_KERNEL -DHAVE_KERNEL_OPTION_HEADERS -include opt_global.h -fno-common \
        -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -MD -MF.depend.kern_thread.o \
        -fdebug-prefix-map=./machine=/usr/src/sys/amd64/include -mcmodel=kernel \
        -mno-red-zone -mno-mmx -mno-sse -msoft-float -fno-asynchronous-unwind-tables \
        -ffreestanding -fwrapv -Wall -D__printf__=__freebsd_kprintf__ -std=gnu99";

    fn read(extra: &str) -> Result<KernelFlags> {
        KernelFlags::read(&format!("{GENERIC} {extra}"), &Options::default())
    }

    #[test]
    fn what_rust_does_by_itself_is_not_worth_a_line() {
        assert_eq!(read("").expect("fits"), KernelFlags::default());
    }

    #[test]
    fn what_rust_cannot_match_is_a_line_each() {
        let flags = read("-fstack-protector-strong -mretpoline -fsanitize=kernel-address");
        let flags = flags.expect("fits");
        let words = [
            "-mretpoline:",
            "-fstack-protector-strong:",
            "-fsanitize=kernel-address:",
        ];
        assert_eq!(flags.notes.len(), words.len());
        for (note, word) in flags.notes.iter().zip(words) {
            assert!(note.contains(word), "{note}");
            assert!(!note.contains('\n'));
        }
    }

    #[test]
    fn the_last_word_counts() {
        let off = "-mretpoline -mno-retpoline -fstack-protector -fno-stack-protector \
            -mbranch-protection=standard -mbranch-protection=none -fsanitize=thread -fno-sanitize=all";
        assert_eq!(read(off).expect("fits"), KernelFlags::default());
        let notes = read("-mno-retpoline -mretpoline").expect("fits").notes;
        assert!(notes[0].contains("-mretpoline:"), "{notes:?}");
    }

    #[test]
    fn what_contradicts_is_refused_by_name() {
        for (flag, expected) in [
            ("-DKLD_MODULE", "not of a module"),
            ("-DWITNESS", "say `options WITNESS`"),
            ("-DMAXMEMDOM=4", "say `options MAXMEMDOM`"),
            ("-DTSLOG", "say `options TSLOG`"),
            ("-USMP", "say `nooptions SMP`"),
            ("-fshort-enums", "another layout"),
            ("-fsanitize=kcfi", "would trap"),
        ] {
            let error = read(flag).expect_err(flag).to_string();
            assert!(error.contains(flag) && error.contains(expected), "{error}");
        }
        assert!(read("-DSMP -DCOMPILING_LINT -UWITNESS").is_ok());
    }
}
