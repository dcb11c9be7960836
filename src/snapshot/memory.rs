//! The memory that a snapshot is built in.

use super::Key;
use crate::{
    error::Error,
    es256::{Profile, TableEntry},
    store::Store,
};

/// The memory that a snapshot is built in.
///
/// Room for n keys is n [`Key`]s and [`Profile::entries`]`(n)` [`TableEntry`]s. It may be larger.
pub struct Memory<'m> {
    pub(super) keys: Store<'m, Key>,
    pub(super) entries: Store<'m, TableEntry>,
}

impl<'m> Memory<'m> {
    /// Borrows the caller's memory, for programs without an allocator.
    #[must_use]
    pub fn borrowed(keys: &'m mut [Key], entries: &'m mut [TableEntry]) -> Self {
        Self { keys: Store::Borrowed(keys), entries: Store::Borrowed(entries) }
    }

    /// Allocates memory with room for `keys` keys.
    #[cfg(feature = "alloc")]
    pub(crate) fn owned(profile: Profile, keys: usize) -> Memory<'static> {
        Memory {
            keys: Store::Owned(alloc::vec![Key::VACANT; keys].into_boxed_slice()),
            entries: Store::Owned(alloc::vec![TableEntry::ZERO; profile.entries(keys)].into_boxed_slice()),
        }
    }

    /// A function that gives this memory when it has room for so many keys.
    pub(crate) fn provider(self, profile: Profile) -> impl FnOnce(usize) -> Result<Self, Error> {
        move |usable| if usable > self.capacity(profile) { Err(Error::BufferTooSmall) } else { Ok(self) }
    }

    fn capacity(&self, profile: Profile) -> usize {
        let tables = self.entries.len().checked_div(profile.table_entries()).unwrap_or(usize::MAX);
        self.keys.len().min(tables.saturating_sub(1))
    }
}
