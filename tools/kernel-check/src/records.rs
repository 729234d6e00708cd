//! Owns the records that linker sets point to: their layouts in all releases,
//! and the text by which a record of one kernel is compared with one of
//! another or with the contract.
//!
//! A layout is found by the size that the symbol table gives the record, so a
//! kernel of any release is read by its own.

use crate::code;
use crate::image::Image;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Four bytes.
    Word,
    /// Eight bytes.
    Long,
    /// A pointer of no interest.
    Pointer,
    /// A string.
    Text,
    /// The address of something that has a name.
    Named,
    /// A function.
    Function,
    /// What a malloc type's functions take: its description is told.
    MallocType,
}

struct Field {
    name: &'static str,
    kind: Kind,
}

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind }
}

const POINTER: Field = field("", Kind::Pointer);

const SYSINIT: &[Field] = &[
    field("subsystem", Kind::Word),
    field("order", Kind::Word),
    POINTER,
    field("func", Kind::Function),
    field("ks_shortdesc", Kind::MallocType),
];

/// Before the list of initialisers was kept sorted by a link in each.
const SYSINIT_UNLINKED: &[Field] = &[
    field("subsystem", Kind::Word),
    field("order", Kind::Word),
    field("func", Kind::Function),
    field("ks_shortdesc", Kind::MallocType),
];

const SYSCTL: &[Field] = &[
    POINTER,
    field("oid_parent", Kind::Named),
    POINTER,
    POINTER,
    POINTER,
    field("oid_number", Kind::Word),
    field("oid_kind", Kind::Word),
    POINTER,
    field("oid_arg2", Kind::Long),
    field("oid_name", Kind::Text),
    field("oid_handler", Kind::Function),
    field("oid_fmt", Kind::Text),
    field("oid_refcnt", Kind::Word),
    field("oid_running", Kind::Word),
    field("oid_descr", Kind::Text),
    field("oid_label", Kind::Text),
];

/// Before nodes were kept in a tree.
const SYSCTL_LISTED: &[Field] = &[
    POINTER,
    field("oid_parent", Kind::Named),
    POINTER,
    field("oid_number", Kind::Word),
    field("oid_kind", Kind::Word),
    POINTER,
    field("oid_arg2", Kind::Long),
    field("oid_name", Kind::Text),
    field("oid_handler", Kind::Function),
    field("oid_fmt", Kind::Text),
    field("oid_refcnt", Kind::Word),
    field("oid_running", Kind::Word),
    field("oid_descr", Kind::Text),
    field("oid_label", Kind::Text),
];

/// Since probes know their tracepoints.
const PROBE: &[Field] = &[
    field("version", Kind::Word),
    field("prov", Kind::Named),
    POINTER,
    POINTER,
    POINTER,
    POINTER,
    POINTER,
    POINTER,
    field("mod", Kind::Text),
    field("func", Kind::Text),
    field("name", Kind::Text),
    field("id", Kind::Long),
    field("n_args", Kind::Word),
    POINTER,
];

const PROBE_UNTRACED: &[Field] = &[
    field("version", Kind::Word),
    field("prov", Kind::Named),
    POINTER,
    POINTER,
    POINTER,
    POINTER,
    field("mod", Kind::Text),
    field("func", Kind::Text),
    field("name", Kind::Text),
    field("id", Kind::Long),
    field("n_args", Kind::Word),
    POINTER,
];

/// A set whose records are understood.
pub struct Set {
    /// Name of its section.
    pub name: &'static str,
    layouts: &'static [&'static [Field]],
    /// Fields that every release has and that identify a record.
    pub compared: &'static [&'static str],
}

/// The sets that the object has entries in.
pub const SETS: [Set; 4] = [
    Set {
        name: "set_sysinit_set",
        layouts: &[SYSINIT, SYSINIT_UNLINKED],
        compared: &["func", "ks_shortdesc", "subsystem", "order"],
    },
    Set {
        name: "set_sysuninit_set",
        layouts: &[SYSINIT, SYSINIT_UNLINKED],
        compared: &["func", "ks_shortdesc", "subsystem", "order"],
    },
    Set {
        name: "set_sysctl_set",
        layouts: &[SYSCTL, SYSCTL_LISTED],
        compared: &[
            "oid_parent",
            "oid_name",
            "oid_handler",
            "oid_fmt",
            "oid_descr",
        ],
    },
    Set {
        name: "set_sdt_probes_set",
        layouts: &[PROBE, PROBE_UNTRACED],
        compared: &["prov", "mod", "func", "name"],
    },
];

/// Fields of one record by name, zero ones left out.
pub type Fields = Vec<(String, String)>;

/// `name=value` of the fields `names`, in that order.
pub fn text(fields: &Fields, names: &[&str]) -> String {
    let of = |name: &&str| {
        let found = fields.iter().find(|(known, _)| known == name)?;
        Some(format!("{}={}", found.0, found.1))
    };
    let cells: Vec<String> = names.iter().filter_map(of).collect();
    cells.join(" ")
}

/// `name=value` of all fields.
pub fn whole_text(fields: &Fields) -> String {
    let cells: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    cells.join(" ")
}

/// How a local function is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Local {
    /// By its name.
    ByName,
    /// By what it uses: names of local functions differ between compilers.
    ByUse,
}

/// The fields of the record of `set` at `address`; none when the kernel does
/// not tell its size or no release has a layout of that size.
pub fn read(image: &Image, set: &Set, address: u64, local: Local) -> Option<Fields> {
    let symbol = image.symbol_at(address).filter(|s| s.value == address)?;
    let (layout, offsets) = set.layouts.iter().find_map(|layout| {
        let (offsets, size) = offsets(layout, image.pointer);
        (size == symbol.size).then_some((layout, offsets))
    })?;
    let mut fields = Fields::new();
    for (field, offset) in layout.iter().zip(offsets) {
        let of_malloc = || {
            let func = fields.iter().find(|(name, _)| name == "func");
            func.is_some_and(|(_, func)| func == "malloc_init" || func == "malloc_uninit")
        };
        if field.kind == Kind::MallocType && !of_malloc() {
            continue;
        }
        if let Some(value) = value(image, field.kind, address + offset, local) {
            fields.push((field.name.to_owned(), value));
        }
    }
    Some(fields)
}

/// Offset of each field, and the size of the whole.
fn offsets(layout: &[Field], pointer: u64) -> (Vec<u64>, u64) {
    let mut end: u64 = 0;
    let offsets = layout.iter().map(|field| {
        let (size, align) = match field.kind {
            Kind::Word => (4, 4),
            // i386 aligns long long to four bytes.
            Kind::Long => (8, pointer),
            _ => (pointer, pointer),
        };
        let offset = end.next_multiple_of(align);
        end = offset + size;
        offset
    });
    let offsets = offsets.collect();
    (offsets, end.next_multiple_of(pointer))
}

fn value(image: &Image, kind: Kind, address: u64, local: Local) -> Option<String> {
    let number = |size| {
        let number = image.number(address, size)?;
        (number != 0).then(|| format!("{number:#x}"))
    };
    let target = || image.pointer_at(address).filter(|target| *target != 0);
    match kind {
        Kind::Word => number(4),
        Kind::Long => number(8),
        Kind::Pointer => None,
        Kind::Text => Some(match image.string(target()?) {
            Some(string) => format!("{string:?}"),
            None => "no string".into(),
        }),
        Kind::Named => Some(name(image, target()?)),
        Kind::Function => Some(function(image, target()?, local)),
        Kind::MallocType => malloc_type(image, target()?),
    }
}

/// The description of the `struct malloc_type` at `address`: its third field.
fn malloc_type(image: &Image, address: u64) -> Option<String> {
    /// Behind ks_next and ks_version, all of them as long as a pointer.
    const SHORTDESC: u64 = 2;
    let symbol = image.symbol_at(address).filter(|s| s.value == address)?;
    if !symbol.is_object() || symbol.size < (SHORTDESC + 1) * image.pointer {
        return None;
    }
    let text = image.pointer_at(address + SHORTDESC * image.pointer)?;
    image.string(text).map(|string| format!("{string:?}"))
}

/// `symbol` or `symbol+offset`.
pub fn name(image: &Image, address: u64) -> String {
    match image.symbol_at(address) {
        Some(symbol) if symbol.value == address => symbol.name.clone(),
        Some(symbol) => format!("{}+{:#x}", symbol.name, address - symbol.value),
        None => format!("{address:#x}"),
    }
}

fn function(image: &Image, address: u64, local: Local) -> String {
    let known = image.symbol_at(address).filter(|s| s.value == address);
    match known {
        Some(symbol) if symbol.is_local() && local == Local::ByUse => {
            let uses = code::uses(image, symbol);
            let uses: Vec<&str> = uses.iter().map(String::as_str).collect();
            format!("local function using {}", uses.join(", "))
        }
        _ => name(image, address),
    }
}
