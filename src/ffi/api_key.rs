//! The API-key exchange without I/O: the caller sends and receives the octets.

use super::{
    constants::TESSERAL_API_KEY_FINGERPRINT_LEN,
    guard::{Buffer, Out, Region, SizedStruct, guard, keep_apart, octets},
    types::tesseral_auth,
};
use crate::{api_key::ApiKey, error::Error};

/// Writes the body of the request that asks the service about an API key.
///
/// Send it with POST to /v1/api-keys/authenticate of the backend host, with the headers
/// "Content-Type: application/json" and "Authorization: Bearer " + your backend API key.
///
/// api_key: api_key_len octets: the credentials of a tesseral_auth with TESSERAL_ERR_API_KEY_LOOKUP_NEEDED.
/// body:    body_capacity bytes; TESSERAL_API_KEY_REQUEST_LEN always suffice. It holds a secret afterwards.
/// body_len: octets that were written. Both are written only when 0 is returned.
/// Returns 0, TESSERAL_ERR_API_KEY_INVALID for the wrong shape, TESSERAL_ERR_BUFFER_TOO_SMALL or
/// TESSERAL_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_api_key_request(
    api_key: *const u8,
    api_key_len: usize,
    body: *mut u8,
    body_capacity: usize,
    body_len: *mut usize,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises readable octets (header, "api_key").
        let octets = unsafe { octets(api_key, api_key_len) }?;
        let (body, body_len) = (Buffer::new(body, body_capacity)?, Out::new(body_len)?);
        keep_apart(&[body.region(), body_len.region()], &[Region::of_slice(octets)])?;
        // SAFETY: the caller promises writable memory (header, "body"), which overlaps no other argument.
        let written = ApiKey::parse(octets)?.request(unsafe { body.as_mut() })?.len();
        // SAFETY: the caller promises a writable place (header, "body_len").
        unsafe { body_len.write(written) };
        Ok(())
    })
}

/// Says what the service's answer about an API key means.
///
/// Fails closed: only a 200 with an API key ID and an organization ID is a success.
///
/// api_key:     as for tesseral_api_key_request(); auth's credentials point into it.
/// http_status: of the answer; 0 when there was none.
/// body:        body_len octets of the answer, decompressed; strings of *auth point into it. An answer of more than
///              TESSERAL_MAX_API_KEY_ANSWER_LEN octets is TESSERAL_ERR_API_KEY_LOOKUP_FAILED.
/// scratch:     at least body_len bytes; strings of *auth point into it. May be NULL when body_len is 0.
/// auth:        set struct_size first (TESSERAL_AUTH_INIT); written only when 0 is returned.
/// Returns 0, TESSERAL_ERR_API_KEY_INVALID, TESSERAL_ERR_API_KEYS_NOT_PERMITTED, TESSERAL_ERR_API_KEY_LOOKUP_FAILED
/// (everything else that the service may answer), TESSERAL_ERR_BUFFER_TOO_SMALL or TESSERAL_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_api_key_response(
    api_key: *const u8,
    api_key_len: usize,
    http_status: u32,
    body: *const u8,
    body_len: usize,
    scratch: *mut u8,
    scratch_len: usize,
    auth: *mut tesseral_auth,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises readable octets (header, "api_key").
        let key = unsafe { octets(api_key, api_key_len) }?;
        // SAFETY: the caller promises readable octets (header, "body").
        let body = unsafe { octets(body, body_len) }?;
        let scratch = if scratch_len == 0 { None } else { Some(Buffer::new(scratch, scratch_len)?) };
        // SAFETY: the caller promises a struct that begins with its size (header, "auth").
        let auth = unsafe { SizedStruct::new(auth) }?;
        let scratch_region = scratch.as_ref().map_or(Region::NONE, Buffer::region);
        keep_apart(&[auth.region(), scratch_region], &[Region::of_slice(key), Region::of_slice(body)])?;
        // SAFETY: the caller promises writable memory (header, "scratch"), which overlaps no other argument.
        let scratch = scratch.map_or(&mut [][..], |scratch| unsafe { scratch.as_mut() });
        let found = ApiKey::parse(key)?.response(http_status, body, scratch)?;
        let found = tesseral_auth::new(auth.struct_size(), &found);
        // SAFETY: the caller promises a writable struct (header, "auth").
        unsafe { auth.write(found) };
        Ok(())
    })
}

/// SHA-256 of an API key. Use it as the key of a cache of answers, so that no cache holds the API key itself.
///
/// api_key:     as for tesseral_api_key_request().
/// fingerprint: fingerprint_len bytes, at least TESSERAL_API_KEY_FINGERPRINT_LEN. Only the first
///              TESSERAL_API_KEY_FINGERPRINT_LEN are written, and only when 0 is returned.
/// Returns 0, TESSERAL_ERR_API_KEY_INVALID for the wrong shape, TESSERAL_ERR_BUFFER_TOO_SMALL or
/// TESSERAL_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_api_key_fingerprint(
    api_key: *const u8,
    api_key_len: usize,
    fingerprint: *mut u8,
    fingerprint_len: usize,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises readable octets (header, "api_key").
        let key = unsafe { octets(api_key, api_key_len) }?;
        let out = Buffer::new(fingerprint, fingerprint_len)?;
        keep_apart(&[out.region()], &[Region::of_slice(key)])?;
        let digest = ApiKey::parse(key)?.fingerprint();
        // SAFETY: the caller promises writable memory (header, "fingerprint"), which overlaps no other argument.
        let out = unsafe { out.as_mut() };
        let out = out.first_chunk_mut::<TESSERAL_API_KEY_FINGERPRINT_LEN>().ok_or(Error::BufferTooSmall)?;
        *out = digest;
        Ok(())
    })
}
