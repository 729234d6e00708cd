//! Programs for the simulated kernel.
//!
//! A program is what a generated run does: how the machine is set up, what the
//! threads of its processes do, and what a controller does to them from
//! outside.  The generator makes programs, the simulated kernel carries them
//! out, and a failing one is written down as one line of text:
//!
//! ```text
//! cpus=2 maxthread=110; new:1 sleep:3 exec:1 | spin:2 threxit; start:0 kill:0:17 ticks:2
//! ```
//!
//! The first part sets the machine up, the second holds the bodies, separated
//! by bars, the third is for the controller.  A step is a word and numbers.
//!
//! * [`step`]: the steps and their numbers;
//! * [`text`]: a program as a line;
//! * [`situation`]: rare situations that programs are meant to lead to.

pub mod situation;
pub mod step;
pub mod text;

pub use situation::Situation;
pub use step::{Action, Call, MOST, Setting};

/// A program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// How the machine is set up; a setting that is missing has its default.
    pub settings: Vec<(Setting, u16)>,
    /// What threads do; calls name bodies by position, modulo their number.
    pub bodies: Vec<Vec<Call>>,
    /// What the controller does.
    pub actions: Vec<Action>,
}

impl Program {
    /// How many steps it has, for saying how far it was shrunk.
    pub fn steps(&self) -> usize {
        self.bodies.iter().map(Vec::len).sum::<usize>() + self.actions.len()
    }
}
