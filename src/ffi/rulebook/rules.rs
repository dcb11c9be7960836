//! The rules that a call is given, checked.

use super::{
    constants::TESSERAL_RULES_NONE,
    types::{tesseral_answers_rules, tesseral_refresh_rules},
};
use crate::{
    error::Error,
    ffi::guard::{Region, SizedStruct},
    limits::{DEFAULT_MAX_ANSWERS_LEN, DEFAULT_MAX_QUESTIONS, DEFAULT_WAITERS},
    rulebook::{AnswersRules, RefreshRules},
};

/// Rules that were checked, and what they cover.
///
/// # Safety
/// `rules` is NULL or a readable struct that begins with its size.
pub(super) unsafe fn refresh_rules(rules: *const tesseral_refresh_rules) -> Result<(RefreshRules, Region), Error> {
    const DEFAULT: RefreshRules = RefreshRules::DEFAULT;
    // SAFETY: the caller's promise.
    let place = unsafe { SizedStruct::new(rules.cast_mut()) }?;
    // SAFETY: the caller's promise.
    let given = unsafe { place.as_ref() };
    let rules = RefreshRules {
        interval: or_default(given.interval_ms, DEFAULT.interval),
        stale: or_default(given.stale_ms, DEFAULT.stale),
        cooldown: or_default(given.cooldown_ms, DEFAULT.cooldown),
        timeout: or_default(given.timeout_ms, DEFAULT.timeout),
        wait: none_or_default(given.wait_ms, DEFAULT.wait),
        waiters: number(none_or_default(given.waiters.into(), DEFAULT_WAITERS.into()))?,
    };
    rules.check()?;
    Ok((rules, place.region()))
}

/// Rules that were checked, and what they cover.
///
/// # Safety
/// `rules` is NULL or a readable struct that begins with its size.
pub(super) unsafe fn answers_rules(rules: *const tesseral_answers_rules) -> Result<(AnswersRules, Region), Error> {
    const DEFAULT: AnswersRules = AnswersRules::DEFAULT;
    // SAFETY: the caller's promise.
    let place = unsafe { SizedStruct::new(rules.cast_mut()) }?;
    // SAFETY: the caller's promise.
    let given = unsafe { place.as_ref() };
    let rules = AnswersRules {
        good_ttl: none_or_default(given.good_ttl_ms, DEFAULT.good_ttl),
        refused_ttl: none_or_default(given.refused_ttl_ms, DEFAULT.refused_ttl),
        timeout: or_default(given.timeout_ms, DEFAULT.timeout),
        questions: number(or_default(given.questions.into(), DEFAULT_MAX_QUESTIONS.into()))?,
        max_len: or_default(given.max_answers_len, DEFAULT_MAX_ANSWERS_LEN),
    };
    rules.check()?;
    Ok((rules, place.region()))
}

fn or_default(given: u64, default: u64) -> u64 {
    if given == 0 { default } else { given }
}

/// The same for rules of which 0 is a valid value.
fn none_or_default(given: u64, default: u64) -> u64 {
    if given == u64::from(TESSERAL_RULES_NONE) { 0 } else { or_default(given, default) }
}

fn number(given: u64) -> Result<u32, Error> {
    u32::try_from(given).map_err(|_| Error::InvalidArgument)
}
