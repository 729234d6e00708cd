//! What the object, its archive and its hosted copy are.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use object::read::archive::ArchiveFile;
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget};

use crate::support::{default_object, edit, folder, kt, refusal, result, source_tree};

fn undefined(data: &[u8]) -> Vec<String> {
    let file = object::File::parse(data).expect("an object");
    let names = file.symbols().filter(|symbol| symbol.is_undefined());
    let names = names.filter_map(|symbol| symbol.name().ok().map(str::to_string));
    names.filter(|name| !name.is_empty()).collect()
}

#[test]
fn the_hosted_copy_differs_in_three_names_and_the_osabi() {
    let object = fs::read(default_object()).expect("built");
    let hosted = fs::read(result(&kt(&["hosted"], &[]))).expect("built");
    assert_eq!((object[7], hosted[7]), (9, 0), "OSABI");
    let renamed = undefined(&object).into_iter().map(|name| match &*name {
        "malloc" | "free" | "printf" => format!("fbsd_{name}"),
        _ => name,
    });
    assert_eq!(renamed.collect::<Vec<_>>(), undefined(&hosted));

    let (first, second) = (
        object::File::parse(&*object).expect("an object"),
        object::File::parse(&*hosted).expect("an object"),
    );
    for (a, b) in first.sections().zip(second.sections()) {
        assert_eq!(a.name(), b.name());
        assert_eq!((a.align(), a.flags()), (b.align(), b.flags()));
        if !matches!(a.name(), Ok(".symtab" | ".strtab")) {
            assert_eq!(a.data(), b.data(), "{:?}", a.name());
        }
    }
}

#[test]
fn the_archive_has_one_member_and_an_index() {
    let object = default_object();
    let archive = fs::read(Path::new(object).with_file_name("libkern_thread.a")).expect("built");
    let archive = ArchiveFile::parse(&*archive).expect("an archive");
    let members: Vec<_> = archive
        .members()
        .map(|member| member.expect("a member"))
        .collect();
    assert_eq!(members.len(), 1);
    assert_eq!(members[0].name(), b"kern_thread.o");
    assert_eq!(
        (members[0].date(), members[0].uid(), members[0].gid()),
        (Some(0), Some(0), Some(0))
    );
    let index = archive.symbols().expect("readable").expect("an index");
    let names: Vec<_> = index
        .map(|symbol| symbol.expect("a symbol").name().to_vec())
        .collect();
    assert!(names.iter().any(|name| name == b"tdfind"));
    assert!(names.iter().any(|name| name == b"sdt_proc___lwp__exit"));
}

/// How many addresses of code are in read-only data: the jump tables.
fn jump_table_entries(object: &Path) -> usize {
    let data = fs::read(object).expect("built");
    let file = object::File::parse(&*data).expect("an object");
    let named = |section: &object::Section<'_, '_>, name: &str| {
        section.name().is_ok_and(|its| its.starts_with(name))
    };
    let rodata = file.sections().filter(|section| named(section, ".rodata"));
    let targets = rodata.flat_map(|section| section.relocations());
    let targets = targets.filter(|(_, relocation)| {
        let RelocationTarget::Symbol(symbol) = relocation.target() else {
            return false;
        };
        let symbol = file.symbol_by_index(symbol).expect("a symbol");
        let section = symbol.section_index().map(|at| file.section_by_index(at));
        section.is_some_and(|section| named(&section.expect("a section"), ".text"))
    });
    targets.count()
}

/// An object with a jump table, made by the compiler as it does by itself.
fn object_with_jump_table() -> PathBuf {
    let folder = folder("jump-table");
    fs::create_dir_all(&folder).expect("a folder");
    let (source, object) = (folder.join("table.rs"), folder.join("table.o"));
    let arms = (0..8)
        .map(|n| format!("{n} => g{n}(),"))
        .collect::<String>();
    let declared = (0..8).map(|n| format!("fn g{n}();")).collect::<String>();
    let code = format!(
        "#![no_std]\nunsafe extern \"C\" {{ {declared} }}\n\
         #[unsafe(no_mangle)]\npub unsafe extern \"C\" fn f(n: u32) {{ \
         unsafe {{ match n {{ {arms} _ => {{}} }} }} }}\n"
    );
    fs::write(&source, code).expect("written");
    let status = Command::new("rustc")
        .args(["--edition=2024", "--crate-type=lib", "--emit=obj", "-O"])
        .args(["-Cpanic=abort", "-Crelocation-model=static", "-o"])
        .args([&object, &source])
        .status();
    assert!(status.expect("rustc").success());
    object
}

#[test]
fn a_kernel_with_retpolines_gets_no_jump_tables() {
    assert!(jump_table_entries(&object_with_jump_table()) > 0);
    assert_eq!(jump_table_entries(Path::new(default_object())), 0);
    let output = kt(&["object"], &[("KERNEL_CFLAGS", "-O2 -mretpoline -g")]);
    assert_eq!(result(&output), default_object(), "nor does any other");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(said.matches("note: ").count(), 1, "{said}");
    let line = refusal(&kt(&["object"], &[("KERNEL_CFLAGS", "-DKLD_MODULE")]));
    assert!(line.contains("not of a module"), "{line}");
}

#[test]
fn what_is_installed_is_what_was_built() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let destination = folder("install");
    let variables = [
        ("DESTDIR", &*destination.display().to_string()),
        ("PREFIX", "/opt/kt"),
    ];
    let line = result(&kt(&["install"], &variables));
    let prefix = destination.join("opt/kt");
    assert_eq!(line, format!("installed: {}", prefix.display()));
    let object = Path::new(default_object());
    for (installed, from) in [
        ("lib/kern_thread/kern_thread.o", object.to_path_buf()),
        (
            "lib/kern_thread/libkern_thread.a",
            object.with_file_name("libkern_thread.a"),
        ),
        ("include/kern_thread.h", root.join("include/kern_thread.h")),
        (
            "share/kern_thread/kernel/object.sh",
            root.join("fbsd-harness/kernel/object.sh"),
        ),
        (
            "share/doc/kern_thread/kernel.md",
            root.join("docs/kernel.md"),
        ),
    ] {
        let (held, built) = (fs::read(prefix.join(installed)), fs::read(from));
        assert_eq!(held.expect(installed), built.expect("built"), "{installed}");
    }
}

#[test]
fn an_object_that_is_up_to_date_is_left_alone() {
    let object = default_object();
    let before = fs::metadata(object)
        .expect("built")
        .modified()
        .expect("a time");
    let again = kt(&["object"], &[]);
    assert!(
        again.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&again.stderr)
    );
    assert_eq!(
        fs::metadata(object)
            .expect("built")
            .modified()
            .expect("a time"),
        before
    );
}

#[test]
fn a_prototype_that_differs_is_named() {
    let tree = source_tree("other-prototype");
    edit(
        &tree,
        "proc.h",
        "*tdfind(lwpid_t, pid_t)",
        "*tdfind(lwpid_t, long)",
    );
    let variables = [("SYSDIR", &*tree.display().to_string()), ("PROFILE", "14")];
    let line = refusal(&kt(&["header", "--check"], &variables));
    assert!(line.contains("conflicting types for 'tdfind'"), "{line}");
}
