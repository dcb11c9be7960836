//! The base point's tables, as an archive has them.

use tesseral_verify::{Profile, TableEntry, es256};

/// The octets of a table that is filled here, in the byte order of a machine.
pub fn octets(profile: Profile, big_endian: bool) -> Vec<u8> {
    let mut filled = vec![TableEntry::ZERO; profile.table_entries()];
    assert!(es256::fill_table(es256::Engine::portable(profile), &es256::Point::BASE, &mut filled));
    // SAFETY: the entries are integers of 64 bits without padding.
    let limbs = unsafe { std::slice::from_raw_parts(filled.as_ptr().cast::<u64>(), size_of_val(&*filled) / 8) };
    let order = |limb: &u64| if big_endian { limb.to_be_bytes() } else { limb.to_le_bytes() };
    limbs.iter().flat_map(order).collect()
}

/// How often these octets are in a file.
pub fn count(octets: &[u8], file: &std::path::Path) -> usize {
    let built = std::fs::read(file).unwrap();
    built.windows(octets.len()).filter(|window| *window == octets).count()
}
