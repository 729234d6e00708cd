//! Owns the reading of an object's code: functions, instructions, blocks, and
//! the ways from block to block.
//!
//! A block begins where control may come in: at a function, at the target of a
//! jump, behind a jump, and behind a call, which may not return.  It is run to
//! its end or not at all.

use std::collections::{BTreeMap, BTreeSet};

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register};
use object::{
    Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionIndex, SectionKind, SymbolKind,
};

use crate::Result;

/// The function that the runtime finds the text by.
const ANCHOR: &str = "threadinit";

/// How a block ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It goes on in another block.
    Goes(u32),
    /// A conditional jump at `at`; without `taken` it leaves the function.
    Branch {
        /// Where the jump is.
        at: u32,
        /// Where it leads when it is taken.
        taken: Option<u32>,
        /// What is behind it.
        falls: u32,
    },
    /// A jump through a table: the entries' targets.
    Table {
        /// Where the jump is.
        at: u32,
        /// Where each entry leads.
        entries: Vec<u32>,
    },
    /// A return, a jump to another function, a trap.
    Leaves,
}

/// A block of instructions.
#[derive(Clone, Debug)]
pub struct Block {
    /// Where it begins.
    pub start: u32,
    /// Its instructions' addresses.
    pub instructions: Vec<u32>,
    /// How it ends.
    pub ending: Ending,
    /// The ways that lead into it; a caller counts as one.
    pub entries: u32,
}

/// A function's name and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// As a person reads it.
    pub name: String,
    /// Where it begins.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
}

/// An object's code.  Addresses are offsets in its text.
#[derive(Debug)]
pub struct Code {
    /// The text as it is in the object.
    pub text: Vec<u8>,
    /// Where the function is by which the runtime finds the text.
    pub anchor: u32,
    /// All functions, by address.
    pub functions: Vec<Function>,
    /// All blocks that can be reached, by address.
    pub blocks: BTreeMap<u32, Block>,
}

impl Code {
    /// Reads an object file of amd64.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let file =
            object::File::parse(bytes).map_err(|cause| format!("no object file: {cause}"))?;
        let (index, text) = text(&file)?;
        let functions = functions(&file, index)?;
        let anchor = functions
            .iter()
            .find(|function| function.name == ANCHOR)
            .ok_or_else(|| format!("the object has no {ANCHOR}, by which its text is found"))?
            .start;
        let starts: BTreeSet<u32> = functions.iter().map(|function| function.start).collect();
        let relocations = relocations(&file, index)?;
        let decoder = Decoder::new(64, &text, DecoderOptions::NONE);
        let instructions: Vec<Instruction> = decoder.into_iter().collect();
        let mut reader = Reader {
            instructions,
            relocations,
            starts,
            tables: BTreeMap::new(),
        };
        reader.read_tables(&file, index)?;
        let blocks = reader.blocks()?;
        Ok(Self {
            text,
            anchor,
            functions,
            blocks,
        })
    }

    /// The function that holds an address.
    pub fn function(&self, address: u32) -> Option<&Function> {
        let found = self.functions.iter();
        found
            .rev()
            .find(|function| (function.start..function.end).contains(&address))
    }
}

/// The one section with code.
fn text(file: &object::File) -> Result<(SectionIndex, Vec<u8>)> {
    let mut sections = file
        .sections()
        .filter(|section| section.kind() == SectionKind::Text && section.size() > 0);
    let (Some(section), None) = (sections.next(), sections.next()) else {
        return Err("the object's code is not in one section".to_string());
    };
    let data = section.data().map_err(|cause| cause.to_string())?;
    Ok((section.index(), data.to_vec()))
}

fn functions(file: &object::File, text: SectionIndex) -> Result<Vec<Function>> {
    let mut functions = Vec::new();
    for symbol in file.symbols() {
        if symbol.kind() != SymbolKind::Text || symbol.section_index() != Some(text) {
            continue;
        }
        let name = symbol.name().map_err(|cause| cause.to_string())?;
        functions.push(Function {
            name: format!("{:#}", rustc_demangle::demangle(name)),
            start: offset(symbol.address())?,
            end: offset(symbol.address() + symbol.size())?,
        });
    }
    functions.sort_by_key(|function| function.start);
    Ok(functions)
}

/// What a relocation of the text refers to, by its place: an offset in a
/// section, or none for a symbol of another object.
type Relocations = BTreeMap<u32, Option<(SectionIndex, i64)>>;

fn relocations(file: &object::File, section: SectionIndex) -> Result<Relocations> {
    let section = file
        .section_by_index(section)
        .map_err(|cause| cause.to_string())?;
    let mut found = Relocations::new();
    for (place, relocation) in section.relocations() {
        let RelocationTarget::Symbol(index) = relocation.target() else {
            continue;
        };
        let symbol = file
            .symbol_by_index(index)
            .map_err(|cause| cause.to_string())?;
        let target = symbol.section_index().map(|section| {
            let address = symbol.address().wrapping_add_signed(relocation.addend());
            (section, address as i64)
        });
        found.insert(offset(place)?, target);
    }
    Ok(found)
}

fn offset(address: u64) -> Result<u32> {
    u32::try_from(address).map_err(|_| format!("{address:#x} is no offset in an object"))
}

/// What the blocks are made from.
struct Reader {
    instructions: Vec<Instruction>,
    relocations: Relocations,
    starts: BTreeSet<u32>,
    /// Targets of jumps through tables, by the jump's address.
    tables: BTreeMap<u32, Vec<u32>>,
}

impl Reader {
    /// Finds the tables of `jmp *table(,%reg,8)`.  One ends where the next
    /// begins, or where there is no address of code any more.
    fn read_tables(&mut self, file: &object::File, text: SectionIndex) -> Result<()> {
        let mut places = BTreeMap::new();
        for instruction in &self.instructions {
            if instruction.flow_control() != FlowControl::IndirectBranch
                || instruction.op0_kind() != OpKind::Memory
                || instruction.memory_index() == Register::None
            {
                continue;
            }
            let end = offset(instruction.next_ip())?;
            let place = self.relocations.get(&(end - 4)).copied().flatten();
            let (Some(place), Register::None, 8) = (
                place,
                instruction.memory_base(),
                instruction.memory_index_scale(),
            ) else {
                return Err(format!(
                    "the jump at {:#x} of the text goes through a table of an unknown form",
                    instruction.ip()
                ));
            };
            places.insert(offset(instruction.ip())?, place);
        }
        for (&at, &(section, start)) in &places {
            let data = relocations(file, section)?;
            let mut entries = Vec::new();
            let mut place = start;
            while let Some(&Some((target, address))) = data.get(&offset(place as u64)?)
                && target == text
                && !(place > start && places.values().any(|&other| other == (section, place)))
            {
                entries.push(offset(address as u64)?);
                place += 8;
            }
            if entries.is_empty() || entries.len() > 64 {
                return Err(format!(
                    "the table of the jump at {at:#x} of the text has {} entries",
                    entries.len()
                ));
            }
            self.tables.insert(at, entries);
        }
        Ok(())
    }

    /// Where a direct jump leads within the text.
    fn target(&self, instruction: &Instruction) -> Result<Option<u32>> {
        let end = offset(instruction.next_ip())?;
        let external = (end - 4..end).any(|place| self.relocations.contains_key(&place));
        match external {
            true => Ok(None),
            false => Ok(Some(offset(instruction.near_branch_target())?)),
        }
    }

    fn blocks(&self) -> Result<BTreeMap<u32, Block>> {
        let leaders = self.leaders()?;
        let mut blocks: BTreeMap<u32, Block> = BTreeMap::new();
        let mut fillers = Vec::new();
        let mut current: Vec<&Instruction> = Vec::new();
        for (index, instruction) in self.instructions.iter().enumerate() {
            current.push(instruction);
            let next = offset(instruction.next_ip())?;
            let last = index + 1 == self.instructions.len();
            if !last && !leaders.contains(&next) {
                continue;
            }
            let instructions = std::mem::take(&mut current);
            let padding = |i: &&Instruction| matches!(i.mnemonic(), Mnemonic::Nop | Mnemonic::Int3);
            let ending = match last {
                true => Ending::Leaves,
                false => self.ending(instruction, next)?,
            };
            let start = offset(instructions[0].ip())?;
            // What fills the room before a function, or behind a jump.
            if instructions.iter().all(padding) {
                if self.starts.contains(&next) {
                    continue;
                }
                fillers.push(start);
            }
            let block = Block {
                start,
                instructions: instructions.iter().map(|i| i.ip() as u32).collect(),
                ending,
                entries: u32::from(self.starts.contains(&start)),
            };
            blocks.insert(start, block);
        }
        let ways: Vec<u32> = blocks.values().flat_map(|block| block.ways()).collect();
        for &way in &ways {
            if let Some(block) = blocks.get_mut(&way) {
                block.entries += 1;
            }
        }
        for start in fillers.into_iter().filter(|start| !ways.contains(start)) {
            if let Some(filler) = blocks.remove(&start)
                && let Ending::Goes(next) = filler.ending
                && let Some(block) = blocks.get_mut(&next)
            {
                block.entries -= 1;
            }
        }
        Ok(blocks)
    }

    /// Where blocks begin.
    fn leaders(&self) -> Result<BTreeSet<u32>> {
        let mut leaders = self.starts.clone();
        for instruction in &self.instructions {
            match instruction.flow_control() {
                FlowControl::Next => continue,
                FlowControl::ConditionalBranch | FlowControl::UnconditionalBranch => {
                    leaders.extend(self.target(instruction)?);
                }
                _ => {}
            }
            leaders.insert(offset(instruction.next_ip())?);
        }
        leaders.extend(self.tables.values().flatten());
        Ok(leaders)
    }

    fn ending(&self, instruction: &Instruction, next: u32) -> Result<Ending> {
        let at = offset(instruction.ip())?;
        Ok(match instruction.flow_control() {
            FlowControl::ConditionalBranch if instruction.is_jcc_short_or_near() => {
                Ending::Branch {
                    at,
                    taken: self.target(instruction)?,
                    falls: next,
                }
            }
            FlowControl::ConditionalBranch => {
                return Err(format!(
                    "the jump at {at:#x} of the text is of an unknown form"
                ));
            }
            FlowControl::UnconditionalBranch => match self.target(instruction)? {
                Some(target) => Ending::Goes(target),
                None => Ending::Leaves,
            },
            FlowControl::IndirectBranch => match self.tables.get(&at) {
                Some(entries) => Ending::Table {
                    at,
                    entries: entries.clone(),
                },
                None => Ending::Leaves,
            },
            FlowControl::Return | FlowControl::Exception | FlowControl::Interrupt => Ending::Leaves,
            _ if self.starts.contains(&next) => Ending::Leaves,
            _ => Ending::Goes(next),
        })
    }
}

impl Block {
    /// The blocks that it leads to, each once.
    pub fn ways(&self) -> BTreeSet<u32> {
        match &self.ending {
            Ending::Goes(next) => BTreeSet::from([*next]),
            Ending::Branch { taken, falls, .. } => taken.iter().chain([falls]).copied().collect(),
            Ending::Table { entries, .. } => entries.iter().copied().collect(),
            Ending::Leaves => BTreeSet::new(),
        }
    }
}
