//! Verifying tokens, one or many in a call.

use super::{
    cache::{cache_of, tesseral_cache},
    call::values,
    guard::{Buffer, OutArray, Region, SizedStruct, SizedStructs, guard, keep_apart, object, octets, string},
    memory::tesseral_verifier,
    types::{tesseral_auth, tesseral_str},
};

/// Verifies one access token.
///
/// cache:   for tokens that were verified before, or NULL. A remembered token is still refused once it has expired, when
///          its key is no longer in the verifier, or when the verifier expects another issuer.
/// token:   token_len octets, not NUL-terminated; may be NULL when token_len is 0.
/// now:     seconds since 1970-01-01T00:00:00Z.
/// scratch: at least tesseral_verifier_scratch_size() bytes, checked before the token is looked at; the strings in
///          *auth point into it. Its contents are unspecified after a failure.
/// auth:    set struct_size first (TESSERAL_AUTH_INIT); written only when 0 is returned.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT (also when scratch or auth overlap another argument or each other),
/// TESSERAL_ERR_BUFFER_TOO_SMALL for scratch, or why the token is refused: TESSERAL_ERR_TOKEN_TOO_LARGE,
/// _TOKEN_MALFORMED, _HEADER_MALFORMED, _ALG_NOT_ALLOWED, _CRIT_NOT_SUPPORTED, _KEY_UNKNOWN, _SIGNATURE_INVALID,
/// _CLAIMS_MALFORMED, _TOKEN_EXPIRED, _TOKEN_NOT_YET_VALID, _ISSUER_MISMATCH or _AUDIENCE_MISMATCH.
/// Thread safety: any number of threads may share one verifier; cache, scratch and auth belong to one call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_verify_token(
    verifier: *const tesseral_verifier,
    cache: *mut tesseral_cache,
    token: *const u8,
    token_len: usize,
    now: i64,
    scratch: *mut u8,
    scratch_len: usize,
    auth: *mut tesseral_auth,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises a verifier of ours or NULL.
        let verifier = unsafe { object(verifier) }?;
        // SAFETY: the caller promises a cache of its own or NULL.
        let (cache, cache_region) = unsafe { cache_of(cache) }?;
        // SAFETY: the caller promises readable octets (header, "token").
        let token = unsafe { octets(token, token_len) }?;
        let scratch = Buffer::new(scratch, scratch_len)?;
        // SAFETY: the caller promises a struct that begins with its size (header, "auth").
        let auth = unsafe { SizedStruct::new(auth) }?;
        let outputs = [scratch.region(), auth.region(), cache_region];
        keep_apart(&outputs, &[verifier.region()?, Region::of_slice(token)])?;
        // SAFETY: the caller promises writable memory (header, "scratch"), which overlaps no other argument.
        let scratch = unsafe { scratch.as_mut() };
        let found = verifier.verifier.verify_token(token, now, cache, scratch)?;
        let found = tesseral_auth::new(auth.struct_size(), &found);
        // SAFETY: the caller promises a writable struct (header, "auth").
        unsafe { auth.write(found) };
        Ok(())
    })
}

/// Verifies many access tokens in one call, faster than one by one. They may be signed by different keys, and no token
/// affects the verdict on another.
///
/// cache:    as for tesseral_verify_token(), or NULL.
/// tokens:   count tokens; may be NULL when count is 0, as may auths and statuses.
/// now:      as for tesseral_verify_token().
/// scratch:  at least count times tesseral_verifier_scratch_size() bytes; the strings in auths point into it.
/// auths:    an array of count structs: set struct_size in each (TESSERAL_AUTH_INIT). Only the structs of good tokens are
///           written.
/// statuses: an array of count statuses: for each token, what tesseral_verify_token() would return for it.
/// Returns 0 when statuses was written, also when tokens were refused. Else nothing is written, and it is
/// TESSERAL_ERR_INVALID_ARGUMENT (also when scratch, auths or statuses overlap another argument or each other) or
/// TESSERAL_ERR_BUFFER_TOO_SMALL for scratch.
/// Thread safety: any number of threads may share one verifier; cache, scratch, auths and statuses belong to one call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_verify_batch(
    verifier: *const tesseral_verifier,
    cache: *mut tesseral_cache,
    tokens: *const tesseral_str,
    count: usize,
    now: i64,
    scratch: *mut u8,
    scratch_len: usize,
    auths: *mut tesseral_auth,
    statuses: *mut u32,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises a verifier of ours or NULL.
        let verifier = unsafe { object(verifier) }?;
        // SAFETY: the caller promises a cache of its own or NULL.
        let (cache, cache_region) = unsafe { cache_of(cache) }?;
        // SAFETY: the caller promises readable tokens (header, "tokens").
        let tokens = unsafe { values(tokens, count) }?;
        let scratch = Buffer::new(scratch, scratch_len)?;
        // SAFETY: the caller promises structs that begin with their size (header, "auths").
        let auths = unsafe { SizedStructs::new(auths, count) }?;
        let statuses = OutArray::new(statuses, count)?;
        let outputs = [scratch.region(), auths.region(), statuses.region(), cache_region];
        keep_apart(&outputs, &[verifier.region()?, Region::of_slice(tokens)])?;
        for token in tokens {
            keep_apart(&outputs, &[Region::new(token.ptr, token.len)?])?;
        }
        // SAFETY: the caller promises writable memory (header, "scratch"), which overlaps no other argument.
        let scratch = unsafe { scratch.as_mut() };
        // SAFETY: `values` has checked each; the caller promises that they stay readable.
        let tokens = tokens.iter().map(|token| unsafe { string(*token) }.unwrap_or(&[]));
        verifier.verifier.verify_each(tokens, now, cache, scratch, |index, verdict| {
            let status = match verdict {
                Ok(found) => {
                    let found = tesseral_auth::new(auths.struct_size(), &found);
                    // SAFETY: the caller promises writable structs (header, "auths").
                    unsafe { auths.write(index, found) };
                    0
                }
                Err(error) => error.code(),
            };
            // SAFETY: the caller promises writable places (header, "statuses").
            unsafe { statuses.write(index, status) };
        })
    })
}
