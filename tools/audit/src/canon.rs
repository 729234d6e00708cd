//! Owns the canonical text of initialised data.
//!
//! Two objects agree about a datum when their canonical texts are equal.  The
//! text follows pointers through relocations: a symbol that other objects see
//! is written by name, a C string by its contents, a local object by its own
//! canonical text, a local function by the names and strings that it uses.
//! Names of local symbols, offsets in sections and padding do not appear, so
//! they do not matter.  Zero fields are left out.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::elf::{Place, Reloc, Subject, Symbol, WRITE};
use crate::structs::{self, Struct, To};

/// What a relocation points to.
enum Target<'a> {
    /// A symbol that the linker resolves by name, plus an offset.
    Named(&'a str, i64),
    /// A place in a section of this object.
    Here { section: usize, offset: u64 },
    /// A number.
    Number(i64),
}

/// Some bytes of a section.
#[derive(Clone, Copy)]
struct Span {
    section: usize,
    offset: u64,
    size: u64,
}

/// Writes canonical texts of one object.  Local objects are numbered as they
/// are met, so that two texts of one writer show when they share an object.
pub struct Canon<'a> {
    subject: &'a Subject,
    met: Vec<(usize, u64)>,
}

impl<'a> Canon<'a> {
    /// A writer for `subject`.
    pub fn new(subject: &'a Subject) -> Self {
        Self {
            subject,
            met: Vec::new(),
        }
    }

    /// The text of what the pointer at `offset` of `section` points to.
    pub fn pointer(&mut self, section: usize, offset: u64, to: To) -> String {
        let mut text = String::new();
        match self.subject.sections[section].reloc_at(offset) {
            Some(reloc) => {
                let target = self.target(reloc, 0);
                self.write_target(&mut text, target, to, 1);
            }
            None => text.push_str("no pointer"),
        }
        text
    }

    /// The text of `size` bytes at `offset` of `section`.
    pub fn object(&mut self, section: usize, offset: u64, size: u64, of: To) -> String {
        let mut text = String::new();
        self.write_object(
            &mut text,
            Span {
                section,
                offset,
                size,
            },
            of,
            1,
        );
        text
    }

    fn target(&self, reloc: &Reloc, bias: i64) -> Target<'a> {
        let symbol = &self.subject.symbols[reloc.symbol];
        let addend = reloc.addend + bias;
        match symbol.place {
            Place::Section(_) if symbol.global => Target::Named(&symbol.name, addend),
            Place::Section(section) => {
                let offset = symbol.value.wrapping_add_signed(addend);
                match self.subject.covering(section, offset) {
                    Some(s) if s.global => Target::Named(&s.name, (offset - s.value) as i64),
                    _ => Target::Here { section, offset },
                }
            }
            Place::Absolute => Target::Number(addend.wrapping_add_unsigned(symbol.value)),
            Place::Undefined | Place::Common if symbol.name.is_empty() => Target::Number(addend),
            Place::Undefined | Place::Common => Target::Named(&symbol.name, addend),
        }
    }

    fn write_target(&mut self, text: &mut String, target: Target<'_>, to: To, depth: usize) {
        let subject = self.subject;
        let (section, offset) = match target {
            Target::Named(name, 0) => return text.push_str(name),
            Target::Named(name, addend) => {
                let _ = write!(text, "{name}{addend:+#x}");
                return;
            }
            Target::Number(number) => {
                let _ = write!(text, "{number:#x}");
                return;
            }
            Target::Here { section, offset } => (section, offset),
        };
        if let Some(string) = self.string(section, offset) {
            let _ = write!(text, "{string:?}");
            return;
        }
        let Some(symbol) = subject.covering(section, offset) else {
            let _ = write!(text, "unnamed place in {}", subject.sections[section].name);
            return;
        };
        if symbol.is_func() {
            self.write_function(text, section, symbol);
            return;
        }
        let inside = offset - symbol.value;
        if inside != 0 {
            let _ = write!(text, "{inside:#x} bytes into ");
        }
        if let Some(number) = self.met.iter().position(|m| *m == (section, symbol.value)) {
            let _ = write!(text, "local object {} again", number + 1);
            return;
        }
        self.met.push((section, symbol.value));
        let _ = write!(text, "local object {}: ", self.met.len());
        let span = Span {
            section,
            offset: symbol.value,
            size: symbol.size,
        };
        self.write_object(text, span, to, depth);
    }

    /// A local function has no name to compare and its code differs between
    /// compilers; what it uses must not.
    fn write_function(&self, text: &mut String, section: usize, function: &Symbol) {
        let mut uses = BTreeSet::new();
        self.collect_uses(section, function, &mut BTreeSet::new(), &mut uses);
        let uses: Vec<String> = uses.into_iter().collect();
        let _ = write!(text, "local function using {}", uses.join(", "));
    }

    fn collect_uses(
        &self,
        section: usize,
        function: &Symbol,
        seen: &mut BTreeSet<(usize, u64)>,
        uses: &mut BTreeSet<String>,
    ) {
        if !seen.insert((section, function.value)) {
            return;
        }
        let facts = self.subject.machine.facts();
        let range = function.value..function.value + function.size;
        for reloc in self.subject.sections[section].relocs_in(range) {
            let bias = facts.reloc(reloc.kind).map_or(0, |kind| kind.bias);
            match self.target(reloc, bias) {
                Target::Named(name, _) => {
                    uses.insert(name.to_owned());
                }
                Target::Number(_) => {}
                Target::Here { section, offset } => {
                    if let Some(string) = self.string(section, offset) {
                        uses.insert(format!("{string:?}"));
                    } else if let Some(callee) = self.subject.covering(section, offset)
                        && callee.is_func()
                    {
                        self.collect_uses(section, callee, seen, uses);
                    }
                }
            }
        }
    }

    /// What kind of instruction `reloc` points to.
    fn code(&self, reloc: &Reloc) -> &'static str {
        let patchpoint = self.subject.machine.facts().patchpoint;
        let symbol = &self.subject.symbols[reloc.symbol];
        let Place::Section(section) = symbol.place else {
            return "not in this object";
        };
        let section = &self.subject.sections[section];
        let from = symbol.value.wrapping_add_signed(reloc.addend) as usize;
        match section.data.get(from..) {
            Some(_) if !section.is_exec() => "not code",
            Some(bytes) if bytes.starts_with(patchpoint) => "a nop to patch",
            Some(_) => "code",
            None => "outside its section",
        }
    }

    /// The printable NUL-terminated string in read-only data at `offset`.
    fn string(&self, section: usize, offset: u64) -> Option<&'a str> {
        let section = &self.subject.sections[section];
        if section.flags & WRITE != 0 || section.is_exec() || section.reloc_at(offset).is_some() {
            return None;
        }
        let rest = section.data.get(usize::try_from(offset).ok()?..)?;
        let bytes = &rest[..rest.iter().position(|b| *b == 0)?];
        let printable = |b: &u8| matches!(b, b' '..=b'~' | b'\n' | b'\t');
        bytes
            .iter()
            .all(printable)
            .then(|| str::from_utf8(bytes).unwrap_or_default())
    }

    fn write_object(&mut self, text: &mut String, span: Span, of: To, depth: usize) {
        let Span {
            section,
            offset,
            size,
        } = span;
        let layout = match of {
            To::Struct(name) => structs::find(name, size),
            To::Any | To::Code => None,
        };
        let name = layout.map_or("object", |s: &Struct| s.name);
        let home = &self.subject.sections[section];
        let class = match (home.is_nobits(), home.flags & WRITE != 0) {
            (true, _) => "zeroed",
            (false, true) => "writable",
            (false, false) => "read-only",
        };
        let _ = write!(text, "{class} {name} of {size} bytes");
        if home.is_nobits() {
            return;
        }
        match layout {
            Some(layout) => {
                for f in layout.fields {
                    let span = Span {
                        section,
                        offset: offset + f.offset,
                        size: f.size,
                    };
                    self.write_field(text, f.name, span, f.to, depth);
                }
            }
            None => {
                let word = self.subject.machine.facts().word;
                for at in (0..size).step_by(word as usize) {
                    let span = Span {
                        section,
                        offset: offset + at,
                        size: (size - at).min(word),
                    };
                    self.write_field(text, &format!("{at:#x}"), span, To::Any, depth);
                }
            }
        }
    }

    fn write_field(&mut self, text: &mut String, name: &str, span: Span, to: To, depth: usize) {
        let Span {
            section,
            offset,
            size,
        } = span;
        let home = &self.subject.sections[section];
        let indent = "  ".repeat(depth);
        if let Some(reloc) = home.reloc_at(offset) {
            let _ = write!(text, "\n{indent}{name} = ");
            match to {
                To::Code => text.push_str(self.code(reloc)),
                To::Any | To::Struct(_) => {
                    let target = self.target(reloc, 0);
                    self.write_target(text, target, to, depth + 1);
                }
            }
            return;
        }
        if let [odd, ..] = home.relocs_in(offset..offset + size) {
            let _ = write!(
                text,
                "\n{indent}{name} = relocation inside, at {:#x}",
                odd.offset
            );
            return;
        }
        let from = offset as usize;
        let bytes = home
            .data
            .get(from..from + size as usize)
            .unwrap_or_default();
        let value = bytes
            .iter()
            .rev()
            .fold(0u64, |value, b| value << 8 | u64::from(*b));
        if value != 0 {
            let _ = write!(text, "\n{indent}{name} = {value:#x}");
        }
    }
}
