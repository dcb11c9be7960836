//! The signed comb: how a scalar selects entries of a table, for all profiles (Lim and Lee, "More flexible exponentiation with
//! precomputation", CRYPTO 1994, with signs in place of bits).
//!
//! An odd k below 2^d is a sum of ±2^i over all i < d. Bit i of B = (k >> 1) + 2^(d−1) is the sign of 2^i: 1 for plus.
//!
//! The d = groups·teeth·columns signs are read in sets of `teeth` signs. The set of group g and column c is made of the signs
//! at i = g·offset + t·spacing + c, for each tooth t. For each group the table has the sums of ±2^(g·offset + t·spacing)·P
//! over t, for all combinations of signs with a plus at the last tooth. A set with a minus there uses the entry with all signs
//! reversed, negated. No set gives zero, so each one is exactly one addition. Each column but the first costs one doubling,
//! which all groups and both tables share.
//!
//! With one column and adjacent teeth, the entries of a group are the odd multiples 1, 3, 5 …: a fixed-window table. The lanes
//! of vectors use that, because it needs no doublings. In the same memory, more teeth and a few doublings need fewer additions.

#[cfg(target_arch = "x86_64")]
use super::shape::WINDOWS;
use super::{
    engine::{Backend, Profile},
    entry::TableEntry,
    prefetch::prefetch,
    scalar::Scalar,
    shape::{COMPACT, SERVER, Shape, TINY},
    table::Tables,
};

/// A sum to which [`walk`] adds the entries of a signature.
pub(super) trait Sum {
    fn double(&mut self);
    /// Adds the entry's point, or its negative.
    fn add(&mut self, entry: &TableEntry, negate: bool);
}

/// Adds u1·G + u2·Q to `sum`: column by column from the highest, and in each column G's groups before Q's.
#[inline(always)]
pub(super) fn walk(tables: &Tables<'_>, u1: Scalar, u2: Scalar, sum: &mut impl Sum) {
    match (tables.engine.backend(), tables.engine.profile()) {
        (Backend::Portable, Profile::Server) => {
            walk_entries(
                &SERVER,
                &select::<{ SERVER.group_entries() }, { SERVER.additions() }>(&SERVER, tables, u1, u2),
                sum,
            );
        }
        (Backend::Portable, Profile::Compact) => {
            walk_entries(
                &COMPACT,
                &select::<{ COMPACT.group_entries() }, { COMPACT.additions() }>(&COMPACT, tables, u1, u2),
                sum,
            );
        }
        (Backend::Portable, Profile::Tiny) => {
            walk_entries(&TINY, &select::<{ TINY.group_entries() }, { TINY.additions() }>(&TINY, tables, u1, u2), sum);
        }
        #[cfg(target_arch = "x86_64")]
        (Backend::Ifma(_), _) => {
            let Some(windows) = Windows::new(tables, u1, u2) else { return };
            for (entry, negate) in (0..Windows::COUNT).map(|index| windows.entry(index)) {
                sum.add(entry, negate);
            }
        }
    }
}

#[inline(always)]
fn walk_entries<const ADDITIONS: usize>(shape: &Shape, entries: &[Selected<'_>; ADDITIONS], sum: &mut impl Sum) {
    for (i, column) in entries.chunks_exact(2 * shape.groups).enumerate() {
        if i > 0 {
            sum.double();
        }
        for (entry, negate) in column {
            sum.add(entry, *negate);
        }
    }
}

/// The 64 entries whose sum is u1·G + u2·Q without a doubling, G's first. They can be selected in any order.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) struct Windows<'t>([OfPoint<'t>; 2]);

/// The 32 entries of one point. Each byte selects one: its upper bit says whether to negate it, the others are its index.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
struct OfPoint<'t> {
    bytes: [u8; WINDOWS.groups],
    groups: &'t [[TableEntry; WINDOWS.group_entries()]; WINDOWS.groups],
}

#[cfg(target_arch = "x86_64")]
impl<'t> Windows<'t> {
    pub(super) const COUNT: usize = WINDOWS.additions();

    /// `None` when a table has too few entries.
    pub(super) fn new(tables: &Tables<'t>, u1: Scalar, u2: Scalar) -> Option<Self> {
        Some(Self([OfPoint::new(u1, tables.generator)?, OfPoint::new(u2, tables.key)?]))
    }

    /// Entry number `index`.
    #[inline(always)]
    pub(super) fn entry(&self, index: usize) -> Selected<'t> {
        let OfPoint { bytes, groups } = &self.0[(index / WINDOWS.groups) % 2];
        let group = index % WINDOWS.groups;
        let byte = bytes[group];
        (&groups[group][usize::from(byte) % WINDOWS.group_entries()], byte >> 7 == 1)
    }
}

#[cfg(target_arch = "x86_64")]
impl<'t> OfPoint<'t> {
    /// Eight adjacent teeth are one byte of B, so that this is what [`Signs::select`] gives, for eight groups at a time.
    fn new(multiplier: Scalar, entries: &'t [TableEntry]) -> Option<Self> {
        const LAST_TEETH: u64 = 0x8080_8080_8080_8080;
        let Signs { bits, mirrored } = Signs::new(&WINDOWS, multiplier);
        let mut bytes = [0; WINDOWS.groups];
        for (bytes, bits) in bytes.as_chunks_mut().0.iter_mut().zip(bits) {
            let minus = !bits & LAST_TEETH;
            // 0x7f in each byte with a minus; no byte borrows from another.
            let turn = minus - (minus >> 7);
            let negate = if mirrored { minus ^ LAST_TEETH } else { minus };
            *bytes = ((bits ^ turn) & !LAST_TEETH | negate).to_le_bytes();
        }
        Some(Self { bytes, groups: entries.as_chunks().0.first_chunk()? })
    }
}

/// An entry, and whether to negate it.
pub(super) type Selected<'t> = (&'t TableEntry, bool);

/// All entries in the order of their addition. Prefetches each one so that it is in cache when it is added.
#[inline(always)]
fn select<'t, const GROUP_ENTRIES: usize, const ADDITIONS: usize>(
    shape: &Shape,
    tables: &Tables<'t>,
    u1: Scalar,
    u2: Scalar,
) -> [Selected<'t>; ADDITIONS] {
    let mut selected = [(&TableEntry::ZERO, false); ADDITIONS];
    let multipliers = [(Signs::new(shape, u1), tables.generator), (Signs::new(shape, u2), tables.key)];
    let mut slots = selected.iter_mut();
    for column in (0..shape.columns).rev() {
        for (signs, entries) in &multipliers {
            for ((group, entries), slot) in entries.as_chunks::<GROUP_ENTRIES>().0.iter().enumerate().zip(&mut slots) {
                let (index, negate) = signs.select(shape, group, column);
                let entry = &entries[index & (GROUP_ENTRIES - 1)];
                prefetch(entry);
                *slot = (entry, negate);
            }
        }
    }
    selected
}

/// A multiplier, written as signs.
struct Signs {
    /// B, at most 264 bits.
    bits: [u64; 5],
    /// Whether the multiplier was even, so that these are the signs of n minus it: then every entry is negated.
    mirrored: bool,
}

impl Signs {
    #[inline(always)]
    fn new(shape: &Shape, multiplier: Scalar) -> Self {
        let (k, mirrored) = multiplier.to_odd();
        let mut bits =
            [(k[0] >> 1) | (k[1] << 63), (k[1] >> 1) | (k[2] << 63), (k[2] >> 1) | (k[3] << 63), k[3] >> 1, 0];
        let top = shape.groups * shape.teeth * shape.columns - 1;
        if let Some(limb) = bits.get_mut(top / 64) {
            *limb |= 1 << (top % 64);
        }
        Self { bits, mirrored }
    }

    /// The index of the entry of `group` that the signs of `column` select, and whether to negate it.
    #[inline(always)]
    fn select(&self, shape: &Shape, group: usize, column: usize) -> (usize, bool) {
        let first = group.wrapping_mul(shape.offset).wrapping_add(column);
        let limb = |bit: usize| self.bits.get(bit / 64).copied().unwrap_or(0) >> (bit % 64);
        let mut set = 0;
        for tooth in 0..shape.teeth {
            set |= (limb(first.wrapping_add(tooth.wrapping_mul(shape.spacing))) as usize & 1) << tooth;
        }
        // A minus at the last tooth: the entry with all signs reversed, negated.
        let minus = set >> (shape.teeth - 1) == 0;
        let turn = 0usize.wrapping_sub(usize::from(minus));
        ((set ^ turn) & (shape.group_entries() - 1), minus ^ self.mirrored)
    }
}
