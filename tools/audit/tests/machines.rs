//! The rules on machine code where the machine is not amd64: instructions by
//! their encodings, each rule with a function that breaks it.

use std::path::PathBuf;

use kt_audit::elf::{ALLOC, EXEC, Place, Section, Symbol};
use kt_audit::machine::Machine;
use kt_audit::{Contract, Report, Rules, Subject, audit};

const CODE: &str = "forbidden instructions";
const FIRST: &str = "functions that begin with their frame";
const OUTSIDE: &str = "accesses outside the frame";
const LARGEST: &str = "largest stack frame";
const COVERED: &str = "code outside functions";

/// An object with one function.
fn object(machine: Machine, code: &[u8]) -> Subject {
    let symbol = |name: &str, kind, place, size| Symbol {
        name: name.into(),
        kind,
        global: true,
        weak: false,
        hidden: false,
        place,
        value: 0,
        size,
    };
    Subject {
        path: PathBuf::from("sample.o"),
        machine,
        file_type: 1,
        osabi: 9,
        sections: vec![Section {
            name: ".text".into(),
            kind: 1,
            flags: ALLOC | EXEC,
            size: code.len() as u64,
            align: 16,
            entsize: 0,
            data: code.to_vec(),
            relocs: Vec::new(),
        }],
        symbols: vec![symbol("f", 2, Place::Section(0), code.len() as u64)],
    }
}

fn report(subject: &Subject) -> Report {
    audit(subject, &Contract::from_object(subject), &Rules::shipped())
}

/// An object with an empty function and `more` behind it.
fn followed_by(machine: Machine, more: &[u8]) -> Report {
    let mut subject = object(machine, &[]);
    let section = &mut subject.sections[0];
    section.data = more.to_vec();
    section.size = more.len() as u64;
    report(&subject)
}

/// The rows on code hold.
#[track_caller]
fn holds(report: &Report) {
    for rule in [CODE, FIRST, OUTSIDE, LARGEST, COVERED] {
        assert!(report.row(rule).is_some_and(|row| row.ok), "\n{report}");
    }
}

/// This row does not hold, and says so.
#[track_caller]
fn fails(report: &Report, rule: &str, text: &str) {
    let row = report.row(rule).expect("the row");
    assert!(
        !row.ok && row.details.iter().any(|detail| detail.contains(text)),
        "\n{report}"
    );
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// What linkers and assemblers fill the room between functions with is no code.
#[test]
fn padding_between_functions_is_accepted_and_code_is_not() {
    let aarch64 = words(&[0, 0xd503_201f, 0]); // udf #0; nop; udf #0
    let riscv64 = [0, 0, 0x01, 0x00, 0x13, 0, 0, 0]; // c.unimp; c.nop; nop
    let i386 = [0xcc, 0x90, 0x66, 0x90]; // int3; nop; two-byte nop
    for (machine, fill, ret) in [
        (
            Machine::Aarch64,
            &aarch64[..],
            &[0xc0, 0x03, 0x5f, 0xd6][..],
        ),
        (Machine::Riscv64, &riscv64, &[0x82, 0x80]),
        (Machine::I386, &i386, &[0xc3]),
    ] {
        let filled = followed_by(machine, fill);
        assert!(filled.row(COVERED).is_some_and(|row| row.ok), "\n{filled}");
        let code = followed_by(machine, &[fill, ret].concat());
        fails(&code, COVERED, "belongs to no function");
    }
}

mod aarch64 {
    use super::*;

    const PUSH: u32 = 0xa9be_7bfd; // stp x29, x30, [sp, #-32]!
    const SET: u32 = 0x9100_03fd; // mov x29, sp
    const POP: u32 = 0xa8c2_7bfd; // ldp x29, x30, [sp], #32
    const RET: u32 = 0xd65f_03c0;

    fn subject(body: &[u32]) -> Subject {
        let code = [&[PUSH, SET], body, &[POP, RET]].concat();
        object(Machine::Aarch64, &words(&code))
    }

    fn framed(body: &[u32]) -> Report {
        report(&subject(body))
    }

    #[test]
    fn what_c_code_is_made_of_is_accepted() {
        holds(&framed(&[
            0xf900_0bf3, // str x19, [sp, #16]
            0xf940_0253, // ldr x19, [x18]
            0x885f_fc08, // ldaxr w8, [x0]
            0x8809_7c08, // stxr w9, w8, [x0]
            0x3500_0049, // cbnz w9, .+8
            0xd503_201f, // nop
            0xf940_0fb3, // ldr x19, [x29, #24]
        ]));
    }

    #[test]
    fn a_frame_record_above_other_registers_is_accepted() {
        let code = [
            0xd503_245f, // bti c
            0xd100_c3ff, // sub sp, sp, #48
            0xa901_4ff4, // stp x20, x19, [sp, #16]
            0xa902_7bfd, // stp x29, x30, [sp, #32]
            0x9100_83fd, // add x29, sp, #32
            0xf81f_03a0, // stur x0, [x29, #-16]
            0xa942_7bfd, // ldp x29, x30, [sp, #32]
            0x9100_c3ff, // add sp, sp, #48
            RET,
        ];
        holds(&report(&object(Machine::Aarch64, &words(&code))));
    }

    #[test]
    fn x18_may_be_read_and_never_written() {
        for word in [
            0xaa00_03f2, // mov x18, x0
            0xf940_0012, // ldr x18, [x0]
            0xa940_4814, // ldp x20, x18, [x0]
            0xf840_8640, // ldr x0, [x18], #8
            0xd538_d092, // mrs x18, tpidr_el1
        ] {
            fails(&framed(&[word]), CODE, "x18 holds the processor's data");
        }
        holds(&framed(&[0xaa12_03e0, 0xf900_0012])); // mov x0, x18; str x18, [x0]
    }

    #[test]
    fn floating_point_and_vector_registers_are_found() {
        for word in [
            0x1e60_4020, // fmov d0, d1
            0x6f00_e400, // movi v0.2d, #0
            0x3d80_0000, // str q0, [x0]
            0xad00_0400, // stp q0, q1, [x0]
            0x9e67_0000, // fmov d0, x0
            0x0420_e3e0, // cntb x0
        ] {
            fails(&framed(&[word]), CODE, "belong to the user program");
        }
    }

    #[test]
    fn atomics_of_armv8_1_want_the_kernels_word_for_them() {
        let body = [0xf820_0001]; // ldadd x0, x1, [x0]
        fails(&framed(&body), CODE, "nothing asks lse_supported");
        let mut asking = subject(&body);
        asking.symbols.push(Symbol {
            name: "lse_supported".into(),
            kind: 0,
            place: Place::Undefined,
            size: 0,
            ..asking.symbols[0].clone()
        });
        holds(&report(&asking));
    }

    #[test]
    fn calls_of_another_kernel_and_aborts_are_found() {
        fails(&framed(&[0xd400_0001]), CODE, "does not call a kernel"); // svc #0
        fails(&framed(&[0xd420_0020]), CODE, "an abort"); // brk #1
        fails(&framed(&[0x0600_0000]), CODE, "not an instruction");
    }

    #[test]
    fn accesses_below_the_stack_pointer_are_found() {
        fails(&framed(&[0xf81f_83e0]), CODE, "below the stack pointer"); // stur x0, [sp, #-8]
        fails(&framed(&[0xf81f_83a0]), OUTSIDE, "below the stack pointer"); // stur x0, [x29, #-8]
    }

    #[test]
    fn a_frame_that_is_late_taken_or_left_is_found() {
        let late = words(&[0xaa00_03e1, PUSH, SET, POP, RET]);
        fails(
            &report(&object(Machine::Aarch64, &late)),
            FIRST,
            "making room on the stack",
        );
        let unset = words(&[PUSH, 0xf900_0001, SET, POP, RET]);
        fails(
            &report(&object(Machine::Aarch64, &unset)),
            FIRST,
            "save x29 and set it",
        );
        fails(&framed(&[0xaa00_03fd]), FIRST, "x29 is the frame pointer"); // mov x29, x0
        fails(&framed(&[0xd100_43ff]), OUTSIDE, "returns with 16 bytes"); // sub sp, sp, #16
        fails(&framed(&[0x8b20_63ff]), OUTSIDE, "cannot be told"); // add sp, sp, x0
        let large = [0xd108_03ff, 0x9108_03ff]; // sub sp, sp, #512; add sp, sp, #512
        fails(&framed(&large), LARGEST, "f uses 544 bytes");
    }
}

mod riscv64 {
    use super::*;

    /// addi sp, sp, -32; sd ra, 24(sp); sd s0, 16(sp); addi s0, sp, 32
    const ENTER: [u16; 4] = [0x1101, 0xec06, 0xe822, 0x1000];
    /// ld ra, 24(sp); ld s0, 16(sp); addi sp, sp, 32; ret
    const LEAVE: [u16; 4] = [0x60e2, 0x6442, 0x6105, 0x8082];

    fn framed(body: &[u32]) -> Report {
        let halves = |halves: &[u16]| -> Vec<u8> {
            halves.iter().flat_map(|half| half.to_le_bytes()).collect()
        };
        let code = [halves(&ENTER), words(body), halves(&LEAVE)].concat();
        report(&object(Machine::Riscv64, &code))
    }

    #[test]
    fn what_c_code_is_made_of_is_accepted() {
        holds(&framed(&[
            0x0002_3503, // ld a0, 0(tp)
            0x00a1_3423, // sd a0, 8(sp)
            0xfea4_3023, // sd a0, -32(s0)
            0x100525af,  // lr.w a1, (a0)
            0x18b525af,  // sc.w a1, a1, (a0)
            0x0000_0097, // auipc ra, 0
            0x0000_80e7, // jalr ra
        ]));
    }

    #[test]
    fn tp_and_gp_are_never_written() {
        fails(&framed(&[0x0005_0213]), CODE, "tp holds"); // mv tp, a0
        fails(&framed(&[0x0005_3183]), CODE, "gp holds"); // ld gp, 0(a0)
    }

    #[test]
    fn floating_point_calls_of_another_kernel_and_aborts_are_found() {
        fails(&framed(&[0x0005_3507]), CODE, "not an instruction"); // fld fa0, 0(a0)
        fails(&framed(&[0x0000_0073]), CODE, "does not call a kernel"); // ecall
        fails(&framed(&[0x0010_0073]), CODE, "an abort"); // ebreak
        fails(&framed(&[0xc000_1073]), CODE, "an abort"); // unimp
    }

    #[test]
    fn accesses_outside_the_frame_are_found() {
        fails(&framed(&[0xfea1_3c23]), CODE, "below the stack pointer"); // sd a0, -8(sp)
        fails(&framed(&[0xfca4_3c23]), OUTSIDE, "below the stack pointer"); // sd a0, -40(s0)
    }

    #[test]
    fn a_frame_that_is_taken_or_missing_is_found() {
        fails(&framed(&[0x0005_0413]), FIRST, "s0 is the frame pointer"); // mv s0, a0
        let bare = report(&object(Machine::Riscv64, &words(&[0x0000_8067]))); // ret
        fails(&bare, FIRST, "making room on the stack");
    }
}

mod i386 {
    use super::*;

    fn framed(body: &[u8]) -> Report {
        let code = [&[0x55, 0x89, 0xe5], body, &[0x5d, 0xc3]].concat();
        report(&object(Machine::I386, &code))
    }

    #[test]
    fn what_c_code_is_made_of_is_accepted() {
        holds(&framed(&[
            0x83, 0xec, 0x08, // sub esp, 8
            0x64, 0xa1, 0, 0, 0, 0, // mov eax, fs:[0]
            0x89, 0x45, 0xf8, // mov [ebp-8], eax
            0x8b, 0x45, 0x08, // mov eax, [ebp+8]
            0xf0, 0x0f, 0xc7, 0x08, // lock cmpxchg8b [eax]
            0x83, 0xc4, 0x08, // add esp, 8
        ]));
    }

    #[test]
    fn registers_of_the_user_program_are_found() {
        let gs = [0x65, 0xa1, 0, 0, 0, 0]; // mov eax, gs:[0]
        fails(&framed(&gs), CODE, "%gs belongs to the user program");
        fails(&framed(&[0xdd, 0x00]), CODE, "FPU"); // fld qword [eax]
        fails(&framed(&[0xf3, 0x0f, 0x7e, 0x00]), CODE, "SSE"); // movq xmm0, [eax]
    }

    #[test]
    fn accesses_outside_the_frame_are_found() {
        fails(&framed(&[0x89, 0x44, 0x24, 0xfc]), CODE, "below the stack"); // mov [esp-4], eax
        fails(&framed(&[0x89, 0x45, 0xfc]), OUTSIDE, "below the stack"); // mov [ebp-4], eax
        fails(&framed(&[0x50]), OUTSIDE, "returns with 4 bytes"); // push eax
        fails(&framed(&[0x31, 0xed]), FIRST, "ebp is the frame pointer"); // xor ebp, ebp
    }
}
