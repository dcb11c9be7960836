//! The access token's claims (RFC 7519 section 4, and what the issuer adds): a typed view of the payload.

mod find;
mod kept;
mod read;
mod serialize;
mod strings;

#[cfg(feature = "ffi")]
pub(crate) use find::find;
#[cfg(feature = "ffi")]
pub(crate) use kept::{InPlace, TIMES};
pub(crate) use kept::{Kept, PLACES_LEN};
#[cfg(feature = "ffi")]
pub(crate) use strings::{ClaimStrings, claims};

use crate::{error::Error, json::StringList, jws::SignedPayload, policy::Policy};

/// The claims of an access token whose signature, times, issuer and audience are valid.
///
/// Strings are decoded. They may contain any Unicode text, also NUL, CR and LF. A program that writes one into a header must
/// refuse or encode those.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct AccessTokenClaims<'a> {
    /// Issuer.
    pub iss: &'a str,
    /// Subject: the user's ID.
    pub sub: &'a str,
    /// Audience.
    pub aud: Audience<'a>,
    /// Expiration time, in seconds since 1970-01-01T00:00:00Z, rounded down.
    pub exp: i64,
    /// Not before, in seconds since 1970-01-01T00:00:00Z, rounded up.
    pub nbf: i64,
    /// Issued at, in seconds since 1970-01-01T00:00:00Z, rounded down.
    pub iat: i64,
    /// The session.
    pub session: Session<'a>,
    /// The user.
    pub user: User<'a>,
    /// The organization.
    pub organization: Organization<'a>,
    /// What the user may do; any text, not only header-safe names.
    pub actions: StringList<'a>,
    /// Who acts in the user's name.
    pub impersonator: Option<Impersonator<'a>>,
    payload: &'a str,
}

/// `aud` (RFC 7519 section 4.1.3).
#[derive(Clone, Copy)]
pub enum Audience<'a> {
    /// One audience: what the issuer writes.
    One(&'a str),
    /// Several.
    Many(StringList<'a>),
}

/// The session of an access token.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Session<'a> {
    /// Its ID.
    pub id: &'a str,
}

/// The user of an access token.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct User<'a> {
    /// Its ID.
    pub id: &'a str,
    /// Its e-mail address: untrusted text.
    pub email: &'a str,
    /// Its name: untrusted text.
    pub display_name: Option<&'a str>,
    /// Its picture: untrusted text.
    pub profile_picture_url: Option<&'a str>,
}

/// The organization of an access token.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Organization<'a> {
    /// Its ID.
    pub id: &'a str,
    /// Its name: untrusted text. The issuer omits an empty one.
    pub display_name: Option<&'a str>,
}

/// Who acts in the user's name.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Impersonator<'a> {
    /// The e-mail address: untrusted text.
    pub email: &'a str,
}

impl<'a> AccessTokenClaims<'a> {
    /// Parses a payload: it must be an object with all required claims, each of the right type.
    pub(crate) fn parse(payload: SignedPayload<'a>) -> Result<Self, Error> {
        let (octets, room) = payload.into_parts();
        Self::read(octets, room).map_err(|_| Error::ClaimsMalformed)
    }

    /// Checks times, issuer and audience against the policy. Gives the audience that matched.
    pub(crate) fn check(&self, policy: &Policy, now: i64) -> Result<&'a str, Error> {
        let matching = |audience: &str| self.aud.matching(audience);
        policy.check((self.exp, self.nbf), self.iss.as_bytes(), matching, now)
    }

    /// The payload's JSON text, octet for octet as it was signed.
    #[must_use]
    pub fn payload(&self) -> &'a str {
        self.payload
    }
}

impl<'a> Audience<'a> {
    /// Whether `audience` is one of the audiences, octet for octet.
    #[must_use]
    pub fn contains(&self, audience: &str) -> bool {
        self.matching(audience).is_some()
    }

    /// The token's own copy of `audience`, when it is one of the audiences.
    fn matching(&self, audience: &str) -> Option<&'a str> {
        match self {
            Self::One(one) => Some(*one).filter(|one| *one == audience),
            Self::Many(many) => many.iter().find(|one| *one == audience),
        }
    }
}

/// Prints no claim, since claims must not reach a log.
impl core::fmt::Debug for AccessTokenClaims<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AccessTokenClaims").finish_non_exhaustive()
    }
}
