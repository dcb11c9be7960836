//! The base point's table, which every verification reads beside the key's.
//!
//! The two small profiles have it as constant data. That of the profile `Server` would add 256 KiB to every program, once for
//! each backend, so it is filled in memory: by each snapshot for itself, or once for several that share it.

mod compact;
mod tiny;

use super::{
    engine::{Engine, Profile},
    entry::TableEntry,
    point::Point,
    table::fill_table,
};
use crate::error::Error;
use core::fmt;

/// The base point's table for the profile [`Server`](Profile::Server), to be shared by verifiers.
///
/// Without it, each verifier of that profile fills a table of its own: 256 KiB, and half of the time that a document with one
/// key takes to load. The other profiles have theirs as constant data. Immutable: any number of threads may share one. A clone
/// refers to the same table.
#[derive(Clone)]
pub struct BaseTable {
    engine: Engine,
    entries: Entries,
}

#[derive(Clone)]
enum Entries {
    Static(&'static [TableEntry]),
    #[cfg(feature = "alloc")]
    Shared(alloc::sync::Arc<[TableEntry]>),
}

impl BaseTable {
    /// Fills the table in the caller's memory, of which it uses the first [`BaseTable::ENTRIES`].
    ///
    /// # Errors
    /// [`Error::BufferTooSmall`]; [`Error::InvalidArgument`] unless [`Profile::Server`] [is built](Profile::is_built).
    pub fn borrowed(entries: &'static mut [TableEntry]) -> Result<Self, Error> {
        let engine = Engine::new(Profile::Server);
        let entries = entries.get_mut(..Self::ENTRIES).ok_or(Error::BufferTooSmall)?;
        Self::fill(engine, entries)?;
        Ok(Self { engine, entries: Entries::Static(entries) })
    }

    /// Fills the table in memory that it allocates.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless [`Profile::Server`] [is built](Profile::is_built).
    #[cfg(feature = "alloc")]
    pub fn owned() -> Result<Self, Error> {
        let engine = Engine::new(Profile::Server);
        let mut entries = alloc::vec![TableEntry::ZERO; Self::ENTRIES];
        Self::fill(engine, &mut entries)?;
        Ok(Self { engine, entries: Entries::Shared(entries.into()) })
    }

    fn fill(engine: Engine, entries: &mut [TableEntry]) -> Result<(), Error> {
        if !Profile::Server.is_built() {
            return Err(Error::InvalidArgument);
        }
        if fill_table(engine, &Point::BASE, entries) { Ok(()) } else { Err(Error::InternalError) }
    }

    /// How many entries the table has.
    pub const ENTRIES: usize = Profile::Server.table_entries();

    /// The table of a profile that has it as constant data.
    #[must_use]
    pub fn constant(profile: Profile) -> Option<Self> {
        let profile = profile.built();
        let entries: &'static [TableEntry] = match profile {
            Profile::Server => return None,
            Profile::Compact => &compact::ENTRIES,
            Profile::Tiny => &tiny::ENTRIES,
        };
        Some(Self { engine: Engine::portable(profile), entries: Entries::Static(entries) })
    }

    /// The engine that it was filled for.
    pub(crate) fn engine(&self) -> Engine {
        self.engine
    }

    /// The entries.
    #[doc(hidden)]
    #[must_use]
    pub fn entries(&self) -> &[TableEntry] {
        match &self.entries {
            Entries::Static(entries) => entries,
            #[cfg(feature = "alloc")]
            Entries::Shared(entries) => entries,
        }
    }
}

impl fmt::Debug for BaseTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BaseTable").field("engine", &self.engine.name()).finish_non_exhaustive()
    }
}
