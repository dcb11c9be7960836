//! Remembers which exact tokens had a good signature under which key, and what they claim, in the caller's memory.
//!
//! A hit saves the signature check and reading the claims. They are compared with clock and policy again, so that a hit
//! never outlives `exp`; and it needs the key that is in the snapshot now, so that it never outlives a withdrawn key.

use crate::{
    claims::{AccessTokenClaims, Kept, PLACES_LEN},
    error::Error,
    es256::{Point, Verified},
    limits::{COORDINATE_LEN, MAX_TOKEN_LEN},
};

/// A cache of good signatures, and of the claims under them. Each thread or worker has its own.
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

/// Octets that a cache with room for at least `tokens` tokens of up to `max_token_len` octets each needs: for each about
/// 1.75 times `max_token_len` and 160.
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

    /// What is remembered of a token with this point.
    pub(crate) fn find(&mut self, token: &[u8], point: &Point) -> Option<Remembered<'_>> {
        let found = self.locate(token, point);
        let count = if found.is_some() { &mut self.hits } else { &mut self.misses };
        *count = count.wrapping_add(1);
        let (set, way) = found?;
        Some(Remembered { proof: self.proof?, claims: self.set(set)?.slot(way)?.claims() })
    }

    /// Remembers a token whose signature was good; its claims too, when it has them.
    pub(crate) fn insert(
        &mut self,
        token: &[u8],
        point: &Point,
        proof: Verified,
        claims: Option<&AccessTokenClaims<'_>>,
    ) {
        if token.len() <= self.max_token_len && self.write(token, point, claims).is_some() {
            self.proof = Some(proof);
        }
    }

    /// Set and slot of a token that is remembered with this point.
    fn locate(&self, token: &[u8], point: &Point) -> Option<(usize, usize)> {
        let place = self.place(token)?;
        place.sets.into_iter().find_map(|set| Some((set, self.set(set)?.way(place.tag, token, point)?)))
    }

    /// Writes into the emptier set, so that hardly ever one is full while there is room; else the slots take turns.
    fn write(&mut self, token: &[u8], point: &Point, claims: Option<&AccessTokenClaims<'_>>) -> Option<()> {
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
        let slot = slot.get_mut(..slot_len(self.max_token_len))?;
        write_slot(slot, token, point, claims)?;
        *tag = place.tag.to_le_bytes();
        Some(())
    }

    fn set(&self, set: usize) -> Option<Set<'_>> {
        let set_len = set_len(self.max_token_len);
        let set = self.memory.get(set.checked_mul(set_len)?..)?.get(..set_len)?;
        let (tags, slots) = set.split_at_checked(TAG_LEN * WAYS)?;
        Some(Set { tags: tags.as_chunks().0.first_chunk()?, slots, slot_len: slot_len(self.max_token_len) })
    }

    /// `None` for less text than is hashed.
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

    /// SipHash-1-3 of a token's end: 96 bits of S, which no two tokens share but by chance or by who signs them.
    fn hash(&self, end: &[u8; 16]) -> u64 {
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
        mix(16 << 56); // the length
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

/// What is remembered of a token.
pub(crate) struct Remembered<'c> {
    pub(crate) proof: Verified,
    /// `None` when they are not what the issuer writes, or too long without their escapes.
    pub(crate) claims: Option<Kept<'c>>,
}

/// A tag for each slot, then the slots.
struct Set<'s> {
    /// 0: the slot is vacant.
    tags: &'s [[u8; TAG_LEN]; WAYS],
    slots: &'s [u8],
    slot_len: usize,
}

impl<'s> Set<'s> {
    fn vacant(&self) -> usize {
        self.tags.iter().filter(|tag| **tag == [0; TAG_LEN]).count()
    }

    /// Which slot holds this token.
    fn way(&self, tag: u32, token: &[u8], point: &Point) -> Option<usize> {
        let tag = tag.to_le_bytes();
        let holds = |way: usize| self.slot(way).is_some_and(|slot| slot.holds(token, point));
        self.tags.iter().enumerate().find(|(way, other)| **other == tag && holds(*way)).map(|(way, _)| way)
    }

    fn slot(&self, way: usize) -> Option<Slot<'s>> {
        Slot::new(self.slots.get(self.slot_len.wrapping_mul(way)..)?)
    }
}

/// Lengths of token and text, the point, the places of the claims; then token and text.
struct Slot<'s> {
    x: &'s [u8],
    y: &'s [u8],
    places: &'s [u8; PLACES_LEN],
    token: &'s [u8],
    /// Of the claims; empty when there are none.
    text: &'s [u8],
}

impl<'s> Slot<'s> {
    #[inline(always)]
    fn new(slot: &'s [u8]) -> Option<Self> {
        let ([token_len, text_len], rest) = lengths(slot)?;
        let (x, rest) = rest.split_at_checked(COORDINATE_LEN)?;
        let (y, rest) = rest.split_at_checked(COORDINATE_LEN)?;
        let (places, rest) = rest.split_first_chunk()?;
        let (token, rest) = rest.split_at_checked(token_len)?;
        Some(Self { x, y, places, token, text: rest.get(..text_len)? })
    }

    fn holds(&self, token: &[u8], point: &Point) -> bool {
        self.token == token && self.x == point.x() && self.y == point.y()
    }

    fn claims(&self) -> Option<Kept<'s>> {
        if self.text.is_empty() { None } else { Some(Kept { places: self.places, text: self.text }) }
    }
}

fn lengths(slot: &[u8]) -> Option<([usize; 2], &[u8])> {
    let (lengths, rest) = slot.split_first_chunk::<LENGTHS_LEN>()?;
    let [a, b, c, d, e, f, g, h] = *lengths;
    let length = |octets| usize::try_from(u32::from_le_bytes(octets)).ok();
    Some(([length([a, b, c, d])?, length([e, f, g, h])?], rest))
}

fn write_slot(slot: &mut [u8], token: &[u8], point: &Point, claims: Option<&AccessTokenClaims<'_>>) -> Option<()> {
    let (lengths, rest) = slot.split_first_chunk_mut::<LENGTHS_LEN>()?;
    let (x, rest) = rest.split_at_mut_checked(COORDINATE_LEN)?;
    let (y, rest) = rest.split_at_mut_checked(COORDINATE_LEN)?;
    let (places, rest) = rest.split_first_chunk_mut()?;
    let (octets, room) = rest.split_at_mut_checked(token.len())?;
    x.copy_from_slice(point.x());
    y.copy_from_slice(point.y());
    octets.copy_from_slice(token);
    let text_len = claims.and_then(|claims| claims.keep(places, room)).unwrap_or(0);
    for (octets, len) in lengths.as_chunks_mut().0.iter_mut().zip([token.len(), text_len]) {
        *octets = u32::try_from(len).ok()?.to_le_bytes();
    }
    Some(())
}

/// Slots of a set.
const WAYS: usize = 8;
const TAG_LEN: usize = 4;
const LENGTHS_LEN: usize = 8;

/// The payload takes less than three quarters of its token; the rest is for strings without their escapes.
const fn slot_len(max_token_len: usize) -> usize {
    let text_len = max_token_len.div_ceil(4).saturating_mul(3);
    max_token_len.saturating_add(text_len).saturating_add(LENGTHS_LEN + 2 * COORDINATE_LEN + PLACES_LEN)
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
            let signature: [u8; 16] = core::array::from_fn(|i| (i as u8).wrapping_mul(first).wrapping_add(first));
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
                assert!(cache.write(&token(i), point, None).is_some());
            }
            let lost = (0..tokens).filter(|i| cache.locate(&token(*i), point).is_none()).count();
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
