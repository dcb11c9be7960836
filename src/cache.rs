//! Remembers which exact tokens had a good signature under which key, in the caller's memory.
//!
//! A hit saves the signature check and nothing else: the claims are still read and compared with clock and
//! policy, so that a hit never outlives `exp`; and it needs the key that is in the snapshot now, so that it never
//! outlives a withdrawn key.

use crate::{
    error::Error,
    es256::{Point, Verified},
    limits::{COORDINATE_LEN, MAX_TOKEN_LEN},
};

/// A cache of good signatures. Each thread or worker has its own.
///
/// Two sets of eight slots may hold a token; which two, its hash says, under a seed that only the caller knows. All
/// octets of a token, and of the key's point, must be equal for a hit. Longer tokens than a slot has room for are not kept.
pub struct Cache<'m> {
    memory: &'m mut [u8],
    max_token_len: usize,
    sets: usize,
    seed: [u64; 2],
    /// Which slot goes next when both sets are full.
    next: usize,
    /// What the signature check gave for a token in here: a cache cannot make one up.
    proof: Option<Verified>,
    hits: u64,
    misses: u64,
}

/// Octets that a cache with room for at least `tokens` tokens of up to `max_token_len` octets each needs.
///
/// With room for twice as many tokens as there are, no token displaces another; see [`Cache::misses`].
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
        let sets = memory.len().checked_div(set_len(max_token_len)).unwrap_or(0);
        if sets == 0 {
            return Err(Error::BufferTooSmall);
        }
        memory.fill(0);
        let (low, high) = seed.split_at_checked(8).ok_or(Error::InternalError)?;
        let seed = [word(low), word(high)];
        Ok(Self { memory, max_token_len, sets, seed, next: 0, proof: None, hits: 0, misses: 0 })
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
    pub(crate) fn find(&mut self, token: &[u8], point: &Point) -> Option<Verified> {
        let found = self.place(token).is_some_and(|place| {
            let holds = |set: usize| self.set(set).is_some_and(|set| set.holds(place.tag, token, point));
            place.sets.into_iter().any(holds)
        });
        let count = if found { &mut self.hits } else { &mut self.misses };
        *count = count.wrapping_add(1);
        self.proof.filter(|_| found)
    }

    /// Remembers a token whose signature was good.
    pub(crate) fn insert(&mut self, token: &[u8], point: &Point, proof: Verified) {
        if token.len() <= self.max_token_len && self.write(token, point).is_some() {
            self.proof = Some(proof);
        }
    }

    /// Writes into the emptier set, so that hardly ever one is full while there is room; else the slots take turns.
    fn write(&mut self, token: &[u8], point: &Point) -> Option<()> {
        let place = self.place(token)?;
        let [first, second] = place.sets;
        let (vacant_first, vacant_second) = (self.set(first)?.vacant(), self.set(second)?.vacant());
        let (set, way) = match vacant_first.max(vacant_second) {
            0 => {
                self.next = self.next.wrapping_add(1);
                (if self.next & WAYS == 0 { first } else { second }, self.next & (WAYS - 1))
            }
            // Slots fill up in order and are never vacated.
            vacant if vacant == vacant_first => (first, WAYS.wrapping_sub(vacant)),
            vacant => (second, WAYS.wrapping_sub(vacant)),
        };
        let set_len = set_len(self.max_token_len);
        let set = self.memory.get_mut(set.checked_mul(set_len)?..)?.get_mut(..set_len)?;
        let (tags, slots) = set.split_at_mut_checked(TAG_LEN * WAYS)?;
        let tag = tags.as_chunks_mut().0.get_mut(way)?;
        let slot = slots.get_mut(slot_len(self.max_token_len).wrapping_mul(way)..)?;
        let ([length, x, y], octets) = split_slot_mut(slot)?;
        length.copy_from_slice(&u64::try_from(token.len()).ok()?.to_le_bytes());
        x.copy_from_slice(point.x());
        y.copy_from_slice(point.y());
        octets.get_mut(..token.len())?.copy_from_slice(token);
        *tag = place.tag.to_le_bytes();
        Some(())
    }

    fn set(&self, set: usize) -> Option<Set<'_>> {
        let set_len = set_len(self.max_token_len);
        let set = self.memory.get(set.checked_mul(set_len)?..)?.get(..set_len)?;
        let (tags, slots) = set.split_at_checked(TAG_LEN * WAYS)?;
        Some(Set { tags: tags.as_chunks().0.first_chunk()?, slots, slot_len: slot_len(self.max_token_len) })
    }

    /// `None` for less text than a signature has.
    fn place(&self, token: &[u8]) -> Option<Place> {
        let hash = self.hash(token.last_chunk()?);
        // The high half of a product spreads a hash over the sets without a division.
        let set = |hash: u64| {
            let product = u128::from(hash).wrapping_mul(u128::try_from(self.sets).unwrap_or(0));
            usize::try_from(product >> 64).unwrap_or(0)
        };
        let [a, b, c, d, ..] = hash.to_le_bytes();
        Some(Place { sets: [set(hash), set(hash.rotate_left(32))], tag: u32::from_le_bytes([a, b, c, d]).max(1) })
    }

    /// SipHash-1-3 of a token's end, which is signature and has more entropy than any cache has slots.
    fn hash(&self, end: &[u8; 64]) -> u64 {
        let [k0, k1] = self.seed;
        let mut state = [
            k0 ^ 0x736f_6d65_7073_6575,
            k1 ^ 0x646f_7261_6e64_6f6d,
            k0 ^ 0x6c79_6765_6e65_7261,
            k1 ^ 0x7465_6462_7974_6573,
        ];
        let mut mix = |word: u64| {
            state[3] ^= word;
            sip_round(&mut state);
            state[0] ^= word;
        };
        for word in end.as_chunks().0 {
            mix(u64::from_le_bytes(*word));
        }
        mix(64 << 56); // the length
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

/// Where a token may be.
struct Place {
    sets: [usize; 2],
    /// Not 0.
    tag: u32,
}

/// A tag for each slot, then the slots: length of the token, point, token.
struct Set<'s> {
    /// 0: the slot is vacant.
    tags: &'s [[u8; TAG_LEN]; WAYS],
    slots: &'s [u8],
    slot_len: usize,
}

impl Set<'_> {
    fn vacant(&self) -> usize {
        self.tags.iter().filter(|tag| **tag == [0; TAG_LEN]).count()
    }

    fn holds(&self, tag: u32, token: &[u8], point: &Point) -> bool {
        let tag = tag.to_le_bytes();
        let equal = |way: usize| self.slot_holds(way, token, point).unwrap_or(false);
        self.tags.iter().enumerate().any(|(way, other)| *other == tag && equal(way))
    }

    fn slot_holds(&self, way: usize, token: &[u8], point: &Point) -> Option<bool> {
        let slot = self.slots.get(self.slot_len.wrapping_mul(way)..)?;
        let (length, rest) = slot.split_at_checked(LENGTH_LEN)?;
        let (x, rest) = rest.split_at_checked(COORDINATE_LEN)?;
        let (y, rest) = rest.split_at_checked(COORDINATE_LEN)?;
        let other = rest.get(..usize::try_from(word(length)).ok()?)?;
        Some(other == token && x == point.x() && y == point.y())
    }
}

/// Length, x and y of a slot, and what follows.
fn split_slot_mut(slot: &mut [u8]) -> Option<([&mut [u8]; 3], &mut [u8])> {
    let (length, rest) = slot.split_at_mut_checked(LENGTH_LEN)?;
    let (x, rest) = rest.split_at_mut_checked(COORDINATE_LEN)?;
    let (y, rest) = rest.split_at_mut_checked(COORDINATE_LEN)?;
    Some(([length, x, y], rest))
}

/// Slots of a set.
const WAYS: usize = 8;
const TAG_LEN: usize = 4;
const LENGTH_LEN: usize = 8;

const fn slot_len(max_token_len: usize) -> usize {
    max_token_len.saturating_add(LENGTH_LEN + 2 * COORDINATE_LEN)
}

const fn set_len(max_token_len: usize) -> usize {
    slot_len(max_token_len).saturating_add(TAG_LEN).saturating_mul(WAYS)
}

/// Little-endian; shorter slices, which do not occur, read as 0.
fn word(octets: &[u8]) -> u64 {
    octets.first_chunk().map_or(0, |octets| u64::from_le_bytes(*octets))
}

#[inline(always)]
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
    use crate::{error::Error, es256::Point};
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

    /// Half full, hardly a set overflows; full, few do.
    #[test]
    fn tokens_spread_over_both_sets() {
        let point = &Point::BASE;
        for (tokens, most_lost) in [(4096, 0), (8192, 400)] {
            let mut memory = std::vec![0; size(8192, 64)];
            let mut cache = Cache::new(&mut memory, 64, [7; 16]).unwrap();
            let token = |i: u64| -> [u8; 64] { core::array::from_fn(|k| (i >> (k % 8 * 8)) as u8) };
            for i in 0..tokens {
                assert!(cache.write(&token(i), point).is_some());
            }
            let place = |i| cache.place(&token(i)).unwrap();
            let holds =
                |i| place(i).sets.iter().any(|set| cache.set(*set).unwrap().holds(place(i).tag, &token(i), point));
            let lost = (0..tokens).filter(|i| !holds(*i)).count();
            std::println!("cache: {lost} of {tokens} tokens displaced in 8192 slots");
            assert!(lost <= most_lost, "{lost} of {tokens}");
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
