//! Questions to the service that are under way, or failed a moment ago.

use super::{
    moment::{Moment, elapsed},
    table::Name,
    words::Words,
};

/// Words of one question.
pub(super) const QUESTION_LEN: usize = 10;

const NUMBER: usize = 0;
/// Whether it failed; else it is under way.
const FAILED: usize = 1;
const SENT: usize = 2;
const NAME: usize = 4;
/// Whether its key was good within the last day.
const MARKED: usize = 8;
const ENDED_AT: usize = 9;

/// Their places.
#[derive(Clone, Copy)]
pub(super) struct Questions {
    pub(super) first: usize,
    pub(super) count: usize,
}

/// The state of a question.
pub(super) struct Asked {
    pub(super) number: u64,
    pub(super) sent: Moment,
    /// When it failed, by the steady clock; `None` while it is under way.
    pub(super) failed_at: Option<i64>,
}

impl Questions {
    /// The newest question about a key. One that is over its time counts as failed.
    pub(super) fn find(self, words: &mut Words<'_>, name: &Name, flight: i64, now: i64) -> Option<Asked> {
        let place = self.places().find(|place| at(words, *place, NUMBER) != 0 && has_name(words, *place, name))?;
        if at(words, place, FAILED) == 0 && elapsed(sent(words, place).steady, now) >= flight {
            fail(words, place, now);
        }
        let failed = at(words, place, FAILED) != 0;
        let failed_at = failed.then(|| words.time(place.saturating_add(ENDED_AT)));
        Some(Asked { number: at(words, place, NUMBER), sent: sent(words, place), failed_at })
    }

    /// How many are under way, and how many of them are about keys without a mark.
    pub(super) fn under_way(self, words: &Words<'_>, flight: i64, now: i64) -> (u32, u32) {
        let mut counts = (0_u32, 0_u32);
        for place in self.places().filter(|place| is_under_way(words, *place, flight, now)) {
            counts.0 = counts.0.saturating_add(1);
            if at(words, place, MARKED) == 0 {
                counts.1 = counts.1.saturating_add(1);
            }
        }
        counts
    }

    /// Notes a question in the place of the key's last question, else in a free place, else in that of the oldest ended
    /// question.
    pub(super) fn begin(
        self,
        words: &mut Words<'_>,
        name: &Name,
        number: u64,
        marked: bool,
        flight: i64,
        now: Moment,
    ) -> Option<()> {
        let over = |place: &usize| !is_under_way(words, *place, flight, now.steady);
        let age = |place: &usize| match at(words, *place, NUMBER) {
            0 => (1, 0),
            _ if has_name(words, *place, name) => (0, 0),
            _ => (2, sent(words, *place).steady),
        };
        let place = self.places().filter(over).min_by_key(age)?;
        words.set(place, 0);
        words.publish();
        words.set(place.saturating_add(FAILED), 0);
        words.copy(&[now.steady.cast_unsigned(), now.wall.cast_unsigned()], place.saturating_add(SENT));
        words.copy(name, place.saturating_add(NAME));
        words.set(place.saturating_add(MARKED), marked.into());
        words.set_time(place.saturating_add(ENDED_AT), 0);
        words.publish();
        words.set(place, number);
        Some(())
    }

    /// The question ended, with an answer or without one. A failure stays noted, so that waiting requests find it.
    pub(super) fn end(self, words: &mut Words<'_>, name: &Name, number: u64, answered: bool, now: i64) {
        let Some(place) = self.place_of(words, name, number) else { return };
        if answered {
            words.set(place, 0);
        } else if at(words, place, FAILED) == 0 {
            fail(words, place, now);
        }
    }

    /// Forgets the question, as if it had not been sent: a waiting request sends another one.
    pub(super) fn take_back(self, words: &mut Words<'_>, name: &Name, number: u64) {
        if let Some(place) = self.place_of(words, name, number).filter(|place| at(words, *place, FAILED) == 0) {
            words.set(place, 0);
        }
    }

    fn place_of(self, words: &Words<'_>, name: &Name, number: u64) -> Option<usize> {
        let own = |place: &usize| at(words, *place, NUMBER) == number && has_name(words, *place, name);
        self.places().find(own).filter(|_| number != 0)
    }

    pub(super) fn forget(self, words: &mut Words<'_>) {
        for place in self.places() {
            words.set(place, 0);
        }
    }

    fn places(self) -> impl Iterator<Item = usize> {
        (0..self.count).map(move |question| self.first.saturating_add(question.saturating_mul(QUESTION_LEN)))
    }
}

fn at(words: &Words<'_>, place: usize, offset: usize) -> u64 {
    words.get(place.saturating_add(offset))
}

fn sent(words: &Words<'_>, place: usize) -> Moment {
    Moment { steady: words.time(place.saturating_add(SENT)), wall: words.time(place.saturating_add(SENT + 1)) }
}

fn has_name(words: &Words<'_>, place: usize, name: &Name) -> bool {
    words.equals(place.saturating_add(NAME), name)
}

fn is_under_way(words: &Words<'_>, place: usize, flight: i64, now: i64) -> bool {
    let asked = at(words, place, NUMBER) != 0 && at(words, place, FAILED) == 0;
    asked && elapsed(sent(words, place).steady, now) < flight
}

fn fail(words: &mut Words<'_>, place: usize, now: i64) {
    words.set_time(place.saturating_add(ENDED_AT), now);
    words.set(place.saturating_add(FAILED), 1);
}
