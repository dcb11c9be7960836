//! A token of a published key is accepted in time, whatever happened before and however many clients invent `kid`s.

use super::random::Random;
use std::collections::BTreeSet;
use tesseral_verify::rulebook::{Act, Change, Flight, KidHash, Moment, Need, Poll, Refresh, RefreshRules, Taken};

const STEP: i64 = 500;
const FETCH: i64 = 200;
/// Where the cooldown, and the back-off after failures, end growing.
const MINUTE: i64 = 60_000;

/// From now on the service answers. A key that it publishes now is accepted after one cooldown, also when the background makes no
/// progress (`frozen`) and requests alone fetch.
///
/// `begun`: numbers of flights that began before.
pub fn accepts_a_new_key(
    memory: &[u64; Refresh::WORDS],
    begun: &BTreeSet<u64>,
    published: Moment,
    rules: &RefreshRules,
    frozen: bool,
) {
    let mut memory = *memory;
    let mut state = Refresh::open(&mut memory).unwrap();
    let timeout = i64::try_from(rules.timeout).unwrap();
    // First a lost flight has to time out. When the background does not poll, a request has to notice that as well.
    let bound = MINUTE + 2 * timeout + if frozen { timeout + 1 } else { 0 } + FETCH + 2 * STEP;
    let mut flights: Vec<Flight> = Vec::new();
    let mut last = begun.last().copied().unwrap_or(0);
    let mut begin = |flight: Flight, flights: &mut Vec<Flight>| {
        assert!(flight.number > last, "{flight:?} after {last}");
        last = flight.number;
        flights.push(flight);
    };
    let new_key = [KidHash::of(b"the new key")];
    for later in (0..=bound).step_by(usize::try_from(STEP).unwrap()) {
        let now = Moment { steady: published.steady + later, wall: published.wall + later };
        if let Some(done) = flights.iter().position(|flight| flight.began.steady + FETCH <= now.steady) {
            let flight = flights.swap_remove(done);
            let taken = state.landed(flight, Change::Keys, 0, 1, now);
            assert!(matches!(taken, Taken::InUse { .. }), "{taken:?}");
            let document = state.document().unwrap();
            assert!(document.is_usable(now, rules) && document.began == flight.began);
            return;
        }
        if !frozen && let Poll::Fetch(flight) = state.poll(now, rules) {
            begin(flight, &mut flights);
        }
        let usable = state.document().is_some_and(|document| document.is_usable(now, rules));
        for kid in [new_key, [KidHash::of(&later.to_le_bytes())]] {
            let need = if usable { Need::Kids(&kid) } else { Need::Document };
            match state.request(need, now, rules).act {
                Act::Fetch(flight) => begin(flight, &mut flights),
                Act::Wait(wait) => state.waited(wait),
                Act::Proceed => {}
            }
        }
    }
    panic!("a new key is unknown {bound} ms after its publication, frozen: {frozen}");
}

/// Clients invent `kid`s all the time, also those of keys to come. New keys are accepted after a minute at the latest, the
/// service sees one early fetch in each cooldown, and no request with a known key is delayed.
pub fn attack(random: &mut Random) -> u64 {
    const RULES: RefreshRules = RefreshRules::DEFAULT;
    const LONGEST_FETCH: i64 = 2_000;
    let start = random.between(0, 1_000_000_000);
    let at = |later: i64| Moment { steady: start + later, wall: 1_750_000_000_000 + later };
    let mut memory = [0; Refresh::WORDS];
    let mut state = Refresh::init(&mut memory, &random.seed(), at(0)).unwrap();
    let (mut operations, mut flight): (u64, Option<(Flight, i64)>) = (0, None);
    let (mut early, mut keys, mut known) = (Vec::<i64>::new(), 0_u64, 0_u64);
    let mut early_since_new_keys = 0_u32;
    let mut published = 0;
    let mut waiting: Vec<i64> = Vec::new();
    let (crowd, patience) = (random.below(40), random.between(100, 1_000));
    let mut next_key = random.between(20_000, 200_000);
    for later in (0..600_000).step_by(100) {
        let now = at(later);
        if later >= next_key && known == keys {
            keys += 1;
            published = later;
            next_key = later + random.between(1_000, 200_000);
        }
        if let Some((flown, lands)) = flight
            && lands <= later
        {
            flight = None;
            // It holds what was published when it began.
            let content = if flown.began.steady >= start + published { keys } else { known };
            let change = if content == known && state.document().is_some() { Change::Same } else { Change::Keys };
            if change == Change::Keys {
                early_since_new_keys = early_since_new_keys.min(1);
            }
            assert!(matches!(state.landed(flown, change, 0, 1, now), Taken::InUse { .. }));
            known = content;
        }
        let due = state.due_in(now, &RULES) == 0;
        if let Poll::Fetch(begun) = state.poll(now, &RULES) {
            assert!(flight.is_none(), "two flights at a time");
            flight = Some((begun, later + random.between(50, LONGEST_FETCH)));
            if !due {
                let in_force = (10_000 << early_since_new_keys.saturating_sub(1).min(3)).min(MINUTE);
                assert!(early.last().is_none_or(|last| later - last >= in_force), "{early:?} and {later}");
                early.push(later);
                early_since_new_keys += 1;
            }
        }
        if state.document().is_none() {
            continue;
        }
        waiting.retain(|until| *until > now.steady);
        let mut ask = |name: String, waiting: &mut Vec<i64>| {
            operations += 1;
            let request = state.request(Need::Kids(&[KidHash::of(name.as_bytes())]), now, &RULES);
            match request.act {
                Act::Fetch(_) => panic!("the background works"),
                Act::Wait(wait) => {
                    assert!(wait.until - now.steady <= 1_000);
                    waiting.push(wait.until);
                }
                Act::Proceed => {}
            }
            request.act
        };
        for _ in 0..random.below(crowd + 1) {
            let key_to_come = format!("key {}", keys + 1 + random.below(2));
            let name = if random.percent(20) { key_to_come } else { format!("invented {}", random.next()) };
            ask(name.clone(), &mut waiting);
        }
        if known < keys && later % patience < 100 {
            ask(format!("key {keys}"), &mut waiting);
        }
        assert!(waiting.len() <= 16, "{} wait", waiting.len());
        let unknown_for = if known < keys { later - published } else { 0 };
        // The fetch itself, and one that was under way.
        assert!(unknown_for <= MINUTE + 2 * LONGEST_FETCH + patience, "key {keys} unknown for {unknown_for}");
        let request = state.request(Need::Nothing, now, &RULES);
        assert_eq!((request.act, request.wake), (Act::Proceed, false), "a known key was delayed");
    }
    assert!(early.len() >= 2, "nobody fetched early: {early:?}");
    operations
}
