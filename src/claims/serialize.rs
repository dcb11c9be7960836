//! Serializing claims with serde.

use super::{AccessTokenClaims, Audience, Impersonator, Organization, Session, User};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

/// Writes the claims with the issuer's names and in its order. Like the issuer, it leaves out what is absent or empty.
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

/// Writes an object of the strings that are present.
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
