//! Tables: all entries of a point, for any shape of comb.

use super::{
    engine::Engine,
    entry::TableEntry,
    field::Fe,
    point::{Affine, Point, Xyzz},
    shape::Shape,
};

/// Fills the table of `point`.
///
/// False, with `entries` untouched, unless `entries` holds exactly as many as the profile has.
///
/// Kept out of line so that its stack is not part of the caller's frame, also where there is one call.
#[must_use]
#[inline(never)]
pub fn fill_table(engine: Engine, point: &Point, entries: &mut [TableEntry]) -> bool {
    let Some(point) = Affine::from_coordinates(point.x(), point.y()) else { return false };
    if entries.len() != engine.profile().table_entries() {
        return false;
    }
    fill(&engine.shape(), &point, entries);
    #[cfg(target_arch = "x86_64")]
    if !engine.is_portable() {
        for entry in entries {
            *entry = Affine::from_entry(entry).into_52_bit_form().to_entry();
        }
    }
    true
}

/// Whether `entries` can be the table of `point`: it has the right length, and its first two entries are those of `point`.
///
/// The first two sums of a table differ in the sign of P alone. So the second is the first plus 2·P.
#[must_use]
pub(crate) fn begins_table_of(engine: Engine, point: &Point, entries: &[TableEntry]) -> bool {
    let Some(point) = Affine::from_coordinates(point.x(), point.y()) else { return false };
    let [first, second, ..] = entries else { return false };
    let sum = Some(Xyzz::from_affine(&engine.point(first)));
    let sum = Xyzz::add_exact(&Xyzz::add_exact(&sum, &point), &point);
    entries.len() == engine.profile().table_entries() && sum.is_some_and(|sum| sum.equals(&engine.point(second)))
}

/// The two tables that a verification under one key reads.
#[derive(Clone, Copy)]
pub struct Tables<'t> {
    /// The engine that both tables were filled for.
    pub engine: Engine,
    /// The table of [`Point::BASE`].
    pub generator: &'t [TableEntry],
    /// The table of the key.
    pub key: &'t [TableEntry],
}

impl Tables<'_> {
    pub(super) fn are_whole(&self) -> bool {
        let entries = self.engine.profile().table_entries();
        self.generator.len() == entries && self.key.len() == entries
    }
}

/// The most groups that a shape has.
const MAX_GROUPS: usize = 32;

/// How many points are made affine with one inversion. They are on the stack meanwhile.
const BATCH: usize = 8;

/// Fills `entries`, which holds as many as `shape` says.
///
/// The sums grow tooth by tooth. Let T = 2^(g·offset + t·spacing)·P, and let S be a sum over the teeth before t with a plus at
/// the last of them. The sums over the teeth up to t are T + S and T − S. Both additions divide by the same difference of
/// x coordinates, so one inverse serves two entries, and one inversion serves a tooth of all groups.
///
/// The affine addition cannot handle T = ±S, which never occurs: T ∓ S, as a multiple of P, is never 0 mod n. As an integer it
/// is not 0, since S is 2^(g·offset) times an odd integer and T is 2^(g·offset) times an even one. Its magnitude is below n,
/// except for T = 2^258·P, the last tooth of the last group of the portable server profile. There ±4n are the only multiples
/// of n that are near enough, and they are no multiples of 2^18, as T and S are.
fn fill(shape: &Shape, point: &Affine, entries: &mut [TableEntry]) {
    place_teeth(shape, point, entries);
    for tooth in 1..shape.teeth {
        add_tooth(shape, tooth, entries);
    }
}

/// Writes T of every group and tooth. The first one of a group is its first sum. The others wait at the end of the group,
/// where no sum is written before they are used.
fn place_teeth(shape: &Shape, point: &Affine, entries: &mut [TableEntry]) {
    let filler = Xyzz::from_affine(point);
    let mut power = filler;
    let count = shape.groups.wrapping_mul(shape.teeth);
    let mut batch = [filler; BATCH];
    for first in (0..count).step_by(BATCH) {
        for slot in &mut batch {
            *slot = power;
            for _ in 0..shape.columns {
                power = power.double_exact();
            }
        }
        for (index, tooth) in (first..count).zip(to_affine(&batch)) {
            if let Some(entry) = entries.get_mut(shape.place_of_power(index)) {
                *entry = tooth.to_entry();
            }
        }
    }
}

impl Shape {
    /// The place of the point 2^(index·columns)·P.
    fn place_of_power(&self, index: usize) -> usize {
        // Neither divisor is ever 0. Checked division keeps a panic path out of the binary.
        let split = |by: usize| (index.checked_div(by).unwrap_or(0), index.checked_rem(by).unwrap_or(0));
        let (group, tooth) = if self.spacing < self.offset {
            split(self.teeth)
        } else {
            let (tooth, group) = split(self.groups);
            (group, tooth)
        };
        group.wrapping_mul(self.group_entries()).wrapping_add(self.place_of_tooth(tooth))
    }

    fn place_of_tooth(&self, tooth: usize) -> usize {
        if tooth == 0 { 0 } else { self.group_entries().wrapping_sub(self.teeth).wrapping_add(tooth) }
    }
}

/// Doubles the number of sums in every group by one more tooth.
fn add_tooth(shape: &Shape, tooth: usize, entries: &mut [TableEntry]) {
    let half = 1 << (tooth - 1);
    let group_entries = shape.group_entries().max(1);
    // Copied, because the sums of the last tooth overwrite the teeth.
    let mut teeth = [Affine::BASE; MAX_GROUPS];
    for (slot, group) in teeth.iter_mut().zip(entries.chunks_exact(group_entries)) {
        if let Some(entry) = group.get(shape.place_of_tooth(tooth)) {
            *slot = Affine::from_entry(entry);
        }
    }
    // Until the new entries are computed, their memory holds the difference of x and the product of all differences before it.
    let mut product = Fe::ONE;
    for (tooth, group) in teeth.iter().zip(entries.chunks_exact_mut(group_entries)) {
        let Some((old, new)) = group.split_at_mut_checked(half) else { return };
        for (old, new) in old.iter().zip(new) {
            let difference = tooth.x.sub(&Affine::from_entry(old).x);
            *new = Affine { x: product, y: difference }.to_entry();
            product = product.mul(&difference);
        }
    }
    let mut inverse = product.invert();
    let groups = entries.chunks_exact_mut(group_entries);
    for (tooth, group) in teeth.iter().zip(groups).rev() {
        let Some((old, new)) = group.split_at_mut_checked(half) else { return };
        for (old, new) in old.iter_mut().zip(new.iter_mut()).rev() {
            let Affine { x: before, y: difference } = Affine::from_entry(new);
            let one_over_difference = inverse.mul(&before);
            inverse = inverse.mul(&difference);
            let sum = Affine::from_entry(old);
            *new = tooth.plus(&sum, &one_over_difference).to_entry();
            *old = tooth.plus(&sum.neg_if(true), &one_over_difference).to_entry();
        }
        // T − S has the signs of S reversed, so these sums were written in reverse order.
        old.reverse();
    }
}

/// Makes points affine with one inversion. None of them may be infinity.
fn to_affine(points: &[Xyzz; BATCH]) -> [Affine; BATCH] {
    let mut before = [Fe::ONE; BATCH];
    let mut product = Fe::ONE;
    for (slot, point) in before.iter_mut().zip(points) {
        *slot = product;
        product = product.mul(&point.zzz);
    }
    let mut inverse = product.invert();
    let mut result = [Affine::BASE; BATCH];
    for ((slot, point), before) in result.iter_mut().zip(points).zip(before).rev() {
        let one_over_zzz = inverse.mul(&before);
        inverse = inverse.mul(&point.zzz);
        // ZZ/ZZZ is 1/Z, and its square 1/ZZ.
        let one_over_zz = one_over_zzz.mul(&point.zz).square();
        *slot = Affine { x: point.x.mul(&one_over_zz), y: point.y.mul(&one_over_zzz) };
    }
    result
}
