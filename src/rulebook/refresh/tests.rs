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
