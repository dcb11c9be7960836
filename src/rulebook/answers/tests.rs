use super::{Answers, AnswersRules, Ask, Freed, Question, Standing, Verdict};
use crate::rulebook::{Moment, table::Entry};
use std::{vec, vec::Vec};

const RULES: AnswersRules = AnswersRules::DEFAULT;
const CACHED: AnswersRules = AnswersRules { good_ttl: 30_000, ..RULES };
const SCOPE: [u8; 16] = [1; 16];

fn at(milliseconds: i64) -> Moment {
    Moment { steady: milliseconds, wall: 1_750_000_000_000 + milliseconds }
}

fn key(number: usize) -> [u8; 32] {
    core::array::from_fn(|i| number.to_le_bytes().get(i).copied().unwrap_or(0))
}

fn memory(answers: usize, questions: usize) -> Vec<u64> {
    vec![0; Answers::words(answers, questions).unwrap()]
}

fn ask(answers: &mut Answers<'_>, number: usize, now: i64, rules: &AnswersRules) -> Ask {
    answers.ask(&SCOPE, &key(number), 0, at(now), rules)
}

fn send(answers: &mut Answers<'_>, number: usize, now: i64, rules: &AnswersRules) -> Question {
    match ask(answers, number, now, rules) {
        Ask::Send(question) => question,
        other => panic!("{other:?} for {number} at {now}"),
    }
}

fn land(answers: &mut Answers<'_>, number: usize, question: Question, verdict: Verdict, now: i64) -> Vec<u64> {
    let landed = answers.landed(&SCOPE, &key(number), question, verdict, at(now), &RULES);
    landed.freed.handles().to_vec()
}

#[test]
fn an_answer_serves_those_who_came_before_its_question() {
    let mut memory = memory(64, 8);
    let mut answers = Answers::init(&mut memory, 64, 8, &[3; 16]).unwrap();
    // All within one millisecond.
    let again = |answers: &mut Answers<'_>, ticket| answers.ask(&SCOPE, &key(1), ticket, at(1_000), &RULES);
    let first = send(&mut answers, 1, 1_000, &RULES);
    let Ask::Wait { until: 11_000, ticket } = again(&mut answers, 0) else { panic!() };
    let good = Verdict::Good { handle: 9, len: 100 };
    land(&mut answers, 1, first, good, 1_000);
    assert_eq!(again(&mut answers, first.number), Ask::Known(good));
    let Ask::Send(second) = again(&mut answers, ticket) else { panic!("the answer is older than this one") };
    let Ask::Wait { ticket: later, .. } = again(&mut answers, 0) else { panic!() };
    land(&mut answers, 1, second, Verdict::Invalid, 1_000);
    assert_eq!(again(&mut answers, ticket), Ask::Known(Verdict::Invalid));
    assert_eq!(again(&mut answers, later), Ask::Known(Verdict::Invalid), "a refusal holds for its time to live");
}

#[test]
fn an_abandoned_question_is_sent_again_by_one_of_those_who_wait() {
    let mut memory = memory(64, 8);
    let mut answers = Answers::init(&mut memory, 64, 8, &[3; 16]).unwrap();
    let again = |answers: &mut Answers<'_>, ticket| answers.ask(&SCOPE, &key(1), ticket, at(1_000), &RULES);
    let first = send(&mut answers, 1, 1_000, &RULES);
    let Ask::Wait { ticket, .. } = again(&mut answers, 0) else { panic!() };
    answers.abandoned(&SCOPE, &key(2), first);
    assert!(matches!(again(&mut answers, ticket), Ask::Wait { .. }), "of another key");
    answers.abandoned(&SCOPE, &key(1), first);
    let Ask::Send(second) = again(&mut answers, ticket) else { panic!() };
    answers.abandoned(&SCOPE, &key(1), first);
    assert!(matches!(again(&mut answers, ticket), Ask::Wait { .. }), "the second is under way");
    land(&mut answers, 1, second, Verdict::Failed, 1_000);
    answers.abandoned(&SCOPE, &key(1), second);
    assert_eq!(again(&mut answers, ticket), Ask::Known(Verdict::Failed), "it had failed before");
    let good = Verdict::Good { handle: 9, len: 100 };
    assert!(answers.landed(&SCOPE, &key(1), first, good, at(1_000), &RULES).kept, "late, and counts by its number");
}

#[test]
fn the_askers_own_times_decide_by_the_age_of_the_question() {
    let mut memory = memory(64, 8);
    let mut answers = Answers::init(&mut memory, 64, 8, &[3; 16]).unwrap();
    let question = send(&mut answers, 1, 1_000, &CACHED);
    let good = Verdict::Good { handle: 9, len: 100 };
    land(&mut answers, 1, question, good, 3_000);
    assert_eq!(ask(&mut answers, 1, 30_999, &CACHED), Ask::Known(good));
    assert!(matches!(ask(&mut answers, 1, 30_999, &RULES), Ask::Send(_)), "without a time to live");
    assert!(matches!(ask(&mut answers, 1, 31_000, &CACHED), Ask::Wait { .. }));
    let other_scope = answers.ask(&[2; 16], &key(1), 0, at(5_000), &CACHED);
    assert!(matches!(other_scope, Ask::Send(_)));
}

#[test]
fn refusals_hold_five_seconds_and_failures_for_those_who_waited() {
    let mut memory = memory(64, 8);
    let mut answers = Answers::init(&mut memory, 64, 8, &[3; 16]).unwrap();
    let question = send(&mut answers, 1, 1_000, &RULES);
    land(&mut answers, 1, question, Verdict::Invalid, 1_100);
    assert_eq!(ask(&mut answers, 1, 5_999, &RULES), Ask::Known(Verdict::Invalid));
    let question = send(&mut answers, 1, 6_000, &RULES);
    land(&mut answers, 1, question, Verdict::Failed, 6_100);
    let waited = answers.ask(&SCOPE, &key(1), question.number, at(6_200), &RULES);
    assert_eq!(waited, Ask::Known(Verdict::Failed));
    assert!(matches!(ask(&mut answers, 1, 6_200, &RULES), Ask::Send(_)));
}

#[test]
fn lost_questions_fail_and_refuse_nobody_for_ever() {
    let mut memory = memory(64, 8);
    let mut answers = Answers::init(&mut memory, 64, 8, &[3; 16]).unwrap();
    for number in 0..100 {
        ask(&mut answers, number, 1_000, &RULES);
    }
    assert_eq!(ask(&mut answers, 200, 10_999, &RULES), Ask::Busy);
    assert!(matches!(ask(&mut answers, 200, 11_000, &RULES), Ask::Send(_)));
}

#[test]
fn a_share_of_the_questions_is_kept_for_keys_that_were_good() {
    let mut memory = memory(64, 8);
    let mut answers = Answers::init(&mut memory, 64, 8, &[3; 16]).unwrap();
    let question = send(&mut answers, 1, 1_000, &RULES);
    land(&mut answers, 1, question, Verdict::Good { handle: 1, len: 1 }, 1_100);
    let sent = (100..200).filter(|number| matches!(ask(&mut answers, *number, 2_000, &RULES), Ask::Send(_)));
    assert_eq!(sent.count(), 6);
    assert!(matches!(ask(&mut answers, 1, 2_000, &RULES), Ask::Send(_)));
}

#[test]
fn refusals_displace_no_good_key_and_bodies_are_bounded() {
    let mut memory = memory(256, 8);
    let mut answers = Answers::init(&mut memory, 256, 8, &[3; 16]).unwrap();
    let mut held = std::collections::BTreeSet::new();
    for number in 1..=100 {
        let question = send(&mut answers, number, 1_000, &CACHED);
        let handle = number as u64;
        held.insert(handle);
        for freed in land(&mut answers, number, question, Verdict::Good { handle, len: 1_000 }, 1_000) {
            assert!(held.remove(&freed), "{freed} freed twice");
        }
    }
    assert_eq!(answers.answers_len(), 1_000 * held.len() as u64);
    for number in 1_000..20_000 {
        let question = send(&mut answers, number, 1_001, &CACHED);
        assert!(land(&mut answers, number, question, Verdict::Invalid, 1_001).is_empty());
    }
    let known = (1..=100).filter(|number| matches!(ask(&mut answers, *number, 1_002, &CACHED), Ask::Known(_)));
    assert_eq!(known.count(), held.len());
    while let Some(handle) = answers.reclaim(at(2_000), &RULES) {
        assert!(held.remove(&handle));
    }
    assert!(held.is_empty() && answers.answers_len() == 0);
}

/// A good answer among the refusals makes one call free more than there are places for.
#[test]
fn no_handle_is_lost_in_damaged_memory() {
    const ALL: AnswersRules = AnswersRules { max_len: 1_000, ..CACHED };
    let mut most = 0;
    for keys in 100..116 {
        let mut memory = memory(16, 8);
        let mut answers = Answers::init(&mut memory, 16, 8, &[3; 16]).unwrap();
        let mut held = std::collections::BTreeSet::new();
        let land = |answers: &mut Answers<'_>, number, verdict, now| {
            let question = send(answers, number, now, &ALL);
            let landed = answers.landed(&SCOPE, &key(number), question, verdict, at(now), &ALL);
            landed.freed.handles().to_vec()
        };
        for number in 1..=keys {
            let handle = number as u64;
            held.insert(handle);
            for freed in land(&mut answers, number, Verdict::Good { handle, len: 80 }, 1_000) {
                assert!(held.remove(&freed), "{freed} freed twice");
            }
        }
        land(&mut answers, 500, Verdict::Invalid, 1_000);
        let name = answers.words.keyed_digest([&SCOPE, &key(500)]);
        let entry = answers.table.find(&answers.words, &name).unwrap();
        let refusal = answers.table.read(&answers.words, entry);
        let damaged = Entry { standing: Standing::Good, handle: 500, ..refusal };
        answers.table.write(&mut answers.words, entry, &damaged);
        held.extend([500, 501]);
        let freed = land(&mut answers, 500, Verdict::Good { handle: 501, len: 900 }, 100_000);
        most = most.max(freed.len());
        let rest = core::iter::from_fn(|| answers.reclaim(at(100_000), &ALL));
        for freed in freed.into_iter().chain(rest) {
            assert!(held.remove(&freed), "{freed} freed twice");
        }
        assert!(held.is_empty(), "lost: {held:?}");
    }
    assert_eq!(most, Freed::MOST);
}

#[test]
fn an_answer_without_octets_displaces_none() {
    let mut memory = memory(64, 8);
    let mut answers = Answers::init(&mut memory, 64, 8, &[3; 16]).unwrap();
    let question = send(&mut answers, 1, 1_000, &CACHED);
    assert!(land(&mut answers, 1, question, Verdict::Good { handle: 7, len: 1_000 }, 1_000).is_empty());
    let small = AnswersRules { max_len: 500, ..CACHED };
    let question = send(&mut answers, 2, 1_001, &small);
    let landed = answers.landed(&SCOPE, &key(2), question, Verdict::Good { handle: 0, len: 0 }, at(1_001), &small);
    assert!(landed.kept && landed.freed.handles().is_empty(), "{landed:?}");
    assert!(matches!(ask(&mut answers, 1, 1_002, &CACHED), Ask::Known(_)));
}

#[test]
fn neither_refusals_nor_what_is_too_long_displace_an_answer() {
    let mut memory = memory(64, 8);
    let mut answers = Answers::init(&mut memory, 64, 8, &[3; 16]).unwrap();
    let question = send(&mut answers, 1, 1_000, &CACHED);
    assert!(land(&mut answers, 1, question, Verdict::Good { handle: 7, len: 1_000 }, 1_000).is_empty());
    // Another asker keeps less.
    let small = AnswersRules { max_len: 500, ..CACHED };
    for (number, verdict) in [(2, Verdict::Invalid), (3, Verdict::Good { handle: 8, len: 501 })] {
        let question = send(&mut answers, number, 1_001, &small);
        let landed = answers.landed(&SCOPE, &key(number), question, verdict, at(1_001), &small);
        assert!(!landed.freed.handles().contains(&7), "{verdict:?}");
        assert_eq!(landed.kept, verdict == Verdict::Invalid);
    }
    assert_eq!(ask(&mut answers, 1, 1_002, &CACHED), Ask::Known(Verdict::Good { handle: 7, len: 1_000 }));
}
