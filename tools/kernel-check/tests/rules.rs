//! Each rule with a kernel that breaks it and nothing else.

mod support;

use object::elf;
use support::{
    C, Kernel, LOCAL, Made, RUST, Symbol, TEXT, UNDEFINED, WEAK, baseline, checked, fails_only,
    good, problems,
};

/// Guards the sample: without it every other test here would mean nothing.
#[test]
fn a_kernel_in_order_has_no_problem() {
    assert_eq!(problems(&good()), [""; 0]);
}

/// Guards against a function that the object lost on its way into the kernel.
#[test]
fn a_missing_function_is_found() {
    let mut k = good();
    k.symbols.retain(|symbol| symbol.name != "thread_single");
    fails_only(&k, "thread_single is missing");
}

/// Guards modules: they can't link to a function that is local.
#[test]
fn a_function_that_became_local_is_found() {
    let mut k = good();
    let symbol = k.symbol("thread_wait");
    symbol.bind = LOCAL;
    symbol.file = Some(RUST.into());
    fails_only(&k, "thread_wait is local to kern_thread.");
}

/// Guards against a weak definition that any other object would displace.
#[test]
fn a_weak_function_is_found() {
    let mut k = good();
    k.symbol("tdfind").bind = WEAK;
    fails_only(&k, "tdfind is weak");
}

/// Guards against both objects in one kernel, told by what both define.
#[test]
fn the_c_object_beside_the_rust_object_is_found() {
    let mut k = good();
    k.bss("M_TIDHASH", Some(C), 8);
    fails_only(
        &k,
        "the object of kern_thread.c is in the kernel, too, both define M_TIDHASH",
    );
}

/// Guards against one function of C's in front of the Rust object's.
#[test]
fn a_function_that_comes_from_c_is_found() {
    let mut k = good();
    let at = k
        .symbols
        .iter()
        .position(|s| s.name == Made::Rust.create("ctor"));
    k.symbols[at.expect("the first local function")].file = Some(C.into());
    let problems = problems(&k);
    assert!(
        problems
            .iter()
            .any(|p| p.contains("the object of kern_thread.c is in the kernel, too")),
        "{problems:#?}"
    );
}

/// Guards the message of the commonest mistake: the kernel was not relinked.
#[test]
fn a_kernel_with_the_c_object_alone_is_refused() {
    let error = checked(&baseline()).expect_err("refused").to_string();
    assert!(
        error.contains("has the C file's functions, not the Rust object's"),
        "{error}"
    );
    assert!(!error.contains('\n'));
}

/// Guards the installed kernel, from which objcopy has taken the file entries:
/// mangled names tell whose functions these are.
#[test]
fn without_file_entries_the_names_tell() {
    let mut k = good();
    k.without_files = true;
    for symbol in k.symbols.iter_mut().filter(|s| s.bind == LOCAL) {
        symbol.file = None;
    }
    assert_eq!(problems(&k), [""; 0]);
}

/// Guards against a verdict on a kernel that can't be judged.
#[test]
fn a_stripped_kernel_is_told_so() {
    let mut k = good();
    k.stripped = true;
    fails_only(
        &k,
        "the kernel is stripped (no .symtab, no DWARF): check kernel.full",
    );
}

/// Guards fbt and stack traces.
#[test]
fn a_function_without_a_frame_is_found() {
    let mut k = good();
    let at = (k.address("thread_exit") - TEXT) as usize;
    k.in_section(".text").data[at] = 0x90;
    let problems = problems(&k);
    assert!(
        problems.contains(&"thread_exit: does not begin with push rbp".to_owned()),
        "{problems:#?}"
    );
}

/// Guards the object's local functions, which stand in stack traces, too.
#[test]
fn a_local_function_without_a_frame_is_found() {
    let mut k = good();
    let name = Made::Rust.create("dtor");
    let at = (k.address(&name) - TEXT) as usize;
    k.in_section(".text").data[at] = 0x90;
    let problems = problems(&k);
    assert!(
        problems.contains(&format!("{name}: does not begin with push rbp")),
        "{problems:#?}"
    );
}

/// Guards the kernel stack of 16 KiB.
#[test]
fn a_large_frame_is_found() {
    let mut k = good();
    let at = (k.address("thread_exit") - TEXT) as usize;
    // sub $0x400,%rsp
    let large = [0x48, 0x81, 0xec, 0x00, 0x04, 0x00, 0x00, 0xc9, 0xc3];
    k.in_section(".text").data[at + 4..at + 13].copy_from_slice(&large);
    k.symbol("thread_exit").size = 13;
    fails_only(&k, "thread_exit uses 1032 bytes of stack");
}

/// Guards against a memory function that the compiler called unasked.
#[test]
fn a_call_of_memcpy_is_found() {
    let mut k = good();
    let function = k.address("thread_exit");
    let memcpy = k.address("memcpy");
    let at = (function - TEXT) as usize;
    let distance = memcpy.wrapping_sub(function + 9) as u32;
    let text = &mut k.in_section(".text").data;
    text[at + 4] = 0xe8;
    text[at + 5..at + 9].copy_from_slice(&distance.to_le_bytes());
    text[at + 9] = 0xc9;
    text[at + 10] = 0xc3;
    k.symbol("thread_exit").size = 11;
    fails_only(&k, "thread_exit calls memcpy, which C's does not");
}

/// Guards the start of the kernel: a record that nobody runs.
#[test]
fn an_entry_missing_in_a_set_is_found() {
    let mut k = good();
    let first = k.entry_mut("set_sysinit_set", 0).to_vec();
    k.entry_mut("set_sysinit_set", 3).copy_from_slice(&first);
    let problems = problems(&k);
    assert!(
        problems.iter().any(|p| p.starts_with("set_sysinit_set has no entry")
            && p.contains("\"thread_dtor\"")),
        "{problems:#?}"
    );
}

/// Guards the order in which records of one rank run.
#[test]
fn entries_in_another_order_are_found() {
    let mut k = good();
    k.swap_entries("set_sysinit_set", 2, 3);
    fails_only(
        &k,
        "set_sysinit_set has the object's entries at 1, 3, 2, 4, 5",
    );
}

/// Guards against a record that would run twice.
#[test]
fn an_entry_twice_in_a_set_is_found() {
    let mut k = good();
    k.entry(
        "set_sysctl_set",
        &k.symbols[record(&k, "MAXTHREAD")].name.clone(),
    );
    fails_only(&k, "set_sysctl_set has 2 entries oid_parent=sysctl___kern");
}

/// Guards the value that decides when a record runs.
#[test]
fn an_entry_with_another_order_value_is_found() {
    let mut k = good();
    let at = (k.symbols[record(&k, "CREATE_THREAD_INIT")].value - support::DATA) as usize;
    k.in_section(".data").data[at + 4] = 0;
    let problems = problems(&k);
    assert!(
        problems[0].starts_with("set_sysinit_set has no entry"),
        "{problems:#?}"
    );
}

fn record(k: &Kernel, part: &str) -> usize {
    let found = k.symbols.iter().position(|s| s.name.ends_with(part));
    found.expect("a record of the sample")
}

/// Guards every set of the kernel: one null or wild pointer is a panic at boot.
#[test]
fn pointers_to_nothing_are_found() {
    let mut k = good();
    k.entry_mut("set_sysinit_set", 0).fill(0);
    fails_only(&k, "entry 0 of set_sysinit_set is null");
    k.entry_mut("set_sysinit_set", 0).fill(0x11);
    fails_only(&k, "entry 0 of set_sysinit_set points outside the kernel");
}

/// Guards against a kernel that was linked in spite of missing functions.
#[test]
fn an_undefined_symbol_is_found() {
    let mut k = good();
    k.symbols.push(Symbol::new("ast_register", UNDEFINED, 0, 0));
    fails_only(&k, "ast_register is undefined");
}

/// Guards against a weak reference that became a call of address 0, and not
/// against those that every kernel has.
#[test]
fn a_weak_undefined_symbol_is_found_if_the_object_uses_it() {
    let mut k = good();
    let mut weak = Symbol::new("__start_set_compressors", UNDEFINED, 0, 0);
    weak.bind = WEAK;
    k.symbols.push(weak.clone());
    assert_eq!(problems(&k), [""; 0]);
    weak.name = "mi_switch".into();
    k.symbols.push(weak);
    fails_only(&k, "mi_switch is undefined (weak), and the object uses it");
}

/// Guards against what a Rust program brings along.
#[test]
fn rust_runtime_symbols_are_found() {
    for name in [
        "rust_eh_personality",
        "__rust_alloc",
        "_ZN4core9panicking5panic17h0123456789abcdefE",
    ] {
        let mut k = good();
        k.function(name, Some("later.c"), &[0xc3]);
        fails_only(&k, "is of Rust's runtime");
    }
    let mut k = good();
    k.function("kern_thread_rust_panic_reached", None, &[0xc3]);
    fails_only(&k, "a panic path of the Rust object is in the kernel");
}

/// Guards the moment before the console works.
#[test]
fn a_relocation_that_the_kernel_does_not_know_is_found() {
    for kind in [
        elf::R_X86_64_GOTPCREL,
        elf::R_X86_64_REX_GOTPCRELX,
        elf::R_X86_64_GLOB_DAT,
        elf::R_X86_64_JUMP_SLOT,
    ] {
        let mut k = good();
        k.reloc(k.address("thread_exit") + 4, kind.0, "memcpy");
        fails_only(
            &k,
            "of memcpy at thread_exit+0x4: the kernel would not come up",
        );
    }
}

/// Guards against a relocation of a kind that only an indirect function may have.
#[test]
fn a_late_relocation_of_an_ordinary_function_is_found() {
    let mut k = good();
    k.reloc(
        k.address("thread_exit") + 4,
        elf::R_X86_64_PLT32.0,
        "malloc_init",
    );
    fails_only(&k, "R_X86_64_PLT32 of malloc_init at thread_exit+0x4");
}

/// Guards the protection of the kernel's own memory.
#[test]
fn writable_code_is_found() {
    let mut k = good();
    k.segment(7, support::BSS + 0x10000, 0x1000);
    fails_only(&k, "a segment of 4096 bytes is writable and executable");
    let mut k = good();
    k.in_section(".text").flags |= 1;
    fails_only(&k, "section .text is writable and executable");
}

/// Guards against unwind tables, which nobody reads and a linker script may
/// put where it hurts.
#[test]
fn an_unwind_table_of_the_object_is_found() {
    let mut k = good();
    let address = support::RODATA + 0x2000;
    k.section(".eh_frame", 2, address);
    let function = k.address("thread_exit");
    let mut table = Vec::new();
    // A CIE: version 1, no augmentation, factors 1 and -8, return address 16.
    let cie = [1, 0, 1, 0x78, 16, 0, 0, 0];
    table.extend((4 + cie.len() as u32).to_le_bytes());
    table.extend(0u32.to_le_bytes());
    table.extend(cie);
    table.extend(20u32.to_le_bytes());
    table.extend((table.len() as u32).to_le_bytes());
    table.extend(function.to_le_bytes());
    table.extend(10u64.to_le_bytes());
    k.in_section(".eh_frame").data = table;
    fails_only(&k, ".eh_frame speaks of thread_exit");
}

/// Guards the older release's list: its function in place of the newer one's.
#[test]
fn the_list_of_functions_is_that_of_the_release() {
    let mut k = good();
    k.symbol("thread_recycle").name = "thread_alloc_stack".into();
    assert_eq!(problems(&k), [""; 0]);
}

/// A kernel of FreeBSD 15: larger records, and a tracepoint in thread_exit.
fn fifteen() -> Kernel {
    let mut k = good();
    let function = k.address("thread_exit");
    let at = (function - TEXT) as usize;
    // push %rbp; mov %rsp,%rbp; a nop of five bytes; pop %rbp; ret
    let code = [
        0x55, 0x48, 0x89, 0xe5, 0x66, 0x0f, 0x1f, 0x04, 0x00, 0x5d, 0xc3,
    ];
    k.in_section(".text").data[at..at + code.len()].copy_from_slice(&code);
    k.symbol("thread_exit").size = code.len() as u64;
    k.section("set_sdt_tracepoint_set", 3, support::SETS + 0x400);
    let record = [
        k.address("sdt_proc___lwp__exit"),
        function + 4,
        function + 9,
        0,
    ];
    let record = record.into_iter().flat_map(u64::to_le_bytes).collect();
    k.in_section("set_sdt_tracepoint_set").data = record;
    let probe = (k.address("sdt_proc___lwp__exit") - support::DATA) as usize;
    let data = &mut k.in_section(".data").data;
    let texts = data[probe + 48..probe + 72].to_vec();
    data.resize(data.len().max(probe + 112), 0);
    data[probe + 48..probe + 64].fill(0);
    data[probe + 64..probe + 88].copy_from_slice(&texts);
    k.symbol("sdt_proc___lwp__exit").size = 112;
    k
}

/// Guards the probe of FreeBSD 15, which is a place in the code.
#[test]
fn tracepoints_of_the_object_are_checked() {
    let mut k = fifteen();
    assert_eq!(problems(&k), [""; 0]);
    let at = (k.address("thread_exit") - TEXT) as usize + 4;
    k.in_section(".text").data[at] = 0x0f;
    k.in_section(".text").data[at + 1..at + 5].copy_from_slice(&[0x1f, 0x44, 0, 0]);
    fails_only(
        &k,
        "tracepoint thread_exit+0x4 holds no instruction that may be patched",
    );
    let mut k = fifteen();
    k.in_section("set_sdt_tracepoint_set").data.clear();
    fails_only(
        &k,
        "set_sdt_tracepoint_set has no tracepoint for sdt_proc___lwp__exit",
    );
    let mut k = fifteen();
    let out = k.address("malloc_init").to_le_bytes();
    k.in_section("set_sdt_tracepoint_set").data[16..24].copy_from_slice(&out);
    fails_only(&k, "tracepoint thread_exit+0x4 leads out of the object");
}
