//! When keys are fetched, with the state in the caller's memory: the functions that a background task calls.

use super::{
    constants::*,
    place::{Place, input, moment, open_refresh as open, seed_from},
    rules::refresh_rules,
    types::*,
};
use crate::{
    error::Error,
    ffi::guard::{Out, SizedStruct, guard, keep_apart},
    rulebook::{Change, Flight, Moment, Poll, Refresh, Restored, Taken},
};

/// Bytes of the state that the tesseral_refresh_ functions take: TESSERAL_REFRESH_SIZE.
///
/// The state says when to fetch the configuration document, how long a document may be used, and what a request with an
/// unknown kid does. It has no clock, lock or I/O. Your program reads the clocks, fetches, keeps the documents under
/// handles of its own, and wakes the requests that wait.
///
/// The state lies in your memory, which you pass to each call: memory_len bytes, aligned to TESSERAL_RULEBOOK_ALIGN.
/// Processes may share it, since it holds no address. All threads and processes call these functions under one lock. When a
/// process dies during a call, the next call forgets all flights and waits, and keeps either the old or the new document;
/// tesseral_refresh_recoveries() counts these calls. For memory that holds something else, or the state of another version
/// of this library, each function returns TESSERAL_ERR_INVALID_ARGUMENT: make a new state in other memory.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_refresh_size() -> usize {
    TESSERAL_REFRESH_SIZE
}

/// Makes a state without a document; the first fetch is due at once. There is nothing to free.
///
/// memory: memory_len bytes, aligned to TESSERAL_RULEBOOK_ALIGN, of which the first TESSERAL_REFRESH_SIZE are used.
/// seed:   seed_len octets, at least 16; the first 16 are used. Random, so that no client can choose kids that displace
///         others and processes do not fetch together.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_refresh_init(
    memory: *mut u8,
    memory_len: usize,
    seed: *const u8,
    seed_len: usize,
    now: *const tesseral_moment,
) -> u32 {
    guard(|| {
        let place = Place::new(memory, memory_len)?;
        // SAFETY: the caller promises readable octets (header, "seed").
        let (seed, seed_region) = unsafe { seed_from(seed, seed_len) }?;
        // SAFETY: the caller promises a readable struct.
        let (now, now_region) = unsafe { moment(now) }?;
        keep_apart(&[place.region()], &[seed_region, now_region])?;
        // SAFETY: the caller promises writable memory (header, "memory"), which overlaps no other argument.
        Refresh::init(unsafe { place.words() }, &seed, now).map(|_| ())
    })
}

/// Says what your background task has to do now. Call it at the time `until` of the last result, and when a request's
/// result has wake set.
///
/// memory: the state.
/// poll:   set struct_size first (TESSERAL_POLL_INIT); written only when 0 is returned. With TESSERAL_POLL_FETCH a flight has
///         begun: report how it ends.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_refresh_poll(
    memory: *mut u8,
    memory_len: usize,
    now: *const tesseral_moment,
    rules: *const tesseral_refresh_rules,
    poll: *mut tesseral_poll,
) -> u32 {
    guard(|| {
        let place = Place::new(memory, memory_len)?;
        // SAFETY: the caller promises a readable struct.
        let (now, now_region) = unsafe { moment(now) }?;
        // SAFETY: the caller promises a readable struct.
        let (rules, rules_region) = unsafe { refresh_rules(rules) }?;
        // SAFETY: the caller promises a struct that begins with its size (header, "poll").
        let out = unsafe { SizedStruct::new(poll) }?;
        keep_apart(&[place.region(), out.region()], &[now_region, rules_region])?;
        // SAFETY: the caller promises a state, which overlaps no other argument.
        let (act, flight, until) = match unsafe { open(&place) }?.poll(now, &rules) {
            Poll::Fetch(flight) => (TESSERAL_POLL_FETCH, tesseral_flight::new(flight), 0),
            Poll::InFlight(until) => (TESSERAL_POLL_IN_FLIGHT, tesseral_flight::ZERO, until),
            Poll::At(until) => (TESSERAL_POLL_AT, tesseral_flight::ZERO, until),
        };
        // SAFETY: the caller promises a writable struct (header, "poll").
        unsafe { out.write(tesseral_poll { struct_size: out.struct_size(), act, flight, until }) };
        Ok(())
    })
}

/// Reports that a flight brought a usable document. The document is taken when its flight is newer than the document in
/// use.
///
/// memory: the state.
/// flight: as tesseral_refresh_poll() or tesseral_refresh_request() gave it.
/// change: a TESSERAL_CHANGE_ constant: how it differs from the document in use.
/// handle: a number of yours under which you find the document again; 0 for none.
/// len:    the document's octets.
/// taken:  a TESSERAL_TAKEN_ constant; written only when 0 is returned.
/// freed:  the handle that is not needed any more, of the document before; 0 for none. Written only when 0 is returned.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_refresh_landed(
    memory: *mut u8,
    memory_len: usize,
    flight: *const tesseral_flight,
    change: u32,
    handle: u64,
    len: u64,
    now: *const tesseral_moment,
    taken: *mut u32,
    freed: *mut u64,
) -> u32 {
    guard(|| {
        let place = Place::new(memory, memory_len)?;
        // SAFETY: the caller promises a readable struct (header, "flight").
        let (flight, flight_region) = unsafe { input(flight) }?;
        // SAFETY: the caller promises a readable struct.
        let (now, now_region) = unsafe { moment(now) }?;
        let (taken, freed) = (Out::new(taken)?, Out::new(freed)?);
        keep_apart(&[place.region(), taken.region(), freed.region()], &[flight_region, now_region])?;
        let change = match change {
            TESSERAL_CHANGE_SAME => Change::Same,
            TESSERAL_CHANGE_TEXT => Change::Text,
            TESSERAL_CHANGE_KEYS => Change::Keys,
            _ => return Err(Error::InvalidArgument),
        };
        // SAFETY: the caller promises a state, which overlaps no other argument.
        let (kind, handle) = match unsafe { open(&place) }?.landed(flight.to_rust(), change, handle, len, now) {
            Taken::InUse { freed } => (TESSERAL_TAKEN_IN_USE, freed.unwrap_or(0)),
            Taken::Late => (TESSERAL_TAKEN_LATE, 0),
        };
        // SAFETY: the caller promises a writable place (header, "taken").
        unsafe { taken.write(kind) };
        // SAFETY: the caller promises a writable place (header, "freed").
        unsafe { freed.write(handle) };
        Ok(())
    })
}

/// Reports that a flight brought no usable document. The next flight begins after a back-off.
///
/// memory: the state.
/// flight: as tesseral_refresh_poll() or tesseral_refresh_request() gave it.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_refresh_failed(
    memory: *mut u8,
    memory_len: usize,
    flight: *const tesseral_flight,
    now: *const tesseral_moment,
) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { ended(memory, memory_len, flight, now, Refresh::failed) }
}

/// Reports that a flight will not end: its worker died, or its event loop ended. The cooldown of an early flight goes on.
///
/// Arguments and results as for tesseral_refresh_failed().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_refresh_abandoned(
    memory: *mut u8,
    memory_len: usize,
    flight: *const tesseral_flight,
    now: *const tesseral_moment,
) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { ended(memory, memory_len, flight, now, Refresh::abandoned) }
}

/// Takes a document from a file, unless a newer one is in use. A fetch stays due at once.
///
/// memory:     the state.
/// began_wall: when the document's fetch began, by the wall clock.
/// handle:     a number of yours under which you find the document again; 0 for none.
/// len:        the document's octets.
/// restored:   a TESSERAL_RESTORED_ constant; written only when 0 is returned.
/// freed:      the handle that is not needed any more, of an older document; 0 for none. Written only when 0 is returned.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_refresh_restore(
    memory: *mut u8,
    memory_len: usize,
    began_wall: i64,
    handle: u64,
    len: u64,
    now: *const tesseral_moment,
    rules: *const tesseral_refresh_rules,
    restored: *mut u32,
    freed: *mut u64,
) -> u32 {
    guard(|| {
        let place = Place::new(memory, memory_len)?;
        // SAFETY: the caller promises a readable struct.
        let (now, now_region) = unsafe { moment(now) }?;
        // SAFETY: the caller promises a readable struct.
        let (rules, rules_region) = unsafe { refresh_rules(rules) }?;
        let (restored, freed) = (Out::new(restored)?, Out::new(freed)?);
        keep_apart(&[place.region(), restored.region(), freed.region()], &[now_region, rules_region])?;
        // SAFETY: the caller promises a state, which overlaps no other argument.
        let (kind, handle) = match unsafe { open(&place) }?.restore(began_wall, handle, len, now, &rules) {
            Restored::InUse { freed } => (TESSERAL_RESTORED_IN_USE, freed.unwrap_or(0)),
            Restored::NotNewer => (TESSERAL_RESTORED_NOT_NEWER, 0),
            Restored::TooOld => (TESSERAL_RESTORED_TOO_OLD, 0),
            Restored::FromTheFuture => (TESSERAL_RESTORED_FROM_THE_FUTURE, 0),
        };
        // SAFETY: the caller promises a writable place (header, "restored").
        unsafe { restored.write(kind) };
        // SAFETY: the caller promises a writable place (header, "freed").
        unsafe { freed.write(handle) };
        Ok(())
    })
}

/// Takes over the document of another state, for a worker that starts with another worker's document and keeps it under a
/// handle of its own.
///
/// memory:   the state.
/// document: as tesseral_refresh_document() gave it for the other state, but with your own handle.
/// freed:    the handle that is not needed any more, of the document before; 0 for none. Written only when 0 is returned.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT (also when in_use is 0) or TESSERAL_ERR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_refresh_adopt(
    memory: *mut u8,
    memory_len: usize,
    document: *const tesseral_document,
    freed: *mut u64,
) -> u32 {
    guard(|| {
        let place = Place::new(memory, memory_len)?;
        // SAFETY: the caller promises a struct that begins with its size (header, "document").
        let given = unsafe { SizedStruct::new(document.cast_mut()) }?;
        let out = Out::new(freed)?;
        keep_apart(&[place.region(), out.region()], &[given.region()])?;
        // SAFETY: the caller promises a readable struct (header, "document").
        let document = unsafe { given.as_ref() }.to_rust().ok_or(Error::InvalidArgument)?;
        // SAFETY: the caller promises a state, which overlaps no other argument.
        let before = unsafe { open(&place) }?.adopt(&document);
        // SAFETY: the caller promises a writable place (header, "freed").
        unsafe { out.write(before.unwrap_or(0)) };
        Ok(())
    })
}

/// Forgets all flights, waits and absent kids, and takes a new seed. For a forked child or a copy of a state's memory, in
/// which the document's handle stays valid. Back-offs and cooldowns go on.
///
/// memory: the state.
/// seed:   as for tesseral_refresh_init().
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_refresh_renew(
    memory: *mut u8,
    memory_len: usize,
    seed: *const u8,
    seed_len: usize,
) -> u32 {
    guard(|| {
        let place = Place::new(memory, memory_len)?;
        // SAFETY: the caller promises readable octets (header, "seed").
        let (seed, seed_region) = unsafe { seed_from(seed, seed_len) }?;
        keep_apart(&[place.region()], &[seed_region])?;
        // SAFETY: the caller promises a state, which overlaps no other argument.
        unsafe { open(&place) }?.renew(&seed);
        Ok(())
    })
}

/// # Safety
/// As `tesseral_refresh_failed` says.
unsafe fn ended(
    memory: *mut u8,
    memory_len: usize,
    flight: *const tesseral_flight,
    now: *const tesseral_moment,
    report: fn(&mut Refresh<'static>, Flight, Moment),
) -> u32 {
    guard(|| {
        let place = Place::new(memory, memory_len)?;
        // SAFETY: the caller promises a readable struct (header, "flight").
        let (flight, flight_region) = unsafe { input(flight) }?;
        // SAFETY: the caller promises a readable struct.
        let (now, now_region) = unsafe { moment(now) }?;
        keep_apart(&[place.region()], &[flight_region, now_region])?;
        // SAFETY: the caller promises a state, which overlaps no other argument.
        report(&mut unsafe { open(&place) }?, flight.to_rust(), now);
        Ok(())
    })
}
