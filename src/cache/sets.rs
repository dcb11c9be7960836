//! The sets of the cache: a token's hash selects two sets of eight slots that may hold it.

#[cfg(feature = "ffi")]
use super::slot;
use super::slot::{Slot, slot_len};
use crate::{es256::Point, siphash::State};

pub(super) struct Sets<'m> {
    memory: &'m mut [u8],
    max_token_len: usize,
    count: usize,
    seed: [u64; 2],
}

impl<'m> Sets<'m> {
    /// `None` when `memory` is too short for one set.
    pub(super) fn new(memory: &'m mut [u8], max_token_len: usize, seed: [u64; 2]) -> Option<Self> {
        let count = memory.len().checked_div(set_len(max_token_len)).filter(|count| *count != 0)?;
        memory.fill(0);
        Some(Self { memory, max_token_len, count, seed })
    }

    pub(super) fn max_token_len(&self) -> usize {
        self.max_token_len
    }

    pub(super) fn slots(&self) -> usize {
        self.count.saturating_mul(WAYS)
    }

    /// The slot of a cached token that was signed with this point's key, and the slot's number.
    pub(super) fn locate(&self, token: &[u8], point: &Point) -> Option<(usize, Slot<'_>)> {
        let place = self.place(token)?;
        place.sets.into_iter().find_map(|set| {
            let (way, slot) = self.set(set)?.find(place.tag, token, point)?;
            Some((set.wrapping_mul(WAYS).wrapping_add(way), slot))
        })
    }

    #[inline(always)]
    pub(super) fn set(&self, set: usize) -> Option<Set<'_>> {
        let set_len = set_len(self.max_token_len);
        let set = self.memory.get(set.checked_mul(set_len)?..)?.get(..set_len)?;
        let (tags, rest) = set.split_first_chunk::<NUMBERS_LEN>()?;
        let (holds, slots) = rest.split_first_chunk::<NUMBERS_LEN>()?;
        let (tags, holds) = (tags.as_chunks().0.first_chunk()?, holds.as_chunks().0.first_chunk()?);
        Some(Set { tags, holds, slots, slot_len: slot_len(self.max_token_len) })
    }

    pub(super) fn set_mut(&mut self, set: usize) -> Option<SetMut<'_>> {
        let set_len = set_len(self.max_token_len);
        let set = self.memory.get_mut(set.checked_mul(set_len)?..)?.get_mut(..set_len)?;
        let (tags, rest) = set.split_first_chunk_mut::<NUMBERS_LEN>()?;
        let (holds, slots) = rest.split_first_chunk_mut::<NUMBERS_LEN>()?;
        Some(SetMut {
            tags: tags.as_chunks_mut().0.first_chunk_mut()?,
            holds: holds.as_chunks_mut().0.first_chunk_mut()?,
            slots,
            slot_len: slot_len(self.max_token_len),
        })
    }

    /// The two sets that may hold a token. `None` when the token is shorter than the text that is hashed.
    #[inline(always)]
    pub(super) fn place(&self, token: &[u8]) -> Option<SetPair> {
        let hash = self.hash(token.last_chunk()?);
        // The high half of a product spreads a hash over the sets without a division.
        let set = |hash: u64| {
            let product = u128::from(hash).wrapping_mul(u128::try_from(self.count).unwrap_or(0));
            usize::try_from(product >> 64).unwrap_or(0)
        };
        let [a, b, c, d, ..] = hash.to_le_bytes();
        Some(SetPair { sets: [set(hash), set(hash.rotate_left(32))], tag: u32::from_le_bytes([a, b, c, d]).max(1) })
    }

    /// SipHash-1-3 of a token's last 16 characters, which are 96 bits of S. Two valid tokens share those bits only by chance, or
    /// because their signer wants it.
    fn hash(&self, end: &[u8; 16]) -> u64 {
        let mut state = State::new(self.seed);
        for word in end.as_chunks().0 {
            state.mix(u64::from_le_bytes(*word), 1);
        }
        state.mix(16 << 56, 1); // the length
        state.change(2, 0xff);
        state.rounds(3);
        state.folded()
    }
}

/// The two sets that may hold a token.
pub(super) struct SetPair {
    pub(super) sets: [usize; 2],
    /// The low half of the hash, never 0: 0 marks a vacant slot.
    pub(super) tag: u32,
}

/// One set. In memory it is eight tags, eight counts of holds, the slots, and the `exp` of each slot's token.
pub(super) struct Set<'s> {
    tags: &'s Numbers,
    holds: &'s Numbers,
    /// The slots, and behind them the `exp`s: a hit does not read those.
    slots: &'s [u8],
    slot_len: usize,
}

/// One set, mutable.
pub(super) struct SetMut<'s> {
    tags: &'s mut Numbers,
    holds: &'s mut Numbers,
    slots: &'s mut [u8],
    slot_len: usize,
}

type Number = [u8; NUMBER_LEN];
type Numbers = [Number; WAYS];

/// Some slots of one set, as a bit mask.
pub(super) struct Ways(u8);

impl Ways {
    pub(super) fn count(&self) -> u32 {
        self.0.count_ones()
    }

    pub(super) fn first(&self) -> Option<usize> {
        usize::try_from(self.0.trailing_zeros()).ok().filter(|way| *way < WAYS)
    }
}

impl<'s> Set<'s> {
    /// The slots that a new token may take without evicting a live one: vacant ones, and those of tokens with an `exp` below
    /// `least_exp` that no reader holds.
    pub(super) fn free(&self, least_exp: i64) -> Ways {
        let exps = self.slots.last_chunk::<EXPS_LEN>().map_or(&[][..], |exps| exps.as_chunks().0);
        let ways = self.tags.iter().zip(self.holds).zip(exps).enumerate();
        let free = |tag: &Number, holds: &Number, exp: [u8; EXP_LEN]| {
            *tag == VACANT || (*holds == UNHELD && i64::from_le_bytes(exp) < least_exp)
        };
        Ways(ways.fold(0, |bits, (way, ((tag, holds), exp))| bits | (u8::from(free(tag, holds, *exp)) << way)))
    }

    /// Whether a reader holds the slot, so that it must not be written.
    pub(super) fn is_held(&self, way: usize) -> bool {
        self.holds.get(way) != Some(&UNHELD)
    }

    #[cfg(feature = "ffi")]
    pub(super) fn serial(&self, way: usize) -> Option<u64> {
        slot::serial(self.slots.get(self.slot_len.wrapping_mul(way)..)?)
    }

    #[cfg(feature = "ffi")]
    pub(super) fn holds(&self, way: usize) -> Option<u32> {
        self.holds.get(way).map(|holds| u32::from_le_bytes(*holds))
    }

    /// How many slots are held.
    #[cfg(feature = "ffi")]
    pub(super) fn held(&self) -> usize {
        self.holds.iter().filter(|holds| **holds != UNHELD).count()
    }

    /// The slot that has this token.
    #[inline(always)]
    fn find(&self, tag: u32, token: &[u8], point: &Point) -> Option<(usize, Slot<'s>)> {
        let tag = tag.to_le_bytes();
        let ways = self.tags.iter().enumerate().filter(|(_, other)| **other == tag);
        let mut slots = ways.filter_map(|(way, _)| Some((way, self.slot(way)?)));
        slots.find(|(_, slot)| slot.has(token, point))
    }

    #[inline(always)]
    pub(super) fn slot(&self, way: usize) -> Option<Slot<'s>> {
        Slot::new(self.slots.get(self.slot_len.wrapping_mul(way)..)?)
    }
}

impl SetMut<'_> {
    pub(super) fn slot(&mut self, way: usize) -> Option<&mut [u8]> {
        self.slots.get_mut(self.slot_len.wrapping_mul(way)..)?.get_mut(..self.slot_len)
    }

    /// Marks a slot that was written: its tag, no holds, and its `exp`.
    pub(super) fn take(&mut self, way: usize, tag: u32, exp: i64) -> Option<()> {
        *self.slots.last_chunk_mut::<EXPS_LEN>()?.as_chunks_mut().0.get_mut(way)? = exp.to_le_bytes();
        *self.tags.get_mut(way)? = tag.to_le_bytes();
        *self.holds.get_mut(way)? = UNHELD;
        Some(())
    }

    #[cfg(feature = "ffi")]
    pub(super) fn serial(&self, way: usize) -> Option<u64> {
        slot::serial(self.slots.get(self.slot_len.wrapping_mul(way)..)?)
    }

    #[cfg(feature = "ffi")]
    pub(super) fn change_holds(&mut self, way: usize, change: impl FnOnce(u32) -> Option<u32>) -> Option<()> {
        let holds = self.holds.get_mut(way)?;
        *holds = change(u32::from_le_bytes(*holds))?.to_le_bytes();
        Some(())
    }
}

/// Slots of one set.
pub(super) const WAYS: usize = 8;
/// Length of a tag and of a count of holds, in bytes.
const NUMBER_LEN: usize = 4;
const NUMBERS_LEN: usize = NUMBER_LEN * WAYS;
/// The tag of a slot that has no token.
const VACANT: Number = [0; NUMBER_LEN];
const UNHELD: Number = [0; NUMBER_LEN];
const EXP_LEN: usize = 8;
const EXPS_LEN: usize = EXP_LEN * WAYS;

pub(super) const fn set_len(max_token_len: usize) -> usize {
    slot_len(max_token_len).saturating_add(2 * NUMBER_LEN + EXP_LEN).saturating_mul(WAYS)
}

#[cfg(test)]
mod tests {
    use super::{Sets, set_len};
    use core::hash::Hasher as _;

    #[test]
    fn hash_is_siphash_1_3() {
        // The standard library's hasher is SipHash-1-3, with the key 0 unless it is random.
        for first in 0..=255 {
            let signature: [u8; 16] = core::array::from_fn(|i| (i as u8).wrapping_mul(first).wrapping_add(first));
            let mut expected = std::hash::DefaultHasher::new();
            expected.write(&signature);
            let mut memory = [0; set_len(1)];
            assert_eq!(Sets::new(&mut memory, 1, [0; 2]).unwrap().hash(&signature), expected.finish());
        }
    }
}
