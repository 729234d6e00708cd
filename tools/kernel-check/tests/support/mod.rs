//! A small kernel that is in order, described as plain tables so that a test
//! can break exactly one thing of it and write it out as a linked ELF file.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its part of this module"
)]

pub mod elf;

use std::path::Path;

pub use elf::{ABS, Kernel, LOCAL, Symbol, UNDEFINED, WEAK};
use kernel_check::{Image, Report, check_beside, check_image};
use kt_audit::Error;
use object::elf as number;

/// Where the sections of the sample begin.
pub const TEXT: u64 = 0xffff_ffff_8020_0000;
pub const RODATA: u64 = 0xffff_ffff_8021_0000;
pub const DATA: u64 = 0xffff_ffff_8022_0000;
pub const SETS: u64 = 0xffff_ffff_8023_0000;
pub const BSS: u64 = 0xffff_ffff_8024_0000;
pub const RELOCS: u64 = 0xffff_ffff_801f_0000;

/// The names under which the linker groups the local symbols of the objects.
pub const RUST: &str = "kern_thread.5ec69d8f7062a19c-cgu.0";
pub const C: &str = "kern_thread.c";

const FUNCTIONS: [&str; 29] = [
    "proc_linkup",
    "proc_linkup0",
    "tdfind",
    "thread_alloc",
    "thread_check_susp",
    "thread_cow_free",
    "thread_cow_get",
    "thread_cow_get_proc",
    "thread_cow_synced",
    "thread_cow_update",
    "thread_exit",
    "thread_free",
    "thread_link",
    "thread_reap_barrier",
    "thread_recycle",
    "thread_run_flash",
    "thread_single",
    "thread_single_end",
    "thread_stash",
    "thread_suspend_check",
    "thread_suspend_check_needed",
    "thread_suspend_one",
    "thread_suspend_switch",
    "thread_unlink",
    "thread_unsuspend",
    "thread_wait",
    "threadinit",
    "tidhash_add",
    "tidhash_remove",
];

const EVENTS: [&str; 4] = ["ctor", "dtor", "init", "fini"];

/// Which object stands in the kernel, and with it the names of what is local.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    Rust,
    C,
}

impl Made {
    fn file(self) -> &'static str {
        match self {
            Self::Rust => RUST,
            Self::C => C,
        }
    }

    /// The name of the function that creates the list of `event`.
    pub fn create(self, event: &str) -> String {
        match self {
            Self::Rust => {
                format!("_RNvNtCs88ulWWroJGa_11kern_thread6events18create_thread_{event}")
            }
            Self::C => format!("_ehl_init_thread_{event}"),
        }
    }

    /// The name of the record that has it called.
    pub fn record(self, event: &str) -> String {
        match self {
            Self::Rust => format!(
                "_RNvNtCs88ulWWroJGa_11kern_thread6events18CREATE_THREAD_{}",
                event.to_uppercase()
            ),
            Self::C => format!("thread_{event}_ehl_init_sys_init"),
        }
    }

    /// The name of another local datum: `rust` behind the crate's mangling.
    fn datum(self, rust: &str, c: &str) -> String {
        match self {
            Self::Rust => format!(
                "_RNvNtCs88ulWWroJGa_11kern_thread7records{}{rust}",
                rust.len()
            ),
            Self::C => c.to_owned(),
        }
    }
}

/// push %rbp; mov %rsp,%rbp; sub $16,%rsp; leave; ret
const BODY: [u8; 10] = [0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x10, 0xc9, 0xc3];

/// A kernel that keeps every rule.
pub fn good() -> Kernel {
    kernel(Made::Rust)
}

/// The kernel of the same tree with the C file's object.
pub fn baseline() -> Kernel {
    kernel(Made::C)
}

fn kernel(made: Made) -> Kernel {
    let mut k = Kernel::new();
    let (alloc, write, exec) = (2, 1, 4);
    k.section(".rela.dyn", alloc, RELOCS);
    k.section(".text", alloc | exec, TEXT);
    k.section(".rodata", alloc, RODATA);
    k.section(".data", alloc | write, DATA);
    k.section("set_sysinit_set", alloc | write, SETS);
    k.section("set_sysuninit_set", alloc | write, SETS + 0x100);
    k.section("set_sysctl_set", alloc, SETS + 0x200);
    k.section("set_sdt_probes_set", alloc, SETS + 0x300);
    k.section(".bss", alloc | write, BSS);
    k.segment(4, RELOCS, 0x1000);
    k.segment(4 | 1, TEXT, 0x10000);
    k.segment(4, RODATA, 0x1000);
    k.segment(4 | 2, DATA, 0x30000);
    k.symbols
        .push(Symbol::new("kernbase", ABS, 0xffff_ffff_8000_0000, 0));

    // The rest of the kernel, before and behind the object.
    k.function("btext", None, &BODY);
    k.function("other_local", Some("other.c"), &BODY);
    for name in [
        "malloc_init",
        "malloc_uninit",
        "sysctl_handle_int",
        "eventhandler_create_list",
    ] {
        k.function(name, None, &BODY);
    }
    k.function("memcpy", None, &BODY).kind = number::STT_GNU_IFUNC.0;

    let file = made.file();
    for event in EVENTS {
        let list = format!("_eventhandler_list_thread_{event}");
        let list = k.bss(&list, None, 8);
        let text = k.string(&format!("thread_{event}"));
        let code = creates(
            k.next_code(),
            text,
            k.address("eventhandler_create_list"),
            list,
        );
        k.function(&made.create(event), Some(file), &code);
    }
    for name in FUNCTIONS {
        k.function(name, None, &BODY);
    }
    k.function("later_local", Some("later.c"), &BODY);

    k.data("sysctl___kern", None, &[0; 112]);
    k.data("sdt_provider_proc", None, &[0; 32]);
    let other = sysinit(0x2100000, 0, k.address("other_local"), 0);
    k.data("other_sys_init", Some("other.c"), &other);
    k.entry("set_sysinit_set", "other_sys_init");
    own_records(&mut k, made);
    let later = sysinit(0x2100000, 1, k.address("later_local"), 0);
    k.data("later_sys_init", Some("later.c"), &later);
    k.entry("set_sysinit_set", "later_sys_init");
    k.reloc(TEXT + 0x10, number::R_X86_64_PLT32.0, "memcpy");
    k
}

/// The object's records, and their entries in C's order.
fn own_records(k: &mut Kernel, made: Made) {
    let file = Some(made.file());
    let description = k.string("tidhash");
    let malloc_type = words(&[0, 2_020_110_501, description], 112);
    let name = made.datum("M_TIDHASH", "M_TIDHASH");
    let malloc_type = k.data(&name, file, &malloc_type);
    let name = made.datum("TIDHASH_INIT", "M_TIDHASH_init_sys_init");
    let record = sysinit(0x1800000, 2, k.address("malloc_init"), malloc_type);
    k.data(&name, file, &record);
    k.entry("set_sysinit_set", &name);
    let name = made.datum("TIDHASH_UNINIT", "M_TIDHASH_uninit_sys_uninit");
    let record = sysinit(
        0x1800000,
        0xfff_ffff,
        k.address("malloc_uninit"),
        malloc_type,
    );
    k.data(&name, file, &record);
    k.entry("set_sysuninit_set", &name);
    for event in EVENTS {
        let create = k.address(&made.create(event));
        let name = made.record(event);
        k.data(&name, file, &sysinit(0x1c0_0000, 0xfff_ffff, create, 0));
        k.entry("set_sysinit_set", &name);
    }

    let (name, format) = (k.string("maxthread"), k.string("I"));
    let description = k.string("Maximum number of threads");
    let parent = k.address("sysctl___kern");
    let handler = k.address("sysctl_handle_int");
    let oid = words(
        &[
            0,
            parent,
            0,
            0,
            0,
            0x800c_0002_ffff_ffff,
            0,
            0,
            name,
            handler,
            format,
            0,
            description,
        ],
        112,
    );
    let name = made.datum("SYSCTL_MAXTHREAD", "sysctl___kern_maxthread");
    k.data(&name, file, &oid);
    k.entry("set_sysctl_set", &name);

    let (name, empty) = (k.string("lwp__exit"), k.string(""));
    let provider = k.address("sdt_provider_proc");
    let probe = words(&[96, provider, 0, 0, 0, 0, empty, empty, name], 96);
    k.data("sdt_proc___lwp__exit", None, &probe);
    k.entry("set_sdt_probes_set", "sdt_proc___lwp__exit");
}

/// The code of a function that calls `create` with `text` and keeps the result
/// in `list`.
fn creates(at: u64, text: u64, create: u64, list: u64) -> Vec<u8> {
    let mut code = vec![0x55, 0x48, 0x89, 0xe5];
    code.extend([0x48, 0xc7, 0xc7]);
    code.extend((text as u32).to_le_bytes());
    code.push(0xe8);
    let next = at + code.len() as u64 + 4;
    code.extend((create.wrapping_sub(next) as u32).to_le_bytes());
    code.extend([0x48, 0x89, 0x04, 0x25]);
    code.extend((list as u32).to_le_bytes());
    code.extend([0x5d, 0xc3]);
    code
}

fn sysinit(subsystem: u64, order: u64, func: u64, udata: u64) -> Vec<u8> {
    words(&[subsystem | order << 32, 0, func, udata], 32)
}

/// `size` bytes that begin with these words.
fn words(words: &[u64], size: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    bytes.resize(size, 0);
    bytes
}

/// The kernel as the check reads it.
pub fn image(kernel: &Kernel) -> Image {
    Image::parse(Path::new("kernel.full"), kernel.bytes()).expect("a readable kernel")
}

/// The check of a kernel.
pub fn checked(kernel: &Kernel) -> Result<Report, Error> {
    check_image(&image(kernel))
}

/// The problems of a kernel beside another.
pub fn problems_beside(kernel: &Kernel, baseline: &Kernel) -> Vec<String> {
    let report = check_beside(&image(kernel), &image(baseline));
    report.expect("kernels that can be compared").problems
}

/// The problems of a kernel.
pub fn problems(kernel: &Kernel) -> Vec<String> {
    checked(kernel)
        .expect("a kernel that can be checked")
        .problems
}

/// Asserts that the kernel has one problem and that it says `text`.
#[track_caller]
pub fn fails_only(kernel: &Kernel, text: &str) {
    let problems = problems(kernel);
    assert!(
        problems.len() == 1 && problems[0].contains(text),
        "expected {text:?} alone: {problems:#?}"
    );
}
