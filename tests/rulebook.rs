//! The rules about keys and answers against plain models of them, over random operations, faults and times.
//!
//! A model keeps everything that happened in lists and strings and works each answer out again from the words of the rule.
//! `TESSERAL_RULEBOOK_EPISODES=N` runs more episodes, `TESSERAL_RULEBOOK_SEED=N` others. A failure names both.

#[path = "rulebook/answers.rs"]
mod answers;
mod common;
#[path = "rulebook/crowd.rs"]
mod crowd;
#[path = "rulebook/figures.rs"]
mod figures;
#[path = "rulebook/garbage.rs"]
mod garbage;
#[path = "rulebook/random.rs"]
mod random;
#[path = "rulebook/recovery.rs"]
mod recovery;
#[path = "rulebook/refresh.rs"]
mod refresh;

use common::sets::say;
use random::{Random, number};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Runs so many episodes, each from a seed of its own, and says how many operations ran.
fn episodes(name: &str, default: u64, episode: impl Fn(&mut Random) -> u64) {
    let (first, count) = (number("TESSERAL_RULEBOOK_SEED", 1), number("TESSERAL_RULEBOOK_EPISODES", default));
    let mut operations = 0;
    for seed in first..first + count {
        match catch_unwind(AssertUnwindSafe(|| episode(&mut Random::new(seed)))) {
            Ok(done) => operations += done,
            Err(panic) => {
                say(&format!(
                    "rulebook {name}: FAILED with TESSERAL_RULEBOOK_SEED={seed} TESSERAL_RULEBOOK_EPISODES=1"
                ));
                resume_unwind(panic);
            }
        }
    }
    say(&format!("rulebook {name}: {operations} operations in {count} episodes from seed {first}, 0 disagreements"));
    assert!(operations >= count, "an episode that does nothing proves nothing");
}

#[test]
fn refresh_agrees_with_its_model() {
    episodes("refresh", 1_500, refresh::episode);
}

#[test]
fn answers_agree_with_their_model() {
    episodes("answers", 1_200, answers::episode);
}

#[test]
fn answers_in_a_crowded_table_keep_their_promises() {
    episodes("crowd", 250, crowd::episode);
}

#[test]
fn a_new_key_is_accepted_in_time_whoever_attacks() {
    episodes("new keys", 40, recovery::attack);
}

#[test]
fn any_memory_is_safe() {
    episodes("garbage", 1_500, garbage::episode);
}

/// Prints how long each call takes at worst, and asserts nothing: `cargo test --release --test rulebook -- --nocapture figures`.
#[test]
fn figures() {
    figures::print();
}
