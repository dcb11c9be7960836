//! When to fetch the document: flights with numbers, the refresh interval, cooldowns and retries.

pub(super) mod due;
pub(super) mod places;
#[cfg(test)]
mod tests;

use super::{
    document::{self, Change, Document, Restored, Taken},
    kids,
    moment::{Moment, elapsed, signed},
    rules::RefreshRules,
    waits::{self, Wait},
    words::Words,
};
use crate::error::Error;
use due::{due_in, hold};
use places::{
    BEGAN_AT, CREATED_AT, DOCUMENT, EARLY_AT, EARLY_FLIGHTS, END, FAILURES, HOLDING, IN_FLIGHT, IN_FLIGHT_EARLY, KIDS,
    KIND, LAST_FLIGHT, WAITS, WANTED,
};

/// One fetch. The driver that begins it reports how it ended: [`Refresh::landed`], [`Refresh::failed`] or [`Refresh::abandoned`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Flight {
    /// 1 or more; later flights have higher numbers.
    pub number: u64,
    /// When it began. The age of its document counts from here.
    pub began: Moment,
}

/// What a driver's background task has to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Poll {
    /// Fetch the document now. The flight has begun.
    Fetch(Flight),
    /// A flight is under way. At this time, by the steady clock, it counts as lost: poll again.
    InFlight(i64),
    /// Nothing before this time, by the steady clock: poll again then.
    At(i64),
}

/// Decides when to fetch the document, how long it may be used, and what a request with an unknown `kid` does.
///
/// [`Self::poll`] is for the driver's background task, [`Self::request`] for each request that needs a decision. See the
/// [module](super) for memory, clocks and processes.
pub struct Refresh<'m> {
    pub(super) words: Words<'m>,
}

impl<'m> Refresh<'m> {
    /// Words of memory that a state needs: 2,840 bytes.
    pub const WORDS: usize = END;

    /// A state without a document, in the first [`Self::WORDS`] words; the first fetch is due at once.
    ///
    /// `seed`: 16 octets that an attacker cannot guess. They differ between states, so that processes do not fetch at the
    /// same time.
    ///
    /// # Errors
    /// [`Error::BufferTooSmall`].
    pub fn init(words: &'m mut [u64], seed: &[u8; 16], now: Moment) -> Result<Self, Error> {
        let mut words = Words::init(words, KIND, Self::WORDS, seed)?;
        words.set_time(CREATED_AT, now.steady);
        Ok(Self { words })
    }

    /// A state that [`Self::init`] made, maybe in another process.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when the words hold something else, also a state of another version of this library:
    /// make a new one beside it.
    pub fn open(words: &'m mut [u64]) -> Result<Self, Error> {
        let words = words.get_mut(..Self::WORDS).ok_or(Error::BufferTooSmall)?;
        Ok(Self { words: Words::open(words, KIND)? })
    }

    /// What to do now. With [`Poll::Fetch`], the flight has begun.
    pub fn poll(&mut self, now: Moment, rules: &RefreshRules) -> Poll {
        self.call(|words| {
            if let Some(left) = flight_left(words, now, rules)
                && left > 0
            {
                return Poll::InFlight(now.steady.saturating_add(left));
            }
            // A lost flight is no failure of the service: the next one begins at once.
            let lost = words.get(IN_FLIGHT) != 0;
            match due_in(words, now, rules) {
                _ if lost => Poll::Fetch(begin(words, now, false)),
                0 => Poll::Fetch(begin(words, now, false)),
                _ if words.get(WANTED) != 0 => Poll::Fetch(begin(words, now, true)),
                wait => Poll::At(now.steady.saturating_add(wait)),
            }
        })
    }

    /// The flight brought a usable document, whose body is under `handle` (0: none) with `len` octets.
    ///
    /// It is taken iff its flight is newer than the document in use.
    pub fn landed(&mut self, flight: Flight, change: Change, handle: u64, len: u64, now: Moment) -> Taken {
        self.call(|words| {
            end(words, flight);
            let in_use = document::read(words, DOCUMENT);
            let newer = in_use.is_none_or(|in_use| in_use.number < flight.number);
            if !newer || flight.number > words.get(LAST_FLIGHT) {
                return Taken::Late;
            }
            if change == Change::Keys {
                words.set(EARLY_FLIGHTS, words.get(EARLY_FLIGHTS).min(1));
            }
            words.set(FAILURES, 0);
            words.set(HOLDING, 0);
            // A driver may report any time: a fetch cannot have begun after it landed.
            let began = Moment { steady: flight.began.steady.min(now.steady), wall: flight.began.wall };
            let due_percent = words.jitter();
            let document = Document { number: flight.number, began, handle, len, due_percent };
            Taken::InUse { freed: document::write(words, DOCUMENT, &document) }
        })
    }

    /// The flight brought no usable document. The next one begins after a back-off of its own.
    pub fn failed(&mut self, flight: Flight, now: Moment) {
        self.call(|words| {
            if end(words, flight) {
                words.set(FAILURES, words.get(FAILURES).saturating_add(1));
                hold(words, now);
            }
        });
    }

    /// The flight will not be reported: its worker died, or its event loop ended. The cooldown of an early flight goes on.
    pub fn abandoned(&mut self, flight: Flight, now: Moment) {
        self.call(|words| {
            let early = words.get(IN_FLIGHT_EARLY) != 0;
            if end(words, flight) && !early {
                hold(words, now);
            }
        });
    }

    /// Takes a document from a file, whose fetch began at `began_wall` by the wall clock, unless a newer one is in use. A
    /// fetch stays due at once.
    pub fn restore(&mut self, began_wall: i64, handle: u64, len: u64, now: Moment, rules: &RefreshRules) -> Restored {
        self.call(|words| {
            let age = now.wall.saturating_sub(began_wall);
            if age < 0 {
                return Restored::FromTheFuture;
            }
            if age > signed(rules.stale) {
                return Restored::TooOld;
            }
            let began = Moment { steady: now.steady.saturating_sub(age), wall: began_wall };
            let in_use = document::read(words, DOCUMENT);
            if in_use.is_some_and(|in_use| in_use.number != 0 || in_use.began.wall >= began_wall) {
                return Restored::NotNewer;
            }
            let document = Document { number: 0, began, handle, len, due_percent: 0 };
            Restored::InUse { freed: document::write(words, DOCUMENT, &document) }
        })
    }

    /// Takes over the document of another state, for a process that starts with another one's document. Returns the handle
    /// of the document before, when there was one.
    pub fn adopt(&mut self, document: &Document) -> Option<u64> {
        self.call(|words| {
            words.set(LAST_FLIGHT, words.get(LAST_FLIGHT).max(document.number));
            document::write(words, DOCUMENT, document)
        })
    }

    /// Gives back the place of a caller that waits no more.
    pub fn waited(&mut self, wait: Wait) {
        self.call(|words| waits::give_back(words, WAITS, wait));
    }

    /// Forgets all flights, waits and absent `kid`s, and takes a new seed: for a forked child, which keeps its parent's
    /// document.
    pub fn renew(&mut self, seed: &[u8; 16]) {
        self.call(|words| {
            forget_flights(words);
            words.reseed(seed);
        });
    }

    /// The document in use, of any age.
    #[must_use]
    pub fn document(&self) -> Option<Document> {
        document::read(&self.words, DOCUMENT)
    }

    /// Whether a flight is under way, or begins at the background task's next poll.
    #[must_use]
    pub fn is_fetching(&self, now: Moment, rules: &RefreshRules) -> bool {
        let words = &self.words;
        words.get(IN_FLIGHT) != 0 || words.get(WANTED) != 0 || due_in(words, now, rules) == 0
    }

    /// Whether the flight under way is an early one, which an unknown `kid` asked for.
    #[must_use]
    pub fn is_early(&self) -> bool {
        self.words.get(IN_FLIGHT) != 0 && self.words.get(IN_FLIGHT_EARLY) != 0
    }

    /// Milliseconds until the next planned fetch is due.
    #[must_use]
    pub fn due_in(&self, now: Moment, rules: &RefreshRules) -> u64 {
        due_in(&self.words, now, rules).unsigned_abs()
    }

    /// How often a call found that a process had died during an earlier call.
    #[must_use]
    pub fn recoveries(&self) -> u64 {
        self.words.recoveries()
    }

    pub(super) fn call<R>(&mut self, body: impl FnOnce(&mut Words<'m>) -> R) -> R {
        self.words.call(forget_flights, body)
    }
}

/// Begins a flight. An early one is for an unknown `kid`: the cooldown counts from here.
pub(super) fn begin(words: &mut Words<'_>, now: Moment, early: bool) -> Flight {
    let number = words.get(LAST_FLIGHT).wrapping_add(1);
    words.set(LAST_FLIGHT, number);
    words.set(WANTED, 0);
    words.set_time(BEGAN_AT, now.steady);
    words.set(IN_FLIGHT_EARLY, early.into());
    if early {
        words.set(EARLY_FLIGHTS, words.get(EARLY_FLIGHTS).saturating_add(1));
        words.set_time(EARLY_AT, now.steady);
    }
    words.set(IN_FLIGHT, number);
    Flight { number, began: now }
}

/// Ends a flight; `false` when it counted as lost before.
fn end(words: &mut Words<'_>, flight: Flight) -> bool {
    let current = words.get(IN_FLIGHT) == flight.number && flight.number != 0;
    if current {
        words.set(IN_FLIGHT, 0);
    }
    current
}

/// Milliseconds that the flight under way has left; `None` when there is none.
pub(super) fn flight_left(words: &Words<'_>, now: Moment, rules: &RefreshRules) -> Option<i64> {
    let flying = words.get(IN_FLIGHT) != 0;
    flying.then(|| rules.flight().saturating_sub(elapsed(words.time(BEGAN_AT), now.steady)).max(0))
}

/// Called after a process died during a call, and in a forked child.
fn forget_flights(words: &mut Words<'_>) {
    words.set(IN_FLIGHT, 0);
    words.set(IN_FLIGHT_EARLY, 0);
    words.set(WANTED, 0);
    words.fill(KIDS, kids::LEN, 0);
    words.fill(WAITS, waits::LEN, 0);
}

/// Number of the next flight.
pub(super) fn next_flight(words: &Words<'_>) -> u64 {
    words.get(LAST_FLIGHT).wrapping_add(1)
}
