//! The claims of an access token, owned: they outlive the request's headers.

use serde::{Deserialize, Serialize};
use tesseral_verify as core;

/// The claims of an access token. Names and addresses are untrusted text, and may hold any character.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AccessTokenClaims {
    /// The issuer: `https://project-xxx.tesseral.app` for the project `project_xxx`.
    pub iss: String,
    /// The user's ID.
    pub sub: String,
    /// The audience: the issuer.
    pub aud: String,
    /// When the token expires, in seconds since 1970-01-01T00:00:00Z, rounded down.
    pub exp: i64,
    /// Before when it is not valid, in the same seconds, rounded up.
    pub nbf: i64,
    /// When it was issued, in the same seconds, rounded down.
    pub iat: i64,
    /// What the user may do; `None` when the token names nothing.
    pub actions: Option<Vec<String>>,
    /// The organization that the user is logged into.
    pub organization: AccessTokenOrganization,
    /// The user.
    pub user: AccessTokenUser,
    /// The session.
    pub session: AccessTokenSession,
    /// Who acts in the user's name.
    pub impersonator: Option<AccessTokenImpersonator>,
}

/// The session of an access token.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AccessTokenSession {
    /// Its ID.
    pub id: String,
}

/// The organization of an access token.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessTokenOrganization {
    /// Its ID.
    pub id: String,
    /// Its name; empty when the token has none.
    #[serde(default)]
    pub display_name: String,
}

/// The user of an access token.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessTokenUser {
    /// The user's ID.
    pub id: String,
    /// The e-mail address.
    pub email: String,
    /// The name.
    pub display_name: Option<String>,
    /// The URL of a picture.
    pub profile_picture_url: Option<String>,
}

/// Who acts in the user's name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AccessTokenImpersonator {
    /// The e-mail address.
    pub email: String,
}

impl AccessTokenClaims {
    /// `audience` is the one that matched.
    pub(crate) fn new(claims: &core::AccessTokenClaims<'_>, audience: &str) -> Self {
        let actions = || claims.actions.iter().map(str::to_owned).collect();
        Self {
            iss: claims.iss.to_owned(),
            sub: claims.sub.to_owned(),
            aud: audience.to_owned(),
            exp: claims.exp,
            nbf: claims.nbf,
            iat: claims.iat,
            actions: (!claims.actions.as_json().is_empty()).then(actions),
            organization: AccessTokenOrganization {
                id: claims.organization.id.to_owned(),
                display_name: claims.organization.display_name.unwrap_or_default().to_owned(),
            },
            user: AccessTokenUser {
                id: claims.user.id.to_owned(),
                email: claims.user.email.to_owned(),
                display_name: claims.user.display_name.map(str::to_owned),
                profile_picture_url: claims.user.profile_picture_url.map(str::to_owned),
            },
            session: AccessTokenSession { id: claims.session.id.to_owned() },
            impersonator: claims
                .impersonator
                .map(|impersonator| AccessTokenImpersonator { email: impersonator.email.to_owned() }),
        }
    }
}
