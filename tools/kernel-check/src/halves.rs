//! Owns the two halves that a kernel is installed in: `kernel` without debug
//! data, and `kernel.debug` with nothing else (objcopy(1), `--only-keep-debug`
//! and `--add-gnu-debuglink`).

use std::path::{Path, PathBuf};

use kt_audit::Error;

use crate::image::Image;

const SUFFIX: &str = "debug";
const LINK: &str = ".gnu_debuglink";

/// Reads the kernel at `path` and its other half, where it lies beside it.
pub fn read(path: &Path) -> Result<Image, Error> {
    let image = Image::read(path)?;
    if !has_code(&image) {
        return with_code(image);
    }
    if image.section(".debug_info").is_some() {
        return Ok(image);
    }
    let Some(other) = linked(&image).filter(|other| other.is_file()) else {
        return Ok(image);
    };
    let other = Image::read(&other)?;
    Ok(match same_kernel(&image, &other) {
        true => joined(image, other),
        false => image,
    })
}

fn has_code(image: &Image) -> bool {
    image.section(".text").is_some_and(|text| text.has_bytes())
}

/// The half that `debug` is of.
fn with_code(debug: Image) -> Result<Image, Error> {
    let shown = debug.path.display();
    let named = debug.path.extension().is_some_and(|e| e == SUFFIX);
    let other = debug.path.with_extension("");
    if !named || !other.is_file() {
        return Err(Error::new(format!(
            "{shown} holds debug data and no code: give kernel.full, or put the kernel that it is of beside it"
        )));
    }
    let image = Image::read(&other)?;
    if !has_code(&image) || !same_kernel(&image, &debug) {
        return Err(Error::new(format!(
            "{shown} is not of {}: give kernel.full, or both halves of one build",
            other.display()
        )));
    }
    Ok(joined(image, debug))
}

/// The file that `image` says its debug data is in.
fn linked(image: &Image) -> Option<PathBuf> {
    let section = image.section(LINK)?;
    let from = usize::try_from(section.offset).ok()?;
    let bytes = image.data.get(from..from + section.size as usize)?;
    let name = bytes.split(|byte| *byte == 0).next()?;
    Some(image.path.with_file_name(str::from_utf8(name).ok()?))
}

/// Whether two files have the same loaded sections at the same addresses.
fn same_kernel(one: &Image, other: &Image) -> bool {
    let loaded = |image: &Image| -> Vec<(String, u64, u64)> {
        let loaded = image.sections.iter().filter(|s| s.is_alloc());
        loaded
            .map(|s| (s.name.clone(), s.address, s.size))
            .collect()
    };
    loaded(one) == loaded(other)
}

fn joined(mut image: Image, debug: Image) -> Image {
    image.take_debug(debug);
    image
}
