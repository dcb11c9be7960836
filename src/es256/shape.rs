//! The parameters of the signed comb for each profile. Their meaning stands in comb.rs.

/// How an engine splits the signs of a scalar.
pub(super) struct Shape {
    /// Signs of the scalar that select one entry.
    pub(super) teeth: usize,
    /// Distance of two teeth, in bits.
    pub(super) spacing: usize,
    /// Groups of entries in one table.
    pub(super) groups: usize,
    /// Distance of two groups, in bits.
    pub(super) offset: usize,
    /// Entries of each group in one sum. Between two columns the sum is doubled.
    pub(super) columns: usize,
}

impl Shape {
    /// Entries of one table.
    pub(super) const fn entries(&self) -> usize {
        self.groups.saturating_mul(self.group_entries())
    }

    /// Entries that one signature adds, from both tables.
    pub(super) const fn additions(&self) -> usize {
        2 * self.groups * self.columns
    }

    /// Entries of one group.
    pub(super) const fn group_entries(&self) -> usize {
        1 << (self.teeth - 1)
    }
}

pub(super) const SERVER: Shape = Shape { teeth: 11, spacing: 24, groups: 4, offset: 6, columns: 6 };
pub(super) const COMPACT: Shape = Shape { teeth: 8, spacing: 32, groups: 2, offset: 16, columns: 16 };
pub(super) const TINY: Shape = Shape { teeth: 5, spacing: 52, groups: 1, offset: 52, columns: 52 };
/// For the lanes of vectors: 32 windows of eight signs.
#[cfg(target_arch = "x86_64")]
pub(super) const WINDOWS: Shape = Shape { teeth: 8, spacing: 1, groups: 32, offset: 8, columns: 1 };
