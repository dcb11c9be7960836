//! When to fetch the document: flights with numbers, the refresh interval, cooldowns and retries.

use super::{
    document::{self, Change, Document, Restored, Taken},
    kids,
    moment::{Moment, elapsed, share, signed},
    rules::RefreshRules,
    waits::{self, Wait},
    words::{HEADER_LEN, Words, kind},
};
use crate::error::Error;

/// One fetch. The driver that begins it reports how it ended: [`Refresh::landed`], [`Refresh::failed`] or [`Refresh::abandoned`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Flight {
    /// 1 or more; later flights have higher numbers.
    pub number: u64,
    /// When it began, from which the age of its document counts.
    pub began: Moment,
}

/// What a driver's background has to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Poll {
    /// Fetch the document now. The flight has begun.
    Fetch(Flight),
    /// A flight is under way. At this time, by the steady clock, it counts as lost: poll again.
    InFlight(i64),
    /// Nothing before this time, by the steady clock: poll again then.
    At(i64),
}

/// Decides when to fetch the document, how long it holds, and what an unknown `kid` does.
///
/// [`Self::poll`] is for the driver's background, [`Self::request`] for each request that needs a decision. See the
/// [module](super) for memory, clocks and processes.
pub struct Refresh<'m> {
    pub(super) words: Words<'m>,
}

impl<'m> Refresh<'m> {
    /// Words of memory that a state needs: 2,840 bytes.
    pub const WORDS: usize = END;

    /// A state without a document, in the first [`Self::WORDS`] words; the first fetch is due at once.
    ///
    /// `seed`: 16 octets that nobody can guess, different in each state, so that processes do not fetch together.
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
            // Nobody fetched before this state was made, and no fetch begins after it has landed.
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

    /// The flight will not be reported: its worker died, or its event loop ended. An early flight is not given back:
    /// its cooldown goes on.
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

    /// Takes over the document of another state, for a process that begins where another one is. Returns the handle of the
    /// document before, when there was one.
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

    /// Forgets all flights, waits and absent `kid`s under a new seed: for a forked child, whose document is its parent's.
    pub fn renew(&mut self, seed: &[u8; 16]) {
        self.call(|words| {
            forget_flights(words);
            words.reseed(seed);
        });
    }

    /// The document in use, however old.
    #[must_use]
    pub fn document(&self) -> Option<Document> {
        document::read(&self.words, DOCUMENT)
    }

    /// Whether a flight is under way, or begins when the background polls.
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

    /// How often a call found that a process had died inside another one.
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

/// The next planned flight waits for the back-off.
fn hold(words: &mut Words<'_>, now: Moment) {
    let percent = words.jitter();
    words.set(HOLD_PERCENT, percent);
    words.set_time(HELD_AT, now.steady);
    words.set(HOLDING, 1);
}

/// Milliseconds that the flight under way has left; `None` when there is none.
pub(super) fn flight_left(words: &Words<'_>, now: Moment, rules: &RefreshRules) -> Option<i64> {
    let flying = words.get(IN_FLIGHT) != 0;
    flying.then(|| rules.flight().saturating_sub(elapsed(words.time(BEGAN_AT), now.steady)).max(0))
}

/// Milliseconds until the next planned fetch.
pub(super) fn due_in(words: &Words<'_>, now: Moment, rules: &RefreshRules) -> i64 {
    due_since(words, now, rules).saturating_neg().max(0)
}

/// Milliseconds since a planned fetch was due; below 0 when it is not yet.
pub(super) fn due_since(words: &Words<'_>, now: Moment, rules: &RefreshRules) -> i64 {
    let held = (words.get(HOLDING) != 0).then(|| {
        let backoff = rules.backoff(words.get(FAILURES), words.get(HOLD_PERCENT).min(100));
        elapsed(words.time(HELD_AT), now.steady).saturating_sub(backoff)
    });
    let made = elapsed(words.time(CREATED_AT), now.steady);
    let planned = match document::read(words, DOCUMENT) {
        // A process that died between the two stores left a failure without a back-off: it counts for nothing.
        _ if held.is_some() && words.get(FAILURES) != 0 => None,
        None => Some(made),
        Some(document) => {
            let at_age = share(rules.interval(), document.due_percent);
            // A document from a file may be older than the state, in which nothing was due before it was made.
            Some(now.age_since(document.began).saturating_sub(at_age).min(made))
        }
    };
    // Due when both are.
    match (held, planned) {
        (Some(held), Some(planned)) => held.min(planned),
        (held, planned) => held.or(planned).unwrap_or(made),
    }
}

/// After a process died inside a call, or forked.
fn forget_flights(words: &mut Words<'_>) {
    words.set(IN_FLIGHT, 0);
    words.set(IN_FLIGHT_EARLY, 0);
    words.set(WANTED, 0);
    words.fill(KIDS, kids::LEN, 0);
    words.fill(WAITS, waits::LEN, 0);
}

const KIND: u64 = kind(*b"TSSR", 1);

// Where each word is.
const CREATED_AT: usize = HEADER_LEN;
const LAST_FLIGHT: usize = HEADER_LEN + 1;
/// Number of the flight under way; 0: none.
pub(super) const IN_FLIGHT: usize = HEADER_LEN + 2;
const IN_FLIGHT_EARLY: usize = HEADER_LEN + 3;
pub(super) const BEGAN_AT: usize = HEADER_LEN + 4;
/// 1: an unknown `kid` asked for a flight that has not begun.
pub(super) const WANTED: usize = HEADER_LEN + 5;
pub(super) const WANTED_AT: usize = HEADER_LEN + 6;
/// Early flights since the keys last changed.
pub(super) const EARLY_FLIGHTS: usize = HEADER_LEN + 7;
pub(super) const EARLY_AT: usize = HEADER_LEN + 8;
/// Failed flights since a document last came.
const FAILURES: usize = HEADER_LEN + 9;
/// 1: no planned flight before the back-off is over.
const HOLDING: usize = HEADER_LEN + 10;
const HELD_AT: usize = HEADER_LEN + 11;
const HOLD_PERCENT: usize = HEADER_LEN + 12;
/// When a request last fetched for a frozen background, and 1 when one did.
pub(super) const RESCUED_AT: usize = HEADER_LEN + 13;
pub(super) const RESCUED: usize = HEADER_LEN + 14;
pub(super) const DOCUMENT: usize = HEADER_LEN + 15;
pub(super) const KIDS: usize = DOCUMENT + document::LEN;
pub(super) const WAITS: usize = KIDS + kids::LEN;
const END: usize = WAITS + waits::LEN;

/// Number of the next flight.
pub(super) fn next_flight(words: &Words<'_>) -> u64 {
    words.get(LAST_FLIGHT).wrapping_add(1)
}

#[cfg(test)]
mod tests {
    use super::{Poll, Refresh};
    use crate::rulebook::{Act, Change, Flight, KidHash, Moment, Need, RefreshRules, Restored, Taken};
    use std::format;

    const RULES: RefreshRules = RefreshRules::DEFAULT;
    const WALL: i64 = 1_750_000_000_000;

    /// So many milliseconds after the state was made, by both clocks.
    fn at(milliseconds: i64) -> Moment {
        Moment { steady: 5_000 + milliseconds, wall: WALL + milliseconds }
    }

    fn memory() -> [u64; Refresh::WORDS] {
        [0; Refresh::WORDS]
    }

    fn fetch(refresh: &mut Refresh<'_>, milliseconds: i64) -> Flight {
        match refresh.poll(at(milliseconds), &RULES) {
            Poll::Fetch(flight) => flight,
            other => panic!("{other:?} at {milliseconds}"),
        }
    }

    fn land(refresh: &mut Refresh<'_>, flight: Flight, milliseconds: i64) {
        let taken = refresh.landed(flight, Change::Keys, flight.number, 100, at(milliseconds));
        assert!(matches!(taken, Taken::InUse { .. }), "{taken:?}");
    }

    /// Asks for a `kid` and says what a request does.
    fn unknown(refresh: &mut Refresh<'_>, kid: &str, milliseconds: i64) -> Act {
        refresh.request(Need::Kids(&[KidHash::of(kid.as_bytes())]), at(milliseconds), &RULES).act
    }

    #[test]
    fn sizes_are_as_stated() {
        assert_eq!(Refresh::WORDS * 8, 2_840);
    }

    #[test]
    fn one_flight_at_a_time_and_the_next_before_the_interval_ends() {
        let mut memory = memory();
        let mut refresh = Refresh::init(&mut memory, &[7; 16], at(0)).unwrap();
        let flight = fetch(&mut refresh, 0);
        assert_eq!(refresh.poll(at(3_000), &RULES), Poll::InFlight(at(10_000).steady));
        land(&mut refresh, flight, 4_000);
        let Poll::At(due) = refresh.poll(at(4_000), &RULES) else { panic!() };
        assert!((at(2_700_000).steady..=at(3_420_000).steady).contains(&due), "counts from when the fetch began");
        assert_eq!(fetch(&mut refresh, due - 5_000).number, 2);
    }

    #[test]
    fn a_lost_flight_is_flown_again_at_once_and_its_late_document_is_taken_while_it_is_newer() {
        let mut memory = memory();
        let mut refresh = Refresh::init(&mut memory, &[7; 16], at(0)).unwrap();
        let (first, second) = (fetch(&mut refresh, 0), fetch(&mut refresh, 10_000));
        refresh.failed(second, at(11_000));
        land(&mut refresh, first, 12_000);
        let third = fetch(&mut refresh, 3_600_000);
        let fourth = fetch(&mut refresh, 3_610_000);
        land(&mut refresh, fourth, 3_611_000);
        assert_eq!(refresh.landed(third, Change::Keys, 9, 1, at(3_612_000)), Taken::Late);
        assert_eq!(refresh.document().unwrap().number, fourth.number);
    }

    #[test]
    fn failures_are_retried_ever_more_slowly() {
        let mut memory = memory();
        let mut refresh = Refresh::init(&mut memory, &[7; 16], at(0)).unwrap();
        let (mut now, mut fetches) = (0, 0);
        while now < 600_000 {
            match refresh.poll(at(now), &RULES) {
                Poll::Fetch(flight) => {
                    fetches += 1;
                    refresh.failed(flight, at(now));
                }
                Poll::At(due) => now = due - 5_000,
                Poll::InFlight(_) => unreachable!("it failed"),
            }
        }
        // 1, 2, 4, 8, 16, 32 seconds, then 60, each less up to a quarter.
        assert!((15..=20).contains(&fetches), "{fetches}");
    }

    #[test]
    fn the_cooldown_counts_from_the_beginning_grows_to_a_minute_and_resets_with_new_keys() {
        let mut memory = memory();
        let mut refresh = Refresh::init(&mut memory, &[7; 16], at(0)).unwrap();
        let flight = fetch(&mut refresh, 0);
        land(&mut refresh, flight, 100);
        let mut now = 20_000;
        for (number, cooldown) in [10_000, 20_000, 40_000, 60_000, 60_000].into_iter().enumerate() {
            assert!(matches!(unknown(&mut refresh, &format!("kid {number}"), now), Act::Wait(_)), "{number}");
            let flight = fetch(&mut refresh, now);
            refresh.landed(flight, Change::Same, 1, 100, at(now + 3_000));
            now += cooldown;
            assert_eq!(unknown(&mut refresh, "another", now - 1), Act::Proceed);
        }
        assert!(matches!(unknown(&mut refresh, "new key", now), Act::Wait(_)));
        let flight = fetch(&mut refresh, now);
        land(&mut refresh, flight, now + 100);
        assert_eq!(unknown(&mut refresh, "x", now + 9_999), Act::Proceed);
        assert!(matches!(unknown(&mut refresh, "x", now + 10_000), Act::Wait(_)));
    }

    #[test]
    fn an_absent_kid_waits_for_nothing_until_its_cooldown_is_over() {
        let mut memory = memory();
        let mut refresh = Refresh::init(&mut memory, &[7; 16], at(0)).unwrap();
        let flight = fetch(&mut refresh, 0);
        land(&mut refresh, flight, 100);
        assert!(matches!(unknown(&mut refresh, "a", 20_000), Act::Wait(_)));
        let flight = fetch(&mut refresh, 20_000);
        assert!(matches!(unknown(&mut refresh, "b", 20_500), Act::Wait(_)), "the flight may bring it");
        refresh.landed(flight, Change::Same, 1, 100, at(21_000));
        assert_eq!(unknown(&mut refresh, "a", 29_999), Act::Proceed);
        assert_eq!(unknown(&mut refresh, "b", 29_999), Act::Proceed);
        assert!(matches!(unknown(&mut refresh, "a", 30_000), Act::Wait(_)));
    }

    #[test]
    fn only_so_many_wait() {
        let mut memory = memory();
        let mut refresh = Refresh::init(&mut memory, &[7; 16], at(0)).unwrap();
        let flight = fetch(&mut refresh, 0);
        land(&mut refresh, flight, 100);
        let mut waits = std::vec::Vec::new();
        for number in 0..1_000 {
            if let Act::Wait(wait) = unknown(&mut refresh, &format!("kid {number}"), 20_000) {
                waits.push(wait);
            }
        }
        assert_eq!(waits.len(), 16);
        refresh.waited(waits[3]);
        assert!(matches!(unknown(&mut refresh, "one more", 20_001), Act::Wait(_)));
        assert_eq!(unknown(&mut refresh, "too many", 20_002), Act::Proceed);
        assert!(matches!(unknown(&mut refresh, "later", 21_000), Act::Wait(_)), "waits end by themselves");
    }

    #[test]
    fn a_frozen_background_is_rescued_by_one_request_in_an_interval() {
        let mut memory = memory();
        let mut refresh = Refresh::init(&mut memory, &[7; 16], at(0)).unwrap();
        let flight = fetch(&mut refresh, 0);
        land(&mut refresh, flight, 100);
        let nothing = |refresh: &mut Refresh<'_>, now| refresh.request(Need::Nothing, at(now), &RULES).act;
        let attention = refresh.attention_at(at(100), &RULES) - 5_000;
        assert_eq!(nothing(&mut refresh, attention - 1), Act::Proceed);
        let Act::Fetch(rescue) = nothing(&mut refresh, attention) else { panic!() };
        assert_eq!(nothing(&mut refresh, attention + 1), Act::Proceed);
        refresh.failed(rescue, at(attention + 5_000));
        assert_eq!(nothing(&mut refresh, attention + 3_599_999), Act::Proceed);
        assert!(matches!(nothing(&mut refresh, attention + 3_600_000), Act::Fetch(_)));
    }

    #[test]
    fn a_restored_document_never_replaces_a_newer_one_and_is_fetched_again_at_once() {
        let mut memory = memory();
        let mut refresh = Refresh::init(&mut memory, &[7; 16], at(0)).unwrap();
        let restore = |refresh: &mut Refresh<'_>, ago| refresh.restore(WALL - ago, 5, 100, at(0), &RULES);
        assert_eq!(restore(&mut refresh, -1), Restored::FromTheFuture);
        assert_eq!(restore(&mut refresh, 86_400_001), Restored::TooOld);
        assert_eq!(restore(&mut refresh, 86_400_000), Restored::InUse { freed: None });
        assert_eq!(restore(&mut refresh, 86_400_000), Restored::NotNewer);
        assert!(refresh.document().unwrap().is_usable(at(0), &RULES));
        assert!(!refresh.document().unwrap().is_usable(at(1), &RULES));
        let flight = fetch(&mut refresh, 0);
        land(&mut refresh, flight, 100);
        assert_eq!(restore(&mut refresh, 0), Restored::NotNewer);
    }

    #[test]
    fn a_restored_document_makes_no_background_frozen_that_has_only_begun() {
        let mut memory = memory();
        let mut refresh = Refresh::init(&mut memory, &[7; 16], at(0)).unwrap();
        let restored = refresh.restore(WALL - 7_200_000, 5, 100, at(0), &RULES);
        assert_eq!(restored, Restored::InUse { freed: None });
        assert_eq!(refresh.due_in(at(0), &RULES), 0);
        let nothing = |refresh: &mut Refresh<'_>, now| refresh.request(Need::Nothing, at(now), &RULES).act;
        assert_eq!(refresh.attention_at(at(0), &RULES), at(5_001).steady);
        assert_eq!(nothing(&mut refresh, 5_000), Act::Proceed);
        assert!(matches!(nothing(&mut refresh, 5_001), Act::Fetch(_)));
    }

    #[test]
    fn a_clock_that_was_set_back_makes_nothing_young() {
        let mut memory = memory();
        let mut refresh = Refresh::init(&mut memory, &[7; 16], at(0)).unwrap();
        let flight = fetch(&mut refresh, 0);
        land(&mut refresh, flight, 100);
        let set_back = Moment { steady: at(86_400_001).steady, wall: WALL - 1_000_000 };
        let slept = Moment { steady: at(1_000).steady, wall: WALL + 86_400_001 };
        for moment in [set_back, slept] {
            assert!(!refresh.document().unwrap().is_usable(moment, &RULES));
        }
        let another_process = Moment { steady: 0, wall: 0 };
        assert_eq!(refresh.document().unwrap().age(another_process), 0);
    }

    #[test]
    fn abandoning_an_early_flight_earns_no_other() {
        let mut memory = memory();
        let mut refresh = Refresh::init(&mut memory, &[7; 16], at(0)).unwrap();
        let first = fetch(&mut refresh, 0);
        refresh.abandoned(first, at(100));
        assert!(matches!(refresh.poll(at(100), &RULES), Poll::At(_)), "not in a busy loop");
        let second = fetch(&mut refresh, 1_100);
        land(&mut refresh, second, 1_200);
        assert!(matches!(unknown(&mut refresh, "a", 20_000), Act::Wait(_)));
        let early = fetch(&mut refresh, 20_000);
        refresh.abandoned(early, at(20_100));
        assert_eq!(unknown(&mut refresh, "a", 29_999), Act::Proceed);
        assert!(matches!(refresh.poll(at(29_999), &RULES), Poll::At(due) if due > at(1_000_000).steady));
        assert!(matches!(unknown(&mut refresh, "a", 30_000), Act::Wait(_)));
    }

    #[test]
    fn a_torn_state_has_no_flights_and_keeps_its_document() {
        let mut memory = memory();
        let mut refresh = Refresh::init(&mut memory, &[7; 16], at(0)).unwrap();
        let flight = fetch(&mut refresh, 0);
        land(&mut refresh, flight, 100);
        unknown(&mut refresh, "a", 20_000);
        fetch(&mut refresh, 20_000);
        memory[1] |= 1;
        let mut refresh = Refresh::open(&mut memory).unwrap();
        assert!(matches!(refresh.poll(at(20_001), &RULES), Poll::At(_)));
        assert_eq!((refresh.recoveries(), refresh.document().unwrap().number), (1, 1));
        memory[0] ^= 1;
        assert!(Refresh::open(&mut memory).is_err(), "another version");
    }

    #[test]
    fn a_failure_that_was_noted_by_half_lets_requests_fetch_for_a_frozen_background() {
        let mut memory = memory();
        let mut refresh = Refresh::init(&mut memory, &[7; 16], at(0)).unwrap();
        let flight = fetch(&mut refresh, 0);
        refresh.failed(flight, at(100));
        memory[super::HOLDING] = 0;
        memory[1] |= 1;
        let mut refresh = Refresh::open(&mut memory).unwrap();
        let document = |refresh: &mut Refresh<'_>, now| refresh.request(Need::Document, at(now), &RULES).act;
        assert!(matches!(document(&mut refresh, 5_000), Act::Wait(_)));
        assert!(matches!(document(&mut refresh, 5_001), Act::Fetch(_)));
    }
}
