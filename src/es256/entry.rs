//! An entry of a table.

/// One affine point of a table: x, then y, in the field's own representation, in one cache line.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct TableEntry(pub(super) [u64; 8]);

impl TableEntry {
    /// What a table holds before it is filled; not a point.
    pub const ZERO: Self = Self([0; 8]);
}
