//! The memory that a snapshot is built in.

use super::Key;
use crate::{error::Error, es256::TableEntry, store::Store};

/// The memory that a snapshot is built in.
///
/// Room for n keys is n [`Key`]s and [`Profile::entries`](crate::Profile::entries)`(n)` [`TableEntry`]s, or fewer of those when
/// verifiers share a [`BaseTable`](crate::BaseTable): see [`Options::entries`](crate::Options::entries). It may be larger.
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

    /// Allocates memory for `keys` keys and so many entries.
    #[cfg(feature = "alloc")]
    pub(crate) fn owned(keys: usize, entries: usize) -> Memory<'static> {
        Memory {
            keys: Store::Owned(alloc::vec![Key::VACANT; keys].into_boxed_slice()),
            entries: Store::Owned(alloc::vec![TableEntry::ZERO; entries].into_boxed_slice()),
        }
    }

    /// A function that gives this memory when it has room for so many keys, which need `entries` of that number.
    pub(crate) fn provider(self, entries: impl FnOnce(usize) -> usize) -> impl FnOnce(usize) -> Result<Self, Error> {
        move |usable| {
            let fits = usable <= self.keys.len() && entries(usable) <= self.entries.len();
            if fits { Ok(self) } else { Err(Error::BufferTooSmall) }
        }
    }
}
