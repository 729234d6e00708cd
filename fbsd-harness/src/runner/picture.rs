//! The files that show a run: a picture and a trace for Perfetto.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use fbsd_explorer::history::History;
use fbsd_explorer::picture::{perfetto, svg};

/// Where they are.
pub struct Files {
    /// The picture, an SVG.
    pub picture: PathBuf,
    /// The trace, JSON in Chrome's format.
    pub trace: PathBuf,
}

/// Writes both files for a run into `out`.
pub fn write(
    out: &Path,
    name: &str,
    title: &str,
    heading: &str,
    history: &History,
) -> io::Result<Files> {
    fs::create_dir_all(out)?;
    let files = Files {
        picture: out.join(format!("{name}.svg")),
        trace: out.join(format!("{name}.json")),
    };
    replace(&files.picture, &svg::draw(title, heading, history))?;
    replace(&files.trace, &perfetto::export(title, history))?;
    Ok(files)
}

/// Writes a file as a whole or not at all.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, text)?;
    fs::rename(&unfinished, path)
}
