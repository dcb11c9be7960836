//! What an authenticated request says: the questions that the Tesseral SDKs answer.

use super::{
    guard::{Out, Region, Sized, answer_to, guard, keep_apart, octets, string},
    types::{
        TESSERAL_CREDENTIALS_ACCESS_TOKEN, TESSERAL_CREDENTIALS_API_KEY, tesseral_access_token_claims,
        tesseral_action_cursor, tesseral_auth, tesseral_str,
    },
};
use crate::{
    auth::Auth,
    claims::{self, InPlace, TIMES, claims},
    error::Error,
    json::{StringList, StringListIter},
};

/// What the list of claims makes of C's structs. A string that it lacks does not compile.
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
            /// Every string; the payload, in which others may lie, is the first.
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
    let Ok(auth) = (unsafe { Sized::new(auth.cast_mut()) }) else { return 0 };
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
    unsafe { answer(auth, credentials, |auth| Ok(auth.credentials)) }
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
    unsafe { answer(auth, organization_id, |auth| Ok(auth.organization_id)) }
}

/// The ID of the API key, which is no secret.
///
/// api_key_id: written only when 0 is returned; none for an access token.
/// Returns 0, or TESSERAL_ERR_INVALID_ARGUMENT (also when *auth was not filled).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_api_key_id(auth: *const tesseral_auth, api_key_id: *mut tesseral_str) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { answer(auth, api_key_id, |auth| Ok(auth.api_key_id)) }
}

/// The payload's JSON text, octet for octet as it was signed.
///
/// payload: written only when 0 is returned.
/// Returns 0, TESSERAL_ERR_NOT_AN_ACCESS_TOKEN for an API key, or TESSERAL_ERR_INVALID_ARGUMENT (also when *auth was not
/// filled).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_payload(auth: *const tesseral_auth, payload: *mut tesseral_str) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { answer(auth, payload, |auth| of_access_token(auth).map(|auth| auth.payload)) }
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
    unsafe { answer(auth, claims, |auth| of_access_token(auth).map(|auth| &raw const auth.claims)) }
}

/// Whether the user or the API key may do something.
///
/// action: action_len octets, compared octet for octet with each action.
/// Returns true when it may; false when it may not, when an argument is invalid, and when *auth was not filled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_permits(
    auth: *const tesseral_auth,
    action: *const u8,
    action_len: usize,
) -> bool {
    answer_to(|| {
        // SAFETY: the caller promises a filled struct.
        let (auth, _) = unsafe { filled(auth) }?;
        // SAFETY: the caller promises readable octets (header, "action").
        let action = unsafe { octets(action, action_len) }?;
        // SAFETY: the struct was filled by this library.
        let actions = unsafe { actions(auth) }?;
        Ok(core::str::from_utf8(action).is_ok_and(|action| actions.contains(action)))
    })
}

/// Steps through the actions without copying them.
///
/// cursor: start from TESSERAL_ACTION_CURSOR_INIT; it stays valid as long as *auth.
/// action: written only when true is returned.
/// Returns true and the next action, or false after the last one, and when an argument is NULL, misaligned, or
/// was not filled.
/// So this visits all: while (tesseral_auth_next_action(&auth, &cursor, &action)) { ... }
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_next_action(
    auth: *const tesseral_auth,
    cursor: *mut tesseral_action_cursor,
    action: *mut tesseral_str,
) -> bool {
    answer_to(|| {
        // SAFETY: the caller promises a filled struct.
        let (auth, auth_region) = unsafe { filled(auth) }?;
        let (cursor, action) = (Out::new(cursor)?, Out::new(action)?);
        keep_apart(&[cursor.region(), action.region()], &[auth_region])?;
        // SAFETY: the struct was filled by this library.
        let json = unsafe { string(auth.actions_json) }?;
        // SAFETY: the struct was filled by this library.
        let decoded = unsafe { string(auth.actions_decoded) }?;
        // SAFETY: the caller promises an initialized cursor.
        let at = unsafe { cursor.read() };
        let Some((next, moved)) = step(json, decoded, at) else { return Ok(false) };
        // SAFETY: the caller promises a writable cursor.
        unsafe { cursor.write(moved) };
        // SAFETY: the caller promises a writable result.
        unsafe { action.write(tesseral_str::new(next)) };
        Ok(true)
    })
}

/// The action at the cursor, and the cursor behind it.
///
/// Only a piece of the text is looked at, and a longer one when the action does not end in it: all steps together take
/// time in proportion to the text.
fn step<'a>(
    json: &'a [u8],
    decoded: &'a [u8],
    at: tesseral_action_cursor,
) -> Option<(&'a str, tesseral_action_cursor)> {
    // One octet before the cursor stands a bracket or a quote, of which the iteration knows that it is used.
    let start = at.json_used.saturating_sub(1);
    let (json, decoded) = (json.get(start..)?, decoded.get(at.decoded_used..)?);
    let mut len = PIECE;
    loop {
        let list = StringList::new(front(json, len), front(decoded, len));
        let mut strings = StringListIter::resume(list, 1, 0);
        if let Some(action) = strings.next() {
            let (json_left, decoded_left) = strings.unused();
            let json_used = list.as_json().len().saturating_sub(json_left).saturating_add(start);
            let decoded_used = list.decoded().len().saturating_sub(decoded_left).saturating_add(at.decoded_used);
            return Some((action, tesseral_action_cursor { json_used, decoded_used }));
        }
        if len >= json.len() {
            return None;
        }
        len = len.saturating_mul(2);
    }
}

/// Octets that nearly every action fits into, with its quotes.
const PIECE: usize = 128;

/// The text in the first `len` octets, without a character that is cut off.
fn front(octets: &[u8], len: usize) -> &str {
    let octets = octets.get(..len).unwrap_or(octets);
    let valid = core::str::from_utf8(octets).map_or_else(|error| error.valid_up_to(), str::len);
    octets.get(..valid).and_then(|octets| core::str::from_utf8(octets).ok()).unwrap_or("")
}

/// The struct, when it was filled, and its region.
///
/// # Safety
/// `auth` is NULL or a struct that begins with its size and stays unchanged for `'a`.
pub(super) unsafe fn filled<'a>(auth: *const tesseral_auth) -> Result<(&'a tesseral_auth, Region), Error> {
    // SAFETY: the caller's promise.
    let auth = unsafe { Sized::new(auth.cast_mut()) }?;
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

/// Writes one answer about a filled struct.
///
/// # Safety
/// As [`filled`]; `out` is NULL or writable.
unsafe fn answer<T>(
    auth: *const tesseral_auth,
    out: *mut T,
    answer: impl FnOnce(&tesseral_auth) -> Result<T, Error>,
) -> u32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let (auth, region) = unsafe { filled(auth) }?;
        let out = Out::new(out)?;
        keep_apart(&[out.region()], &[region])?;
        let answer = answer(auth)?;
        // SAFETY: the caller's promise.
        unsafe { out.write(answer) };
        Ok(())
    })
}

/// # Safety
/// The struct's strings are readable for `'a`.
unsafe fn actions<'a>(auth: &tesseral_auth) -> Result<StringList<'a>, Error> {
    // SAFETY: the caller's promise.
    let json = unsafe { string(auth.actions_json) }?;
    // SAFETY: the caller's promise.
    let decoded = unsafe { string(auth.actions_decoded) }?;
    let text = |octets| core::str::from_utf8(octets).map_err(|_| Error::InvalidArgument);
    Ok(StringList::new(text(json)?, text(decoded)?))
}

#[cfg(test)]
mod tests {
    use super::{PIECE, front, step, tesseral_action_cursor};
    use std::{string::String, time::Instant, vec::Vec};

    fn steps<'a>(json: &'a str, decoded: &'a str) -> Vec<&'a str> {
        let mut at = tesseral_action_cursor { json_used: 0, decoded_used: 0 };
        core::iter::from_fn(|| {
            let (action, moved) = step(json.as_bytes(), decoded.as_bytes(), at)?;
            at = moved;
            Some(action)
        })
        .collect()
    }

    #[test]
    fn actions_of_every_length_around_a_piece() {
        for len in PIECE - 8..PIECE + 8 {
            for letter in ["a", "é", "😀"] {
                let action = "x".repeat(len % letter.len()) + &letter.repeat(len / letter.len());
                let json = std::format!(r#"["{action}" , "\\{action}\n","","\u0061{action}","b"]"#);
                let (second, fourth) = (std::format!("\\{action}\n"), std::format!("a{action}"));
                let decoded = [&*second, &*fourth].concat();
                assert_eq!(steps(&json, &decoded), [&*action, &*second, "", &*fourth, "b"], "{len} {letter}");
            }
        }
        assert!(steps("", "").is_empty() && steps("[]", "").is_empty());
    }

    #[test]
    fn characters_are_not_cut() {
        for (octets, len, expected) in [
            ("aé".as_bytes(), 1, "a"),
            ("aé".as_bytes(), 2, "a"),
            ("aé".as_bytes(), 3, "aé"),
            (b"a\xff", 9, "a"),
            (b"", 9, ""),
        ] {
            assert_eq!(front(octets, len), expected);
        }
    }

    /// Eight times the actions take eight times as long; going over all of the text in each step takes 64 times.
    #[test]
    fn time_grows_with_the_text() {
        let time = |count: usize| {
            let json = String::from("[") + &std::vec![r#""aaaaaaaa.bbbbbbbb.cccccccc""#; count].join(",") + "]";
            let once = || {
                let start = Instant::now();
                assert_eq!(steps(&json, "").len(), count);
                start.elapsed()
            };
            (0..5).map(|_| once()).min().unwrap()
        };
        let (short, long) = (time(1_000), time(8_000));
        assert!(long < 24 * short, "{short:?} {long:?}");
    }
}
