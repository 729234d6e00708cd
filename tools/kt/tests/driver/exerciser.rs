//! The exerciser is a program that FreeBSD's kernel can start, also as init on
//! a root that holds nothing else.

use std::fs;
use std::sync::OnceLock;

use object::elf::{self, FileHeader64};
use object::read::elf::{ElfFile64, FileHeader as _, ProgramHeader as _};
use object::{LittleEndian, Object, ObjectSymbol};

use crate::support::{kt, refusal, result};

fn with_program(check: impl FnOnce(&[u8], &ElfFile64<'_, LittleEndian>)) {
    static PATH: OnceLock<String> = OnceLock::new();
    let path = PATH.get_or_init(|| result(&kt(&["exerciser"], &[])));
    assert!(path.ends_with("/target/kt/exerciser/exerciser"), "{path}");
    let bytes = fs::read(path).expect("the program");
    let file = ElfFile64::parse(bytes.as_slice()).expect("an ELF file");
    check(&bytes, &file);
}

#[test]
fn it_is_a_static_freebsd_program_for_amd64() {
    with_program(|_, file| {
        let header: &FileHeader64<LittleEndian> = file.elf_header();
        let e = LittleEndian;
        assert_eq!(header.e_ident().os_abi, elf::ELFOSABI_FREEBSD);
        assert_eq!(header.e_type(e), elf::ET_EXEC);
        assert_eq!(header.e_machine(e), elf::EM_X86_64);
        for segment in file.elf_program_headers() {
            let kind = segment.p_type(e);
            assert_ne!(kind, elf::PT_INTERP, "it needs a run-time linker");
            assert_ne!(kind, elf::PT_DYNAMIC, "it needs a run-time linker");
            let flags = segment.p_flags(e);
            assert_ne!(flags & (elf::PF_W | elf::PF_X), elf::PF_W | elf::PF_X);
        }
    });
}

#[test]
fn it_starts_in_its_code() {
    with_program(|_, file| {
        let e = LittleEndian;
        let entry = file.elf_header().e_entry(e);
        let in_code = file.elf_program_headers().iter().any(|segment| {
            let start = segment.p_vaddr(e);
            segment.p_type(e) == elf::PT_LOAD
                && segment.p_flags(e) & elf::PF_X == elf::PF_X
                && (start..start + segment.p_filesz(e)).contains(&entry)
        });
        assert!(in_code, "entry {entry:#x} is in no executable segment");
        let start = file.symbol_by_name("_start").expect("_start");
        assert_eq!(start.address(), entry);
    });
}

#[test]
fn it_needs_nothing_that_it_has_not() {
    with_program(|_, file| {
        let undefined: Vec<_> = file
            .symbols()
            .filter(|symbol| symbol.is_undefined())
            .filter_map(|symbol| symbol.name().ok())
            .filter(|name| !name.is_empty())
            .collect();
        assert!(undefined.is_empty(), "undefined: {undefined:?}");
    });
}

#[test]
fn its_note_names_the_oldest_kernel() {
    with_program(|bytes, file| {
        let e = LittleEndian;
        let note = file
            .elf_program_headers()
            .iter()
            .find(|segment| segment.p_type(e) == elf::PT_NOTE)
            .expect("a note segment");
        let mut notes = note.notes(e, bytes).expect("notes").expect("notes");
        let note = notes.next().expect("readable").expect("one note");
        assert_eq!(
            (note.name(), note.n_type(e)),
            (&b"FreeBSD"[..], elf::NoteType(elf::NT_VERSION))
        );
        let version = note.desc().first_chunk().copied().map(u32::from_le_bytes);
        assert_eq!(version, Some(1_400_000));
    });
}

#[test]
fn no_folder_of_the_machine_it_was_built_on_is_in_it() {
    with_program(|bytes, _| {
        let folder = env!("CARGO_MANIFEST_DIR").trim_end_matches("/tools/kt");
        let found = bytes
            .windows(folder.len())
            .any(|window| window == folder.as_bytes());
        assert!(!found, "{folder} is in the program");
    });
}

#[test]
fn another_architecture_is_refused() {
    let message = refusal(&kt(&["exerciser"], &[("ARCH", "i386")]));
    assert!(message.contains("amd64 alone"), "{message}");
}
