//! Single steps through the object under test: each of its instructions is a
//! place where the machine can be preempted.
//!
//! The object runs with the processor's trap flag set, so that after each
//! instruction the host delivers SIGTRAP on the running coroutine's own stack
//! (the object has no red zone).  The handler asks a [`Preempter`] and may
//! switch to another CPU or thread like any scheduling point; who is switched
//! to later goes on by returning from the handler.  That does not touch GS.
//!
//! Only the object is stepped.  When it calls the kernel, the handler clears
//! the flag and leaves a breakpoint where the call returns to; the functions of
//! the object have one each, for the kernel's calls.  A breakpoint is lifted for
//! the one instruction that it hides.

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::ops::Range;

use super::{names, point};
use crate::report::{self, Kind};

/// A function of the object.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its instructions.
    pub code: Range<usize>,
    /// Its name.
    pub name: String,
}

/// Before an instruction.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// How many instructions of the object the run has executed.
    pub instruction: u64,
    /// How many other ways there are than to go on.
    pub others: usize,
}

/// What is to happen before an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The instruction.
    GoOn,
    /// The machine takes the other way with this index first.
    Take(u8),
    /// As `Take`, and that was the last one: the rest needs no steps.
    TakeLast(u8),
}

/// Decides before each instruction of the object.
pub trait Preempter {
    /// Decides.
    fn before(&mut self, place: Place) -> Answer;
}

/// What stepping needs.
pub struct Steps {
    /// The functions of the object.
    pub functions: Vec<Function>,
    /// Who decides.
    pub preempter: Box<dyn Preempter>,
}

struct Stepper {
    steps: Steps,
    /// From the first function's first byte to the end of the last one.
    text: Range<usize>,
    /// The instructions without breakpoints.
    bytes: Vec<u8>,
    /// Where breakpoints are.
    breaks: Vec<bool>,
    /// The one that is lifted while its instruction is executed.
    lifted: Option<usize>,
    /// The instruction that was executed last.
    last: usize,
    count: u64,
    active: bool,
}

struct Cell(UnsafeCell<Option<Stepper>>);

// SAFETY: only MODE=det steps, which has one host thread.
unsafe impl Sync for Cell {}

static STEPPER: Cell = Cell(UnsafeCell::new(None));

/// The breakpoint instruction.
const INT3: u8 = 0xcc;
/// RET, which is the only way to leave the object that does not return to it.
const RET: u8 = 0xc3;
/// The trap flag among the processor's flags.
const TRAP_FLAG: i64 = 1 << 8;
/// The number of the breakpoint trap.
const BREAKPOINT: i64 = 3;

/// From now on the object is executed step by step.
///
/// # Safety
/// MODE=det; `steps.functions` are all functions of the object that was linked
/// in, whose code nobody reads or writes.
pub unsafe fn start(steps: Steps) {
    let starts = steps.functions.iter().map(|function| function.code.start);
    let ends = steps.functions.iter().map(|function| function.code.end);
    let (Some(start), Some(end)) = (starts.min(), ends.max()) else {
        report::fail(Kind::Internal, "the object has no functions".to_string());
    };
    let text = start..end;
    make_writable(&text);
    // SAFETY: the object's code, by contract.
    let bytes = unsafe { std::slice::from_raw_parts(start as *const u8, text.len()) }.to_vec();
    let mut stepper = Stepper {
        breaks: vec![false; text.len()],
        text,
        bytes,
        lifted: None,
        last: start,
        count: 0,
        active: true,
        steps,
    };
    for index in 0..stepper.steps.functions.len() {
        stepper.break_at(stepper.steps.functions[index].code.start);
    }
    // SAFETY: the handler has the type that SA_SIGINFO wants; nobody steps yet.
    unsafe {
        *STEPPER.0.get() = Some(stepper);
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = trapped as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_NODEFER;
        libc::sigaction(libc::SIGTRAP, &raw const action, std::ptr::null_mut());
    }
}

/// No more steps in this process.
///
/// # Safety
/// Not called by the object's code, or by way of the kernel only.
pub unsafe fn stop() {
    if let Some(stepper) = &mut *STEPPER.0.get() {
        stepper.stop();
    }
}

/// Lets this process change the object's code; others keep theirs.
fn make_writable(text: &Range<usize>) {
    const PAGE: usize = 4096;
    let start = text.start / PAGE * PAGE;
    let length = text.end.next_multiple_of(PAGE) - start;
    let protection = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
    // SAFETY: the pages hold code of this program and stay readable and executable.
    if unsafe { libc::mprotect(start as *mut c_void, length, protection) } != 0 {
        report::fail(
            Kind::Internal,
            "the host does not let the object's code be changed".to_string(),
        );
    }
}

impl Stepper {
    fn write(&self, address: usize, byte: u8) {
        // SAFETY: within the object's code, which is writable; no instruction
        // of it is being executed.
        unsafe { (address as *mut u8).write_volatile(byte) };
    }

    fn has_break(&self, address: usize) -> bool {
        self.text.contains(&address) && self.breaks[address - self.text.start]
    }

    fn break_at(&mut self, address: usize) {
        self.breaks[address - self.text.start] = true;
        self.write(address, INT3);
    }

    /// Puts the lifted breakpoint back.
    fn put_back(&mut self) {
        if let Some(address) = self.lifted.take() {
            self.write(address, INT3);
        }
    }

    /// Takes all breakpoints away: no more steps.
    fn stop(&mut self) {
        for index in 0..self.breaks.len() {
            if self.breaks[index] {
                self.breaks[index] = false;
                self.write(self.text.start + index, self.bytes[index]);
            }
        }
        self.active = false;
    }

    /// Gets ready for the instruction at `address` to be executed.
    fn lift(&mut self, address: usize) {
        self.last = address;
        if self.has_break(address) {
            self.write(address, self.bytes[address - self.text.start]);
            self.lifted = Some(address);
        }
    }

    /// The object was left, with this word on top of the stack: if it is called
    /// or jumped from, that is where it goes on.
    fn leave(&mut self, top: usize) {
        let returned = self.bytes[self.last - self.text.start] == RET;
        if !returned && self.text.contains(&top) && !self.has_break(top) {
            self.break_at(top);
        }
    }

    /// The name of the function that `address` lies in becomes known to reports.
    fn name(&self, address: usize) {
        let mut functions = self.steps.functions.iter();
        if let Some(function) = functions.find(|function| function.code.contains(&address)) {
            names::register(function.code.start, function.code.len(), &function.name);
        }
    }
}

/// The signal handler.
unsafe extern "C" fn trapped(_signal: c_int, _info: *mut libc::siginfo_t, context: *mut c_void) {
    let registers = &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs;
    let Some(here) = arrived(registers) else {
        return;
    };
    let Some(stepper) = &mut *STEPPER.0.get() else {
        return;
    };
    let place = Place {
        instruction: stepper.count,
        others: point::others(),
    };
    stepper.count += 1;
    let answer = stepper.steps.preempter.before(place);
    if let Answer::Take(way) | Answer::TakeLast(way) = answer {
        stepper.name(here);
        if matches!(answer, Answer::TakeLast(_)) {
            stepper.stop();
        }
        // Others run meanwhile, and step.
        point::interrupt(usize::from(way), here, place.instruction);
    }
    if let Some(stepper) = &mut *STEPPER.0.get()
        && stepper.active
    {
        stepper.lift(here);
        registers[libc::REG_EFL as usize] |= TRAP_FLAG;
    } else {
        registers[libc::REG_EFL as usize] &= !TRAP_FLAG;
    }
}

/// Where the trap happened, if that is before an instruction of the object;
/// otherwise, what interrupted code goes on without steps.
unsafe fn arrived(registers: &mut [i64; 23]) -> Option<usize> {
    let stepper = (*STEPPER.0.get()).as_mut()?;
    stepper.put_back();
    let mut here = registers[libc::REG_RIP as usize] as usize;
    if registers[libc::REG_TRAPNO as usize] == BREAKPOINT {
        here -= 1;
        if !stepper.has_break(here) {
            // None of ours: the code's own trap.
            libc::signal(libc::SIGTRAP, libc::SIG_DFL);
            libc::raise(libc::SIGTRAP);
        }
        registers[libc::REG_RIP as usize] = here as i64;
    }
    if stepper.active && stepper.text.contains(&here) {
        return Some(here);
    }
    registers[libc::REG_EFL as usize] &= !TRAP_FLAG;
    if stepper.active {
        let top = registers[libc::REG_RSP as usize] as usize as *const usize;
        stepper.leave(top.read());
    }
    None
}
