//! Revoked sessions and users: a list that the caller keeps refuses their tokens before these expire.

mod list;

use crate::{auth::Auth, error::Error, siphash, store::Store};
use core::fmt;
use list::{Entries, PROJECT_ID_LEN, SESSION_ENTRY_LEN, SESSION_ID_LEN, USER_ENTRY_LEN, USER_ID_LEN};
pub use list::{ListError, lines};

/// Sessions and users that are revoked, each of one project.
///
/// It is immutable, so any number of threads may share one. To use a newer list, load another one and drop this one after its
/// last reader. It stores a keyed digest of 128 bits for each entry and no text. The probability that two entries of a list
/// have the same digest is below 2^-80, however long the list is.
pub struct Revoked<'m> {
    /// An open-addressing hash table: an entry is in the slot that its digest selects, or in the next one that was vacant.
    slots: Store<'m, Digest>,
    key: [u64; 2],
    entries: usize,
}

/// Bytes that a list of so many lines needs.
#[must_use]
pub const fn size(lines: usize) -> usize {
    slots(lines).saturating_mul(size_of::<Digest>())
}

impl<'m> Revoked<'m> {
    /// Loads a list into the caller's memory: at least [`size`]`(`[`lines`]`(list))` bytes, which are written only when the
    /// list is valid.
    ///
    /// `seed`: 16 secret random bytes. An attacker who knew them could choose IDs that make a search long.
    ///
    /// # Errors
    /// [`Error::RevocationsMalformed`] with the line; [`Error::BufferTooSmall`].
    pub fn load(list: &[u8], memory: &'m mut [u8], seed: [u8; 16]) -> Result<Self, ListError> {
        Self::build(list, seed, |slots| {
            let (memory, _) = memory.as_chunks_mut();
            if memory.len() < slots { Err(Error::BufferTooSmall) } else { Ok(Store::Borrowed(memory)) }
        })
    }

    /// Loads a list into memory that it allocates.
    ///
    /// # Errors
    /// As [`Revoked::load`], without [`Error::BufferTooSmall`].
    #[cfg(feature = "alloc")]
    pub fn load_owned(list: &[u8], seed: [u8; 16]) -> Result<Revoked<'static>, ListError> {
        Revoked::build(list, seed, |slots| Ok(Store::Owned(alloc::vec![VACANT; slots].into_boxed_slice())))
    }

    fn build(
        list: &[u8],
        seed: [u8; 16],
        memory: impl FnOnce(usize) -> Result<Store<'m, Digest>, Error>,
    ) -> Result<Self, ListError> {
        let mut entries = 0_usize;
        for entry in Entries::of(list)? {
            entry?;
            entries = entries.saturating_add(1);
        }
        let mut slots = memory(slots(entries))?;
        slots.as_mut().fill(VACANT);
        let [low, high] = [0, 8].map(|start| seed.get(start..).and_then(|half| half.first_chunk().copied()));
        let key = [low, high].map(|half| half.map_or(0, u64::from_le_bytes));
        let mut revoked = Self { slots, key, entries: 0 };
        for entry in Entries::of(list)? {
            revoked.insert(entry?);
        }
        Ok(revoked)
    }

    /// How many sessions and users are on the list.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries
    }

    /// Whether no session and no user is on the list.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// Whether a session or a user of a project is on the list, octet for octet.
    #[must_use]
    pub fn contains(&self, project_id: &str, id: &str) -> bool {
        !self.is_empty() && self.has(project_id.as_bytes(), id.as_bytes())
    }

    /// Refuses an access token whose session or user is on the list. API keys pass: the service refuses revoked ones.
    pub(crate) fn check(&self, project_id: &str, auth: &Auth<'_>) -> Result<(), Error> {
        let Ok(claims) = auth.access_token_claims() else { return Ok(()) };
        self.check_ids(project_id, [claims.session.id, claims.user.id, claims.sub].map(str::as_bytes))
    }

    /// Checks the session, the user and the subject, which is the user's ID in tokens of the issuer.
    pub(crate) fn check_ids(&self, project_id: &str, [session, user, subject]: [&[u8]; 3]) -> Result<(), Error> {
        if self.is_empty() {
            return Ok(());
        }
        let has = |id: &[u8]| self.has(project_id.as_bytes(), id);
        if has(session) || has(user) || (subject != user && has(subject)) { Err(Error::TokenRevoked) } else { Ok(()) }
    }

    /// An ID of another length than the issuer's is on no list.
    #[inline(always)]
    fn has(&self, project_id: &[u8], id: &[u8]) -> bool {
        let Ok(project_id) = project_id.try_into() else { return false };
        let digest = if let Ok(session_id) = id.try_into() {
            digest(self.key, &entry::<SESSION_ENTRY_LEN, SESSION_ID_LEN>(project_id, session_id))
        } else if let Ok(user_id) = id.try_into() {
            digest(self.key, &entry::<USER_ENTRY_LEN, USER_ID_LEN>(project_id, user_id))
        } else {
            return false;
        };
        matches!(self.find(&digest), Some(Probe::Taken))
    }

    fn insert(&mut self, entry: &[u8]) {
        let digest = digest(self.key, entry);
        if let Some(Probe::Vacant(place)) = self.find(&digest)
            && let Some(slot) = self.slots.as_mut().get_mut(place)
        {
            *slot = digest;
            self.entries = self.entries.saturating_add(1);
        }
    }

    /// Searches from the slot that the digest selects up to the first vacant one.
    fn find(&self, digest: &Digest) -> Option<Probe> {
        // The high half of a product spreads digests over the slots without a division.
        let first = u64::from_le_bytes(*digest.first_chunk()?);
        let product = u128::from(first).wrapping_mul(u128::try_from(self.slots.len()).ok()?);
        let start = usize::try_from(product >> 64).ok()?;
        let (before, from) = self.slots.split_at_checked(start)?;
        let places = (start..).zip(from).chain((0..).zip(before));
        for (place, slot) in places {
            if slot == digest {
                return Some(Probe::Taken);
            }
            if *slot == VACANT {
                return Some(Probe::Vacant(place));
            }
        }
        None
    }
}

/// Prints the number of entries, and no ID.
impl fmt::Debug for Revoked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revoked").field("entries", &self.entries).finish_non_exhaustive()
    }
}

/// A third of the slots stays vacant, so that a search ends after a few slots.
const fn slots(entries: usize) -> usize {
    entries.saturating_add(entries / 2).saturating_add(1)
}

type Digest = [u8; 16];

/// A vacant slot. No entry has this digest.
const VACANT: Digest = [0; 16];

/// The result of a search.
enum Probe {
    Taken,
    Vacant(usize),
}

/// An entry as a line of the list has it. The lengths are constants so that LLVM compiles copying and hashing without loops.
#[inline(always)]
fn entry<const LEN: usize, const ID_LEN: usize>(project_id: &[u8; PROJECT_ID_LEN], id: &[u8; ID_LEN]) -> [u8; LEN] {
    let mut entry = [b' '; LEN];
    if let Some(place) = entry.first_chunk_mut() {
        *place = *project_id;
    }
    if let Some(place) = entry.last_chunk_mut() {
        *place = *id;
    }
    entry
}

#[inline(always)]
fn digest(key: [u64; 2], entry: &[u8]) -> Digest {
    let [low, high] = siphash::digest_128(key, entry).map(u64::to_le_bytes);
    let mut digest = VACANT;
    for (place, octet) in digest.iter_mut().zip(low.into_iter().chain(high)) {
        *place = octet;
    }
    if digest == VACANT { [1; 16] } else { digest }
}
