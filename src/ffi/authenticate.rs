//! Authenticating a request; with a hold, the claims are not copied out of the cache.

use super::{
    cache::{cache_of, tesseral_cache},
    call::Call,
    guard::{Region, SizedStruct, guard, keep_apart, object},
    memory::tesseral_verifier,
    types::{tesseral_auth, tesseral_headers, tesseral_hold},
};
use crate::{
    cache::{Cache, Hold},
    credential::Presented,
    error::Error,
    verify::{Credential, Verifier},
};

/// Finds the credential in a request's headers and verifies it.
///
/// When the Authorization header has a Bearer credential, that one alone is verified, without the spaces and tabs behind
/// it. Otherwise the cookies named tesseral_PROJECTID_access_token are verified in order, at most four. The first that
/// verifies wins; if none does, the first one's error is returned.
///
/// More than one Authorization header is TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED. So is a value that a server may have joined
/// from several: a Bearer credential with a comma in it, or a value with a comma outside of quotes that is followed by
/// "Bearer ". Credentials of other schemes may have commas. Cookies are not split at commas.
///
/// With a hold, the strings of a remembered token stay in the cache, which saves copying them. The slot and the serial
/// number identify the token: by them, the caller can also keep what it has computed from a token.
///
/// cache:   as for tesseral_verify_token(), or NULL.
/// headers: set struct_size first (TESSERAL_HEADERS_INIT). The arrays and the values must be readable.
/// now, scratch, auth: as for tesseral_verify_token().
/// hold:    NULL, or set struct_size first (TESSERAL_HOLD_INIT); it must hold nothing. Written when 0 is returned. With a
///          serial number, all strings in *auth except the credential point into the cache until tesseral_cache_release();
///          until then, the slot gets no other token. With serial 0, they point into scratch: there is no cache, the cache
///          cannot take this token, or four of the eight slots of its set are held already.
/// Returns 0 or what tesseral_verify_token() returns, and TESSERAL_ERR_CREDENTIALS_MISSING,
/// TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED, TESSERAL_ERR_API_KEY_INVALID for an API key of the wrong shape, and
/// TESSERAL_ERR_API_KEY_LOOKUP_NEEDED: the one status besides 0 that fills *auth, with the type and the credential
/// only. Ask the service then: tesseral_api_key_request(), tesseral_api_key_response().
/// Thread safety: as for tesseral_verify_token().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticate(
    verifier: *const tesseral_verifier,
    cache: *mut tesseral_cache,
    headers: *const tesseral_headers,
    now: i64,
    scratch: *mut u8,
    scratch_len: usize,
    auth: *mut tesseral_auth,
    hold: *mut tesseral_hold,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises a verifier of ours or NULL.
        let ours = unsafe { object(verifier) }?;
        // SAFETY: the caller promises NULL or a struct that begins with its size (header, "hold").
        let place = if hold.is_null() { None } else { Some(unsafe { SizedStruct::new(hold) }?) };
        let (output, object) = (place.as_ref().map_or(Region::NONE, SizedStruct::region), ours.region()?);
        // SAFETY: the caller's promises are passed on.
        let call = unsafe { Call::new(cache, headers, (scratch, scratch_len), auth, object, output) }?;
        // SAFETY: the caller promises an initialized struct.
        if place.as_ref().is_some_and(|place| unsafe { place.as_ref() }.serial != 0) {
            return Err(Error::InvalidArgument);
        }
        let Call { headers, mut cache, scratch, auth } = call;
        let verifier = &ours.verifier;
        let extract = |verifier: &Verifier<'_>| headers.extract(verifier);
        let presented = match verifier.find_credential(extract, now, cache.as_deref_mut(), scratch)? {
            Credential::AccessToken(presented) => presented,
            Credential::ApiKey(key) => {
                // SAFETY: the caller promises a writable struct (header, "auth").
                unsafe { auth.write(tesseral_auth::pending(auth.struct_size(), key.as_bytes())) };
                return Err(Error::ApiKeyLookupNeeded);
            }
        };
        let Some(place) = place else {
            // SAFETY: the caller promises a writable struct (header, "auth").
            return unsafe { verify(verifier, presented, now, cache, scratch, &auth) };
        };
        let found = match cache.as_deref_mut() {
            Some(cache) => {
                // SAFETY: the caller promises a writable struct (header, "auth").
                let found = unsafe { write_held(verifier, presented.octets, now, cache, &auth) };
                if !matches!(found, Ok(None)) {
                    cache.count_hit();
                }
                found?
            }
            None => None,
        };
        let held = match found {
            Some(held) => Some(held),
            // SAFETY: the caller promises a writable struct (header, "auth").
            None => unsafe { verify_and_hold(verifier, presented, now, cache, scratch, &auth) }?,
        };
        let (slot, serial) = held.map_or((0, 0), |held| (held.slot, held.serial));
        let held = tesseral_hold { struct_size: place.struct_size(), reserved: 0, slot, serial };
        // SAFETY: the caller promises a writable struct (header, "hold").
        unsafe { place.write(held) };
        Ok(())
    })
}

/// Writes a token's claims from the cache, and holds the token there.
///
/// # Safety
/// `auth` is writable.
#[inline(always)]
unsafe fn write_held(
    verifier: &Verifier<'_>,
    token: &[u8],
    now: i64,
    cache: &mut Cache<'_>,
    auth: &SizedStruct<tesseral_auth>,
) -> Result<Option<Hold>, Error> {
    let Some((hold, claims)) = verifier.verify_cached(token, now, cache)? else { return Ok(None) };
    // A token that cannot be held is not written: the cache may overwrite its strings with another token's.
    if !cache.may_hold(hold) {
        return Ok(None);
    }
    // SAFETY: writable by the caller's promise.
    unsafe { auth.write(tesseral_auth::held(auth.struct_size(), token, &claims)) };
    cache.hold(hold).ok_or(Error::InternalError)?;
    Ok(Some(hold))
}

/// Verifies a token; what is written is in the cache when there is room, else in scratch.
///
/// # Safety
/// `auth` is writable.
#[cold]
unsafe fn verify_and_hold(
    verifier: &Verifier<'_>,
    presented: Presented<'_>,
    now: i64,
    mut cache: Option<&mut Cache<'_>>,
    scratch: &mut [u8],
    auth: &SizedStruct<tesseral_auth>,
) -> Result<Option<Hold>, Error> {
    // SAFETY: the caller's promise.
    unsafe { verify(verifier, presented, now, cache.as_deref_mut(), scratch, auth) }?;
    match cache {
        // SAFETY: the same.
        Some(cache) => unsafe { write_held(verifier, presented.octets, now, cache, auth) },
        None => Ok(None),
    }
}

/// Verifies a token; what is written points into scratch.
///
/// # Safety
/// `auth` is writable.
unsafe fn verify(
    verifier: &Verifier<'_>,
    presented: Presented<'_>,
    now: i64,
    cache: Option<&mut Cache<'_>>,
    scratch: &mut [u8],
    auth: &SizedStruct<tesseral_auth>,
) -> Result<(), Error> {
    let found = verifier.verify_token(presented.octets, now, cache, scratch);
    let found = found.map_err(|error| presented.refusal(error))?;
    // SAFETY: writable by the caller's promise.
    unsafe { auth.write(tesseral_auth::new(auth.struct_size(), &found)) };
    Ok(())
}

/// Lets the slot of a token have another one.
///
/// hold: what tesseral_authenticate() wrote; holds nothing afterwards, so that releasing twice is harmless.
/// Returns 0 (also when nothing is held), or TESSERAL_ERR_INVALID_ARGUMENT: also when this is not held in this cache.
/// Thread safety: no other call may use the cache meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_cache_release(cache: *mut tesseral_cache, hold: *mut tesseral_hold) -> u32 {
    guard(|| {
        // SAFETY: the caller promises a cache of its own or NULL.
        let (cache, region) = unsafe { cache_of(cache) }?;
        // SAFETY: the caller promises a struct that begins with its size.
        let place = unsafe { SizedStruct::new(hold) }?;
        keep_apart(&[region, place.region()], &[])?;
        let cache = cache.ok_or(Error::InvalidArgument)?;
        // SAFETY: the caller promises an initialized struct.
        let tesseral_hold { slot, serial, .. } = *unsafe { place.as_ref() };
        if serial != 0 {
            cache.release(Hold { slot, serial }).ok_or(Error::InvalidArgument)?;
        }
        let nothing = tesseral_hold { struct_size: place.struct_size(), reserved: 0, slot: 0, serial: 0 };
        // SAFETY: the caller promises a writable struct.
        unsafe { place.write(nothing) };
        Ok(())
    })
}
