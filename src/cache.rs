//! A cache of accepted tokens in the caller's memory: each with the key that signed it, and with its claims.
//!
//! A hit saves the signature check and parsing the claims. The claims are still compared with the clock and the policy, so the
//! cache never makes an expired token accepted. A hit also needs the same key in the snapshot in use, so a token is never
//! accepted after its key was withdrawn.

#[cfg(feature = "ffi")]
mod hold;
mod sets;
mod slot;

use crate::{
    claims::{AccessTokenClaims, Kept},
    error::Error,
    es256::{Point, Verified},
    limits::MAX_TOKEN_LEN,
};
#[cfg(feature = "ffi")]
pub(crate) use hold::Hold;
use sets::{Sets, WAYS, set_len};

/// A cache of accepted tokens: their good signatures, and the claims under them. Each thread or worker has its own.
///
/// It is a 2-choice, 8-way set-associative cache: a keyed hash of the token (SipHash, the caller's secret seed) selects the two
/// sets that may hold it. For a hit, all octets of the token and of the key's point must be equal. Tokens that are longer than
/// a slot are not cached.
///
/// Only accepted tokens are cached. A new token takes the slot of an expired one, if there is one, and only then evicts a live
/// one: expired tokens never evict live ones.
pub struct Cache<'m> {
    sets: Sets<'m>,
    /// Which slot is evicted next when both sets are full of live tokens: a round robin.
    next: usize,
    /// How many tokens have been written so far; the serial number of the newest.
    serial: u64,
    /// The proof that the signature check gave for a cached token. The cache itself cannot construct one.
    proof: Option<Verified>,
    hits: u64,
    misses: u64,
}

/// Bytes that a cache for at least `tokens` tokens of up to `max_token_len` octets needs: for each token about
/// 1.75 × `max_token_len` + 180.
///
/// With room for twice as many tokens as are live at a time, hardly any live token is evicted; see [`Cache::misses`].
#[must_use]
pub const fn size(tokens: usize, max_token_len: usize) -> usize {
    tokens.div_ceil(WAYS).saturating_mul(set_len(max_token_len))
}

impl<'m> Cache<'m> {
    /// Makes an empty cache of as many sets as fit into `memory`; see [`size`].
    ///
    /// `seed`: 16 secret random bytes. An attacker who knew them could choose tokens that evict others.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `max_token_len` is in 1 … 65,536, [`Error::BufferTooSmall`] when not one set fits.
    pub fn new(memory: &'m mut [u8], max_token_len: usize, seed: [u8; 16]) -> Result<Self, Error> {
        if !(1..=MAX_TOKEN_LEN).contains(&max_token_len) {
            return Err(Error::InvalidArgument);
        }
        let (low, high) = seed.split_at_checked(8).ok_or(Error::InternalError)?;
        let sets = Sets::new(memory, max_token_len, [word(low), word(high)]).ok_or(Error::BufferTooSmall)?;
        Ok(Self { sets, next: 0, serial: 0, proof: None, hits: 0, misses: 0 })
    }

    /// How many signature checks were saved.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.hits
    }

    /// How many tokens were not found.
    #[must_use]
    pub fn misses(&self) -> u64 {
        self.misses
    }

    /// The cached result for a token that was signed with this point's key. Counts a hit or a miss.
    pub(crate) fn find(&mut self, token: &[u8], point: &Point) -> Option<Remembered<'_>> {
        let found = self.sets.locate(token, point);
        let count = if found.is_some() { &mut self.hits } else { &mut self.misses };
        *count = count.wrapping_add(1);
        let (_, slot) = found?;
        Some(Remembered { proof: self.proof?, claims: slot.claims() })
    }

    /// Whether a token that was signed with this point's key is cached. Counts nothing.
    pub(crate) fn has(&self, token: &[u8], point: &Point) -> bool {
        self.sets.locate(token, point).is_some()
    }

    pub(crate) fn count_miss(&mut self) {
        self.misses = self.misses.wrapping_add(1);
    }

    /// Caches an accepted token and its claims. Cached tokens with an `exp` below `least_exp` have expired.
    pub(crate) fn insert(
        &mut self,
        token: &[u8],
        point: &Point,
        proof: Verified,
        claims: &AccessTokenClaims<'_>,
        least_exp: i64,
    ) {
        if token.len() > self.sets.max_token_len() {
            return;
        }
        if self.write(token, point, Some(claims), claims.exp, least_exp).is_some() {
            self.proof = Some(proof);
        }
    }

    /// Writes into the set that has more free slots: with two choices, a set is hardly ever full while others have room. If
    /// both are full, it evicts a slot that no reader holds.
    fn write(
        &mut self,
        token: &[u8],
        point: &Point,
        claims: Option<&AccessTokenClaims<'_>>,
        exp: i64,
        least_exp: i64,
    ) -> Option<()> {
        let place = self.sets.place(token)?;
        let [first, second] = place.sets;
        let (free_first, free_second) = (self.sets.set(first)?.free(least_exp), self.sets.set(second)?.free(least_exp));
        let (set, free) =
            if free_first.count() >= free_second.count() { (first, free_first) } else { (second, free_second) };
        let (set, way) = match free.first() {
            Some(way) => (set, way),
            None => (0..2 * WAYS).find_map(|_| {
                self.next = self.next.wrapping_add(1);
                let set = if self.next & WAYS == 0 { first } else { second };
                let way = self.next & (WAYS - 1);
                (!self.sets.set(set)?.is_held(way)).then_some((set, way))
            })?,
        };
        self.serial = self.serial.wrapping_add(1);
        let serial = self.serial;
        let mut set = self.sets.set_mut(set)?;
        slot::write(set.slot(way)?, serial, token, point, claims)?;
        set.take(way, place.tag, exp)
    }
}

/// Prints no token.
impl core::fmt::Debug for Cache<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Cache")
            .field("tokens", &self.sets.slots())
            .field("max_token_len", &self.sets.max_token_len())
            .field("hits", &self.hits)
            .field("misses", &self.misses)
            .finish_non_exhaustive()
    }
}

/// The cached result for one token.
pub(crate) struct Remembered<'c> {
    pub(crate) proof: Verified,
    /// `None` when payload and decoded strings did not fit into the slot.
    pub(crate) claims: Option<Kept<'c>>,
}

/// A little-endian word. A shorter slice, which does not occur, gives 0.
fn word(octets: &[u8]) -> u64 {
    octets.first_chunk().map_or(0, |octets| u64::from_le_bytes(*octets))
}

#[cfg(test)]
mod tests {
    use super::{Cache, size};
    use crate::{error::Error, es256::Point};

    /// When the cache is half full, no set overflows; when it is full, few do.
    #[test]
    fn tokens_spread_over_both_sets() {
        let point = &Point::BASE;
        for (tokens, most_lost) in [(4096, 0), (8192, 400)] {
            let mut memory = std::vec![0; size(8192, 64)];
            let mut cache = Cache::new(&mut memory, 64, [7; 16]).unwrap();
            let token = |i: u64| -> [u8; 64] { core::array::from_fn(|k| (i >> (k % 8 * 8)) as u8) };
            for i in 0..tokens {
                assert!(cache.write(&token(i), point, None, 0, 0).is_some());
            }
            let lost = (0..tokens).filter(|i| cache.sets.locate(&token(*i), point).is_none()).count();
            std::println!("cache: {lost} of {tokens} tokens displaced in 8192 slots");
            assert!(lost <= most_lost, "{lost} of {tokens}");
        }
    }

    /// As long as no more than half of the slots have live tokens, none of them is evicted, however many have expired.
    #[test]
    fn expired_tokens_make_room() {
        let point = &Point::BASE;
        let mut memory = std::vec![0; size(4096, 64)];
        let mut cache = Cache::new(&mut memory, 64, [7; 16]).unwrap();
        let token = |time: i64, i: u64| -> [u8; 64] {
            core::array::from_fn(|k| if k % 16 < 8 { time as u8 } else { (i >> (k % 8 * 8)) as u8 })
        };
        for time in 0..10 {
            for i in 0..2048 {
                assert!(cache.write(&token(time, i), point, None, time, time).is_some());
            }
            let lost = (0..2048).filter(|i| cache.sets.locate(&token(time, *i), point).is_none()).count();
            assert_eq!(lost, 0, "at {time}");
        }
    }

    #[test]
    fn memory_for_one_set_or_one_octet_less() {
        let mut memory = [0; size(8, 100)];
        assert!(Cache::new(&mut memory, 100, [0; 16]).is_ok());
        let short = memory.len() - 1;
        assert_eq!(Cache::new(&mut memory[..short], 100, [0; 16]).err(), Some(Error::BufferTooSmall));
        assert_eq!(Cache::new(&mut memory, 0, [0; 16]).err(), Some(Error::InvalidArgument));
        assert_eq!(Cache::new(&mut memory, 65_537, [0; 16]).err(), Some(Error::InvalidArgument));
        assert_eq!(size(9, 100), 2 * size(1, 100));
    }
}
