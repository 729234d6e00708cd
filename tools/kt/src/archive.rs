//! `libkern_thread.a`: an archive with one member, the same bytes every time
//! (no times, no owners), in the form that GNU, LLVM and FreeBSD tools read.

use std::collections::BTreeSet;

const MAGIC: &[u8] = b"!<arch>\n";
const HEADER_SIZE: usize = 60;

/// The archive of one object that defines `names`.
pub fn single(member: &str, object: &[u8], names: &BTreeSet<String>) -> Vec<u8> {
    let strings: Vec<u8> = names
        .iter()
        .flat_map(|name| name.bytes().chain(std::iter::once(0)))
        .collect();
    let index_size = 4 + 4 * names.len() + strings.len();
    let member_offset = MAGIC.len() + HEADER_SIZE + index_size + index_size % 2;

    let mut index = (names.len() as u32).to_be_bytes().to_vec();
    for _ in names {
        index.extend((member_offset as u32).to_be_bytes());
    }
    index.extend(strings);

    let mut archive = MAGIC.to_vec();
    append(&mut archive, "/", &index);
    append(&mut archive, &format!("{member}/"), object);
    archive
}

fn append(archive: &mut Vec<u8>, name: &str, contents: &[u8]) {
    let header = format!(
        "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
        0,
        0,
        0,
        644,
        contents.len()
    );
    archive.extend(header.as_bytes());
    archive.extend(contents);
    if contents.len() % 2 == 1 {
        archive.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_index_and_member_on_even_offsets() {
        let names = BTreeSet::from(["tdfind".to_string(), "thread0".to_string()]);
        let archive = single("kern_thread.o", b"object", &names);
        assert!(archive.starts_with(MAGIC));
        let member = archive
            .windows(14)
            .position(|w| w == b"kern_thread.o/")
            .expect("member");
        assert_eq!(member % 2, 0);
        let index = MAGIC.len() + HEADER_SIZE;
        assert_eq!(archive[index..index + 4], 2u32.to_be_bytes());
        assert_eq!(archive[index + 4..index + 8], (member as u32).to_be_bytes());
        assert!(archive.ends_with(b"object"));
        assert_eq!(
            &archive[member + HEADER_SIZE - 2..member + HEADER_SIZE],
            b"`\n"
        );
    }
}
