//! The state of an authenticator: why it is not ready, and its numbers. Each item repeats `#[cfg(feature = "std")]`,
//! because cbindgen does not see that of the module.

use super::{
    authenticator::tesseral_authenticator,
    guard::{Buffer, Out, Region, SizedStruct, guard, keep_apart, object},
};
use crate::{error::Error, net::Authenticator};
use core::time::Duration;

/// What an authenticator has done. Start from TESSERAL_STATS_INIT.
#[cfg(feature = "std")]
#[repr(C)]
pub struct tesseral_stats {
    /// sizeof(tesseral_stats)
    pub struct_size: u32,
    /// 1 when requests can be accepted, else 0.
    pub ready: u32,
    /// Keys in use.
    pub keys_used: u64,
    /// Keys of the document that are not used.
    pub keys_skipped: u64,
    /// Milliseconds since the document was last fetched; UINT64_MAX when there is none.
    pub snapshot_age_ms: u64,
    /// Milliseconds until the next planned fetch.
    pub next_refresh_ms: u64,
    /// Fetches that brought a usable document.
    pub refreshes: u64,
    /// Fetches that brought no usable document.
    pub refresh_failures: u64,
    /// Fetches that an unknown kid asked for.
    pub early_refreshes: u64,
    /// Questions to the service about API keys.
    pub lookups: u64,
    /// How many of these questions got no usable answer.
    pub lookup_failures: u64,
    /// How often a remembered answer about an API key saved a question.
    pub api_key_cache_hits: u64,
    /// Signature checks that a tesseral_cache saved.
    pub signature_cache_hits: u64,
}

/// Why no request can be accepted at the moment: one line of text without secrets. Empty when requests can be accepted.
///
/// text:     capacity bytes; may be NULL when capacity is 0. Written only when 0 is returned; not NUL-terminated.
/// text_len: bytes that were written or, with TESSERAL_ERR_BUFFER_TOO_SMALL, that are needed.
/// Returns 0, TESSERAL_ERR_BUFFER_TOO_SMALL or TESSERAL_ERR_INVALID_ARGUMENT.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticator_not_ready_reason(
    authenticator: *const tesseral_authenticator,
    text: *mut u8,
    capacity: usize,
    text_len: *mut usize,
) -> u32 {
    let describe = |ours: &Authenticator| ours.ready().err().map(|why| std::format!("{why}")).unwrap_or_default();
    // SAFETY: the caller's promises are passed on.
    unsafe { write_text(authenticator, text, capacity, text_len, describe) }
}

/// All numbers of an authenticator at this moment, in a struct.
///
/// stats: set struct_size first (TESSERAL_STATS_INIT); written only when 0 is returned.
/// Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticator_stats(
    authenticator: *const tesseral_authenticator,
    stats: *mut tesseral_stats,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises an authenticator of ours or NULL.
        let ours = unsafe { object(authenticator) }?;
        // SAFETY: the caller promises a struct that begins with its size (header, "stats").
        let out = unsafe { SizedStruct::new(stats) }?;
        keep_apart(&[out.region()], &[ours.region()?])?;
        let found = ours.authenticator.stats();
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let found = tesseral_stats {
            struct_size: out.struct_size(),
            ready: found.is_ready().into(),
            keys_used: count(found.kids.len()),
            keys_skipped: count(found.keys_skipped),
            snapshot_age_ms: found.snapshot_age.map_or(u64::MAX, milliseconds),
            next_refresh_ms: milliseconds(found.next_refresh_in),
            refreshes: found.refreshes,
            refresh_failures: found.refresh_failures,
            early_refreshes: found.early_refreshes,
            lookups: found.lookups,
            lookup_failures: found.lookup_failures,
            api_key_cache_hits: found.api_key_cache_hits,
            signature_cache_hits: found.signature_cache_hits,
        };
        // SAFETY: the caller promises a writable struct (header, "stats").
        unsafe { out.write(found) };
        Ok(())
    })
}

/// How many requests ended with a status.
///
/// status: TESSERAL_OK or a TESSERAL_ERR_ constant.
/// Returns 0 for any other number, and when authenticator is NULL.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticator_requests(
    authenticator: *const tesseral_authenticator,
    status: u32,
) -> u64 {
    let slug = if status == 0 { Some("ok") } else { Error::from_code(status).map(Error::slug) };
    // SAFETY: the caller promises an authenticator of ours or NULL.
    unsafe { object(authenticator) }.map_or(0, |ours| {
        let requests = ours.authenticator.stats().requests;
        requests.iter().find(|(other, _)| Some(*other) == slug).map_or(0, |(_, count)| *count)
    })
}

/// All numbers of an authenticator at this moment, as one JSON object.
///
/// Arguments and results as for tesseral_authenticator_not_ready_reason().
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticator_stats_json(
    authenticator: *const tesseral_authenticator,
    text: *mut u8,
    capacity: usize,
    text_len: *mut usize,
) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { write_text(authenticator, text, capacity, text_len, |ours| ours.stats().to_json()) }
}

/// All numbers of an authenticator at this moment, in the text format of Prometheus.
///
/// Arguments and results as for tesseral_authenticator_not_ready_reason().
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticator_stats_prometheus(
    authenticator: *const tesseral_authenticator,
    text: *mut u8,
    capacity: usize,
    text_len: *mut usize,
) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { write_text(authenticator, text, capacity, text_len, |ours| ours.stats().to_prometheus()) }
}

/// # Safety
/// As `tesseral_authenticator_not_ready_reason` says.
unsafe fn write_text(
    authenticator: *const tesseral_authenticator,
    text: *mut u8,
    capacity: usize,
    text_len: *mut usize,
    describe: impl FnOnce(&Authenticator) -> std::string::String,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises an authenticator of ours or NULL.
        let ours = unsafe { object(authenticator) }?;
        let place = if capacity == 0 { None } else { Some(Buffer::new(text, capacity)?) };
        let len = Out::new(text_len)?;
        keep_apart(&[place.as_ref().map_or(Region::NONE, Buffer::region), len.region()], &[ours.region()?])?;
        let written = describe(&ours.authenticator);
        // SAFETY: the caller promises a writable place (header, "text_len").
        unsafe { len.write(written.len()) };
        // SAFETY: the caller promises writable memory (header, "text"), which overlaps no other argument.
        let place = place.map_or(&mut [][..], |place| unsafe { place.as_mut() });
        place.get_mut(..written.len()).ok_or(Error::BufferTooSmall)?.copy_from_slice(written.as_bytes());
        Ok(())
    })
}
