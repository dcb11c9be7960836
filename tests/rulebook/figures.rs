//! What each call takes at worst, at the default sizes and with every place taken.

use crate::common::sets::say;
use std::{hint::black_box, time::Instant};
use tesseral_verify::{
    limits::{DEFAULT_ANSWERS, DEFAULT_MAX_QUESTIONS},
    rulebook::{Answers, AnswersRules, Ask, Change, KidHash, Moment, Need, Poll, Refresh, RefreshRules, Verdict},
};

const SCOPE: [u8; 16] = [1; 16];
const ROUNDS: u64 = 1_000;

fn at(later: i64) -> Moment {
    Moment { steady: 1_000 + later, wall: 1_750_000_000_000 + later }
}

fn fingerprint(key: u64) -> [u8; 32] {
    core::array::from_fn(|i| key.to_le_bytes().get(i).copied().unwrap_or(0))
}

/// Median and 99th percentile of many calls, each on a copy of the same words, so that each finds the same state. The longest
/// calls are left out: the kernel interrupted them.
fn measure(name: &str, memory: &[u64], mut call: impl FnMut(&mut [u64], u64)) {
    let mut copy = memory.to_vec();
    let mut times: Vec<u128> = (0..ROUNDS)
        .map(|round| {
            copy.copy_from_slice(memory);
            let began = Instant::now();
            call(black_box(&mut copy), round);
            began.elapsed().as_nanos()
        })
        .collect();
    times.sort_unstable();
    let at = |percent: usize| us(times[times.len() * percent / 100]);
    say(&format!("figure rulebook_{name}_us median {:.1} p99 {:.1}", at(50), at(99)));
}

fn us(nanoseconds: u128) -> f64 {
    u32::try_from(nanoseconds).map_or(f64::INFINITY, f64::from) / 1_000.0
}

pub fn print() {
    if cfg!(debug_assertions) {
        say("figure rulebook: in a debug build; `cargo test --release --test rulebook -- --nocapture figures` counts");
    }
    refresh();
    answers();
}

fn refresh() {
    let rules = RefreshRules::DEFAULT;
    let mut memory = [0; Refresh::WORDS];
    let mut state = Refresh::init(&mut memory, &[7; 16], at(0)).unwrap();
    let Poll::Fetch(flight) = state.poll(at(0), &rules) else { panic!() };
    state.landed(flight, Change::Keys, 1, 1, at(100));
    let kid = |number: u64| KidHash(core::array::from_fn(|i| fingerprint(number)[i]));
    for number in 0..64 {
        state.request(Need::Kids(&[kid(number)]), at(200), &rules);
    }
    measure("request_known", &memory, |words, _| {
        black_box(Refresh::open(words).unwrap().request(Need::Nothing, at(300), &rules));
    });
    measure("request_four_unknown_kids", &memory, |words, round| {
        let kids = [1, 2, 3, 4].map(|number| kid(1_000 + 4 * round + number));
        black_box(Refresh::open(words).unwrap().request(Need::Kids(&kids), at(300), &rules));
    });
    memory[1] |= 1;
    measure("refresh_recovery", &memory, |words, _| {
        black_box(Refresh::open(words).unwrap().poll(at(300), &rules));
    });
}

fn answers() {
    let rules = AnswersRules { good_ttl: 3_600_000, ..AnswersRules::DEFAULT };
    let questions = DEFAULT_MAX_QUESTIONS as usize;
    let mut memory = vec![0; Answers::words(DEFAULT_ANSWERS, questions).unwrap()];
    let mut state = Answers::init(&mut memory, DEFAULT_ANSWERS, questions, &[7; 16]).unwrap();
    // Good keys and refusals, until no place is vacant; octets at the limit; every question under way.
    for key in 0..20_000_u64 {
        let Ask::Send(question) = state.ask(&SCOPE, &fingerprint(key), 0, at(0), &rules) else { panic!() };
        let len = rules.max_len / 3_000;
        let verdict = if key % 3 == 0 { Verdict::Invalid } else { Verdict::Good { handle: key + 1, len } };
        state.landed(&SCOPE, &fingerprint(key), question, verdict, at(0), &rules);
    }
    measure("ask_new_key", &memory, |words, round| {
        let key = fingerprint(100_000 + round);
        black_box(Answers::open(words).unwrap().ask(&SCOPE, &key, 0, at(1), &rules));
    });
    let mut state = Answers::open(&mut memory).unwrap();
    let mut last = None;
    for key in 200_000..201_000 {
        if let Ask::Send(question) = state.ask(&SCOPE, &fingerprint(key), 0, at(1), &rules) {
            last = Some((key, question));
        }
    }
    let (key, question) = last.unwrap();
    measure("ask_when_busy", &memory, |words, round| {
        let key = fingerprint(300_000 + round);
        black_box(Answers::open(words).unwrap().ask(&SCOPE, &key, 0, at(2), &rules));
    });
    measure("landed_good_without_room", &memory, |words, _| {
        let verdict = Verdict::Good { handle: 1_000_000, len: 8_000 };
        black_box(Answers::open(words).unwrap().landed(&SCOPE, &fingerprint(key), question, verdict, at(3), &rules));
    });
    measure("reclaim", &memory, |words, _| {
        black_box(Answers::open(words).unwrap().reclaim(at(3), &rules));
    });
    memory[1] |= 1;
    measure("answers_recovery", &memory, |words, _| {
        black_box(Answers::open(words).unwrap().reclaim(at(3), &rules));
    });
}
