//! When the next planned fetch is due.

use super::places::{CREATED_AT, DOCUMENT, FAILURES, HELD_AT, HOLD_PERCENT, HOLDING};
use crate::rulebook::{
    document,
    moment::{Moment, elapsed, share},
    rules::RefreshRules,
    words::Words,
};

/// Begins a back-off: the next planned flight waits for its end.
pub(super) fn hold(words: &mut Words<'_>, now: Moment) {
    let percent = words.jitter();
    words.set(HOLD_PERCENT, percent);
    words.set_time(HELD_AT, now.steady);
    words.set(HOLDING, 1);
}

/// Milliseconds until the next planned fetch.
pub(in crate::rulebook) fn due_in(words: &Words<'_>, now: Moment, rules: &RefreshRules) -> i64 {
    due_since(words, now, rules).saturating_neg().max(0)
}

/// Milliseconds since the planned fetch was due; negative when it is due later.
pub(in crate::rulebook) fn due_since(words: &Words<'_>, now: Moment, rules: &RefreshRules) -> i64 {
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
            // A document from a file may be older than the state; no fetch was due before the state was made.
            Some(now.age_since(document.began).saturating_sub(at_age).min(made))
        }
    };
    // Due when both the back-off and the planned time are over.
    match (held, planned) {
        (Some(held), Some(planned)) => held.min(planned),
        (held, planned) => held.or(planned).unwrap_or(made),
    }
}
