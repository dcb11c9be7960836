//! Which credential a request carries (RFC 6750 section 2.1, RFC 6265 section 4.2), before it is trusted.

use crate::{error::Error, limits::MAX_COOKIE_CANDIDATES};
use heapless::Vec;

/// What a credential looks like; the kinds exclude each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// It contains a dot.
    AccessToken,
    /// One or more of `a-z`, `0-9` and `_`.
    ApiKey,
    /// Anything else.
    Unrecognized,
}

impl Kind {
    /// Looks at the characters only.
    #[must_use]
    pub fn of(credential: &[u8]) -> Self {
        let in_api_key = |octet: &u8| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'_');
        if credential.contains(&b'.') {
            Self::AccessToken
        } else if !credential.is_empty() && credential.iter().all(in_api_key) {
            Self::ApiKey
        } else {
            Self::Unrecognized
        }
    }
}

/// The credential of the `Authorization` header, or `None` when the cookie decides.
///
/// The scheme `Bearer` is compared without case and followed by one or more spaces (RFC 9110 section 11.1); the
/// rest is the credential, untrimmed. Another scheme is as good as no header.
///
/// # Errors
/// [`Error::CredentialsUnrecognized`] for more than one header, [`Error::CredentialsMissing`] for `Bearer` without
/// a credential.
pub fn bearer<'h>(authorization: impl IntoIterator<Item = &'h [u8]>) -> Result<Option<&'h [u8]>, Error> {
    let mut values = authorization.into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Error::CredentialsUnrecognized);
    }
    let Some((scheme, rest)) = value.split_at_checked(BEARER.len()) else { return Ok(None) };
    if !scheme.eq_ignore_ascii_case(BEARER) {
        return Ok(None);
    }
    let spaces = rest.iter().take_while(|octet| **octet == b' ').count();
    match rest.get(spaces..) {
        // Servers trim header values, so that `Bearer ` may arrive as `Bearer`.
        None | Some([]) => Err(Error::CredentialsMissing),
        Some(_) if spaces == 0 => Ok(None),
        Some(credential) => Ok(Some(credential)),
    }
}

const BEARER: &[u8] = b"Bearer";

/// The values of the first four cookies `tesseral_<projectId>_access_token` that are not empty, in order.
///
/// A host-only and a domain cookie of one name can reach a server together, the stale one first.
pub fn cookies<'h>(
    cookie: impl IntoIterator<Item = &'h [u8]>,
    project_id: &str,
) -> Vec<&'h [u8], MAX_COOKIE_CANDIDATES> {
    let mut found = Vec::new();
    for pair in cookie.into_iter().flat_map(|value| value.split(|octet| *octet == b';')) {
        let Some(value) = value_of(pair, project_id) else { continue };
        if !value.is_empty() && found.push(value).is_err() {
            break;
        }
    }
    found
}

/// The value in `name=value`, when the name is the access token's; optional quotes are removed.
fn value_of<'h>(pair: &'h [u8], project_id: &str) -> Option<&'h [u8]> {
    let rest = trim(pair).strip_prefix(b"tesseral_")?.strip_prefix(project_id.as_bytes())?;
    let value = trim(trim(rest.strip_prefix(b"_access_token")?).strip_prefix(b"=")?);
    let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    Some(unquoted.unwrap_or(value))
}

fn trim(octets: &[u8]) -> &[u8] {
    let blank = |octet: &u8| matches!(octet, b' ' | b'\t');
    let start = octets.iter().take_while(|octet| blank(octet)).count();
    let octets = octets.get(start..).unwrap_or(&[]);
    let end = octets.len().saturating_sub(octets.iter().rev().take_while(|octet| blank(octet)).count());
    octets.get(..end).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::{Kind, bearer, cookies};
    use crate::error::Error;

    #[test]
    fn kinds() {
        for (credential, kind) in [
            ("a.b.c", Kind::AccessToken),
            (".", Kind::AccessToken),
            ("abc_0189", Kind::ApiKey),
            ("", Kind::Unrecognized),
            ("Abc", Kind::Unrecognized),
            ("abc-def", Kind::Unrecognized),
            ("abc ", Kind::Unrecognized),
        ] {
            assert_eq!(Kind::of(credential.as_bytes()), kind, "{credential}");
        }
    }

    #[test]
    fn authorization() {
        let one = |value: &'static str| bearer([value.as_bytes()]);
        for (value, expected) in [
            ("Bearer x", Ok(Some("x"))),
            ("bEARER   x y ", Ok(Some("x y "))),
            ("Bearer x", Ok(Some("x"))),
            ("Bearer", Err(Error::CredentialsMissing)),
            ("Bearer   ", Err(Error::CredentialsMissing)),
            ("Bearerx", Ok(None)),
            ("Bearer\tx", Ok(None)),
            ("Basic x", Ok(None)),
            ("", Ok(None)),
        ] {
            assert_eq!(one(value), expected.map(|value| value.map(str::as_bytes)), "{value}");
        }
        assert_eq!(bearer([]), Ok(None));
        assert_eq!(bearer([&b"Bearer x"[..], b"Bearer x"]), Err(Error::CredentialsUnrecognized));
        assert_eq!(bearer([&b"Basic x"[..], b""]), Err(Error::CredentialsUnrecognized));
    }

    #[test]
    fn cookie_values() {
        let all = |values: &[&'static str]| cookies(values.iter().map(|value| value.as_bytes()), "p");
        assert_eq!(all(&["a=b; tesseral_p_access_token=x.y.z; c=d"]), [b"x.y.z"]);
        assert_eq!(
            all(&["tesseral_p_access_token=1;tesseral_p_access_token=\"2\"", "tesseral_p_access_token=3"]),
            [b"1", b"2", b"3"]
        );
        assert_eq!(all(&["tesseral_p_access_token=1;tesseral_p_access_token=2;tesseral_p_access_token=3;tesseral_p_access_token=4;tesseral_p_access_token=5"]).len(), 4);
        for none in [
            "",
            ";;",
            "tesseral_p_access_token",
            "tesseral_p_access_token=",
            "tesseral_p_access_token=\"\"",
            "tesseral_q_access_token=x",
            "Tesseral_p_access_token=x",
            "tesseral_p_access_tokenx=x",
            "xtesseral_p_access_token=x",
        ] {
            assert!(all(&[none]).is_empty(), "{none}");
        }
        assert_eq!(all(&["tesseral_p_access_token=\"x"]), [b"\"x"]);
    }
}
