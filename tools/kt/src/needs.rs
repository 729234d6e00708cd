//! What the library needs of the headers (`src/bindings/needs.toml`), looked
//! for in what bindgen has found.
//!
//! rustc would find the same gap later, in generated code and in many lines;
//! here it is one line with the name of what the headers lack.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use syn::{ForeignItem, Item};

use crate::compiler::Compiler;
use crate::config::Config;
use crate::error::{Error, Result, bail};
use crate::files;

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Needs {
    need: Vec<Need>,
}

/// Names that one file of the library needs of one header.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Need {
    header: String,
    of: Option<String>,
    by: String,
    names: Vec<String>,
    option: Option<String>,
    #[serde(rename = "where")]
    only_where: Option<String>,
    unless: Option<String>,
}

/// Fails with what the compiler misses first when it reads `wrapper.h` with the
/// headers of a tree: a header, a macro or an enumerator.
pub fn readable(config: &Config, compiler: &Compiler, wrapper: &Path) -> Result<()> {
    let Some(sysdir) = &config.sysdir else {
        return Ok(());
    };
    let source = config.out.join("headers.c");
    files::write(&source, format!("#include \"{}\"\n", wrapper.display()))?;
    compiler
        .compile(&source, &source.with_extension("o"), &[])
        .map_err(|cause| {
            Error::new(format!(
                "SYSDIR={}: {cause}: this tree is not supported",
                sysdir.display()
            ))
        })
}

/// Fails naming the first thing that the headers of a configuration lack.
pub fn check(config: &Config, file: &Path, bindings: &str) -> Result<()> {
    compare(config, &read(file)?, bindings)
}

fn compare(config: &Config, needs: &Needs, bindings: &str) -> Result<()> {
    let found = Found::parse(bindings)?;
    for need in &needs.need {
        if !need.applies(config, &found) {
            continue;
        }
        let Some(name) = need.names.iter().find(|name| !need.has(&found, name)) else {
            continue;
        };
        let header = match &config.sysdir {
            Some(sysdir) => sysdir.join(&need.header).display().to_string(),
            None => format!("the packaged {}", need.header),
        };
        let lacks = match &need.of {
            Some(owner) => format!("struct {owner} has no {name}"),
            None => format!("no {name}"),
        };
        bail!(
            "{header}: {lacks}, which {} needs: this tree is not supported",
            need.by
        );
    }
    Ok(())
}

fn read(file: &Path) -> Result<Needs> {
    parse(file, &files::read(file)?)
}

fn parse(file: &Path, text: &str) -> Result<Needs> {
    toml::from_str(text)
        .map_err(|cause| Error::new(format!("{}: {}", file.display(), cause.message())))
}

impl Need {
    fn applies(&self, config: &Config, found: &Found) -> bool {
        self.option
            .as_ref()
            .is_none_or(|word| config.options.has(word))
            && self.only_where.as_ref().is_none_or(|name| found.any(name))
            && self.unless.as_ref().is_none_or(|name| !found.any(name))
    }

    fn has(&self, found: &Found, name: &str) -> bool {
        match &self.of {
            Some(owner) => found.field(owner, name),
            None => found.items.contains(name),
        }
    }
}

/// The names in a bindings file.
#[derive(Default)]
struct Found {
    /// Functions, variables, constants and types.
    items: BTreeSet<String>,
    /// Structures and their fields.
    fields: BTreeSet<(String, String)>,
}

impl Found {
    fn parse(bindings: &str) -> Result<Self> {
        let file = syn::parse_file(bindings)
            .map_err(|cause| Error::new(format!("bindgen's output does not parse: {cause}")))?;
        let mut found = Self::default();
        for item in file.items {
            match item {
                Item::ForeignMod(block) => {
                    found.items.extend(block.items.iter().filter_map(foreign));
                }
                Item::Const(item) => drop(found.items.insert(item.ident.to_string())),
                Item::Type(item) => drop(found.items.insert(item.ident.to_string())),
                Item::Struct(item) => found.aggregate(&item.ident.to_string(), &item.fields),
                Item::Union(item) => {
                    found.aggregate(&item.ident.to_string(), &syn::Fields::Named(item.fields))
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// A structure's fields; those of one without a name count as its owner's.
    fn aggregate(&mut self, name: &str, fields: &syn::Fields) {
        let owner = name.split("__bindgen_ty_").next().unwrap_or(name);
        // bindgen puts an underscore behind names that are Rust's.
        let owner = owner.strip_suffix('_').unwrap_or(owner);
        self.items.insert(owner.to_string());
        for field in fields.iter().filter_map(|field| field.ident.as_ref()) {
            self.fields.insert((owner.to_string(), field.to_string()));
        }
    }

    fn field(&self, owner: &str, name: &str) -> bool {
        self.fields.contains(&(owner.to_string(), name.to_string()))
    }

    /// Is there anything of that name?
    fn any(&self, name: &str) -> bool {
        self.items.contains(name) || self.fields.iter().any(|(_, field)| field == name)
    }
}

fn foreign(item: &ForeignItem) -> Option<String> {
    match item {
        ForeignItem::Fn(item) => Some(item.sig.ident.to_string()),
        ForeignItem::Static(item) => Some(item.ident.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BINDINGS: &str = "
        pub const TDF_INMEM: u32 = 4;
        pub struct thread { pub td_flags: u32, pub __bindgen_anon_1: thread__bindgen_ty_1 }
        pub union thread__bindgen_ty_1 { pub td_zombie: u32 }
        pub struct proc_ { pub p_flag: u32 }
        unsafe extern \"C\" { pub fn wakeup(); pub static mut hz: u32; }
    ";

    fn config(sysdir: Option<&str>) -> Config {
        let mut config =
            Config::read(|_| None, Path::new(env!("CARGO_MANIFEST_DIR"))).expect("default");
        config.sysdir = sysdir.map(Into::into);
        config
    }

    fn outcome(sysdir: Option<&str>, needs: &str) -> Result<()> {
        let needs = parse(Path::new("needs.toml"), needs)?;
        compare(&config(sysdir), &needs, BINDINGS)
    }

    fn refusal(sysdir: Option<&str>, needs: &str) -> String {
        outcome(sysdir, needs).expect_err("refused").to_string()
    }

    const FIELDS: &str =
        "[[need]]\nheader = \"sys/proc.h\"\nof = \"thread\"\nby = \"src/reap.rs\"\n";
    const NAMES: &str = "[[need]]\nheader = \"sys/systm.h\"\nby = \"src/locks.rs\"\n";

    #[test]
    fn a_field_that_is_missing_is_named_with_who_needs_it() {
        assert_eq!(
            refusal(
                Some("/usr/src/sys"),
                &format!("{FIELDS}names = [\"td_flags\", \"td_ast\"]")
            ),
            "/usr/src/sys/sys/proc.h: struct thread has no td_ast, which src/reap.rs needs: this tree is not supported"
        );
    }

    #[test]
    fn a_function_that_is_missing_is_named() {
        assert_eq!(
            refusal(
                None,
                &format!("{NAMES}names = [\"wakeup\", \"wakeup_one\"]")
            ),
            "the packaged sys/systm.h: no wakeup_one, which src/locks.rs needs: this tree is not supported"
        );
    }

    #[test]
    fn fields_of_nameless_unions_and_of_mangled_structures_are_found() {
        outcome(None, &format!("{FIELDS}names = [\"td_zombie\"]")).expect("has it");
        outcome(None, &format!("{NAMES}of = \"proc\"\nnames = [\"p_flag\"]")).expect("has it");
        outcome(
            None,
            &format!("{NAMES}names = [\"hz\", \"TDF_INMEM\", \"thread\"]"),
        )
        .expect("has them");
    }

    #[test]
    fn conditions_decide_whether_it_is_needed() {
        for (condition, needed) in [
            ("where = \"wakeup\"", true),
            ("where = \"td_zombie\"", true),
            ("where = \"sleep\"", false),
            ("unless = \"wakeup\"", false),
            ("unless = \"sleep\"", true),
            ("option = \"SMP\"", true),
            ("option = \"WITNESS\"", false),
        ] {
            let text = format!("{NAMES}names = [\"absent\"]\n{condition}");
            assert_eq!(outcome(None, &text).is_err(), needed, "{condition}");
        }
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        assert!(refusal(None, &format!("{NAMES}names = []\nonly = \"x\"")).contains("only"));
    }

    /// Each name stands in the file that is said to need it, and the default
    /// configuration's bindings have what they must.
    #[test]
    fn the_list_is_true_of_the_library() {
        let config = config(None);
        let list = config.root.join("src/bindings/needs.toml");
        for need in read(&list).expect("the list").need {
            let by = config.root.join(&need.by);
            let files = if by.is_dir() {
                files::tree(&by).expect("a folder of the library")
            } else {
                vec![by]
            };
            let sources = files
                .iter()
                .map(|file| files::read(file).expect("a source"));
            let source = sources.collect::<String>();
            for name in &need.names {
                assert!(
                    source.contains(name.as_str()),
                    "{} does not need {name}",
                    need.by
                );
            }
        }
        let bindings =
            files::read(&config.checked_in_bindings().join("bindings.rs")).expect("bindings");
        check(&config, &list, &bindings).expect("nothing is missing");
    }

    /// No field of a thread or process is used that the list does not have.
    #[test]
    fn every_field_that_the_library_uses_is_on_the_list() {
        let root = config(None).root;
        let list: BTreeSet<String> = read(&root.join("src/bindings/needs.toml"))
            .expect("the list")
            .need
            .into_iter()
            .flat_map(|need| need.names)
            // Where the headers have it; it is what the library asks for.
            .chain(["td_rlqe".to_string()])
            .collect();
        let mut missing = BTreeSet::new();
        for entry in files::tree(&root.join("src")).expect("sources") {
            let path = entry.display().to_string();
            if !path.ends_with(".rs")
                || ["tests", "/fake/", "/bindings/"]
                    .iter()
                    .any(|part| path.contains(part))
            {
                continue;
            }
            let text = files::read(&entry).expect("a source");
            let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'));
            for field in words.flat_map(|word| word.split('.').skip(1)) {
                if (field.starts_with("td_") || field.starts_with("p_")) && !list.contains(field) {
                    missing.insert(format!("{field} in {path}"));
                }
            }
        }
        assert!(missing.is_empty(), "{missing:?}");
    }
}
