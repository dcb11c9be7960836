//! The shapes of the signed comb: see comb.rs.

/// How an engine splits the signs of a scalar.
pub(super) struct Shape {
    /// Signs that one entry decides.
    pub(super) teeth: usize,
    /// Bits between two teeth.
    pub(super) spacing: usize,
    /// Sets of entries of one table.
    pub(super) groups: usize,
    /// Bits between two groups.
    pub(super) offset: usize,
    /// Entries added from each group: one more than there are doublings.
    pub(super) columns: usize,
}

impl Shape {
    /// Entries of one table.
    pub(super) const fn entries(&self) -> usize {
        self.groups.saturating_mul(self.group_entries())
    }

    /// Entries that one signature needs, of both tables.
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
