//! Remembers which exact tokens were accepted under which key, and what they claim, in the caller's memory.
//!
//! A hit saves the signature check and reading the claims. They are compared with clock and policy again, so that a hit
//! never outlives `exp`; and it needs the key that is in the snapshot now, so that it never outlives a withdrawn key.

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
/// Two sets of eight slots may hold a token; which two, its hash says, under a seed that only the caller knows. All
/// octets of a token, and of the key's point, must be equal for a hit. Longer tokens than a slot has room for are not kept.
///
/// Only tokens that were accepted are remembered, and a slot whose token has expired is taken before one that another
/// token still needs: tokens of the past displace none of the present.
pub struct Cache<'m> {
    sets: Sets<'m>,
    /// Which slot goes next when both sets are full of tokens that have not expired.
    next: usize,
    /// How many tokens there have been in here.
    serial: u64,
    /// What the signature check gave for a token in here: a cache cannot make one up.
    proof: Option<Verified>,
    hits: u64,
    misses: u64,
}

/// Octets that a cache with room for at least `tokens` tokens of up to `max_token_len` octets each needs: for each about
/// 1.75 times `max_token_len` and 180.
///
/// With room for twice as many tokens as are good at a time, none of them displaces another; see [`Cache::misses`].
#[must_use]
pub const fn size(tokens: usize, max_token_len: usize) -> usize {
    tokens.div_ceil(WAYS).saturating_mul(set_len(max_token_len))
}

impl<'m> Cache<'m> {
    /// Makes an empty cache of all whole sets that fit into `memory`; see [`size`].
    ///
    /// `seed`: 16 octets that nobody can guess, so that nobody can choose tokens that displace others.
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

    /// What is remembered of a token with this point.
    pub(crate) fn find(&mut self, token: &[u8], point: &Point) -> Option<Remembered<'_>> {
        let found = self.sets.locate(token, point);
        let count = if found.is_some() { &mut self.hits } else { &mut self.misses };
        *count = count.wrapping_add(1);
        let (_, slot) = found?;
        Some(Remembered { proof: self.proof?, claims: slot.claims() })
    }

    /// Whether a token with this point is remembered. Counts nothing.
    pub(crate) fn has(&self, token: &[u8], point: &Point) -> bool {
        self.sets.locate(token, point).is_some()
    }

    pub(crate) fn count_miss(&mut self) {
        self.misses = self.misses.wrapping_add(1);
    }

    /// Remembers a token that was accepted, and its claims. A token with an `exp` below `least_exp` has expired.
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

    /// Writes into the set that has more free slots, so that hardly ever one is full while there is room; else the slots
    /// that nobody holds take turns.
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

/// What is remembered of a token.
pub(crate) struct Remembered<'c> {
    pub(crate) proof: Verified,
    /// `None` when they are too long without their escapes.
    pub(crate) claims: Option<Kept<'c>>,
}

/// Little-endian; shorter slices, which do not occur, read as 0.
fn word(octets: &[u8]) -> u64 {
    octets.first_chunk().map_or(0, |octets| u64::from_le_bytes(*octets))
}

#[cfg(test)]
mod tests {
    use super::{Cache, size};
    use crate::{error::Error, es256::Point};

    /// Half full, hardly a set overflows; full, few do.
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

    /// As long as no more than half of the slots have live tokens, none is displaced, however many have expired.
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
