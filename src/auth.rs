//! The identity behind an authenticated request, with the accessors that the Tesseral SDKs have.

use crate::{claims::AccessTokenClaims, error::Error, json::StringList, jws, limits::MAX_KID_LEN};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

/// The kind of a credential.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CredentialsType {
    /// An access token: a user's session.
    AccessToken,
    /// An API key.
    ApiKey,
}

impl CredentialsType {
    /// `access_token` or `api_key`, as in every Tesseral SDK.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::ApiKey => "api_key",
        }
    }
}

/// An authenticated request.
///
/// It borrows from the credential and the scratch memory and, for an API key, from the service's response.
#[derive(Clone, Copy)]
pub struct Auth<'a> {
    credentials: &'a [u8],
    identity: Identity<'a>,
}

#[derive(Clone, Copy)]
#[allow(clippy::large_enum_variant)] // the large one is the usual one, and there is no allocator to box it with
enum Identity<'a> {
    AccessToken { claims: AccessTokenClaims<'a>, audience: &'a str },
    ApiKey { api_key_id: &'a str, organization_id: &'a str, actions: StringList<'a> },
}

impl<'a> Auth<'a> {
    pub(crate) fn access_token(credentials: &'a [u8], claims: AccessTokenClaims<'a>, audience: &'a str) -> Self {
        Self { credentials, identity: Identity::AccessToken { claims, audience } }
    }

    pub(crate) fn api_key(
        credentials: &'a [u8],
        api_key_id: &'a str,
        organization_id: &'a str,
        actions: StringList<'a>,
    ) -> Self {
        Self { credentials, identity: Identity::ApiKey { api_key_id, organization_id, actions } }
    }

    /// The kind of credential that the request carries.
    #[must_use]
    pub fn credentials_type(&self) -> CredentialsType {
        match self.identity {
            Identity::AccessToken { .. } => CredentialsType::AccessToken,
            Identity::ApiKey { .. } => CredentialsType::ApiKey,
        }
    }

    /// The credential itself: a secret.
    #[must_use]
    pub fn credentials(&self) -> &'a str {
        // Both kinds are ASCII. Checking that only here keeps the scan out of every verification.
        core::str::from_utf8(self.credentials).unwrap_or("")
    }

    #[cfg(feature = "ffi")]
    pub(crate) fn credentials_octets(&self) -> &'a [u8] {
        self.credentials
    }

    /// The `kid` of the key that signed the access token, written to the front of `room`.
    ///
    /// `None` for an API key, and for a token whose decoded header is over 512 octets: the issuer's have 69.
    #[must_use]
    pub fn kid<'k>(&self, room: &'k mut [u8; MAX_KID_LEN]) -> Option<&'k str> {
        match self.identity {
            Identity::AccessToken { .. } => jws::kid_of(self.credentials, room),
            Identity::ApiKey { .. } => None,
        }
    }

    /// The organization that the user or the API key belongs to.
    #[must_use]
    pub fn organization_id(&self) -> &'a str {
        match self.identity {
            Identity::AccessToken { claims, .. } => claims.organization.id,
            Identity::ApiKey { organization_id, .. } => organization_id,
        }
    }

    /// The claims of the access token.
    ///
    /// # Errors
    /// [`Error::NotAnAccessToken`] for an API key.
    pub fn access_token_claims(&self) -> Result<&AccessTokenClaims<'a>, Error> {
        match &self.identity {
            Identity::AccessToken { claims, .. } => Ok(claims),
            Identity::ApiKey { .. } => Err(Error::NotAnAccessToken),
        }
    }

    /// The audience of the access token that matched the policy; `None` for an API key.
    #[must_use]
    pub fn audience(&self) -> Option<&'a str> {
        match self.identity {
            Identity::AccessToken { audience, .. } => Some(audience),
            Identity::ApiKey { .. } => None,
        }
    }

    /// The API key's ID, which is not secret; `None` for an access token.
    #[must_use]
    pub fn api_key_id(&self) -> Option<&'a str> {
        match self.identity {
            Identity::AccessToken { .. } => None,
            Identity::ApiKey { api_key_id, .. } => Some(api_key_id),
        }
    }

    /// The actions that the user or the API key may perform.
    #[must_use]
    pub fn actions(&self) -> StringList<'a> {
        match self.identity {
            Identity::AccessToken { claims, .. } => claims.actions,
            Identity::ApiKey { actions, .. } => actions,
        }
    }

    /// Whether `action` is among the actions, octet for octet.
    #[must_use]
    pub fn has_permission(&self, action: &str) -> bool {
        self.actions().contains(action)
    }
}

/// Prints no credential and no claim, since they must not reach a log.
impl core::fmt::Debug for Auth<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Auth").field("credentials_type", &self.credentials_type().as_str()).finish_non_exhaustive()
    }
}

/// Writes everything but the credential.
impl Serialize for Auth<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut auth = serializer.serialize_struct("Auth", if self.api_key_id().is_some() { 4 } else { 3 })?;
        auth.serialize_field("credentialsType", self.credentials_type().as_str())?;
        auth.serialize_field("organizationId", self.organization_id())?;
        match &self.identity {
            Identity::AccessToken { claims, .. } => auth.serialize_field("accessTokenClaims", claims)?,
            Identity::ApiKey { api_key_id, actions, .. } => {
                auth.serialize_field("apiKeyId", api_key_id)?;
                auth.serialize_field("actions", actions)?;
            }
        }
        auth.end()
    }
}
