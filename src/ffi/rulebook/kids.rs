//! The unknown kids of a refused request, hashed as the rulebook remembers them.

use super::{constants::*, types::*};
use crate::{
    error::Error,
    ffi::{
        call::Headers,
        guard::{Buffer, Region, SizedStruct, guard, keep_apart, object, octets},
        memory::tesseral_verifier,
        types::tesseral_headers,
    },
    rulebook::KidHash,
};

/// The unknown kids for which a refused request might be accepted with newer keys: what tesseral_refresh_request() takes.
///
/// Call it when tesseral_authenticate() has refused the request, whatever the status: an expired cookie may be followed by
/// one that a new key signed. The kid of the Bearer token, or of a cookie, counts when the token passes every check that
/// comes before the key. No kid counts when a cookie is good. No claim is read before its signature is checked.
///
/// headers, now, scratch: as for tesseral_authenticate(), which was given the same headers.
/// kids:    set struct_size first (TESSERAL_KID_HASHES_INIT); written only when 0 is returned.
/// Returns 0 (also when there are none), TESSERAL_ERR_INVALID_ARGUMENT (also when scratch or kids overlap another argument or
/// each other) or TESSERAL_ERR_BUFFER_TOO_SMALL for scratch.
/// Thread safety: as for tesseral_verify_token().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_unknown_kids(
    verifier: *const tesseral_verifier,
    headers: *const tesseral_headers,
    now: i64,
    scratch: *mut u8,
    scratch_len: usize,
    kids: *mut tesseral_kid_hashes,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises a verifier of ours or NULL.
        let ours = unsafe { object(verifier) }?;
        // SAFETY: the caller promises valid headers (header, "headers").
        let headers = unsafe { Headers::new(headers) }?;
        let scratch = Buffer::new(scratch, scratch_len)?;
        // SAFETY: the caller promises a struct that begins with its size (header, "kids").
        let out = unsafe { SizedStruct::new(kids) }?;
        headers.keep_apart(&[scratch.region(), out.region()], ours.region()?)?;
        if scratch_len < ours.verifier.scratch_len() {
            return Err(Error::BufferTooSmall);
        }
        // SAFETY: the caller promises writable memory (header, "scratch"), which overlaps no other argument.
        let scratch = unsafe { scratch.as_mut() };
        let unknown = ours.verifier.unknown_kids_with(|verifier| headers.extract(verifier), now, scratch);
        let mut found = tesseral_kid_hashes { struct_size: out.struct_size(), ..tesseral_kid_hashes::NONE };
        let (places, _) = found.hashes.as_chunks_mut();
        for (place, KidHash(hash)) in places.iter_mut().zip(unknown.as_slice()) {
            *place = *hash;
            found.count = found.count.saturating_add(1);
        }
        // SAFETY: the caller promises a writable struct (header, "kids").
        unsafe { out.write(found) };
        Ok(())
    })
}

/// The hash by which the state remembers a kid.
///
/// kid:  kid_len octets: as the token's header has it, decoded.
/// hash: hash_len bytes, at least TESSERAL_KID_HASH_LEN. Only the first TESSERAL_KID_HASH_LEN are written, and only when 0
///       is returned.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_kid_hash(kid: *const u8, kid_len: usize, hash: *mut u8, hash_len: usize) -> u32 {
    guard(|| {
        // SAFETY: the caller promises readable octets (header, "kid").
        let kid = unsafe { octets(kid, kid_len) }?;
        let out = Buffer::new(hash, hash_len)?;
        keep_apart(&[out.region()], &[Region::of_slice(kid)])?;
        let KidHash(hash) = KidHash::of(kid);
        // SAFETY: the caller promises writable memory (header, "hash"), which overlaps no other argument.
        let out = unsafe { out.as_mut() };
        *out.first_chunk_mut::<TESSERAL_KID_HASH_LEN>().ok_or(Error::BufferTooSmall)? = hash;
        Ok(())
    })
}
