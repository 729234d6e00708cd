//! Two builds in two folders give the same bytes: the proof that no path of a
//! machine gets into the object.

use std::fs;
use std::path::Path;

use crate::config::Config;
use crate::error::{Error, Result, bail};
use crate::files;
use crate::object_file;

/// Builds an object from a copy of the sources in another folder.
pub fn same_bytes(here: &Config) -> Result<()> {
    let first = object_file::build(here)?;
    let copy = here.out.join("elsewhere/with a longer name");
    if copy.exists() {
        fs::remove_dir_all(&copy).map_err(|e| Error::io("remove", &copy, &e))?;
    }
    let mut names = vec!["Cargo.toml", "Cargo.lock", "build.rs", "src", "tests"];
    let members = workspace_members(&here.root)?;
    names.extend(members.iter().map(String::as_str));
    for name in names {
        copy_tree(&here.root.join(name), &copy.join(name))?;
    }
    let mut there = Config {
        root: copy.clone(),
        ..here.clone()
    };
    there.out = copy.join("target/kt").join(there.name());
    let second = object_file::build(&there)?;
    if files::read_bytes(&first)? != files::read_bytes(&second)? {
        bail!(
            "{} and {} differ: something takes up a path",
            first.display(),
            second.display()
        );
    }
    fs::remove_dir_all(&copy).map_err(|e| Error::io("remove", &copy, &e))
}

/// The folders of the workspace's other packages: cargo wants to see them all.
fn workspace_members(root: &Path) -> Result<Vec<String>> {
    let path = root.join("Cargo.toml");
    let manifest: toml::Table = files::read(&path)?
        .parse()
        .map_err(|cause| Error::new(format!("{}: {cause}", path.display())))?;
    let members = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("members"));
    let members = members
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten();
    Ok(members
        .filter_map(toml::Value::as_str)
        .map(str::to_string)
        .collect())
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    if from.is_file() {
        return files::write(to, files::read_bytes(from)?);
    }
    for path in files::tree(from)? {
        let name = path.strip_prefix(from).unwrap_or(&path);
        files::write(&to.join(name), files::read_bytes(&path)?)?;
    }
    Ok(())
}
