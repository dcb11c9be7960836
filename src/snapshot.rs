//! A snapshot: the keys of a project's configuration document, which is also its JWKS (RFC 7517 section 5).

mod key;
mod key_list;
mod memory;
mod survey;

use crate::{
    error::Error,
    es256::{self, BaseTable, Engine, Point, Profile, TableEntry, Tables},
    image::{Image, StoredKey},
    json::Text,
    limits::{MAX_KID_LEN, MAX_PROJECT_ID_LEN, MAX_SKIPPED_LISTED},
    store::Store,
};
use core::fmt;
use heapless::{String, Vec};
use key_list::KeyList;
pub use {
    key::Key,
    key_list::{Skipped, SkippedKey},
    memory::Memory,
    survey::{LoadError, Survey},
};

/// The keys that tokens are checked with. It is immutable, so any number of threads may share it.
pub struct Snapshot<'m> {
    project_id: Option<String<MAX_PROJECT_ID_LEN>>,
    engine: Engine,
    /// `None` when it is the first table of `entries`.
    base_table: Option<BaseTable>,
    keys: Store<'m, Key>,
    keys_used: usize,
    keys_skipped: usize,
    skipped: Vec<SkippedKey, MAX_SKIPPED_LISTED>,
    entries: Store<'m, TableEntry>,
}

impl<'m> Snapshot<'m> {
    /// Loads a configuration document or a plain JWKS into the caller's memory.
    ///
    /// The document is not needed afterwards.
    ///
    /// # Errors
    /// [`Error::ConfigMalformed`] with the offset, [`Error::ConfigTooLarge`] over
    /// [`MAX_DOCUMENT_LEN`](crate::limits::MAX_DOCUMENT_LEN), [`MAX_KEYS`](crate::limits::MAX_KEYS) or
    /// [`MAX_KIDS`](crate::limits::MAX_KIDS), [`Error::ConfigNoUsableKey`], [`Error::BufferTooSmall`] when there are more usable
    /// keys than the memory has room for, and [`Error::InvalidArgument`] unless the profile [is built](Profile::is_built).
    pub fn load(document: &[u8], memory: Memory<'m>, profile: Profile) -> Result<Self, LoadError> {
        let memory = memory.provider(|keys| profile.entries(keys));
        Self::build_for(document, profile, memory)
    }

    /// Loads a configuration document or a plain JWKS into memory that it allocates.
    ///
    /// # Errors
    /// As [`Snapshot::load`], without [`Error::BufferTooSmall`].
    #[cfg(feature = "alloc")]
    pub fn load_owned(document: &[u8], profile: Profile) -> Result<Snapshot<'static>, LoadError> {
        let memory = |usable| Ok(Memory::owned(usable, profile.entries(usable)));
        Snapshot::build_for(document, profile, memory)
    }

    fn build_for(
        document: &[u8],
        profile: Profile,
        memory: impl FnOnce(usize) -> Result<Memory<'m>, Error>,
    ) -> Result<Self, LoadError> {
        if !profile.is_built() {
            return Err(Error::InvalidArgument.into());
        }
        Self::build(&Survey::of(document)?, Engine::new(profile), BaseTable::constant(profile), memory)
    }

    /// Whether both snapshots have the same points under the same `kid`s, in any order.
    #[must_use]
    pub fn has_keys_of(&self, other: &Snapshot<'_>) -> bool {
        let has = |key: &Key| {
            let equal = |own: &&Key| {
                own.kid() == key.kid() && own.point().x() == key.point().x() && own.point().y() == key.point().y()
            };
            self.keys().iter().find(equal).is_some()
        };
        self.keys().len() == other.keys().len() && other.keys().iter().all(has)
    }

    /// Builds a snapshot of the surveyed document. Without a `base_table`, it fills one of its own. `memory` is called with the
    /// number of keys once nothing else can fail.
    pub(crate) fn build(
        survey: &Survey<'_>,
        engine: Engine,
        base_table: Option<BaseTable>,
        memory: impl FnOnce(usize) -> Result<Memory<'m>, Error>,
    ) -> Result<Self, LoadError> {
        let usable = survey.keys_usable()?;
        let project_id = survey.project_id.clone();
        let Memory { mut keys, mut entries } = memory(usable)?;
        let used = keys.as_mut().get_mut(..usable).ok_or(Error::InternalError)?;
        let skipped = write_keys(survey, used).ok_or(Error::InternalError)?;
        let mut tables = Chunks { rest: entries.as_mut(), len: engine.profile().table_entries() };
        let mut filled = base_table.is_some() || es256::fill_table(engine, &Point::BASE, tables.cut());
        for key in used.iter() {
            filled &= es256::fill_table(engine, &key.point, tables.cut());
        }
        if !filled {
            return Err(Error::InternalError.into());
        }
        let Skipped { count: keys_skipped, listed: skipped } = skipped;
        Ok(Self { project_id, engine, base_table, keys, keys_used: usable, keys_skipped, skipped, entries })
    }

    /// The snapshot of an image. `tables` are those of the image, or a copy of them.
    ///
    /// # Errors
    /// [`Error::ImageMalformed`] for a key that is not on the curve or not that of its table; [`Error::BufferTooSmall`].
    pub(crate) fn open(
        image: &Image<'_>,
        mut keys: Store<'m, Key>,
        tables: Store<'m, TableEntry>,
    ) -> Result<Self, Error> {
        let (engine, usable) = (image.head.engine, image.head.keys);
        let (base, mut rest) = tables.split_at_checked(engine.profile().entries(0)).ok_or(Error::ImageMalformed)?;
        let mut whole = base.is_empty() || es256::begins_table_of(engine, &Point::BASE, base);
        for (slot, key) in keys.as_mut().get_mut(..usable).ok_or(Error::BufferTooSmall)?.iter_mut().zip(image.keys()) {
            let StoredKey { kid, point } = key.ok_or(Error::ImageMalformed)?;
            let (table, after) =
                rest.split_at_checked(engine.profile().table_entries()).ok_or(Error::ImageMalformed)?;
            whole &= es256::begins_table_of(engine, &point, table);
            *slot = Key::of(kid, point);
            rest = after;
        }
        if !whole {
            return Err(Error::ImageMalformed);
        }
        let (project_id, base_table) = (image.head.project_id.clone(), BaseTable::constant(engine.profile()));
        let (keys_skipped, skipped) = (0, Vec::new());
        Ok(Self { project_id, engine, base_table, keys, keys_used: usable, keys_skipped, skipped, entries: tables })
    }

    /// The table of the base point, and those of the keys.
    fn tables(&self) -> Option<[&[TableEntry]; 2]> {
        match &self.base_table {
            Some(table) => Some([table.entries(), &self.entries]),
            None => self.entries.split_at_checked(self.engine.profile().table_entries()).map(<[_; 2]>::from),
        }
    }

    /// The tables that an image has: that of the base point, unless it is constant data, and those of the keys.
    #[cfg(feature = "alloc")]
    pub(crate) fn image_tables(&self) -> Option<[&[TableEntry]; 2]> {
        let profile = self.engine.profile();
        let [base, keys] = self.tables()?;
        Some([base.get(..profile.entries(0))?, keys.get(..profile.table_entries().checked_mul(self.keys_used)?)?])
    }

    /// The name of the engine that the tables were filled for, such as `tiny`, `server`, `server-ifma` (AVX-512 IFMA) or
    /// `server-avx-ifma`.
    #[must_use]
    pub fn engine_name(&self) -> &'static str {
        self.engine.name()
    }

    /// The engine that the tables were filled for.
    #[cfg(feature = "alloc")]
    pub(crate) fn engine(&self) -> Engine {
        self.engine
    }

    /// `projectId` of the document.
    #[must_use]
    pub fn project_id(&self) -> Option<&str> {
        self.project_id.as_deref()
    }

    /// The usable keys, in the order of the document.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        self.keys.get(..self.keys_used).unwrap_or(&[])
    }

    /// How many keys of the document are not used; 0 for an image, which has only those that are.
    #[must_use]
    pub fn keys_skipped(&self) -> usize {
        self.keys_skipped
    }

    /// The first 64 keys that are not used, in the order in which the reasons were found.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }

    /// The key with this `kid`.
    pub(crate) fn find(&self, kid: Text<'_>) -> Option<VerifyingKey<'_>> {
        // Decoded once, not for each key. No usable key has a `kid` that is too long for `decoded`.
        let mut decoded = [0; MAX_KID_LEN];
        let kid = match kid.plain() {
            Some(plain) => plain,
            None => kid.decode_into(&mut decoded)?,
        };
        self.find_where(|key| key.kid == kid)
    }

    /// The key of a token whose header segment is the one that the issuer writes for that key. The rest of the token is not
    /// read.
    pub(crate) fn find_issuer_header(&self, token: &[u8]) -> Option<VerifyingKey<'_>> {
        let begins = |key: &Key| token.strip_prefix(key.header.as_bytes()).is_some_and(|rest| rest.starts_with(b"."));
        self.find_where(|key| !key.header.is_empty() && begins(key))
    }

    fn find_where(&self, wanted: impl Fn(&Key) -> bool) -> Option<VerifyingKey<'_>> {
        let len = self.engine.profile().table_entries();
        let [generator, mut rest] = self.tables()?;
        for key in self.keys() {
            let (table, after) = rest.split_at_checked(len)?;
            if wanted(key) {
                let tables = Tables { engine: self.engine, generator, key: table };
                return Some(VerifyingKey { point: &key.point, tables });
            }
            rest = after;
        }
        None
    }
}

impl fmt::Debug for Snapshot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("project_id", &self.project_id)
            .field("keys", &self.keys())
            .field("keys_skipped", &self.keys_skipped)
            .finish_non_exhaustive()
    }
}

/// Writes the usable keys, and gives the others.
///
/// Kept out of line so that the stack which the list takes is free again when the tables are filled.
#[inline(never)]
fn write_keys(survey: &Survey<'_>, used: &mut [Key]) -> Option<Skipped> {
    let mut reader = survey.keys()?;
    let mut list = KeyList::new(&reader);
    list.read(&mut reader).ok()?;
    let mut jwks = list.jwks();
    for slot in used {
        *slot = Key::new(&jwks.next()?)?;
    }
    Some(list.skipped.clone())
}

/// A key of the snapshot that signatures are checked with.
pub(crate) struct VerifyingKey<'s> {
    pub(crate) point: &'s Point,
    pub(crate) tables: Tables<'s>,
}

/// Splits a slice into pieces of equal length. Gives an empty piece when too little is left.
struct Chunks<'c> {
    rest: &'c mut [TableEntry],
    len: usize,
}

impl<'c> Chunks<'c> {
    fn cut(&mut self) -> &'c mut [TableEntry] {
        let (chunk, rest) =
            core::mem::take(&mut self.rest).split_at_mut_checked(self.len).unwrap_or((&mut [], &mut []));
        self.rest = rest;
        chunk
    }
}
