//! The access token's claims (RFC 7519 section 4, and what the issuer adds): a typed view of the payload.

mod found;
mod kept;
mod strings;

#[cfg(feature = "ffi")]
pub(crate) use found::find;
#[cfg(feature = "ffi")]
pub(crate) use kept::{InPlace, TIMES};
pub(crate) use kept::{Kept, PLACES_LEN};
#[cfg(feature = "ffi")]
pub(crate) use strings::{Strings, claims};

use crate::{
    error::Error,
    json::{Decoder, Reader, Rounding, StringList, Unexpected, Value, members, number, object},
    jws::SignedPayload,
    policy::Policy,
};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

/// The claims of an access token whose signature, times, issuer and audience hold.
///
/// Strings are decoded. They may hold any Unicode text, also NUL, CR and LF: whoever writes one into a
/// header must refuse or encode those.
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
    /// Reads a payload: it must be an object with all that the issuer writes, each of its type.
    pub(crate) fn parse(payload: SignedPayload<'a>) -> Result<Self, Error> {
        let (octets, room) = payload.into_parts();
        Self::read(octets, room).map_err(|_| Error::ClaimsMalformed)
    }

    /// Compares times, issuer and audience with the policy; gives the audience that matched.
    pub(crate) fn check(&self, policy: &Policy, now: i64) -> Result<&'a str, Error> {
        let matching = |audience: &str| self.aud.matching(audience);
        policy.check((self.exp, self.nbf), self.iss.as_bytes(), matching, now)
    }

    /// The payload's JSON text, octet for octet as it was signed.
    #[must_use]
    pub fn payload(&self) -> &'a str {
        self.payload
    }

    fn read(octets: &'a [u8], room: &'a mut [u8]) -> Result<Self, Unexpected> {
        let (mut reader, mut strings) = (Reader::new(octets)?, Decoder::new(room));
        let (mut iss, mut sub, mut aud) = (None, None, None);
        let (mut exp, mut nbf, mut iat) = (None, None, None);
        let (mut session, mut user, mut organization) = (None, None, None);
        let (mut actions, mut impersonator) = (StringList::default(), None);
        object(&mut reader)?;
        reader.members(|reader, claim, repeated| {
            if repeated {
                return Err(Unexpected);
            }
            match claim {
                Claim::Iss => iss = Some(strings.non_empty_string(reader)?),
                Claim::Sub => sub = Some(strings.non_empty_string(reader)?),
                Claim::Aud => aud = Some(Audience::read(reader, &mut strings)?),
                Claim::Exp => exp = number(reader)?.whole_seconds(Rounding::Down),
                Claim::Nbf => nbf = number(reader)?.whole_seconds(Rounding::Up),
                Claim::Iat => iat = number(reader)?.whole_seconds(Rounding::Down),
                Claim::Session => session = Some(Session::read(reader, &mut strings)?),
                Claim::User => user = Some(User::read(reader, &mut strings)?),
                Claim::Organization => organization = Some(Organization::read(reader, &mut strings)?),
                Claim::Actions => actions = strings.optional_string_list(reader)?,
                Claim::Impersonator => impersonator = Impersonator::read(reader, &mut strings)?,
            }
            Ok(())
        })?;
        let payload = reader.between(0, octets.len());
        reader.finish()?;
        Ok(Self {
            iss: iss.ok_or(Unexpected)?,
            sub: sub.ok_or(Unexpected)?,
            aud: aud.ok_or(Unexpected)?,
            exp: exp.ok_or(Unexpected)?,
            nbf: nbf.ok_or(Unexpected)?,
            iat: iat.ok_or(Unexpected)?,
            session: session.ok_or(Unexpected)?,
            user: user.ok_or(Unexpected)?,
            organization: organization.ok_or(Unexpected)?,
            actions,
            impersonator,
            payload,
        })
    }
}

impl<'a> Audience<'a> {
    /// Whether `audience` is among them, octet for octet.
    #[must_use]
    pub fn contains(&self, audience: &str) -> bool {
        self.matching(audience).is_some()
    }

    /// The token's own copy of `audience`, when it is among them.
    fn matching(&self, audience: &str) -> Option<&'a str> {
        match self {
            Self::One(one) => Some(*one).filter(|one| *one == audience),
            Self::Many(many) => many.iter().find(|one| *one == audience),
        }
    }

    fn read(reader: &mut Reader<'a>, strings: &mut Decoder<'a>) -> Result<Self, Unexpected> {
        if let Some(plain) = reader.plain_string() {
            return Ok(Self::One(plain));
        }
        match reader.value()? {
            Value::String(text) => strings.decode(text).map(Self::One),
            Value::Array => strings.string_list(reader).map(Self::Many),
            _ => Err(Unexpected),
        }
    }
}

impl<'a> Session<'a> {
    fn read(reader: &mut Reader<'a>, strings: &mut Decoder<'a>) -> Result<Self, Unexpected> {
        let mut id = None;
        object(reader)?;
        reader.members(|reader, SessionMember::Id, repeated| {
            once(repeated)?;
            id = Some(strings.non_empty_string(reader)?);
            Ok::<_, Unexpected>(())
        })?;
        Ok(Self { id: id.ok_or(Unexpected)? })
    }
}

impl<'a> User<'a> {
    fn read(reader: &mut Reader<'a>, strings: &mut Decoder<'a>) -> Result<Self, Unexpected> {
        let (mut id, mut email, mut display_name, mut profile_picture_url) = (None, None, None, None);
        object(reader)?;
        reader.members(|reader, member, repeated| {
            once(repeated)?;
            match member {
                UserMember::Id => id = Some(strings.non_empty_string(reader)?),
                UserMember::Email => email = Some(strings.non_empty_string(reader)?),
                UserMember::DisplayName => display_name = strings.optional_string(reader)?,
                UserMember::ProfilePictureUrl => profile_picture_url = strings.optional_string(reader)?,
            }
            Ok::<_, Unexpected>(())
        })?;
        Ok(Self { id: id.ok_or(Unexpected)?, email: email.ok_or(Unexpected)?, display_name, profile_picture_url })
    }
}

impl<'a> Organization<'a> {
    fn read(reader: &mut Reader<'a>, strings: &mut Decoder<'a>) -> Result<Self, Unexpected> {
        let (mut id, mut display_name) = (None, None);
        object(reader)?;
        reader.members(|reader, member, repeated| {
            once(repeated)?;
            match member {
                OrganizationMember::Id => id = Some(strings.non_empty_string(reader)?),
                OrganizationMember::DisplayName => display_name = strings.optional_string(reader)?,
            }
            Ok::<_, Unexpected>(())
        })?;
        Ok(Self { id: id.ok_or(Unexpected)?, display_name })
    }
}

impl<'a> Impersonator<'a> {
    fn read(reader: &mut Reader<'a>, strings: &mut Decoder<'a>) -> Result<Option<Self>, Unexpected> {
        match reader.value()? {
            Value::Null => return Ok(None),
            Value::Object => {}
            _ => return Err(Unexpected),
        }
        let mut email = None;
        reader.members(|reader, ImpersonatorMember::Email, repeated| {
            once(repeated)?;
            email = Some(strings.non_empty_string(reader)?);
            Ok::<_, Unexpected>(())
        })?;
        Ok(Some(Self { email: email.ok_or(Unexpected)? }))
    }
}

fn once(repeated: bool) -> Result<(), Unexpected> {
    if repeated { Err(Unexpected) } else { Ok(()) }
}

members! {
    /// In the order in which the issuer writes them.
    enum Claim {
        Iss = "iss",
        Sub = "sub",
        Aud = "aud",
        Exp = "exp",
        Nbf = "nbf",
        Iat = "iat",
        Session = "session",
        User = "user",
        Organization = "organization",
        Actions = "actions",
        Impersonator = "impersonator",
    }
}

members! {
    enum SessionMember {
        Id = "id",
    }
}

members! {
    enum UserMember {
        Id = "id",
        Email = "email",
        DisplayName = "displayName",
        ProfilePictureUrl = "profilePictureUrl",
    }
}

members! {
    enum OrganizationMember {
        Id = "id",
        DisplayName = "displayName",
    }
}

members! {
    enum ImpersonatorMember {
        Email = "email",
    }
}

/// Prints no claim: they must not reach a log.
impl core::fmt::Debug for AccessTokenClaims<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AccessTokenClaims").finish_non_exhaustive()
    }
}

/// Writes the claims as the issuer names and orders them; what is absent or empty is left out, as there.
impl Serialize for AccessTokenClaims<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let has_actions = !self.actions.is_empty();
        let len =
            9_usize.saturating_add(usize::from(has_actions)).saturating_add(usize::from(self.impersonator.is_some()));
        let mut claims = serializer.serialize_struct("AccessTokenClaims", len)?;
        claims.serialize_field("iss", self.iss)?;
        claims.serialize_field("sub", self.sub)?;
        claims.serialize_field("aud", &self.aud)?;
        claims.serialize_field("exp", &self.exp)?;
        claims.serialize_field("nbf", &self.nbf)?;
        claims.serialize_field("iat", &self.iat)?;
        claims.serialize_field("session", &self.session)?;
        claims.serialize_field("user", &self.user)?;
        claims.serialize_field("organization", &self.organization)?;
        if has_actions {
            claims.serialize_field("actions", &self.actions)?;
        }
        if let Some(impersonator) = &self.impersonator {
            claims.serialize_field("impersonator", impersonator)?;
        }
        claims.end()
    }
}

impl Serialize for Audience<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(one) => serializer.serialize_str(one),
            Self::Many(many) => many.serialize(serializer),
        }
    }
}

/// Writes an object of strings, without those that are absent.
fn serialize_strings<S: Serializer, const N: usize>(
    serializer: S,
    name: &'static str,
    members: [(&'static str, Option<&str>); N],
) -> Result<S::Ok, S::Error> {
    let present = || members.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
    let mut object = serializer.serialize_struct(name, present().count())?;
    for (name, value) in present() {
        object.serialize_field(name, value)?;
    }
    object.end()
}

impl Serialize for Session<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_strings(serializer, "Session", [("id", Some(self.id))])
    }
}

impl Serialize for User<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = [
            ("id", Some(self.id)),
            ("email", Some(self.email)),
            ("displayName", self.display_name),
            ("profilePictureUrl", self.profile_picture_url),
        ];
        serialize_strings(serializer, "User", members)
    }
}

impl Serialize for Organization<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_strings(serializer, "Organization", [("id", Some(self.id)), ("displayName", self.display_name)])
    }
}

impl Serialize for Impersonator<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_strings(serializer, "Impersonator", [("email", Some(self.email))])
    }
}
