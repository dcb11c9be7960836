//! Holds: a slot is not overwritten while a reader holds it.

use super::{
    Cache,
    sets::{Set, WAYS},
};
use crate::{
    claims::Kept,
    es256::{Point, Verified},
};

/// A cached token that a reader may hold. The caller keeps these numbers, so the cache checks them each time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Hold {
    pub(crate) slot: usize,
    /// The serial number of the token in the cache, from 1.
    pub(crate) serial: u64,
}

impl Cache<'_> {
    pub(crate) fn slots(&self) -> usize {
        self.sets.slots()
    }

    /// The claims of a cached token that was signed with this point's key, and the proof that its signature is valid. Counts
    /// nothing and holds nothing.
    #[inline(always)]
    pub(crate) fn peek(&self, token: &[u8], point: &Point) -> Option<(Hold, Verified, Kept<'_>)> {
        let (number, slot) = self.sets.locate(token, point)?;
        Some((Hold { slot: number, serial: slot.serial }, self.proof?, slot.claims()?))
    }

    pub(crate) fn count_hit(&mut self) {
        self.hits = self.hits.wrapping_add(1);
    }

    /// Whether the slot may be held: it is held already, or less than half of its set is. So new tokens find room, however long
    /// readers hold others.
    #[inline(always)]
    pub(crate) fn may_hold(&self, hold: Hold) -> bool {
        let Some((set, way)) = self.place_of(hold) else { return false };
        match set.holds(way) {
            Some(0) => set.held() < WAYS / 2,
            Some(holds) => holds != u32::MAX,
            None => false,
        }
    }

    /// Holds the slot: no other token gets it until it is released as often as it was held. `None` when it may not be held.
    pub(crate) fn hold(&mut self, hold: Hold) -> Option<()> {
        if self.may_hold(hold) { self.change(hold, |holds| holds.checked_add(1)) } else { None }
    }

    /// Releases the slot once. `None` when it is not held.
    pub(crate) fn release(&mut self, hold: Hold) -> Option<()> {
        self.change(hold, |holds| holds.checked_sub(1))
    }

    /// Where the token is, when it is still there.
    #[inline(always)]
    fn place_of(&self, hold: Hold) -> Option<(Set<'_>, usize)> {
        let (set, way) = (self.sets.set(hold.slot / WAYS)?, hold.slot % WAYS);
        is(hold, set.serial(way)?).then_some((set, way))
    }

    #[inline(always)]
    fn change(&mut self, hold: Hold, change: impl FnOnce(u32) -> Option<u32>) -> Option<()> {
        let (mut set, way) = (self.sets.set_mut(hold.slot / WAYS)?, hold.slot % WAYS);
        if is(hold, set.serial(way)?) { set.change_holds(way, change) } else { None }
    }
}

/// Whether the slot still has the token. A vacant slot has the serial number 0, which no token has.
fn is(hold: Hold, serial: u64) -> bool {
    hold.serial == serial && serial != 0
}

#[cfg(test)]
mod tests {
    use super::{Cache, Hold};
    use crate::{cache::size, es256::Point};
    use std::{vec, vec::Vec};

    fn token(i: usize) -> [u8; 64] {
        core::array::from_fn(|k| (i >> (k % 8 * 8)) as u8)
    }

    fn locate(cache: &Cache<'_>, i: usize) -> Option<Hold> {
        let (slot, found) = cache.sets.locate(&token(i), &Point::BASE)?;
        Some(Hold { slot, serial: found.serial })
    }

    fn filled(memory: &mut [u8], tokens: usize) -> Cache<'_> {
        let mut cache = Cache::new(memory, 64, [7; 16]).unwrap();
        for i in 0..tokens {
            cache.write(&token(i), &Point::BASE, None, 0, 0).unwrap();
        }
        cache
    }

    /// With eight slots, both sets of a token are the same.
    #[test]
    fn held_slots_are_not_written() {
        let mut memory = vec![0; size(8, 64)];
        let mut cache = filled(&mut memory, 8);
        let holds: Vec<Hold> = (0..8).map(|i| locate(&cache, i).unwrap()).collect();
        for hold in &holds[4..] {
            cache.hold(*hold).unwrap();
        }
        for i in 8..100 {
            cache.write(&token(i), &Point::BASE, None, 0, 0).unwrap();
            assert!((4..8).all(|held| locate(&cache, held) == Some(holds[held])) && locate(&cache, i).is_some());
        }
        for gone in &holds[..4] {
            assert!(cache.hold(*gone).is_none() && cache.release(*gone).is_none(), "another token has the slot");
        }
        let last = locate(&cache, 99).unwrap();
        assert!(last.slot < 4 && last.serial == 100);
    }

    /// Neither by a token that needs room when they have expired, which takes the other expired ones first.
    #[test]
    fn held_slots_are_not_written_after_they_have_expired() {
        let mut memory = vec![0; size(8, 64)];
        let mut cache = Cache::new(&mut memory, 64, [7; 16]).unwrap();
        for i in 0..8 {
            let exp = if i < 6 { 1 } else { 9 };
            cache.write(&token(i), &Point::BASE, None, exp, 0).unwrap();
        }
        let holds: Vec<Hold> = (0..8).map(|i| locate(&cache, i).unwrap()).collect();
        for hold in &holds[..4] {
            cache.hold(*hold).unwrap();
        }
        for i in [8, 9] {
            cache.write(&token(i), &Point::BASE, None, 9, 2).unwrap();
        }
        let there = |cache: &Cache<'_>| -> Vec<usize> { (0..12).filter(|i| locate(cache, *i).is_some()).collect() };
        assert_eq!(there(&cache), [0, 1, 2, 3, 6, 7, 8, 9]);
        // No slot is free now: those that are not held are evicted in turn.
        for i in [10, 11] {
            cache.write(&token(i), &Point::BASE, None, 9, 2).unwrap();
            assert!(there(&cache).starts_with(&[0, 1, 2, 3]) && locate(&cache, i).is_some());
        }
        cache.release(holds[2]).unwrap();
        cache.write(&token(8), &Point::BASE, None, 9, 2).unwrap();
        assert_eq!(locate(&cache, 8).map(|hold| hold.slot), Some(holds[2].slot), "released and expired");
    }

    #[test]
    fn half_of_a_set_is_held_and_not_one_more() {
        let mut memory = vec![0; size(16, 64)];
        let mut cache = filled(&mut memory, 16);
        let holds: Vec<Hold> = (0..16).filter_map(|i| locate(&cache, i)).collect();
        let held: Vec<Hold> = holds.iter().copied().filter(|hold| cache.hold(*hold).is_some()).collect();
        for set in 0..2 {
            assert_eq!(held.iter().filter(|hold| hold.slot / 8 == set).count(), 4);
        }
        for hold in &holds {
            assert_eq!(cache.hold(*hold).is_some(), held.contains(hold), "once held, twice is free");
        }
        let refused = *holds.iter().find(|hold| !held.contains(hold)).unwrap();
        let other = *held.iter().find(|hold| hold.slot / 8 == refused.slot / 8).unwrap();
        cache.release(other).unwrap();
        assert_eq!(cache.hold(refused), None);
        cache.release(other).unwrap();
        assert_eq!(cache.hold(refused), Some(()));
    }

    #[test]
    fn holds_are_counted() {
        let mut memory = vec![0; size(8, 64)];
        let mut cache = filled(&mut memory, 1);
        let hold = locate(&cache, 0).unwrap();
        assert_eq!(cache.release(hold), None);
        cache.hold(hold).unwrap();
        cache.hold(hold).unwrap();
        cache.release(hold).unwrap();
        cache.release(hold).unwrap();
        assert_eq!(cache.release(hold), None);
        for wrong in [
            Hold { slot: hold.slot + 1, serial: 0 },
            Hold { serial: 0, ..hold },
            Hold { serial: 2, ..hold },
            Hold { slot: 8, ..hold },
            Hold { slot: usize::MAX, ..hold },
        ] {
            assert!(cache.hold(wrong).is_none() && cache.release(wrong).is_none());
        }
    }
}
