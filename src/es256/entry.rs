//! An entry of a table.

/// One affine point of a table: x, then y, each as four 64-bit limbs in the Montgomery form of the table's [`Engine`]. It fills
/// one cache line.
///
/// [`Engine`]: super::Engine
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct TableEntry(pub(super) [u64; 8]);

impl TableEntry {
    /// The value to initialize a table's memory with; it is not a point.
    pub const ZERO: Self = Self([0; 8]);

    /// The entry with these limbs.
    #[must_use]
    pub(crate) const fn from_limbs(limbs: [u64; 8]) -> Self {
        Self(limbs)
    }

    /// Its limbs.
    #[must_use]
    pub(crate) const fn limbs(&self) -> [u64; 8] {
        self.0
    }
}
