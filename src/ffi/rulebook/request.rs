//! What a request does about keys that it lacks, and what the state says of itself.

use super::{
    constants::*,
    place::{Place, input, moment, open_refresh as open},
    rules::refresh_rules,
    types::*,
};
use crate::{
    error::Error,
    ffi::guard::{Out, Region, SizedStruct, guard, guard_bool, keep_apart, octets},
    limits::MAX_COOKIE_CANDIDATES,
    rulebook::{Act, KidHash, Moment, Need, Refresh, RefreshRules},
};

/// Says what a request does about a document or keys that it lacks: go on, wait, or fetch.
///
/// A request that needs nothing goes on at once, with one exception: when the background task makes no progress, one
/// request in each refresh interval fetches the document itself. So a request that needs nothing has to call this only from
/// the time of tesseral_refresh_attention_at() on.
///
/// memory:     the state.
/// need:       a TESSERAL_NEED_ constant.
/// kid_hashes: kid_hashes_len octets, a multiple of TESSERAL_KID_HASH_LEN: the unknown kids, of which the first four count,
///             as tesseral_unknown_kids() gives them. None unless need is TESSERAL_NEED_KIDS.
/// request:    set struct_size first (TESSERAL_REQUEST_INIT); written only when 0 is returned. Report how a flight ends, and
///             give a place back with tesseral_refresh_waited().
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_refresh_request(
    memory: *mut u8,
    memory_len: usize,
    need: u32,
    kid_hashes: *const u8,
    kid_hashes_len: usize,
    now: *const tesseral_moment,
    rules: *const tesseral_refresh_rules,
    request: *mut tesseral_request,
) -> u32 {
    guard(|| {
        let place = Place::new(memory, memory_len)?;
        // SAFETY: the caller promises readable octets (header, "kid_hashes").
        let hashes = unsafe { octets(kid_hashes, kid_hashes_len) }?;
        // SAFETY: the caller promises a readable struct.
        let (now, now_region) = unsafe { moment(now) }?;
        // SAFETY: the caller promises a readable struct.
        let (rules, rules_region) = unsafe { refresh_rules(rules) }?;
        // SAFETY: the caller promises a struct that begins with its size (header, "request").
        let out = unsafe { SizedStruct::new(request) }?;
        let inputs = [Region::of_slice(hashes), now_region, rules_region];
        keep_apart(&[place.region(), out.region()], &inputs)?;
        let (hashes, []) = hashes.as_chunks() else { return Err(Error::InvalidArgument) };
        let mut kids: heapless::Vec<KidHash, MAX_COOKIE_CANDIDATES> = heapless::Vec::new();
        for hash in hashes.iter().take(MAX_COOKIE_CANDIDATES) {
            let _ = kids.push(KidHash(*hash));
        }
        let need = match need {
            TESSERAL_NEED_KIDS => Need::Kids(&kids),
            TESSERAL_NEED_NOTHING if kids.is_empty() => Need::Nothing,
            TESSERAL_NEED_DOCUMENT if kids.is_empty() => Need::Document,
            _ => return Err(Error::InvalidArgument),
        };
        // SAFETY: the caller promises a state, which overlaps no other argument.
        let asked = unsafe { open(&place) }?.request(need, now, &rules);
        let (act, flight, wait) = match asked.act {
            Act::Proceed => (TESSERAL_REQUEST_PROCEED, tesseral_flight::ZERO, tesseral_wait::ZERO),
            Act::Wait(wait) => (TESSERAL_REQUEST_WAIT, tesseral_flight::ZERO, tesseral_wait::new(wait)),
            Act::Fetch(flight) => (TESSERAL_REQUEST_FETCH, tesseral_flight::new(flight), tesseral_wait::ZERO),
        };
        let (struct_size, wake) = (out.struct_size(), asked.wake.into());
        // SAFETY: the caller promises a writable struct (header, "request").
        unsafe { out.write(tesseral_request { struct_size, act, wake, reserved: 0, flight, wait }) };
        Ok(())
    })
}

/// The time before which requests that need nothing do not have to call tesseral_refresh_request().
///
/// memory:       the state.
/// attention_at: by the steady clock; valid until the next call that changes the state. Written only when 0 is returned.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_refresh_attention_at(
    memory: *mut u8,
    memory_len: usize,
    now: *const tesseral_moment,
    rules: *const tesseral_refresh_rules,
    attention_at: *mut i64,
) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { tell(memory, memory_len, now, rules, attention_at, Refresh::attention_at) }
}

/// Whether a fetch is under way, or begins at the background task's next poll. Then a waiting request may still get its
/// key.
///
/// memory: the state.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_refresh_is_fetching(
    memory: *mut u8,
    memory_len: usize,
    now: *const tesseral_moment,
    rules: *const tesseral_refresh_rules,
) -> bool {
    guard_bool(|| {
        let place = Place::new(memory, memory_len)?;
        // SAFETY: the caller promises a readable struct.
        let (now, now_region) = unsafe { moment(now) }?;
        // SAFETY: the caller promises a readable struct.
        let (rules, rules_region) = unsafe { refresh_rules(rules) }?;
        keep_apart(&[place.region()], &[now_region, rules_region])?;
        // SAFETY: the caller promises a state, which overlaps no other argument.
        Ok(unsafe { open(&place) }?.is_fetching(now, &rules))
    })
}

/// Gives back the place of a request that waits no more.
///
/// memory: the state.
/// wait:   as tesseral_refresh_request() gave it. Nothing happens when it has no place, or when another request has the
///         place by now.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_refresh_waited(
    memory: *mut u8,
    memory_len: usize,
    wait: *const tesseral_wait,
) -> u32 {
    guard(|| {
        let place = Place::new(memory, memory_len)?;
        // SAFETY: the caller promises a readable struct (header, "wait").
        let (wait, wait_region) = unsafe { input(wait) }?;
        keep_apart(&[place.region()], &[wait_region])?;
        // SAFETY: the caller promises a state, which overlaps no other argument.
        unsafe { open(&place) }?.waited(wait.to_rust());
        Ok(())
    })
}

/// The document in use, how old it is and whether it may be used.
///
/// memory:   the state.
/// document: set struct_size first (TESSERAL_DOCUMENT_INIT); written only when 0 is returned.
/// Returns 0 (also when there is none), TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_refresh_document(
    memory: *mut u8,
    memory_len: usize,
    now: *const tesseral_moment,
    rules: *const tesseral_refresh_rules,
    document: *mut tesseral_document,
) -> u32 {
    guard(|| {
        let place = Place::new(memory, memory_len)?;
        // SAFETY: the caller promises a readable struct.
        let (now, now_region) = unsafe { moment(now) }?;
        // SAFETY: the caller promises a readable struct.
        let (rules, rules_region) = unsafe { refresh_rules(rules) }?;
        // SAFETY: the caller promises a struct that begins with its size (header, "document").
        let out = unsafe { SizedStruct::new(document) }?;
        keep_apart(&[place.region(), out.region()], &[now_region, rules_region])?;
        let none = tesseral_document::none(out.struct_size());
        // SAFETY: the caller promises a state, which overlaps no other argument.
        let found = unsafe { open(&place) }?.document().map_or(none, |document| tesseral_document {
            in_use: 1,
            usable: document.is_usable(now, &rules).into(),
            due_percent: u32::try_from(document.due_percent).unwrap_or(0),
            number: document.number,
            began: tesseral_moment::new(document.began),
            age_ms: document.age(now),
            handle: document.handle,
            len: document.len,
            ..none
        });
        // SAFETY: the caller promises a writable struct (header, "document").
        unsafe { out.write(found) };
        Ok(())
    })
}

/// How long it is until the next planned fetch is due.
///
/// memory:    the state.
/// due_in_ms: milliseconds; 0 when it is due. Written only when 0 is returned.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_refresh_due_in(
    memory: *mut u8,
    memory_len: usize,
    now: *const tesseral_moment,
    rules: *const tesseral_refresh_rules,
    due_in_ms: *mut u64,
) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { tell(memory, memory_len, now, rules, due_in_ms, Refresh::due_in) }
}

/// How often a call found that a process had died during an earlier call.
///
/// memory:     the state.
/// recoveries: written only when 0 is returned.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_refresh_recoveries(memory: *mut u8, memory_len: usize, recoveries: *mut u64) -> u32 {
    guard(|| {
        let place = Place::new(memory, memory_len)?;
        let out = Out::new(recoveries)?;
        keep_apart(&[place.region(), out.region()], &[])?;
        // SAFETY: the caller promises a state, which overlaps no other argument.
        let found = unsafe { open(&place) }?.recoveries();
        // SAFETY: the caller promises a writable place (header, "recoveries").
        unsafe { out.write(found) };
        Ok(())
    })
}

/// # Safety
/// As `tesseral_refresh_due_in` says.
unsafe fn tell<T>(
    memory: *mut u8,
    memory_len: usize,
    now: *const tesseral_moment,
    rules: *const tesseral_refresh_rules,
    out: *mut T,
    ask: fn(&Refresh<'static>, Moment, &RefreshRules) -> T,
) -> u32 {
    guard(|| {
        let place = Place::new(memory, memory_len)?;
        // SAFETY: the caller promises a readable struct.
        let (now, now_region) = unsafe { moment(now) }?;
        // SAFETY: the caller promises a readable struct.
        let (rules, rules_region) = unsafe { refresh_rules(rules) }?;
        let out = Out::new(out)?;
        keep_apart(&[place.region(), out.region()], &[now_region, rules_region])?;
        // SAFETY: the caller promises a state, which overlaps no other argument.
        let answer = ask(&unsafe { open(&place) }?, now, &rules);
        // SAFETY: the caller promises a writable place.
        unsafe { out.write(answer) };
        Ok(())
    })
}
