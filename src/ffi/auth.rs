//! Who sent an authenticated request: the accessors that the Tesseral SDKs have.

use super::{
    constants::{TESSERAL_CREDENTIALS_ACCESS_TOKEN, TESSERAL_CREDENTIALS_API_KEY},
    guard::{Out, Region, SizedStruct, guard, keep_apart},
    types::{tesseral_access_token_claims, tesseral_auth, tesseral_str},
};
use crate::{
    auth::Auth,
    claims::{self, InPlace, TIMES, claims},
    error::Error,
};

/// Makes C's structs from the list of claims. A field that the list lacks does not compile.
macro_rules! c_structs {
    ([$($claim:ident)+] [$($text:ident)+]) => {
        impl tesseral_access_token_claims {
            const NONE: Self = Self { exp: 0, nbf: 0, iat: 0, $($claim: tesseral_str::NONE,)+ };

            #[inline(always)]
            fn new<T: AsRef<[u8]> + Copy>([exp, nbf, iat]: [i64; TIMES], strings: &Claims<T>, audience: &[u8]) -> Self {
                let claims = Self { exp, nbf, iat, $($claim: tesseral_str::optional(strings.$claim),)+ };
                Self { aud: tesseral_str::from_octets(audience), ..claims }
            }
        }

        impl tesseral_auth {
            /// Every string. The payload comes first, since others may point into it.
            pub(super) fn strings(&mut self) -> impl Iterator<Item = &mut tesseral_str> {
                let Self {
                    struct_size: _,
                    credentials_type: _,
                    credentials,
                    organization_id,
                    api_key_id,
                    actions_json,
                    actions_decoded,
                    payload,
                    claims: tesseral_access_token_claims { exp: _, nbf: _, iat: _, $($claim,)+ },
                } = self;
                [payload, credentials, organization_id, api_key_id, actions_json, actions_decoded, $($claim,)+].into_iter()
            }
        }
    };
}
claims!(c_structs!);

type Claims<T> = claims::ClaimStrings<Option<T>>;

impl tesseral_auth {
    pub(super) fn new(struct_size: u32, auth: &Auth<'_>) -> Self {
        let credentials = auth.credentials_octets();
        if let Ok(claims) = auth.access_token_claims() {
            let audience = auth.audience().unwrap_or("").as_bytes();
            return Self::of_token(struct_size, credentials, claims.times(), &claims.strings(), audience);
        }
        let actions = auth.actions();
        Self {
            organization_id: tesseral_str::new(auth.organization_id()),
            api_key_id: tesseral_str::optional(auth.api_key_id()),
            actions_json: tesseral_str::new(actions.as_json()),
            actions_decoded: tesseral_str::new(actions.decoded()),
            ..Self::pending(struct_size, credentials)
        }
    }

    /// A token whose claims stay in a cache.
    #[inline(always)]
    pub(super) fn held(struct_size: u32, token: &[u8], claims: &InPlace<'_>) -> Self {
        Self::of_token(struct_size, token, claims.times, &claims.strings, claims.audience)
    }

    #[inline(always)]
    fn of_token<T: AsRef<[u8]> + Copy>(
        struct_size: u32,
        token: &[u8],
        times: [i64; TIMES],
        strings: &Claims<T>,
        audience: &[u8],
    ) -> Self {
        Self {
            struct_size,
            credentials_type: TESSERAL_CREDENTIALS_ACCESS_TOKEN,
            credentials: tesseral_str::from_octets(token),
            organization_id: tesseral_str::optional(strings.organization_id),
            api_key_id: tesseral_str::NONE,
            actions_json: tesseral_str::optional(strings.actions),
            actions_decoded: tesseral_str::optional(strings.actions_decoded),
            payload: tesseral_str::optional(strings.payload),
            claims: tesseral_access_token_claims::new(times, strings, audience),
        }
    }

    /// An API key that has to be looked up.
    pub(super) fn pending(struct_size: u32, credentials: &[u8]) -> Self {
        Self {
            struct_size,
            credentials_type: TESSERAL_CREDENTIALS_API_KEY,
            credentials: tesseral_str::from_octets(credentials),
            organization_id: tesseral_str::NONE,
            api_key_id: tesseral_str::NONE,
            actions_json: tesseral_str::NONE,
            actions_decoded: tesseral_str::NONE,
            payload: tesseral_str::NONE,
            claims: tesseral_access_token_claims::NONE,
        }
    }
}

/// The kind of credential.
///
/// Returns TESSERAL_CREDENTIALS_ACCESS_TOKEN, TESSERAL_CREDENTIALS_API_KEY, or 0 when auth is NULL or was not filled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_credentials_type(auth: *const tesseral_auth) -> u32 {
    // SAFETY: the caller promises a struct that begins with its size.
    let Ok(auth) = (unsafe { SizedStruct::new(auth.cast_mut()) }) else { return 0 };
    // SAFETY: the caller promises a valid struct.
    unsafe { auth.as_ref() }.credentials_type
}

/// The credential itself, which is a secret: the access token or the API key.
///
/// credentials: written only when 0 is returned; it points into the caller's input.
/// Returns 0, or TESSERAL_ERR_INVALID_ARGUMENT (also when *auth was not filled).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_credentials(auth: *const tesseral_auth, credentials: *mut tesseral_str) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { describe(auth, credentials, |auth| Ok(auth.credentials)) }
}

/// The organization that the user or the API key belongs to.
///
/// organization_id: written only when 0 is returned; none while an API key waits for its lookup.
/// Returns 0, or TESSERAL_ERR_INVALID_ARGUMENT (also when *auth was not filled).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_organization_id(
    auth: *const tesseral_auth,
    organization_id: *mut tesseral_str,
) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { describe(auth, organization_id, |auth| Ok(auth.organization_id)) }
}

/// The ID of the API key, which is no secret.
///
/// api_key_id: written only when 0 is returned; none for an access token.
/// Returns 0, or TESSERAL_ERR_INVALID_ARGUMENT (also when *auth was not filled).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_api_key_id(auth: *const tesseral_auth, api_key_id: *mut tesseral_str) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { describe(auth, api_key_id, |auth| Ok(auth.api_key_id)) }
}

/// The payload's JSON text, octet for octet as it was signed.
///
/// payload: written only when 0 is returned.
/// Returns 0, TESSERAL_ERR_NOT_AN_ACCESS_TOKEN for an API key, or TESSERAL_ERR_INVALID_ARGUMENT (also when *auth was not
/// filled).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_payload(auth: *const tesseral_auth, payload: *mut tesseral_str) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { describe(auth, payload, |auth| of_access_token(auth).map(|auth| auth.payload)) }
}

/// The claims of an access token.
///
/// claims: written only when 0 is returned. It points into *auth, and is valid as long as *auth and its strings.
/// Returns 0, TESSERAL_ERR_NOT_AN_ACCESS_TOKEN for an API key, or TESSERAL_ERR_INVALID_ARGUMENT (also when *auth was not
/// filled).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_access_token_claims(
    auth: *const tesseral_auth,
    claims: *mut *const tesseral_access_token_claims,
) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { describe(auth, claims, |auth| of_access_token(auth).map(|auth| &raw const auth.claims)) }
}

/// The struct, when it was filled, and its region.
///
/// # Safety
/// `auth` is NULL or a struct that begins with its size and stays unchanged for `'a`.
pub(super) unsafe fn filled<'a>(auth: *const tesseral_auth) -> Result<(&'a tesseral_auth, Region), Error> {
    // SAFETY: the caller's promise.
    let auth = unsafe { SizedStruct::new(auth.cast_mut()) }?;
    let region = auth.region();
    // SAFETY: the caller's promise.
    let auth = unsafe { auth.as_ref() };
    match auth.credentials_type {
        TESSERAL_CREDENTIALS_ACCESS_TOKEN | TESSERAL_CREDENTIALS_API_KEY => Ok((auth, region)),
        _ => Err(Error::InvalidArgument),
    }
}

pub(super) fn of_access_token(auth: &tesseral_auth) -> Result<&tesseral_auth, Error> {
    match auth.credentials_type {
        TESSERAL_CREDENTIALS_ACCESS_TOKEN => Ok(auth),
        _ => Err(Error::NotAnAccessToken),
    }
}

/// Writes one fact about a filled struct.
///
/// # Safety
/// As [`filled`]; `out` is NULL or writable.
unsafe fn describe<T>(
    auth: *const tesseral_auth,
    out: *mut T,
    say: impl FnOnce(&tesseral_auth) -> Result<T, Error>,
) -> u32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let (auth, region) = unsafe { filled(auth) }?;
        let out = Out::new(out)?;
        keep_apart(&[out.region()], &[region])?;
        let said = say(auth)?;
        // SAFETY: the caller's promise.
        unsafe { out.write(said) };
        Ok(())
    })
}
