//! Which unknown `kid`s asked for a fetch, and which of them no document had.

use super::{moment::elapsed, words::Words};
use crate::{
    limits::{MAX_COOKIE_CANDIDATES, MAX_REMEMBERED_KIDS},
    sha256,
};
use heapless::Vec;

/// The hash by which a `kid` is remembered: the first 16 octets of its SHA-256.
///
/// A machine keeps it hashed again under its secret seed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct KidHash(pub [u8; 16]);

impl KidHash {
    /// Hashes a `kid`, decoded, as the header has it.
    #[must_use]
    pub fn of(kid: &[u8]) -> Self {
        Self(sha256::digest(kid).first_chunk().copied().unwrap_or_default())
    }
}

/// The unknown `kid`s of one refused request: that of its Bearer token, or those of up to four cookies.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct UnknownKids(Vec<KidHash, MAX_COOKIE_CANDIDATES>);

impl UnknownKids {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Their hashes, without repetition.
    #[must_use]
    pub fn as_slice(&self) -> &[KidHash] {
        &self.0
    }

    pub(crate) fn add(&mut self, kid: KidHash) {
        if !self.0.contains(&kid) {
            // There are no more than candidates.
            let _ = self.0.push(kid);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

/// A `kid` as a machine keeps it.
pub(super) type Kept = [u64; 2];

pub(super) fn kept(words: &Words<'_>, kid: KidHash) -> Kept {
    let [low, high, ..] = words.keyed_digest([&kid.0, &[]]);
    [low, high]
}

/// An entry: the hash, the number of the flight that answers, when it was asked for.
const ENTRY_LEN: usize = 4;
const FLIGHT: usize = 2;
const ASKED_AT: usize = 3;

/// Where the next entry goes, and the entries.
pub(super) const LEN: usize = 1 + MAX_REMEMBERED_KIDS * ENTRY_LEN;

/// Remembers that flight `flight` is to bring this `kid`. The oldest entry makes room.
pub(super) fn remember(words: &mut Words<'_>, first: usize, kid: &Kept, flight: u64, now: i64) {
    let entry = find(words, first, kid).unwrap_or_else(|| {
        let turn = usize::try_from(words.get(first)).unwrap_or(0) % MAX_REMEMBERED_KIDS;
        words.set(first, u64::try_from(turn).unwrap_or(0).wrapping_add(1));
        place(first, turn)
    });
    words.copy(kid, entry);
    words.set(entry.saturating_add(FLIGHT), flight);
    words.set_time(entry.saturating_add(ASKED_AT), now);
}

/// Whether flight `landed` or one before it brought a document without this `kid`, less than one cooldown ago.
pub(super) fn is_absent(words: &Words<'_>, first: usize, kid: &Kept, landed: u64, cooldown: i64, now: i64) -> bool {
    find(words, first, kid).is_some_and(|entry| {
        let asked_at = words.time(entry.saturating_add(ASKED_AT));
        words.get(entry.saturating_add(FLIGHT)) <= landed && elapsed(asked_at, now) < cooldown
    })
}

fn find(words: &Words<'_>, first: usize, kid: &Kept) -> Option<usize> {
    let used = |entry: &usize| words.get(entry.saturating_add(FLIGHT)) != 0;
    (0..MAX_REMEMBERED_KIDS).map(|turn| place(first, turn)).filter(used).find(|entry| words.equals(*entry, kid))
}

fn place(first: usize, turn: usize) -> usize {
    first.saturating_add(1).saturating_add(turn.saturating_mul(ENTRY_LEN))
}
