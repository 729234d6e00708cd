//! Rust bindings to the kernel's headers, by bindgen, and the drift check of
//! the checked-in ones.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use bindgen::callbacks::{DiscoveredItem, DiscoveredItemId, ParseCallbacks};
use bindgen::{Builder, Formatter, RustEdition, RustTarget};

use crate::config::Config;
use crate::error::{Error, Result, bail};
use crate::files::{self, Inputs};
use crate::kbi;
use crate::layout;
use crate::needs;
use crate::report::Stage;
use crate::setup;
use crate::staging::{self, Staged};

/// What bindgen reads and where its output is checked in.
struct Source {
    wrapper: PathBuf,
    allow: PathBuf,
}

impl Source {
    /// The library's.
    fn library(config: &Config) -> Self {
        Self::of(&config.root.join("src/bindings"))
    }

    /// The simulated kernel's: types and constants, the same for all options.
    fn harness(config: &Config) -> Self {
        Self::of(&config.root.join(HARNESS))
    }

    fn of(dir: &Path) -> Self {
        Self {
            wrapper: dir.join("wrapper.h"),
            allow: dir.join("allow.toml"),
        }
    }
}

/// The folder of the simulated kernel's bindings.
const HARNESS: &str = "fbsd-harness/bindings";

/// The generated files of one configuration.
struct Generated {
    bindings: String,
    layout: String,
}

/// Makes sure that a configuration has its bindings and gives their folder.
/// The default configuration's are checked in; nothing is generated for it.
pub fn ensure(config: &Config) -> Result<PathBuf> {
    if config.uses_checked_in_bindings() {
        return Ok(config.checked_in_bindings());
    }
    let staged = staging::stage(config)?;
    let stamp = inputs(config, &staged)?.stamp(config.out.join(".bindings"));
    let (bindings, layout) = (config.out.join("bindings.rs"), config.out.join("layout.rs"));
    if config.sysdir.is_none() && stamp.is_current(&[&bindings, &layout]) {
        return Ok(config.out.clone());
    }
    let stage = Stage::start("bindings", &config.name());
    write(&config.out, &generate(config, &staged)?)?;
    stamp.record()?;
    stage.done();
    Ok(config.out.clone())
}

/// `kt bindings`: regenerates the checked-in files.
pub fn regenerate(config: &Config) -> Result<PathBuf> {
    if !config.uses_checked_in_bindings() {
        return ensure(config);
    }
    let stage = Stage::start("bindings", &config.name());
    let staged = staging::stage(config)?;
    let dir = config.checked_in_bindings();
    write(&dir, &generate(config, &staged)?)?;
    let (harness, _) = bind(config, &staged, &Source::harness(config))?;
    files::write(&config.root.join(HARNESS).join("bindings.rs"), &harness)?;
    stage.done();
    Ok(dir)
}

/// `kt bindings --check`: the checked-in files must be what the headers give.
pub fn check(config: &Config) -> Result<()> {
    if !config.uses_checked_in_bindings() {
        bail!(
            "only the default configuration has checked-in bindings: leave PROFILE, OPTIONS, SYSDIR and KERNBUILDDIR out"
        );
    }
    let stage = Stage::start("bindings", "check for drift");
    let staged = staging::stage(config)?;
    let generated = generate(config, &staged)?;
    let dir = config.checked_in_bindings();
    same(&dir.join("bindings.rs"), &generated.bindings)?;
    same(&dir.join("layout.rs"), &generated.layout)?;
    let (harness, _) = bind(config, &staged, &Source::harness(config))?;
    same(&config.root.join(HARNESS).join("bindings.rs"), &harness)?;
    stage.done();
    Ok(())
}

fn inputs(config: &Config, staged: &Staged) -> Result<Inputs> {
    Inputs::new()
        .text(staged.compiler.command_line())
        .text(staged.compiler.flags().join(" "))
        .file(&config.root.join("src/bindings/wrapper.h"))?
        .file(&config.root.join("src/bindings/allow.toml"))?
        .file(&config.root.join("src/bindings/needs.toml"))?
        .tree(&staged.compiler.include.join("."))
}

fn write(dir: &Path, generated: &Generated) -> Result<()> {
    files::write(&dir.join("bindings.rs"), &generated.bindings)?;
    files::write(&dir.join("layout.rs"), &generated.layout)
}

/// Fails naming the first line in which a checked-in file differs.
fn same(path: &Path, generated: &str) -> Result<()> {
    let held = files::read(path)?;
    if held == generated {
        return Ok(());
    }
    let line = held
        .lines()
        .zip(generated.lines())
        .take_while(|(a, b)| a == b)
        .count();
    bail!(
        "{}:{}: differs from what the headers give ({:?}): run make bindings and commit the result",
        path.display(),
        line + 1,
        generated.lines().nth(line).unwrap_or("end of file").trim()
    )
}

fn generate(config: &Config, staged: &Staged) -> Result<Generated> {
    let source = Source::library(config);
    needs::readable(config, &staged.compiler, &source.wrapper)?;
    let (bindings, names) = bind(config, staged, &source)?;
    needs::check(
        config,
        &source.allow.with_file_name("needs.toml"),
        &bindings,
    )?;
    let layout = layout::probe(
        config,
        &staged.compiler,
        &source.wrapper,
        &bindings,
        &names.0.borrow(),
    )?;
    if let Some(sysdir) = &config.sysdir {
        kbi::check(config.arch, sysdir, &layout)?;
    }
    Ok(Generated { bindings, layout })
}

/// Runs bindgen; gives the bindings and the C names of the types in them.
fn bind(config: &Config, staged: &Staged, source: &Source) -> Result<(String, Names)> {
    if !setup::ON_FREEBSD {
        let libclang = setup::libclang(config)?;
        // SAFETY: the driver has one thread; bindgen reads the variable on it later.
        unsafe { std::env::set_var("LIBCLANG_PATH", libclang) };
    }
    let allow = Allow::read(&source.allow)?;
    let names = Names::default();
    let bindings = allow
        .apply(bindgen::builder())
        .header(source.wrapper.display().to_string())
        .clang_args(staged.compiler.libclang_flags(staged.freebsd_version))
        .use_core()
        .rust_target(rust_target()?)
        .rust_edition(RustEdition::Edition2024)
        .generate_comments(false)
        .layout_tests(false)
        .prepend_enum_name(false)
        .derive_debug(false)
        .disable_header_comment()
        .raw_line("// Generated from the kernel's headers by `make bindings`: do not edit.")
        .formatter(Formatter::Prettyplease)
        .parse_callbacks(Box::new(names.clone()))
        .generate()
        .map_err(|cause| {
            Error::new(format!(
                "bindgen cannot read {}: {cause}",
                source.wrapper.display()
            ))
        })?
        .to_string();
    Ok((bindings, names))
}

/// The first release with edition 2024: the newest difference that bindgen knows of.
fn rust_target() -> Result<RustTarget> {
    RustTarget::stable(85, 0).map_err(|cause| Error::new(format!("bindgen: {cause}")))
}

/// The C names of the structures and unions, as bindgen meets them.
#[derive(Debug, Default, Clone)]
struct Names(Rc<RefCell<BTreeMap<String, String>>>);

impl ParseCallbacks for Names {
    fn new_item_found(&self, _id: DiscoveredItemId, item: DiscoveredItem) {
        if let DiscoveredItem::Struct {
            original_name: Some(c),
            final_name,
        }
        | DiscoveredItem::Union {
            original_name: Some(c),
            final_name,
        } = item
        {
            self.0.borrow_mut().insert(final_name, c);
        }
    }
}

/// What `allow.toml` lets through.
struct Allow(toml::Table);

impl Allow {
    fn read(path: &Path) -> Result<Self> {
        let table: toml::Table = files::read(path)?
            .parse()
            .map_err(|cause| Error::new(format!("{}: {cause}", path.display())))?;
        for (key, value) in &table {
            let strings = value
                .as_array()
                .is_some_and(|list| list.iter().all(toml::Value::is_str));
            if !matches!(
                key.as_str(),
                "types" | "functions" | "vars" | "opaque" | "block"
            ) || !strings
            {
                bail!(
                    "{}: {key} must be one of types, functions, vars, opaque, block and a list of strings",
                    path.display()
                );
            }
        }
        Ok(Self(table))
    }

    fn list(&self, key: &str) -> impl Iterator<Item = &str> {
        let list = self.0.get(key).and_then(toml::Value::as_array);
        list.into_iter().flatten().filter_map(toml::Value::as_str)
    }

    fn apply(&self, mut builder: Builder) -> Builder {
        for item in self.list("types") {
            builder = builder.allowlist_type(item);
        }
        for item in self.list("functions") {
            builder = builder.allowlist_function(item);
        }
        for item in self.list("vars") {
            builder = builder.allowlist_var(item);
        }
        for item in self.list("opaque") {
            builder = builder.opaque_type(item);
        }
        for item in self.list("block") {
            builder = builder.blocklist_item(item);
        }
        builder
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn drift_names_the_first_line_that_differs() {
        let dir = Scratch::new("drift");
        dir.write("bindings.rs", "one\ntwo\nthree\n");
        let path = dir.path().join("bindings.rs");
        assert!(same(&path, "one\ntwo\nthree\n").is_ok());
        let message = same(&path, "one\n2\nthree\n")
            .expect_err("drift")
            .to_string();
        assert!(message.contains("bindings.rs:2: differs"), "{message}");
        let message = same(&path, "one\n").expect_err("drift").to_string();
        assert!(message.contains("bindings.rs:2: differs"), "{message}");
    }

    #[test]
    fn a_misspelt_key_of_the_allow_list_is_refused() {
        let dir = Scratch::new("allow");
        dir.write("allow.toml", "type = [\"thread\"]\n");
        assert!(Allow::read(&dir.path().join("allow.toml")).is_err());
        dir.write("allow.toml", "types = [\"thread\", \"proc\"]\n");
        let allow = Allow::read(&dir.path().join("allow.toml")).expect("valid");
        assert_eq!(allow.list("types").collect::<Vec<_>>(), ["thread", "proc"]);
        assert_eq!(allow.list("vars").count(), 0);
    }
}
