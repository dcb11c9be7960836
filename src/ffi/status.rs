//! Statuses and versions.

use super::{
    constants::{TESSERAL_ABI_VERSION, TESSERAL_OK},
    guard::{Out, Region, guard, keep_apart, octets},
};
use crate::{error::Error, jwk::SkipReason};
use core::ffi::{CStr, c_char};

/// The stable name of a status, for logs and metrics: token_expired, and ok for 0.
///
/// status: any number. Returns a static NUL-terminated string, never NULL: unknown for numbers that are no status.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_status_slug(status: u32) -> *const c_char {
    describe(status, c"ok", Error::slug_c)
}

/// A fixed lower-case phrase for a status. It never holds an octet of a credential.
///
/// status: any number. Returns a static NUL-terminated string, never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_status_text(status: u32) -> *const c_char {
    describe(status, c"success", Error::text_c)
}

/// The HTTP status that a server sends for a status: 401, 403, 500 or 503. 200 for 0, and 500 for numbers that are no
/// status.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_status_http(status: u32) -> u32 {
    if status == TESSERAL_OK { 200 } else { Error::from_code(status).map_or(500, |error| error.http_status().into()) }
}

/// The status with a name.
///
/// slug:   slug_len octets: token_expired, ok.
/// status: written only when 0 is returned.
/// Returns 0, or TESSERAL_ERR_INVALID_ARGUMENT (also when there is no such status).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_status_from_slug(slug: *const u8, slug_len: usize, status: *mut u32) -> u32 {
    guard(|| {
        // SAFETY: the caller promises readable octets (header, "slug").
        let slug = unsafe { octets(slug, slug_len) }?;
        let out = Out::new(status)?;
        keep_apart(&[out.region()], &[Region::of_slice(slug)])?;
        let slug = core::str::from_utf8(slug).map_err(|_| Error::InvalidArgument)?;
        let found = match Error::from_slug(slug) {
            Some(error) => error.code(),
            None if slug == "ok" => TESSERAL_OK,
            None => return Err(Error::InvalidArgument),
        };
        // SAFETY: the caller promises a writable place (header, "status").
        unsafe { out.write(found) };
        Ok(())
    })
}

/// How many statuses the library has, TESSERAL_OK among them: at least TESSERAL_STATUS_COUNT of a header with the same
/// TESSERAL_ABI_VERSION.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_status_count() -> usize {
    Error::ALL.len().saturating_add(1)
}

/// A status, by its place: 0 is TESSERAL_OK, and the others follow in the order of their numbers.
///
/// Returns TESSERAL_ERR_INTERNAL_ERROR for places from tesseral_status_count() on.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_status_at(place: usize) -> u32 {
    match place.checked_sub(1) {
        None => TESSERAL_OK,
        Some(place) => Error::ALL.get(place).copied().unwrap_or(Error::InternalError).code(),
    }
}

/// The stable name of the reason for which a key is skipped: kid_conflict, point_invalid.
///
/// reason: any number. Returns a static NUL-terminated string, never NULL: unknown for numbers that are no reason.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_skip_reason_slug(reason: u32) -> *const c_char {
    let known = SkipReason::ALL.iter().find(|known| known.code() == reason);
    known.map_or(UNKNOWN, |reason| reason.slug_c()).as_ptr()
}

/// The version of the library that runs, as in TESSERAL_VERSION: a static NUL-terminated string.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_version() -> *const c_char {
    const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => UNKNOWN,
    };
    VERSION.as_ptr()
}

/// The version of the interface that the library has. Compare it with TESSERAL_ABI_VERSION when you load the library.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_abi_version() -> u32 {
    TESSERAL_ABI_VERSION
}

const UNKNOWN: &CStr = c"unknown";

fn describe(status: u32, ok: &'static CStr, of_error: fn(Error) -> &'static CStr) -> *const c_char {
    if status == TESSERAL_OK {
        return ok.as_ptr();
    }
    Error::from_code(status).map_or(UNKNOWN, of_error).as_ptr()
}
