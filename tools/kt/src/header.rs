//! `kt header`: `include/kern_thread.h` by cbindgen, and the proof that its
//! prototypes are the kernel's: one C file includes the real headers and it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use syn::Item;

use crate::bindings;
use crate::config::Config;
use crate::error::{Error, Result, bail};
use crate::files::{self, Inputs};
use crate::layout;
use crate::report::Stage;
use crate::staging;

/// Rust's cfg names that the header turns into preprocessor conditions; kernel
/// options keep their own names.
const CONDITIONS: &[(&str, &str)] = &[
    ("has_thread_recycle", "KERN_THREAD_HAS_RECYCLE"),
    ("has_thread_alloc_stack", "KERN_THREAD_HAS_ALLOC_STACK"),
];

const INTRODUCTION: &str = "\
/*
 * The functions that kern_thread.o exports, as the kernel declares them.
 * Generated from src/export.rs by `make header`: do not edit.
 */";

/// Writes the header and checks its prototypes for this configuration.
pub fn write(config: &Config) -> Result<PathBuf> {
    let path = config.root.join("include/kern_thread.h");
    files::write(&path, generate(config)?)?;
    check_prototypes(config)?;
    Ok(path)
}

/// Fails when the checked-in header is not what the library gives, or when a
/// prototype differs from the kernel's.
pub fn check(config: &Config) -> Result<()> {
    let path = config.root.join("include/kern_thread.h");
    let generated = generate(config)?;
    let held = files::read(&path)?;
    if held != generated {
        let line = held
            .lines()
            .zip(generated.lines())
            .take_while(|(a, b)| a == b)
            .count()
            + 1;
        bail!(
            "{}:{line}: differs from what src/export.rs gives: run make header and commit the result",
            path.display()
        );
    }
    check_prototypes(config)
}

/// The text of the header.
fn generate(config: &Config) -> Result<String> {
    let source = config.root.join("src/export.rs");
    let mut settings = cbindgen::Config {
        language: cbindgen::Language::C,
        header: Some(INTRODUCTION.to_string()),
        include_guard: Some("KERN_THREAD_H".to_string()),
        no_includes: true,
        sys_includes: vec!["sys/types.h".to_string()],
        cpp_compat: false,
        style: cbindgen::Style::Tag,
        documentation: false,
        ..cbindgen::Config::default()
    };
    settings.export.item_types = vec![cbindgen::ItemType::Functions, cbindgen::ItemType::Globals];
    for (cfg, macro_name) in CONDITIONS {
        settings
            .defines
            .insert(cfg.to_string(), macro_name.to_string());
    }
    let tags = tags(&config.checked_in_bindings().join("bindings.rs"))?;
    let mut forward = String::new();
    for (rust, c) in &tags {
        settings.export.rename.insert(rust.clone(), c.clone());
    }
    let text = files::read(&source)?;
    for (rust, c) in &tags {
        if text.contains(&format!("*mut {rust}")) || text.contains(&format!("*const {rust}")) {
            forward.push_str(&format!("{c};\n"));
        }
    }
    settings.after_includes = Some(forward);
    let bindings = cbindgen::Builder::new()
        .with_config(settings)
        .with_src(&source)
        .generate()
        .map_err(|cause| {
            Error::new(format!(
                "cbindgen cannot read {}: {cause}",
                source.display()
            ))
        })?;
    let mut header = Vec::new();
    bindings.write(&mut header);
    String::from_utf8(header)
        .map_err(|cause| Error::new(format!("cbindgen's header is not text: {cause}")))
}

/// Rust names of the structures in the bindings, and the C types they stand for.
fn tags(bindings: &Path) -> Result<BTreeSet<(String, String)>> {
    let file = syn::parse_file(&files::read(bindings)?)
        .map_err(|cause| Error::new(format!("{} does not parse: {cause}", bindings.display())))?;
    let tags = file.items.iter().filter_map(|item| match item {
        Item::Struct(item) => Some((item.ident.to_string(), "struct")),
        Item::Union(item) => Some((item.ident.to_string(), "union")),
        _ => None,
    });
    Ok(tags
        .map(|(rust, keyword)| {
            let c = format!("{keyword} {}", layout::c_name(&rust));
            (rust, c)
        })
        .collect())
}

/// Compiles `prototypes.c`: a declaration that differs from the kernel's is an error there.
fn check_prototypes(config: &Config) -> Result<()> {
    let staged = staging::stage(config)?;
    let source = config.root.join("fbsd-harness/layout/prototypes.c");
    let header = config.root.join("include/kern_thread.h");
    let object = config.out.join("prototypes.o");
    let stamp = Inputs::new()
        .text(staged.compiler.flags().join(" "))
        .tree(&staged.compiler.include.join("."))?
        .file(&source)?
        .file(&header)?
        .stamp(config.out.join(".prototypes"));
    if config.sysdir.is_none() && stamp.is_current(&[&object]) {
        return Ok(());
    }
    let stage = Stage::start("header", &format!("{} prototypes", config.name()));
    let bound = files::read(&bindings::ensure(config)?.join("bindings.rs"))?;
    let conditions: Vec<String> = CONDITIONS
        .iter()
        .filter(|(cfg, _)| {
            cfg.strip_prefix("has_")
                .is_some_and(|name| bound.contains(&format!("pub fn {name}(")))
        })
        .map(|(_, macro_name)| format!("-D{macro_name}"))
        .collect();
    let include = format!("-I{}", config.root.join("include").display());
    let mut extra = vec!["-Werror", include.as_str()];
    extra.extend(conditions.iter().map(String::as_str));
    staged.compiler.compile(&source, &object, &extra)?;
    stamp.record()?;
    stage.done();
    Ok(())
}
