//! The rules around a verdict, for programs that bring their own transport: their states in the caller's memory.

mod answers;
mod kids;
mod refresh;
mod request;
mod types;

pub use answers::*;
pub use kids::*;
pub use refresh::*;
pub use request::*;
pub use types::*;

use super::guard::{Buffer, Region, Sized, object, octets};
use crate::{
    error::Error,
    limits::{DEFAULT_MAX_ANSWERS_LEN, DEFAULT_MAX_QUESTIONS, DEFAULT_WAITERS},
    rulebook::{AnswersRules, Moment, Refresh, RefreshRules},
};

/// The caller's memory of one state.
struct Place(Buffer);

impl Place {
    fn new(memory: *mut u8, memory_len: usize) -> Result<Self, Error> {
        let place = Buffer::new(memory, memory_len)?;
        if memory.addr().is_multiple_of(TESSERAL_RULEBOOK_ALIGN) {
            Ok(Self(place))
        } else {
            Err(Error::InvalidArgument)
        }
    }

    fn region(&self) -> Region {
        self.0.region()
    }

    /// As whole words; up to seven octets at the end are left over.
    ///
    /// # Safety
    /// As [`Buffer::as_mut`].
    unsafe fn words<'a>(&self) -> &'a mut [u64] {
        // SAFETY: the caller's promise.
        let octets = unsafe { self.0.as_mut() };
        // SAFETY: any octets are numbers, and what is written to numbers are octets.
        let (_, words, _) = unsafe { octets.align_to_mut() };
        words
    }
}

/// # Safety
/// The place holds a state, which nothing else uses for `'a`.
unsafe fn open_refresh<'a>(place: &Place) -> Result<Refresh<'a>, Error> {
    // SAFETY: the caller's promise.
    Refresh::open(unsafe { place.words() })
}

/// A struct of one size, and what it covers.
///
/// # Safety
/// `given` is NULL or readable for `'a`.
unsafe fn input<'a, T>(given: *const T) -> Result<(&'a T, Region), Error> {
    // SAFETY: the caller's promise.
    let given = unsafe { object(given) }?;
    Ok((given, Region::of_slice(core::slice::from_ref(given))))
}

/// A time, and what it covers.
///
/// # Safety
/// `now` is NULL or readable.
unsafe fn moment(now: *const tesseral_moment) -> Result<(Moment, Region), Error> {
    // SAFETY: the caller's promise.
    let (now, region) = unsafe { input(now) }?;
    Ok((now.to_rust(), region))
}

/// Rules that were checked, and what they cover.
///
/// # Safety
/// `rules` is NULL or a readable struct that begins with its size.
unsafe fn refresh_rules(rules: *const tesseral_refresh_rules) -> Result<(RefreshRules, Region), Error> {
    const DEFAULT: RefreshRules = RefreshRules::DEFAULT;
    // SAFETY: the caller's promise.
    let place = unsafe { Sized::new(rules.cast_mut()) }?;
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
unsafe fn answers_rules(rules: *const tesseral_answers_rules) -> Result<(AnswersRules, Region), Error> {
    const DEFAULT: AnswersRules = AnswersRules::DEFAULT;
    // SAFETY: the caller's promise.
    let place = unsafe { Sized::new(rules.cast_mut()) }?;
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

/// For those where 0 is a rule too.
fn none_or_default(given: u64, default: u64) -> u64 {
    if given == u64::from(TESSERAL_RULES_NONE) { 0 } else { or_default(given, default) }
}

fn number(given: u64) -> Result<u32, Error> {
    u32::try_from(given).map_err(|_| Error::InvalidArgument)
}

/// The seed of a state, and what it covers.
///
/// # Safety
/// When `seed` is not NULL, `seed_len` octets at it are readable.
unsafe fn seed_from(seed: *const u8, seed_len: usize) -> Result<([u8; 16], Region), Error> {
    // SAFETY: the caller's promise.
    let seed = unsafe { octets(seed, seed_len) }?;
    let first = *seed.first_chunk().ok_or(Error::BufferTooSmall)?;
    Ok((first, Region::of_slice(seed)))
}
