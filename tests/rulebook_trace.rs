//! The trace of the rulebook: what both machines say to a sequence of operations, the same in every language.
//!
//! `TESSERAL_BLESS=1 cargo test --test rulebook_trace` records it anew.

mod common;
#[path = "rulebook_trace/machines.rs"]
mod machines;
#[path = "rulebook_trace/scenario.rs"]
mod scenario;

use common::sets::say;
use machines::Machines;
use std::{collections::BTreeSet, fs, path::PathBuf};

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/rulebook.trace")
}

#[test]
fn the_scenario_is_what_was_recorded() {
    let recorded = scenario::record();
    if std::env::var_os("TESSERAL_BLESS").is_some() {
        fs::write(path(), &recorded).unwrap();
    }
    let committed = fs::read_to_string(path()).unwrap_or_default();
    let difference = committed.lines().zip(recorded.lines()).position(|(is, should)| is != should);
    assert!(committed == recorded, "line {difference:?} differs: run this test with TESSERAL_BLESS=1");
}

#[test]
fn every_operation_of_the_trace() {
    let trace = fs::read_to_string(path()).unwrap();
    let stated: usize = trace.strip_prefix("# ").unwrap().split(' ').next().unwrap().parse().unwrap();
    let (mut machines, mut ran, mut kinds) = (Machines::new(), 0, BTreeSet::new());
    for (line, text) in trace.lines().enumerate().filter(|(_, text)| !text.starts_with('#')) {
        let (operation, expected) = text.split_once(" => ").unwrap();
        assert_eq!(machines.run(operation), expected, "line {}: {operation}", line + 1);
        kinds.extend(kinds_of(operation, expected));
        ran += 1;
    }
    say(&format!("trace (Rust): {ran} operations"));
    assert!(ran == stated && ran != 0, "{ran} ran, {stated} are stated");
    let missing: Vec<_> = KINDS.iter().filter(|kind| !kinds.contains(**kind)).collect();
    assert!(missing.is_empty(), "the trace never shows {missing:?}");
}

/// The operation with each word of its result that is no number; and what a number says by being 0 or not.
fn kinds_of(operation: &str, result: &str) -> Vec<String> {
    let name = operation.split(' ').next().unwrap();
    let word = |word: &str| match word.parse::<i128>() {
        Ok(0) => "0".to_owned(),
        Ok(_) => "N".to_owned(),
        Err(_) => word.to_owned(),
    };
    let words: Vec<_> = result.split(' ').map(word).collect();
    vec![format!("{name} {}", words.join(" "))]
}

/// Every kind of result of every operation.
const KINDS: [&str; 76] = [
    "refresh.init ok",
    "refresh.rules ok",
    "refresh.rules invalid_argument",
    "refresh.poll fetch N N N",
    "refresh.poll in_flight N",
    "refresh.poll at N",
    "refresh.poll invalid_argument",
    "refresh.landed in_use 0",
    "refresh.landed in_use N",
    "refresh.landed late",
    "refresh.landed invalid_argument",
    "refresh.failed ok",
    "refresh.abandoned ok",
    "refresh.restore in_use 0",
    "refresh.restore in_use N",
    "refresh.restore not_newer",
    "refresh.restore too_old",
    "refresh.restore from_the_future",
    "refresh.request proceed sleep",
    "refresh.request proceed wake",
    "refresh.request wait N - sleep",
    "refresh.request wait N - wake",
    "refresh.request wait N 0 sleep",
    "refresh.request wait N N sleep",
    "refresh.request wait N 0 wake",
    "refresh.request wait N N wake",
    "refresh.request fetch N N N sleep",
    "refresh.request invalid_argument",
    "refresh.attention_at N",
    "refresh.waited ok",
    "refresh.renew ok",
    "refresh.renew invalid_argument",
    "refresh.document none",
    "refresh.document 0 N N N N N usable",
    "refresh.document N N N N N N usable",
    "refresh.document N N N N N N stale",
    "refresh.due_in 0",
    "refresh.due_in N",
    "refresh.other ok",
    "refresh.adopt none",
    "refresh.adopt in_use 0",
    "refresh.adopt in_use N",
    "refresh.adopt invalid_argument",
    "refresh.is_fetching yes",
    "refresh.is_fetching no",
    "refresh.recoveries 0",
    "refresh.recoveries N",
    "answers.size 0",
    "answers.size N",
    "answers.init ok",
    "answers.init invalid_argument",
    "answers.rules ok",
    "answers.rules invalid_argument",
    "answers.ask known good N N",
    "answers.ask known invalid 0 0",
    "answers.ask known not_permitted 0 0",
    "answers.ask known failed 0 0",
    "answers.ask send N N N",
    "answers.ask wait N N",
    "answers.ask busy",
    "answers.ask invalid_argument",
    "answers.known good N N",
    "answers.known invalid 0 0",
    "answers.known not_permitted 0 0",
    "answers.known nothing",
    "answers.known invalid_argument",
    "answers.landed kept",
    "answers.landed kept N",
    "answers.landed kept N N N",
    "answers.landed dropped",
    "answers.landed dropped N",
    "answers.abandoned ok",
    "answers.abandoned invalid_argument",
    "answers.reclaim N",
    "answers.reclaim 0",
    "answers.recoveries N",
];
