//! The layout probe: a second opinion on every structure that bindgen wrote.
//!
//! clang compiles a table with size and alignment of each structure and offset
//! and size of each field; the library compares them with Rust's own at compile
//! time, so a structure that differs stops the build.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use syn::{Field, Fields, Item, Type};

use crate::compiler::Compiler;
use crate::config::Config;
use crate::error::{Error, Result, bail};
use crate::files;
use crate::table;

/// Marks types that bindgen made up for C types without a name.
const ANONYMOUS: &str = "__bindgen_ty_";

/// Compiles the probe for the generated `bindings` and gives the text of
/// `layout.rs`; `c_names` says what Rust's names are in C.
pub fn probe(
    config: &Config,
    compiler: &Compiler,
    wrapper: &Path,
    bindings: &str,
    c_names: &BTreeMap<String, String>,
) -> Result<String> {
    let aggregates = Aggregates::parse(bindings, c_names)?;
    let tagged = tagged(config, compiler, wrapper, &aggregates)?;
    let entries = aggregates.entries(&tagged);
    let source = config.out.join("layout_probe.c");
    files::write(&source, probe_source(wrapper, &entries))?;
    let object = config.out.join("layout_probe.o");
    compiler.compile(&source, &object, &[])?;
    let table = table::read(&object)?;
    if table.len() != entries.len() {
        bail!(
            "{} holds {} entries instead of {}",
            object.display(),
            table.len(),
            entries.len()
        );
    }
    Ok(layout_source(&entries, &table))
}

/// One line of the table.
#[derive(Debug, PartialEq, Eq)]
enum Entry {
    Aggregate {
        rust: String,
        c: String,
    },
    Field {
        owner: String,
        rust: String,
        c_owner: String,
        c: String,
        sized: bool,
    },
}

/// The structures and unions of a bindings file.
struct Aggregates(BTreeMap<String, Aggregate>);

struct Aggregate {
    c_name: String,
    is_union: bool,
    fields: Vec<Field>,
}

impl Aggregate {
    /// The C type as its tag names it.
    fn tag(&self) -> String {
        let keyword = if self.is_union { "union" } else { "struct" };
        format!("{keyword} {}", self.c_name)
    }
}

impl Aggregates {
    fn parse(bindings: &str, c_names: &BTreeMap<String, String>) -> Result<Self> {
        let file = syn::parse_file(bindings)
            .map_err(|cause| Error::new(format!("bindgen's output does not parse: {cause}")))?;
        let mut found = BTreeMap::new();
        for item in file.items {
            let (name, is_union, fields) = match item {
                Item::Struct(item) => match item.fields {
                    Fields::Named(fields) => (item.ident, false, fields),
                    _ => continue,
                },
                Item::Union(item) => (item.ident, true, item.fields),
                _ => continue,
            };
            let rust = name.to_string();
            let c_name = c_names.get(&rust).cloned().unwrap_or_else(|| rust.clone());
            let fields = fields.named.into_iter().collect();
            found.insert(
                rust,
                Aggregate {
                    c_name,
                    is_union,
                    fields,
                },
            );
        }
        Ok(Self(found))
    }

    /// Names that C knows, complete types alone: bindgen's own helpers and
    /// forward declarations have no layout.
    fn named(&self) -> impl Iterator<Item = (&str, &Aggregate)> {
        let complete = |aggregate: &Aggregate| {
            let mut names = aggregate.fields.iter().map(field_name);
            !names.any(|name| name == "_unused" || name == "_address")
        };
        self.0
            .iter()
            .filter(move |(name, aggregate)| {
                !name.starts_with("__Bindgen") && !name.contains(ANONYMOUS) && complete(aggregate)
            })
            .map(|(name, aggregate)| (name.as_str(), aggregate))
    }

    fn entries(&self, tagged: &BTreeSet<String>) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (rust, aggregate) in self.named() {
            let c = if tagged.contains(rust) {
                aggregate.tag()
            } else {
                aggregate.c_name.clone()
            };
            entries.push(Entry::Aggregate {
                rust: rust.to_string(),
                c: c.clone(),
            });
            let owner = Owner { rust, c: &c };
            self.fields(&owner, aggregate, "", "", &mut entries);
        }
        entries
    }

    fn fields(
        &self,
        owner: &Owner,
        aggregate: &Aggregate,
        rust_path: &str,
        c_path: &str,
        entries: &mut Vec<Entry>,
    ) {
        for field in &aggregate.fields {
            let name = field_name(field);
            if ["_bitfield_", "__bindgen_padding_", "_bindgen_opaque_blob"]
                .iter()
                .any(|made_up| name.starts_with(made_up))
            {
                continue;
            }
            let rust = format!("{rust_path}{name}");
            let kind = type_name(&field.ty);
            let mut inner_path = c_path.to_string();
            if !name.starts_with("__bindgen_anon_") {
                let c = format!("{c_path}{}", c_name(&name));
                inner_path = format!("{c}.");
                entries.push(Entry::Field {
                    owner: owner.rust.to_string(),
                    rust: rust.clone(),
                    c_owner: owner.c.to_string(),
                    c,
                    sized: kind.as_deref() != Some("__IncompleteArrayField"),
                });
            }
            if let Some(inner) = kind
                .filter(|kind| kind.contains(ANONYMOUS))
                .and_then(|kind| self.0.get(&kind))
            {
                self.fields(owner, inner, &format!("{rust}."), &inner_path, entries);
            }
        }
    }
}

/// The named type that a path of fields starts from.
struct Owner<'a> {
    rust: &'a str,
    c: &'a str,
}

fn field_name(field: &Field) -> String {
    field
        .ident
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// The last segment of a type that is a path.
fn type_name(kind: &Type) -> Option<String> {
    match kind {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

/// Names that bindgen cannot use as they are: it puts an underscore behind them.
const MANGLED: &[&str] = &[
    "abstract", "alignof", "as", "async", "await", "become", "bool", "box", "break", "const",
    "continue", "crate", "do", "dyn", "else", "enum", "extern", "f32", "f64", "false", "final",
    "fn", "for", "gen", "i128", "i16", "i32", "i64", "i8", "if", "impl", "in", "isize", "let",
    "loop", "macro", "match", "mod", "move", "mut", "offsetof", "override", "priv", "proc", "pub",
    "pure", "ref", "return", "self", "Self", "sizeof", "static", "str", "struct", "super", "trait",
    "true", "try", "type", "typeof", "u128", "u16", "u32", "u64", "u8", "unsafe", "unsized", "use",
    "usize", "virtual", "where", "while", "yield",
];

/// The C name of a field or a tag.
pub fn c_name(rust: &str) -> String {
    match rust.strip_suffix('_') {
        Some(name) if MANGLED.contains(&name) => name.to_string(),
        _ => rust.to_string(),
    }
}

/// Which names are tags and which are typedefs, only the compiler knows: it is
/// asked for the size of each under its tag, and complains about the others.
fn tagged(
    config: &Config,
    compiler: &Compiler,
    wrapper: &Path,
    aggregates: &Aggregates,
) -> Result<BTreeSet<String>> {
    let source = config.out.join("layout_tags.c");
    let mut text = format!("#include \"{}\"\n", wrapper.display());
    let mut names = BTreeSet::new();
    for (index, (rust, aggregate)) in aggregates.named().enumerate() {
        let _ = writeln!(
            text,
            "#line 1 \"{rust}\"\nchar kt_{index}[sizeof({})];",
            aggregate.tag()
        );
        names.insert(rust.to_string());
    }
    files::write(&source, text)?;
    for line in compiler.diagnostics(&source)?.lines() {
        if let Some((place, _)) = line.split_once(": error: ") {
            let name = place.split(':').next().unwrap_or_default();
            names.remove(name.rsplit('/').next().unwrap_or_default());
        }
    }
    Ok(names)
}

fn probe_source(wrapper: &Path, entries: &[Entry]) -> String {
    let mut text = format!(
        "#include \"{}\"\n__attribute__((section(\".kt_table\"), used))\nconst unsigned long long kt_table[] = {{\n",
        wrapper.display()
    );
    for entry in entries {
        let _ = match entry {
            Entry::Aggregate { c, .. } => writeln!(text, "\tsizeof({c}), _Alignof({c}),"),
            Entry::Field {
                c_owner,
                c,
                sized: true,
                ..
            } => writeln!(
                text,
                "\t__builtin_offsetof({c_owner}, {c}), sizeof((({c_owner} *)0)->{c}),"
            ),
            Entry::Field {
                c_owner,
                c,
                sized: false,
                ..
            } => {
                writeln!(text, "\t__builtin_offsetof({c_owner}, {c}), 0,")
            }
        };
    }
    text.push_str("};\n");
    text
}

fn layout_source(entries: &[Entry], table: &[(u64, u64)]) -> String {
    let mut text = String::from(
        "// Generated by `make bindings`: what clang reports for the kernel's headers; do not edit.\n\
         // layout_struct!(type, C name, size, alignment)\n\
         // layout_field!(type, field, C type, C field, offset, size)\n",
    );
    for (entry, (first, second)) in entries.iter().zip(table) {
        let _ = match entry {
            Entry::Aggregate { rust, c } => {
                writeln!(text, "layout_struct!({rust}, \"{c}\", {first}, {second});")
            }
            Entry::Field {
                owner,
                rust,
                c_owner,
                c,
                ..
            } => writeln!(
                text,
                "layout_field!({owner}, {rust}, \"{c_owner}\", \"{c}\", {first}, {second});"
            ),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const BINDINGS: &str = "
        pub struct __BindgenBitfieldUnit<Storage> { storage: Storage }
        pub struct unknown { _unused: [u8; 0] }
        #[repr(C)] pub struct proc_ {
            pub p_flag: ::core::ffi::c_int,
            pub __bindgen_anon_1: proc__bindgen_ty_1,
            pub _bitfield_1: __BindgenBitfieldUnit<[u8; 4usize]>,
            pub p_list: proc__bindgen_ty_2,
            pub p_tail: __IncompleteArrayField<u8>,
        }
        #[repr(C)] pub union proc__bindgen_ty_1 { pub p_a: u32, pub p_b: u64 }
        #[repr(C)] pub struct proc__bindgen_ty_2 { pub type_: u32 }
        #[repr(C)] pub struct cell_t { pub x: u32 }
    ";

    fn c_names() -> BTreeMap<String, String> {
        BTreeMap::from([("proc_".to_string(), "proc".to_string())])
    }

    #[test]
    fn every_field_with_a_name_has_an_entry() {
        let aggregates = Aggregates::parse(BINDINGS, &c_names()).expect("parses");
        let tagged = BTreeSet::from(["proc_".to_string()]);
        let entries = aggregates.entries(&tagged);
        let table: Vec<(u64, u64)> = (0..entries.len() as u64).map(|n| (n, n)).collect();
        let text = layout_source(&entries, &table);
        let lines: Vec<&str> = text.lines().skip(3).collect();
        assert_eq!(
            lines,
            [
                "layout_struct!(cell_t, \"cell_t\", 0, 0);",
                "layout_field!(cell_t, x, \"cell_t\", \"x\", 1, 1);",
                "layout_struct!(proc_, \"struct proc\", 2, 2);",
                "layout_field!(proc_, p_flag, \"struct proc\", \"p_flag\", 3, 3);",
                "layout_field!(proc_, __bindgen_anon_1.p_a, \"struct proc\", \"p_a\", 4, 4);",
                "layout_field!(proc_, __bindgen_anon_1.p_b, \"struct proc\", \"p_b\", 5, 5);",
                "layout_field!(proc_, p_list, \"struct proc\", \"p_list\", 6, 6);",
                "layout_field!(proc_, p_list.type_, \"struct proc\", \"p_list.type\", 7, 7);",
                "layout_field!(proc_, p_tail, \"struct proc\", \"p_tail\", 8, 8);",
            ]
        );
    }

    #[test]
    fn the_probe_asks_for_no_size_of_a_flexible_array() {
        let aggregates = Aggregates::parse(BINDINGS, &c_names()).expect("parses");
        let text = probe_source(
            Path::new("wrapper.h"),
            &aggregates.entries(&BTreeSet::new()),
        );
        assert!(
            text.contains("__builtin_offsetof(proc, p_tail), 0,"),
            "{text}"
        );
        assert!(text.contains("sizeof(proc), _Alignof(proc),"), "{text}");
    }
}
