//! Lines of 64 octets, as memory that is aligned for table entries.

use crate::es256::TableEntry;

/// The lines of an image of N × 64 octets.
///
/// With [`include_bytes!`] they become a constant, which a linker puts into read-only memory:
///
/// ```ignore
/// static IMAGE: [TableEntry; 45] = image::lines(include_bytes!("snapshot.bin"));
/// ```
///
/// Of octets of any other length no verifier can be opened.
#[must_use]
pub const fn lines<const N: usize>(image: &[u8]) -> [TableEntry; N] {
    let mut lines = [TableEntry::ZERO; N];
    let mut places = lines.as_mut_slice();
    let mut rows = image.as_chunks().0;
    while let ([place, free @ ..], [row, after @ ..]) = (places, rows) {
        *place = line(row);
        (places, rows) = (free, after);
    }
    lines
}

/// The lines of an image, in memory that is allocated for them. `None` unless it consists of whole lines.
#[cfg(feature = "alloc")]
pub(crate) fn lines_owned(image: &[u8]) -> Option<alloc::vec::Vec<TableEntry>> {
    match image.as_chunks() {
        (rows, []) => Some(rows.iter().map(line).collect()),
        _ => None,
    }
}

const fn line(row: &[u8; LINE_LEN]) -> TableEntry {
    match row.as_chunks().0 {
        [a, b, c, d, e, f, g, h] => TableEntry::from_limbs([
            u64::from_ne_bytes(*a),
            u64::from_ne_bytes(*b),
            u64::from_ne_bytes(*c),
            u64::from_ne_bytes(*d),
            u64::from_ne_bytes(*e),
            u64::from_ne_bytes(*f),
            u64::from_ne_bytes(*g),
            u64::from_ne_bytes(*h),
        ]),
        _ => TableEntry::ZERO,
    }
}

/// Octets of one line.
pub(super) const LINE_LEN: usize = size_of::<TableEntry>();

pub(super) fn octets<const N: usize>(lines: &[TableEntry; N]) -> [[u8; LINE_LEN]; N] {
    lines.each_ref().map(octets_of)
}

pub(super) fn octets_of(line: &TableEntry) -> [u8; LINE_LEN] {
    let mut octets = [0; LINE_LEN];
    let places = octets.as_chunks_mut().0;
    for (place, limb) in places.iter_mut().zip(line.limbs()) {
        *place = limb.to_ne_bytes();
    }
    octets
}
