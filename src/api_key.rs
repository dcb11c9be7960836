//! The API-key exchange without I/O: the shape of a key, the body of the request, and the meaning of the response.
//!
//! ```text
//! api-key = 1*64( LOWER / DIGIT / "_" ) 55( LOWER / DIGIT )  ; the last 55 are a number below 2^280 in base 36
//! LOWER   = %x61-7A
//! ```

use crate::{
    auth::Auth,
    credential::Kind,
    error::Error,
    json::{Decoder, Reader, StringList, Text, Unexpected, Value, members, object},
    limits::{MAX_API_KEY_ANSWER_LEN, MAX_API_KEY_LEN, MIN_API_KEY_LEN},
    sha256,
};

/// An API key of the right shape. Only the service knows whether it is valid.
#[derive(Clone, Copy)]
pub struct ApiKey<'k> {
    octets: &'k [u8],
}

impl<'k> ApiKey<'k> {
    /// Checks the shape: 56 to 119 octets of `a-z`, `0-9` and `_`, the last 55 of them base-36 digits of a number below 2^280.
    /// A string of any other shape is refused without asking the service.
    ///
    /// # Errors
    /// [`Error::ApiKeyInvalid`].
    pub fn parse(octets: &'k [u8]) -> Result<Self, Error> {
        let in_range = (MIN_API_KEY_LEN..=MAX_API_KEY_LEN).contains(&octets.len());
        let digits = octets.last_chunk::<SECRET_DIGITS>().ok_or(Error::ApiKeyInvalid)?;
        // In ASCII `0` to `9` come before `a` to `z`, so the order of the texts is the order of the numbers.
        let good = in_range && Kind::of(octets) == Kind::ApiKey && !digits.contains(&b'_') && digits <= MAX_SECRET;
        if good { Ok(Self { octets }) } else { Err(Error::ApiKeyInvalid) }
    }

    /// The key itself: a secret.
    #[must_use]
    pub fn as_bytes(&self) -> &'k [u8] {
        self.octets
    }

    /// SHA-256 of the key: caches of responses use it in place of the key, which must not be stored.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        sha256::digest(self.octets)
    }

    /// Writes the body of `POST /v1/api-keys/authenticate` into the front of `out` and returns that front.
    ///
    /// At most [`MAX_REQUEST_LEN`] octets; `Content-Type: application/json`.
    ///
    /// # Errors
    /// [`Error::BufferTooSmall`]; then `out` is not written.
    pub fn request<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], Error> {
        let parts = [REQUEST_START, self.octets, REQUEST_END];
        let len = parts.iter().fold(0_usize, |len, part| len.saturating_add(part.len()));
        let (out, _) = out.split_at_mut_checked(len).ok_or(Error::BufferTooSmall)?;
        let mut rest = &mut *out;
        for part in parts {
            let (place, after) = rest.split_at_mut_checked(part.len()).ok_or(Error::BufferTooSmall)?;
            place.copy_from_slice(part);
            rest = after;
        }
        Ok(out)
    }

    /// Interprets the service's response.
    ///
    /// `http_status` and `body` are as received; `scratch` needs as many bytes as the body. It fails closed: the only success
    /// is a 200 of at most [`MAX_API_KEY_ANSWER_LEN`] octets with non-empty strings `apiKeyId` and `organizationId`.
    ///
    /// # Errors
    /// [`Error::BufferTooSmall`] before the body is read; [`Error::ApiKeyInvalid`] and [`Error::ApiKeysNotPermitted`] when the
    /// service says so; [`Error::ApiKeyLookupFailed`] for everything else.
    pub fn response<'a>(&self, http_status: u32, body: &'a [u8], scratch: &'a mut [u8]) -> Result<Auth<'a>, Error>
    where
        'k: 'a,
    {
        if scratch.len() < body.len() {
            return Err(Error::BufferTooSmall);
        }
        if body.len() > MAX_API_KEY_ANSWER_LEN {
            return Err(Error::ApiKeyLookupFailed);
        }
        if http_status != 200 {
            return Err(refusal(http_status, body));
        }
        let success = Success::read(body, scratch).map_err(|_| Error::ApiKeyLookupFailed)?;
        Ok(Auth::api_key(self.octets, success.api_key_id, success.organization_id, success.actions))
    }
}

/// Prints nothing of the key.
impl core::fmt::Debug for ApiKey<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ApiKey").finish_non_exhaustive()
    }
}

/// Longest body that [`ApiKey::request`] writes, in octets.
pub const MAX_REQUEST_LEN: usize = REQUEST_START.len() + MAX_API_KEY_LEN + REQUEST_END.len();

const REQUEST_START: &[u8] = b"{\"secretToken\":\"";
const REQUEST_END: &[u8] = b"\"}";
/// Digits of the secret: 280 random bits in base 36.
const SECRET_DIGITS: usize = 55;
/// 2^280 - 1.
const MAX_SECRET: &[u8; SECRET_DIGITS] = b"1rqebqrqf0vfcdz5pu5fquov5813iobr29qjm1mf1lrufy1ifr3y8sf";

/// The error that a refusal means. The message decides, since the service answers 400 also for faults of our own request.
fn refusal(http_status: u32, body: &[u8]) -> Error {
    let message = message_of(body).ok().flatten();
    match http_status {
        400..=499 if message.is_some_and(|text| text.is("unauthenticated_api_key")) => Error::ApiKeyInvalid,
        403 if message.is_some_and(|text| text.is("permission_denied")) => Error::ApiKeysNotPermitted,
        _ => Error::ApiKeyLookupFailed,
    }
}

fn message_of(body: &[u8]) -> Result<Option<Text<'_>>, Unexpected> {
    let mut reader = Reader::new(body)?;
    let mut message = None;
    object(&mut reader)?;
    reader.members(|reader, Refusal::Message, repeated| match reader.value()? {
        Value::String(text) if !repeated => {
            message = Some(text);
            Ok(())
        }
        _ => Err(Unexpected),
    })?;
    reader.finish()?;
    Ok(message)
}

struct Success<'a> {
    api_key_id: &'a str,
    organization_id: &'a str,
    actions: StringList<'a>,
}

impl<'a> Success<'a> {
    fn read(body: &'a [u8], scratch: &'a mut [u8]) -> Result<Self, Unexpected> {
        let (mut reader, mut strings) = (Reader::new(body)?, Decoder::new(scratch));
        let (mut api_key_id, mut organization_id, mut actions) = (None, None, StringList::default());
        object(&mut reader)?;
        reader.members(|reader, member, repeated| {
            if repeated {
                return Err(Unexpected);
            }
            match member {
                AnswerMember::ApiKeyId => api_key_id = Some(strings.non_empty_string(reader)?),
                AnswerMember::OrganizationId => organization_id = Some(strings.non_empty_string(reader)?),
                AnswerMember::Actions => actions = strings.optional_string_list(reader)?,
            }
            Ok(())
        })?;
        reader.finish()?;
        Ok(Self {
            api_key_id: api_key_id.ok_or(Unexpected)?,
            organization_id: organization_id.ok_or(Unexpected)?,
            actions,
        })
    }
}

members! {
    enum AnswerMember {
        ApiKeyId = "apiKeyId",
        OrganizationId = "organizationId",
        Actions = "actions",
    }
}

members! {
    enum Refusal {
        Message = "message",
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiKey, MAX_REQUEST_LEN, MAX_SECRET};
    use crate::{auth::CredentialsType, error::Error};

    fn octets(prefix: &str, digits: &[u8]) -> ([u8; 160], usize) {
        let mut octets = [0; 160];
        octets[..prefix.len()].copy_from_slice(prefix.as_bytes());
        octets[prefix.len()..prefix.len() + digits.len()].copy_from_slice(digits);
        (octets, prefix.len() + digits.len())
    }

    #[test]
    fn shape_at_each_limit() {
        let prefix = core::str::from_utf8(&[b'p'; 65]).unwrap();
        let mut over = *MAX_SECRET;
        over[54] = b'g';
        let mut underscore = *MAX_SECRET;
        underscore[0] = b'_';
        let mut capital = [b'0'; 55];
        capital[3] = b'A';
        for (prefix, digits, good) in [
            ("p", &[b'0'; 55][..], true),
            ("", &[b'0'; 55], false),
            (&prefix[..64], &[b'0'; 55], true),
            (prefix, &[b'0'; 55], false),
            ("p_", MAX_SECRET, true),
            ("p_", &over, false),
            ("p_", &[b'z'; 55], false),
            ("p_", &underscore, false),
            ("p_", &capital, false),
            ("P_", &[b'0'; 55], false),
            ("p", &[b'0'; 54], false),
        ] {
            let (octets, len) = octets(prefix, digits);
            assert_eq!(ApiKey::parse(&octets[..len]).is_ok(), good, "{prefix} {digits:?}");
        }
    }

    #[test]
    fn request_fits_exactly() {
        let (octets, len) = octets("p_", &[b'0'; 55]);
        let key = ApiKey::parse(&octets[..len]).unwrap();
        let mut out = [0; MAX_REQUEST_LEN];
        let body = key.request(&mut out).unwrap();
        assert!(body.starts_with(b"{\"secretToken\":\"p_000") && body.ends_with(b"0\"}"));
        let needed = body.len();
        assert!(key.request(&mut out[..needed]).is_ok());
        assert_eq!(key.request(&mut out[..needed - 1]), Err(Error::BufferTooSmall));
    }

    #[test]
    fn answers() {
        let (octets, len) = octets("p_", &[b'0'; 55]);
        let key = ApiKey::parse(&octets[..len]).unwrap();
        let ask = |status, body: &'static str, scratch: &mut [u8]| {
            key.response(status, body.as_bytes(), scratch).map(|auth| {
                assert_eq!(auth.credentials_type(), CredentialsType::ApiKey);
                assert_eq!((auth.organization_id(), auth.api_key_id()), ("org_1", Some("api_key_1")));
                assert_eq!(auth.access_token_claims().err(), Some(Error::NotAnAccessToken));
                auth.actions().iter().count()
            })
        };
        let failed = Err(Error::ApiKeyLookupFailed);
        for (status, body, expected) in [
            (200, r#"{"apiKeyId":"api_key_1","organizationId":"org_1"}"#, Ok(0)),
            (200, r#"{"apiKeyId":"api_key_1", "organizationId":"org_\u0031", "actions":["a.b.c", "\u0061"]}"#, Ok(2)),
            (200, "", failed),
            (200, "{}", failed),
            (200, "<html>", failed),
            (200, r#"{"apiKeyId":"","organizationId":"org_1"}"#, failed),
            (200, r#"{"apiKeyId":"api_key_1","organizationId":1}"#, failed),
            (200, r#"{"apiKeyId":"a","apiKeyId":"api_key_1","organizationId":"org_1"}"#, failed),
            (200, r#"{"apiKeyId":"api_key_1","organizationId":"org_1","actions":"a"}"#, failed),
            (201, r#"{"apiKeyId":"api_key_1","organizationId":"org_1"}"#, failed),
            (400, r#"{"code":3,"message":"unauthenticated_api_key","details":[]}"#, Err(Error::ApiKeyInvalid)),
            (500, r#"{"message":"unauthenticated_api_key"}"#, failed),
            (400, r#"{"message":"invalid_argument"}"#, failed),
            (400, r#"{"message":"unauthenticated_api_key","message":"x"}"#, failed),
            (403, r#"{"code":7,"message":"permission_denied"}"#, Err(Error::ApiKeysNotPermitted)),
            (403, "<html>", failed),
            (401, r#"{"code":16,"message":""}"#, failed),
            (404, r#"{"code":5,"message":"not_found"}"#, failed),
            (0, "", failed),
        ] {
            assert_eq!(ask(status, body, &mut [0; 200]), expected, "{status} {body}");
            if let Some(short) = body.len().checked_sub(1) {
                assert_eq!(ask(status, body, &mut [0; 200][..short]), Err(Error::BufferTooSmall));
            }
        }
    }
}
