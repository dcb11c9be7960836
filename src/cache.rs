//! Remembers which exact tokens had a good signature under which key, in the caller's memory.
//!
//! A hit saves the signature check and nothing else: the claims are still read and compared with clock and
//! policy, so that a hit never outlives `exp`; and it needs the key that is in the snapshot now, so that it never
//! outlives a withdrawn key.

use crate::{
    error::Error,
    es256::{Point, Verified},
    limits::MAX_TOKEN_LEN,
};
use core::ops::Range;

/// A cache of good signatures. Each thread or worker has its own.
///
/// Sets of four slots; the place of a token is its hash under a seed that only the caller knows. All octets of
/// a token, and of the key's point, must be equal for a hit. Longer tokens than a slot has room for are not kept.
pub struct Cache<'m> {
    slots: &'m mut [u8],
    max_token_len: usize,
    sets: usize,
    seed: [u64; 2],
    /// Which slot of a full set goes next.
    next: usize,
    /// What the signature check gave for a token in here: a cache cannot make one up.
    proof: Option<Verified>,
    hits: u64,
    misses: u64,
}

/// Octets that a cache with room for at least `tokens` tokens of up to `max_token_len` octets each needs.
#[must_use]
pub const fn size(tokens: usize, max_token_len: usize) -> usize {
    tokens.div_ceil(WAYS).saturating_mul(WAYS).saturating_mul(slot_len(max_token_len))
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
        let sets = memory.len().checked_div(slot_len(max_token_len).saturating_mul(WAYS)).unwrap_or(0);
        if sets == 0 {
            return Err(Error::BufferTooSmall);
        }
        memory.fill(0);
        let (low, high) = seed.split_at_checked(8).ok_or(Error::InternalError)?;
        let seed = [word(low), word(high)];
        Ok(Self { slots: memory, max_token_len, sets, seed, next: 0, proof: None, hits: 0, misses: 0 })
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

    /// The proof for a token that is remembered with this point.
    pub(crate) fn find(&mut self, token: &[u8], signature: &[u8; 64], point: &Point) -> Option<Verified> {
        let hash = self.hash(signature);
        let set = self.set(hash);
        let slots = self.slots.get(set)?;
        let equal = |slot: &[u8]| Slot::read(slot).is_some_and(|slot| slot.holds(hash, token, point));
        let found = slots.chunks_exact(slot_len(self.max_token_len)).any(equal);
        let count = if found { &mut self.hits } else { &mut self.misses };
        *count = count.wrapping_add(1);
        self.proof.filter(|_| found)
    }

    /// Remembers a token whose signature was good.
    pub(crate) fn insert(&mut self, token: &[u8], signature: &[u8; 64], point: &Point, proof: Verified) {
        if token.len() > self.max_token_len {
            return;
        }
        let hash = self.hash(signature);
        let set = self.set(hash);
        let Some(slots) = self.slots.get_mut(set) else { return };
        let len = slot_len(self.max_token_len);
        let vacant =
            slots.chunks_exact(len).position(|slot| Slot::read(slot).is_some_and(|slot| slot.token.is_empty()));
        let way = vacant.unwrap_or_else(|| {
            self.next = self.next.wrapping_add(1);
            self.next & (WAYS - 1)
        });
        let written = slots.chunks_exact_mut(len).nth(way).and_then(|slot| write(slot, hash, token, point));
        if written.is_some() {
            self.proof = Some(proof);
        }
    }

    /// The octets of one set.
    fn set(&self, hash: u64) -> Range<usize> {
        let len = slot_len(self.max_token_len).wrapping_mul(WAYS);
        // The high half of the product spreads the hash over the sets without a division.
        let product = u128::from(hash).wrapping_mul(u128::try_from(self.sets).unwrap_or(0));
        let start = usize::try_from(product >> 64).unwrap_or(0).wrapping_mul(len);
        start..start.wrapping_add(len)
    }

    /// SipHash-1-3 of the signature, which alone has more entropy than any cache has slots.
    fn hash(&self, signature: &[u8; 64]) -> u64 {
        let [k0, k1] = self.seed;
        let mut state = [
            k0 ^ 0x736f_6d65_7073_6575,
            k1 ^ 0x646f_7261_6e64_6f6d,
            k0 ^ 0x6c79_6765_6e65_7261,
            k1 ^ 0x7465_6462_7974_6573,
        ];
        let length = 64 << 56;
        for word in signature.chunks_exact(8).map(word).chain([length]) {
            state[3] ^= word;
            sip_round(&mut state);
            state[0] ^= word;
        }
        state[2] ^= 0xff;
        for _ in 0..3 {
            sip_round(&mut state);
        }
        state[0] ^ state[1] ^ state[2] ^ state[3]
    }
}

/// Prints no token.
impl core::fmt::Debug for Cache<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Cache")
            .field("tokens", &self.sets.saturating_mul(WAYS))
            .field("max_token_len", &self.max_token_len)
            .field("hits", &self.hits)
            .field("misses", &self.misses)
            .finish_non_exhaustive()
    }
}

/// Slots of a set.
const WAYS: usize = 4;
const HASH_LEN: usize = 8;
const LENGTH_LEN: usize = 8;
const POINT_LEN: usize = 64;

const fn slot_len(max_token_len: usize) -> usize {
    max_token_len.saturating_add(HASH_LEN + LENGTH_LEN + POINT_LEN)
}

/// What stands in a slot: hash, length of the token, point, token.
struct Slot<'s> {
    hash: u64,
    point: &'s [u8],
    token: &'s [u8],
}

impl<'s> Slot<'s> {
    fn read(slot: &'s [u8]) -> Option<Self> {
        let (hash, rest) = slot.split_at_checked(HASH_LEN)?;
        let (length, rest) = rest.split_at_checked(LENGTH_LEN)?;
        let (point, rest) = rest.split_at_checked(POINT_LEN)?;
        let token = rest.get(..usize::try_from(word(length)).ok()?)?;
        Some(Self { hash: word(hash), point, token })
    }

    fn holds(&self, hash: u64, token: &[u8], point: &Point) -> bool {
        self.hash == hash && self.token == token && self.point == coordinates(point)
    }
}

fn write(slot: &mut [u8], hash: u64, token: &[u8], point: &Point) -> Option<()> {
    let (hash_place, rest) = slot.split_at_mut_checked(HASH_LEN)?;
    let (length_place, rest) = rest.split_at_mut_checked(LENGTH_LEN)?;
    let (point_place, rest) = rest.split_at_mut_checked(POINT_LEN)?;
    let token_place = rest.get_mut(..token.len())?;
    hash_place.copy_from_slice(&hash.to_le_bytes());
    length_place.copy_from_slice(&u64::try_from(token.len()).ok()?.to_le_bytes());
    point_place.copy_from_slice(&coordinates(point));
    token_place.copy_from_slice(token);
    Some(())
}

fn coordinates(point: &Point) -> [u8; POINT_LEN] {
    let mut octets = [0; POINT_LEN];
    let (x, y) = octets.split_at_mut(POINT_LEN / 2);
    x.copy_from_slice(point.x());
    y.copy_from_slice(point.y());
    octets
}

/// Little-endian; shorter slices, which do not occur, read as 0.
fn word(octets: &[u8]) -> u64 {
    octets.first_chunk().map_or(0, |octets| u64::from_le_bytes(*octets))
}

fn sip_round([a, b, c, d]: &mut [u64; 4]) {
    *a = a.wrapping_add(*b);
    *b = b.rotate_left(13) ^ *a;
    *a = a.rotate_left(32);
    *c = c.wrapping_add(*d);
    *d = d.rotate_left(16) ^ *c;
    *a = a.wrapping_add(*d);
    *d = d.rotate_left(21) ^ *a;
    *c = c.wrapping_add(*b);
    *b = b.rotate_left(17) ^ *c;
    *c = c.rotate_left(32);
}

#[cfg(test)]
mod tests {
    use super::{Cache, size};
    use crate::error::Error;
    use core::hash::Hasher as _;

    #[test]
    fn hash_is_siphash_1_3() {
        // The standard library's hasher is SipHash-1-3, with the key 0 unless it is random.
        for first in 0..=255 {
            let signature: [u8; 64] = core::array::from_fn(|i| (i as u8).wrapping_mul(first).wrapping_add(first));
            let mut expected = std::hash::DefaultHasher::new();
            expected.write(&signature);
            let mut memory = [0; size(1, 1)];
            assert_eq!(Cache::new(&mut memory, 1, [0; 16]).unwrap().hash(&signature), expected.finish());
        }
    }

    #[test]
    fn memory_for_one_set_or_one_octet_less() {
        let mut memory = [0; size(4, 100)];
        assert!(Cache::new(&mut memory, 100, [0; 16]).is_ok());
        let short = memory.len() - 1;
        assert_eq!(Cache::new(&mut memory[..short], 100, [0; 16]).err(), Some(Error::BufferTooSmall));
        assert_eq!(Cache::new(&mut memory, 0, [0; 16]).err(), Some(Error::InvalidArgument));
        assert_eq!(Cache::new(&mut memory, 65_537, [0; 16]).err(), Some(Error::InvalidArgument));
        assert_eq!(size(5, 100), 2 * size(1, 100));
    }
}
