//! Owns the reading of debug data: which compiler made the code at an address,
//! and whether an unwind table speaks of it.

use std::borrow::Cow;

use gimli::{BaseAddresses, EndianSlice, RunTimeEndian, SectionId, UnwindSection};
use kt_audit::Error;
use object::{Object, ObjectSection};

use crate::image::Image;

type Reader<'a> = EndianSlice<'a, RunTimeEndian>;

/// A compilation unit.
#[derive(Debug, Clone)]
pub struct Unit {
    /// `DW_AT_producer`: the compiler's name and version.
    pub producer: String,
    /// Addresses of its code.
    ranges: Vec<std::ops::Range<u64>>,
}

impl Unit {
    /// Whether it holds the code at `address`.
    pub fn holds(&self, address: u64) -> bool {
        self.ranges.iter().any(|range| range.contains(&address))
    }
}

/// All units of the kernel; none when it has no debug data.
pub fn units(image: &Image) -> Result<Vec<Unit>, Error> {
    let data = image.debug_data();
    let broken = |why: String| {
        Error::new(format!(
            "the debug data of {} cannot be read: {why}: build it again or give the kernel without it",
            image.path.display()
        ))
    };
    let file = object::File::parse(data).map_err(|e| broken(e.to_string()))?;
    let endian = match file.is_little_endian() {
        true => RunTimeEndian::Little,
        false => RunTimeEndian::Big,
    };
    let load = |id: SectionId| -> Result<Cow<'_, [u8]>, object::Error> {
        match file.section_by_name(id.name()) {
            Some(section) => section.uncompressed_data(),
            None => Ok(Cow::Borrowed(&[])),
        }
    };
    let sections = gimli::DwarfSections::load(load).map_err(|e| broken(e.to_string()))?;
    let dwarf = sections.borrow(|section| EndianSlice::new(section, endian));
    read_units(&dwarf).map_err(|e| broken(e.to_string()))
}

fn read_units(dwarf: &gimli::Dwarf<Reader<'_>>) -> Result<Vec<Unit>, gimli::Error> {
    let mut units = Vec::new();
    let mut headers = dwarf.units();
    while let Some(header) = headers.next()? {
        let unit = dwarf.unit(header)?;
        let mut entries = unit.entries();
        let Some(root) = entries.next_dfs()? else {
            continue;
        };
        let producer = match root.attr_value(gimli::DW_AT_producer) {
            Some(value) => dwarf
                .attr_string(&unit, value)?
                .to_string_lossy()
                .into_owned(),
            None => String::new(),
        };
        let mut ranges = Vec::new();
        let mut found = dwarf.unit_ranges(&unit)?;
        while let Some(range) = found.next()? {
            ranges.push(range.begin..range.end);
        }
        units.push(Unit { producer, ranges });
    }
    Ok(units)
}

/// The places in `code` of which `.eh_frame` speaks.
pub fn unwound(image: &Image, code: &[std::ops::Range<u64>]) -> Vec<u64> {
    let Some(section) = image.section(".eh_frame") else {
        return Vec::new();
    };
    let Some(data) = image.bytes(section.address, section.size) else {
        return Vec::new();
    };
    let mut table = gimli::EhFrame::new(data, RunTimeEndian::Little);
    table.set_address_size(image.pointer as u8);
    let bases = BaseAddresses::default().set_eh_frame(section.address);
    let mut entries = table.entries(&bases);
    let mut found = Vec::new();
    // A table that can't be read to its end is not of this object: its own
    // would have been written by the compiler that wrote the rest of it.
    while let Ok(Some(entry)) = entries.next() {
        let gimli::CieOrFde::Fde(partial) = entry else {
            continue;
        };
        let Ok(entry) = partial.parse(gimli::EhFrame::cie_from_offset) else {
            continue;
        };
        let start = entry.initial_address();
        if code.iter().any(|range| range.contains(&start)) {
            found.push(start);
        }
    }
    found
}
