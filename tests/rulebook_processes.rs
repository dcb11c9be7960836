//! Several processes share one state, and are killed inside its calls, at every store to memory.
//!
//! `TESSERAL_RULEBOOK_SECONDS=N` lets the live processes run longer.
#![cfg(target_os = "linux")]

mod common;
#[path = "rulebook_processes/live.rs"]
mod live;
#[path = "rulebook_processes/operations.rs"]
mod operations;
#[path = "rulebook/random.rs"]
#[allow(dead_code)] // a part is used here
mod random;
#[path = "rulebook/recovery.rs"]
#[allow(dead_code)]
mod recovery;
#[path = "rulebook_processes/shared.rs"]
mod shared;
#[path = "rulebook_processes/steps.rs"]
mod steps;

use common::sets::say;
use operations::{Case, answers_cases, refresh_cases};
use steps::{Traced, kill_at_random, trace};
use tesseral_verify::rulebook::{Answers, Moment, Refresh};

/// A process is stopped after every instruction of a call. The words that a kill would leave there are checked.
#[test]
fn a_process_killed_at_any_store_leaves_a_state_that_works() {
    let (mut calls, mut stores, mut instructions) = (0, 0, 0);
    let cases: Vec<Box<dyn Case>> = refresh_cases().into_iter().chain(answers_cases()).collect();
    for case in &cases {
        println!("{}", case.name());
        match trace(case.before(), |words| case.run(words)) {
            Traced::Steps { left, count } => {
                calls += 1;
                stores += left.len();
                instructions += count;
                for words in &left {
                    case.check(words);
                }
                assert!(left.len() > 1, "{}: no store was seen", case.name());
            }
            Traced::NotPermitted => {
                say(
                    "rulebook processes: NOT SEEN STEP BY STEP, ptrace is not permitted; killed at random moments instead",
                );
                for _ in 0..200 {
                    case.check(&kill_at_random(case.before(), |words| case.run(words)));
                }
                calls += 1;
                stores += 30;
            }
        }
    }
    say(&format!("rulebook processes: killed {stores} times in {calls} calls ({instructions} instructions)"));
    assert!(calls >= 25);
}

#[test]
fn four_processes_share_a_state_and_die_at_random() {
    live::run();
}

/// A new version of the library finds the old one's state: it makes its own one beside it.
#[test]
fn another_version_is_refused_untouched_and_a_state_beside_it_works() {
    let now = Moment { steady: 1, wall: 1_750_000_000_000 };
    let refresh_len = Refresh::WORDS;
    let answers_len = Answers::words(16, 1).unwrap();
    let mut shared = shared::Shared::new(2 * (refresh_len + answers_len));
    let (old, new) = shared.words().split_at_mut(refresh_len + answers_len);
    let (old_refresh, old_answers) = old.split_at_mut(refresh_len);
    Refresh::init(old_refresh, &[1; 16], now).unwrap();
    Answers::init(old_answers, 16, 1, &[1; 16]).unwrap();
    for version in [0, 2, u32::MAX] {
        for words in [&mut *old_refresh, &mut *old_answers] {
            words[0] = words[0] >> 32 << 32 | u64::from(version);
        }
        let (before_refresh, before_answers) = (old_refresh.to_vec(), old_answers.to_vec());
        assert!(Refresh::open(old_refresh).is_err() && Answers::open(old_answers).is_err());
        let (new_refresh, new_answers) = new.split_at_mut(refresh_len);
        let mut refresh = Refresh::init(new_refresh, &[2; 16], now).unwrap();
        assert!(matches!(refresh.poll(now, &operations::RULES), tesseral_verify::rulebook::Poll::Fetch(_)));
        assert!(Answers::init(new_answers, 16, 1, &[2; 16]).is_ok());
        assert!(Refresh::open(new_refresh).is_ok() && Answers::open(new_answers).is_ok());
        assert!(old_refresh == before_refresh && old_answers == before_answers);
    }
    // Neither machine takes the other one's words.
    assert!(Refresh::open(&mut new[refresh_len..]).is_err() && Answers::open(&mut new[..refresh_len]).is_err());
}
