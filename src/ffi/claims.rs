//! The claims of an access token, all at once or one by one.

use super::{
    auth::{answer, filled},
    guard::{Sized, guard, keep_apart},
    types::{TESSERAL_CREDENTIALS_ACCESS_TOKEN, tesseral_access_token_claims, tesseral_auth, tesseral_str},
};
use crate::error::Error;

/// All claims of an access token.
///
/// claims: set struct_size first (TESSERAL_ACCESS_TOKEN_CLAIMS_INIT); written only when 0 is returned.
/// Returns 0, TESSERAL_ERR_NOT_AN_ACCESS_TOKEN for an API key, or TESSERAL_ERR_INVALID_ARGUMENT (also when *auth was
/// not filled). So do the functions below that give one claim.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_access_token_claims(
    auth: *const tesseral_auth,
    claims: *mut tesseral_access_token_claims,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises a struct that begins with its size (header, "auth").
        let (auth, auth_region) = unsafe { filled(auth) }?;
        // SAFETY: the caller promises a struct that begins with its size (header, "claims").
        let claims = unsafe { Sized::new(claims) }?;
        keep_apart(&[claims.region()], &[auth_region])?;
        let auth = of_access_token(auth)?;
        let found = tesseral_access_token_claims {
            struct_size: claims.struct_size(),
            reserved: 0,
            iss: auth.iss,
            sub: auth.sub,
            aud: auth.aud,
            exp: auth.exp,
            nbf: auth.nbf,
            iat: auth.iat,
            session_id: auth.session_id,
            user_id: auth.user_id,
            user_email: auth.user_email,
            user_display_name: auth.user_display_name,
            user_profile_picture_url: auth.user_profile_picture_url,
            organization_id: auth.organization_id,
            organization_display_name: auth.organization_display_name,
            impersonator_email: auth.impersonator_email,
        };
        // SAFETY: the caller promises a writable struct (header, "claims").
        unsafe { claims.write(found) };
        Ok(())
    })
}

fn of_access_token(auth: &tesseral_auth) -> Result<&tesseral_auth, Error> {
    match auth.credentials_type {
        TESSERAL_CREDENTIALS_ACCESS_TOKEN => Ok(auth),
        _ => Err(Error::NotAnAccessToken),
    }
}

/// The issuer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_iss(auth: *const tesseral_auth, iss: *mut tesseral_str) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { answer(auth, iss, |auth| of_access_token(auth).map(|auth| auth.iss)) }
}

/// The subject: the user's ID.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_sub(auth: *const tesseral_auth, sub: *mut tesseral_str) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { answer(auth, sub, |auth| of_access_token(auth).map(|auth| auth.sub)) }
}

/// The audience that matched.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_aud(auth: *const tesseral_auth, aud: *mut tesseral_str) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { answer(auth, aud, |auth| of_access_token(auth).map(|auth| auth.aud)) }
}

/// Expiration time, in seconds since 1970-01-01T00:00:00Z, rounded down.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_exp(auth: *const tesseral_auth, exp: *mut i64) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { answer(auth, exp, |auth| of_access_token(auth).map(|auth| auth.exp)) }
}

/// Not before, in seconds since 1970-01-01T00:00:00Z, rounded up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_nbf(auth: *const tesseral_auth, nbf: *mut i64) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { answer(auth, nbf, |auth| of_access_token(auth).map(|auth| auth.nbf)) }
}

/// Issued at, in seconds since 1970-01-01T00:00:00Z, rounded down.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_iat(auth: *const tesseral_auth, iat: *mut i64) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { answer(auth, iat, |auth| of_access_token(auth).map(|auth| auth.iat)) }
}

/// The session's ID.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_session_id(auth: *const tesseral_auth, session_id: *mut tesseral_str) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { answer(auth, session_id, |auth| of_access_token(auth).map(|auth| auth.session_id)) }
}

/// The user's ID.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_user_id(auth: *const tesseral_auth, user_id: *mut tesseral_str) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { answer(auth, user_id, |auth| of_access_token(auth).map(|auth| auth.user_id)) }
}

/// The user's e-mail address: untrusted text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_user_email(auth: *const tesseral_auth, user_email: *mut tesseral_str) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { answer(auth, user_email, |auth| of_access_token(auth).map(|auth| auth.user_email)) }
}

/// The user's name, or none: untrusted text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_user_display_name(
    auth: *const tesseral_auth,
    user_display_name: *mut tesseral_str,
) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { answer(auth, user_display_name, |auth| of_access_token(auth).map(|auth| auth.user_display_name)) }
}

/// The user's picture, or none: untrusted text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_user_profile_picture_url(
    auth: *const tesseral_auth,
    user_profile_picture_url: *mut tesseral_str,
) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe {
        answer(auth, user_profile_picture_url, |auth| of_access_token(auth).map(|auth| auth.user_profile_picture_url))
    }
}

/// The organization's name, or none: untrusted text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_organization_display_name(
    auth: *const tesseral_auth,
    organization_display_name: *mut tesseral_str,
) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe {
        answer(auth, organization_display_name, |auth| of_access_token(auth).map(|auth| auth.organization_display_name))
    }
}

/// Who acts in the user's name, or none: untrusted text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_impersonator_email(
    auth: *const tesseral_auth,
    impersonator_email: *mut tesseral_str,
) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { answer(auth, impersonator_email, |auth| of_access_token(auth).map(|auth| auth.impersonator_email)) }
}

/// The payload's JSON text, octet for octet as it was signed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_payload(auth: *const tesseral_auth, payload: *mut tesseral_str) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { answer(auth, payload, |auth| of_access_token(auth).map(|auth| auth.payload)) }
}
