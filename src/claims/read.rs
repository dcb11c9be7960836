//! Parsing the payload: each claim has its type, and none occurs twice.

use super::{AccessTokenClaims, Audience, Impersonator, Organization, Session, User};
use crate::json::{Decoder, Reader, Rounding, StringList, Unexpected, Value, members, number, object};

impl<'a> AccessTokenClaims<'a> {
    pub(super) fn read(octets: &'a [u8], room: &'a mut [u8]) -> Result<Self, Unexpected> {
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
    /// The claims in the order in which the issuer writes them.
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
