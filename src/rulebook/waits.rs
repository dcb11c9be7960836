//! The places of callers that wait for a fetch. A place expires by itself.

use super::{moment::elapsed, words::Words};
use crate::limits::{MAX_WAIT_MS, MAX_WAITERS};

/// A caller may wait until a flight ends, at the latest until this time. Then it judges its token once more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Wait {
    /// Steady clock, milliseconds.
    pub until: i64,
    /// The caller's place among the waiting callers; give it back with [`Refresh::waited`](super::Refresh::waited).
    pub place: Option<u32>,
}

/// One word each: until when the place is taken, by the steady clock.
pub(super) const LEN: usize = MAX_WAITERS as usize;

/// Takes one of the first `places`; `None` when all are taken. The place of a caller that died expires.
pub(super) fn take(words: &mut Words<'_>, first: usize, places: u32, now: i64, until: i64) -> Option<u32> {
    for place in 0..places.min(MAX_WAITERS) {
        let word = word_of(first, place);
        let taken_until = words.time(word);
        let free = taken_until <= now || elapsed(now, taken_until) > super::moment::signed(MAX_WAIT_MS);
        if free {
            words.set_time(word, until);
            return Some(place);
        }
    }
    None
}

/// Frees a place, unless another caller has taken it by now.
pub(super) fn give_back(words: &mut Words<'_>, first: usize, wait: Wait) {
    if let Some(place) = wait.place.filter(|place| *place < MAX_WAITERS) {
        let word = word_of(first, place);
        if words.time(word) == wait.until {
            words.set(word, 0);
        }
    }
}

fn word_of(first: usize, place: u32) -> usize {
    first.saturating_add(usize::try_from(place).unwrap_or(usize::MAX))
}
