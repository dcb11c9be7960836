//! Finding the credential of a request. Nothing is verified here.

mod bearer;
mod cookies;
mod trim;

use crate::{error::Error, limits::SIGNATURE_SEGMENT_LEN, search};
pub(crate) use bearer::{bare, bearer};
pub use cookies::cookies;

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

#[cfg(test)]
mod tests {
    use super::{Kind, Presented};
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

    /// Only in the header, and only of one that is refused.
    #[test]
    fn commas() {
        let refusal = |found: Presented<'_>| found.refusal(Error::TokenMalformed);
        assert_eq!(refusal(Presented::in_header(b"a.b.c,")), Error::CredentialsUnrecognized);
        assert_eq!(refusal(Presented::in_header(b"a.b.c;")), Error::TokenMalformed);
        assert_eq!(refusal(Presented::in_cookie(b"a.b.c,")), Error::TokenMalformed);
    }
}
