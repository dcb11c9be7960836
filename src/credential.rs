//! Finding the credential of a request. Nothing is verified here.
//!
//! ```text
//! Authorization = "Bearer" 1*SP credential          ; RFC 6750 section 2.1, RFC 9110 section 11.4
//! Cookie        = cookie-pair *( ";" cookie-pair )  ; RFC 6265 section 4.2, with any white space
//! cookie-pair   = OWS cookie-name OWS "=" OWS cookie-value OWS
//! ```

use crate::{
    error::Error,
    limits::{MAX_COOKIE_CANDIDATES, SIGNATURE_SEGMENT_LEN},
    search,
};
use heapless::Vec;

/// The kind of a credential, by its characters.
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
    /// The kind of `credential`.
    #[must_use]
    pub fn of(credential: &[u8]) -> Self {
        let in_api_key = |octet: &u8| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'_');
        if has_dot(credential) {
            Self::AccessToken
        } else if !credential.is_empty() && credential.iter().all(in_api_key) {
            Self::ApiKey
        } else {
            Self::Unrecognized
        }
    }
}

/// Whether there is a dot. The signature of a token has a fixed length, so the place of its last dot is tried first.
fn has_dot(credential: &[u8]) -> bool {
    let place = credential.len().checked_sub(SIGNATURE_SEGMENT_LEN + 1);
    place.and_then(|place| credential.get(place)) == Some(&b'.') || search::first(b'.', credential).is_some()
}

/// An access token as a request carries it, not verified.
#[derive(Clone, Copy)]
pub(crate) struct Presented<'h> {
    pub(crate) octets: &'h [u8],
    in_header: bool,
}

impl<'h> Presented<'h> {
    pub(crate) fn in_header(octets: &'h [u8]) -> Self {
        Self { octets, in_header: true }
    }

    pub(crate) fn in_cookie(octets: &'h [u8]) -> Self {
        Self { octets, in_header: false }
    }

    /// The error to report when this token was refused with `error`.
    ///
    /// A server may have joined the values of two headers with a comma, so a Bearer value with a comma is reported as
    /// [`Error::CredentialsUnrecognized`]. No token with a comma is ever accepted: so it suffices to search for commas here.
    #[cold]
    pub(crate) fn refusal(self, error: Error) -> Error {
        let joined = self.in_header && search::first(b',', self.octets).is_some();
        if joined { Error::CredentialsUnrecognized } else { error }
    }
}

/// The credential of the `Authorization` header; `None` when the cookie decides.
///
/// The scheme `Bearer` is compared without case, and one or more spaces follow it (RFC 9110 section 11.4). The rest, without
/// spaces and tabs at its end, is the credential. A header with another scheme counts as absent.
///
/// Servers may join the values of several headers with commas (RFC 9110 section 5.3). Then it is undefined which value counts.
/// So a joined value is refused when any part of it is a Bearer credential: if that is a later part, here; if it is the first
/// one, by [`Presented::refusal`].
///
/// # Errors
/// [`Error::CredentialsUnrecognized`] for more than one header, [`Error::CredentialsMissing`] for `Bearer` without
/// a credential.
pub(crate) fn bearer<'h>(authorization: impl IntoIterator<Item = &'h [u8]>) -> Result<Option<&'h [u8]>, Error> {
    let mut values = authorization.into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Error::CredentialsUnrecognized);
    }
    let Some(rest) = after_scheme(value) else { return other_scheme(value) };
    match trim_end(rest) {
        // Servers trim header values, so that `Bearer ` may arrive as `Bearer`.
        [] => Err(Error::CredentialsMissing),
        [b' ', credential @ ..] => Ok(Some(trim_spaces(credential))),
        _ => other_scheme(value),
    }
}

/// A credential without a scheme: spaces before it, and spaces and tabs behind it, are removed. `None` when nothing is left.
pub(crate) fn bare(value: &[u8]) -> Option<&[u8]> {
    Some(trim_spaces(trim_end(value))).filter(|credential| !credential.is_empty())
}

/// What follows the word `Bearer`.
fn after_scheme(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked(BEARER.len())?;
    scheme.eq_ignore_ascii_case(BEARER).then_some(rest)
}

const BEARER: &[u8] = b"Bearer";

/// Handles a value of another scheme. The cookie decides, unless a later element of a joined value is a Bearer credential.
///
/// Parameters of other schemes may be quoted strings (RFC 9110 section 5.6.4). A comma inside of one does not separate
/// elements.
#[cold]
fn other_scheme<T>(value: &[u8]) -> Result<Option<T>, Error> {
    let (mut rest, mut quoted) = (value, false);
    while let [octet, after @ ..] = rest {
        rest = match octet {
            b'\\' if quoted => after.get(1..).unwrap_or(&[]),
            b',' if !quoted => {
                let element = trim_start(after);
                if after_scheme(element).is_some_and(|rest| rest.starts_with(b" ")) {
                    return Err(Error::CredentialsUnrecognized);
                }
                element
            }
            b'"' => {
                quoted = !quoted;
                after
            }
            _ => after,
        };
    }
    Ok(None)
}

/// The values of the first four cookies `tesseral_<projectId>_access_token` that are not empty, in order.
///
/// A browser can send a host-only and a domain cookie of the same name together, and the stale one may come first.
pub fn cookies<'h>(
    cookie: impl IntoIterator<Item = &'h [u8]>,
    project_id: &str,
) -> Vec<&'h [u8], MAX_COOKIE_CANDIDATES> {
    let mut found = Vec::new();
    for pair in cookie.into_iter().flat_map(|value| Pairs { rest: Some(value) }) {
        if pair.len() <= PREFIX.len() {
            continue;
        }
        let Some(value) = value_of(pair, project_id) else { continue };
        if !value.is_empty() && found.push(value).is_err() {
            break;
        }
    }
    found
}

/// The beginning of the names of Tesseral's cookies.
const PREFIX: &[u8] = b"tesseral_";

/// The cookie pairs of one header: the text between its semicolons. There is at least one pair; pairs may be empty.
struct Pairs<'h> {
    rest: Option<&'h [u8]>,
}

impl<'h> Iterator for Pairs<'h> {
    type Item = &'h [u8];

    #[inline]
    fn next(&mut self) -> Option<&'h [u8]> {
        let rest = self.rest?;
        // An empty pair needs no search, so a header full of semicolons costs no more than others.
        if let [b';', after @ ..] = rest {
            self.rest = Some(after);
            return Some(&[]);
        }
        let Some((pair, after)) = search::first(b';', rest).and_then(|place| rest.split_at_checked(place)) else {
            self.rest = None;
            return Some(rest);
        };
        self.rest = after.get(1..);
        Some(pair)
    }
}

/// The value of a cookie pair whose name is that of the access token. Quotes around the value are removed.
fn value_of<'h>(pair: &'h [u8], project_id: &str) -> Option<&'h [u8]> {
    // Most cookies of a request have other names, and are rejected here.
    let rest = trim_start(pair).strip_prefix(PREFIX)?.strip_prefix(project_id.as_bytes())?;
    let value = trim(trim(rest.strip_prefix(b"_access_token")?).strip_prefix(b"=")?);
    let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    Some(unquoted.unwrap_or(value))
}

fn trim(octets: &[u8]) -> &[u8] {
    trim_end(trim_start(octets))
}

fn trim_end(mut octets: &[u8]) -> &[u8] {
    while let [before @ .., b' ' | b'\t'] = octets {
        octets = before;
    }
    octets
}

fn trim_spaces(mut octets: &[u8]) -> &[u8] {
    while let [b' ', after @ ..] = octets {
        octets = after;
    }
    octets
}

fn trim_start(mut octets: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', after @ ..] = octets {
        octets = after;
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::{Kind, Pairs, Presented, bearer, cookies};
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
        // A dot at, before and after the place of a token's last one; and none.
        for place in 0..100 {
            let mut credential = [b'a'; 100];
            assert_eq!(Kind::of(&credential), Kind::ApiKey);
            credential[place] = b'.';
            assert_eq!(Kind::of(&credential), Kind::AccessToken, "{place}");
        }
    }

    #[test]
    fn authorization() {
        let found = |values: &[&'static str]| bearer(values.iter().map(|value| value.as_bytes()));
        for (value, expected) in [
            ("Bearer x", Ok(Some("x"))),
            ("bEARER   x y \t ", Ok(Some("x y"))),
            ("Bearer \tx", Ok(Some("\tx"))),
            ("Bearer", Err(Error::CredentialsMissing)),
            ("Bearer   ", Err(Error::CredentialsMissing)),
            ("Bearer\t", Err(Error::CredentialsMissing)),
            ("Bearerx", Ok(None)),
            ("Bearer\tx", Ok(None)),
            ("Bearer,", Ok(None)),
            ("Basic x", Ok(None)),
            ("", Ok(None)),
            ("Basic x, bearer y", Err(Error::CredentialsUnrecognized)),
            ("Bearer\tx,Bearer y", Err(Error::CredentialsUnrecognized)),
            (r#"Digest a="\", Bearer y", b="\\\", Bearer ""#, Ok(None)),
            (r#"Digest a="\\", Bearer y"#, Err(Error::CredentialsUnrecognized)),
            ("Digest \"\\", Ok(None)),
        ] {
            assert_eq!(found(&[value]), expected.map(|value| value.map(str::as_bytes)), "{value}");
        }
        assert_eq!(found(&[]), Ok(None));
        assert_eq!(found(&["Bearer x", "Bearer x"]), Err(Error::CredentialsUnrecognized));
        assert_eq!(found(&["Basic x", ""]), Err(Error::CredentialsUnrecognized));
    }

    /// Only in the header, and only of one that is refused.
    #[test]
    fn commas() {
        let refusal = |found: Presented<'_>| found.refusal(Error::TokenMalformed);
        assert_eq!(refusal(Presented::in_header(b"a.b.c,")), Error::CredentialsUnrecognized);
        assert_eq!(refusal(Presented::in_header(b"a.b.c;")), Error::TokenMalformed);
        assert_eq!(refusal(Presented::in_cookie(b"a.b.c,")), Error::TokenMalformed);
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
        assert_eq!(all(&["\t tesseral_p_access_token \t=\t x \t "]), [b"x"]);
        assert_eq!(all(&["tesseral_p_access_token=x;\u{ff}"]), [b"x"]);
    }

    /// Pairs of every length around the steps of the search are those that a split octet by octet finds.
    #[test]
    fn pairs_around_the_steps_of_the_search() {
        let mut header = std::vec::Vec::new();
        for len in 0..=70 {
            header.resize(header.len() + len, b'a');
            header.push(b';');
        }
        for start in 0..header.len() {
            for end in [start, start + 1, start + 33, header.len() - 1, header.len()] {
                let Some(text) = header.get(start..end) else { continue };
                let expected = text.split(|octet| *octet == b';');
                assert!(Pairs { rest: Some(text) }.eq(expected), "{start}..{end}");
            }
        }
    }
}
