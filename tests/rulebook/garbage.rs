//! Any bit pattern after the kind word is safe: no panic, no overflow, bounded work, and another version is refused.

use super::random::Random;
use std::{sync::LazyLock, time::Instant};
use tesseral_verify::rulebook::{
    Answers, AnswersRules, Change, Flight, KidHash, Moment, Need, Question, Refresh, RefreshRules, Verdict, Wait,
};

const ANSWERS: usize = 32;
const QUESTIONS: usize = 4;

fn moment(random: &mut Random) -> Moment {
    Moment { steady: random.any().cast_signed(), wall: random.any().cast_signed() }
}

/// Garbage over a good state: everywhere, or in a few words.
fn spoil(random: &mut Random, memory: &mut [u64], keep: usize) {
    let everywhere = random.percent(50);
    for word in &mut memory[keep..] {
        if everywhere || random.percent(10) {
            *word = random.any();
        }
    }
}

pub fn episode(random: &mut Random) -> u64 {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let before = BEGAN.elapsed();
    let operations = refresh(random) + answers(random);
    let took = (BEGAN.elapsed() - before).as_secs();
    assert!(took < 10, "garbage kept a machine busy for {took} s");
    operations
}

fn refresh(random: &mut Random) -> u64 {
    let mut memory = [0; Refresh::WORDS];
    Refresh::init(&mut memory, &random.seed(), moment(random)).unwrap();
    spoil(random, &mut memory, 1);
    let mut state = Refresh::open(&mut memory).unwrap();
    for _ in 0..20 {
        let any = RefreshRules {
            interval: random.any(),
            stale: random.any(),
            cooldown: random.any(),
            timeout: random.any(),
            wait: random.any(),
            waiters: random.any() as u32,
        };
        let rules = if random.percent(50) { any } else { RefreshRules::DEFAULT };
        let now = moment(random);
        let flight = Flight { number: random.any(), began: moment(random) };
        let kids: Vec<_> = (0..random.below(9)).map(|_| KidHash(random.seed())).collect();
        match random.below(12) {
            0 => _ = state.poll(now, &rules),
            1 => _ = state.landed(flight, Change::Keys, random.any(), random.any(), now),
            2 => state.failed(flight, now),
            3 => state.abandoned(flight, now),
            4 => _ = state.restore(random.any().cast_signed(), random.any(), random.any(), now, &rules),
            5 => state.waited(Wait { until: random.any().cast_signed(), place: Some(random.any() as u32) }),
            6 => state.renew(&random.seed()),
            7 => _ = state.request(Need::Nothing, now, &rules),
            8 => _ = state.request(Need::Document, now, &rules),
            9 => _ = state.request(Need::Kids(&kids), now, &rules),
            10 => _ = state.attention_at(now, &rules),
            _ => {
                let document = state.document().map(|document| document.is_usable(now, &rules));
                let _ = (document, state.due_in(now, &rules), state.recoveries(), rules.check());
            }
        }
    }
    // Another version is refused and stays as it is.
    memory[0] ^= 1 << random.below(64);
    let before = memory;
    assert!(Refresh::open(&mut memory).is_err());
    assert_eq!(before, memory);
    20
}

fn answers(random: &mut Random) -> u64 {
    let mut memory = vec![0; Answers::words(ANSWERS, QUESTIONS).unwrap()];
    Answers::init(&mut memory, ANSWERS, QUESTIONS, &random.seed()).unwrap();
    let sizes = [memory[9], memory[10]];
    spoil(random, &mut memory, 1);
    if random.percent(75) {
        memory[9..11].copy_from_slice(&sizes);
    }
    let mut done = 0;
    if let Ok(mut state) = Answers::open(&mut memory) {
        for _ in 0..20 {
            let any = AnswersRules {
                good_ttl: random.any(),
                refused_ttl: random.any(),
                timeout: random.any(),
                questions: random.any() as u32,
                max_len: random.any(),
            };
            let rules = if random.percent(50) { any } else { AnswersRules::DEFAULT };
            let (now, scope) = (moment(random), [random.below(2) as u8; 16]);
            let fingerprint = [random.below(9) as u8; 32];
            let question = Question { number: random.any(), sent: moment(random) };
            let verdict = match random.below(4) {
                0 => Verdict::Good { handle: random.any(), len: random.any() },
                1 => Verdict::Invalid,
                2 => Verdict::NotPermitted,
                _ => Verdict::Failed,
            };
            match random.below(6) {
                5 => state.abandoned(&scope, &fingerprint, question),
                0 | 1 => _ = state.ask(&scope, &fingerprint, random.any(), now, &rules),
                2 | 3 => {
                    let landed = state.landed(&scope, &fingerprint, question, verdict, now, &rules);
                    assert!(landed.freed.handles().len() <= 8);
                }
                _ => _ = (state.reclaim(now, &rules), state.answers_len(), state.recoveries(), rules.check()),
            }
            done += 1;
        }
    }
    memory[0] ^= 1 << random.below(64);
    let before = memory.clone();
    assert!(Answers::open(&mut memory).is_err());
    assert_eq!(before, memory);
    done
}
