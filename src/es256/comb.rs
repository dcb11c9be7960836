//! The signed comb: how a scalar selects lines of a table, for all profiles.
//!
//! An odd k below 2^d is Σ ±2^i over i < d: with B = (k + 2^d − 1)/2 = (k >> 1) + 2^(d−1), bit i of B says the sign. The
//! d = groups·teeth·columns signs are read in sets of `teeth`: the set of group g and column c stands at bits
//! g·offset + t·spacing + c. The table has, for each group, Σ ±2^(g·offset + t·spacing)·P for all signs with a plus at
//! the last tooth; the sets with a minus there are those lines mirrored. No set is ever zero, so each is one addition,
//! and each column but the first costs one doubling for all groups and both tables together.
//!
//! One column, teeth side by side: that is the server's table of odd multiples, with no doubling at all.

use super::scalar::Scalar;
use super::{Line, Profile, Tables};

/// How a profile splits the signs of a scalar.
pub(super) struct Shape {
    /// Signs that one line decides.
    pub(super) teeth: usize,
    /// Bits between two teeth.
    pub(super) spacing: usize,
    /// Sets of lines of one table.
    pub(super) groups: usize,
    /// Bits between two groups.
    pub(super) offset: usize,
    /// Lines added from each group: one more than there are doublings.
    pub(super) columns: usize,
}

impl Shape {
    pub(super) const fn of(profile: Profile) -> Self {
        match profile {
            Profile::Server => Self { teeth: 8, spacing: 1, groups: 32, offset: 8, columns: 1 },
            Profile::Compact => Self { teeth: 8, spacing: 32, groups: 2, offset: 16, columns: 16 },
            Profile::Tiny => Self { teeth: 5, spacing: 52, groups: 1, offset: 52, columns: 52 },
        }
    }

    /// Lines of one group.
    pub(super) const fn group_lines(&self) -> usize {
        1 << (self.teeth - 1)
    }
}

/// What a walk over the lines of a signature feeds.
pub(super) trait Sum {
    fn double(&mut self);
    /// Adds the line's point, or its opposite.
    fn add(&mut self, line: &Line, negate: bool);
}

/// Feeds u1·G + u2·Q to `sum`, column by column from the highest, and in each column G's groups before Q's.
#[inline(always)]
pub(super) fn walk(tables: &Tables<'_>, u1: Scalar, u2: Scalar, sum: &mut impl Sum) {
    match tables.profile {
        Profile::Server => walk_lines::<128>(&const { Shape::of(Profile::Server) }, tables, u1, u2, sum),
        Profile::Compact => walk_lines::<128>(&const { Shape::of(Profile::Compact) }, tables, u1, u2, sum),
        Profile::Tiny => walk_lines::<16>(&const { Shape::of(Profile::Tiny) }, tables, u1, u2, sum),
    }
}

#[inline(always)]
fn walk_lines<const GROUP_LINES: usize>(
    shape: &Shape,
    tables: &Tables<'_>,
    u1: Scalar,
    u2: Scalar,
    sum: &mut impl Sum,
) {
    let multipliers = [(Signs::new(shape, u1), tables.generator), (Signs::new(shape, u2), tables.key)];
    for column in (0..shape.columns).rev() {
        if column < shape.columns - 1 {
            sum.double();
        }
        for (signs, lines) in &multipliers {
            for (group, lines) in lines.as_chunks::<GROUP_LINES>().0.iter().enumerate() {
                let (index, negate) = signs.select(shape, group, column);
                sum.add(&lines[index & (GROUP_LINES - 1)], negate);
            }
        }
    }
}

/// A multiplier as signs.
struct Signs {
    /// B, 260 bits at most.
    bits: [u64; 5],
    /// The multiplier was made odd by taking it from n: all lines are mirrored.
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

    /// Which line of `group` the set of `column` is, and whether to mirror it.
    #[inline(always)]
    fn select(&self, shape: &Shape, group: usize, column: usize) -> (usize, bool) {
        let first = group.wrapping_mul(shape.offset).wrapping_add(column);
        let mut set = 0;
        for tooth in 0..shape.teeth {
            let bit = first.wrapping_add(tooth.wrapping_mul(shape.spacing));
            let limb = self.bits.get(bit / 64).copied().unwrap_or(0);
            set |= ((limb >> (bit % 64)) as usize & 1) << tooth;
        }
        // A minus at the last tooth: the line with all signs turned, mirrored.
        let minus = set >> (shape.teeth - 1) == 0;
        let turn = 0usize.wrapping_sub(usize::from(minus));
        ((set ^ turn) & (shape.group_lines() - 1), minus ^ self.mirrored)
    }
}
