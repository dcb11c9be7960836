//! Who sent a request, and the extractor that gives it to handlers.

use crate::{claims::AccessTokenClaims, refusal};
use axum_core::{
    body::Body,
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::request::Parts;
use std::{fmt, sync::Arc};
use tesseral_verify::{self as core, CredentialsType, Error};

/// Who sent a request: a user or an API key. Only the layer makes it, for a credential that it has verified.
///
/// It is an extractor of Axum. Elsewhere, as in tonic, find it in the request's extensions. Cloning it is cheap.
#[derive(Clone)]
pub struct Auth(Arc<Sender>);

struct Sender {
    credentials: String,
    identity: Identity,
}

#[allow(clippy::large_enum_variant)] // the large one is the usual one
enum Identity {
    AccessToken(AccessTokenClaims),
    ApiKey { api_key_id: String, organization_id: String, actions: Vec<String> },
}

impl Auth {
    pub(crate) fn new(auth: &core::Auth<'_>) -> Self {
        let identity = match (auth.access_token_claims(), auth.audience()) {
            (Ok(claims), Some(audience)) => Identity::AccessToken(AccessTokenClaims::new(claims, audience)),
            _ => Identity::ApiKey {
                api_key_id: auth.api_key_id().unwrap_or_default().to_owned(),
                organization_id: auth.organization_id().to_owned(),
                actions: auth.actions().iter().map(str::to_owned).collect(),
            },
        };
        Self(Arc::new(Sender { credentials: auth.credentials().to_owned(), identity }))
    }

    /// The kind of credential that the request carries.
    #[must_use]
    pub fn credentials_type(&self) -> CredentialsType {
        match &self.0.identity {
            Identity::AccessToken(_) => CredentialsType::AccessToken,
            Identity::ApiKey { .. } => CredentialsType::ApiKey,
        }
    }

    /// The organization that the user or the API key belongs to.
    #[must_use]
    pub fn organization_id(&self) -> &str {
        match &self.0.identity {
            Identity::AccessToken(claims) => &claims.organization.id,
            Identity::ApiKey { organization_id, .. } => organization_id,
        }
    }

    /// The claims of the access token; `None` for an API key.
    #[must_use]
    pub fn access_token_claims(&self) -> Option<&AccessTokenClaims> {
        match &self.0.identity {
            Identity::AccessToken(claims) => Some(claims),
            Identity::ApiKey { .. } => None,
        }
    }

    /// The API key's ID, which is no secret; `None` for an access token.
    #[must_use]
    pub fn api_key_id(&self) -> Option<&str> {
        match &self.0.identity {
            Identity::AccessToken(_) => None,
            Identity::ApiKey { api_key_id, .. } => Some(api_key_id),
        }
    }

    /// The credential itself: a secret.
    #[must_use]
    pub fn credentials(&self) -> &str {
        &self.0.credentials
    }

    /// What the sender may do.
    #[must_use]
    pub fn actions(&self) -> &[String] {
        match &self.0.identity {
            Identity::AccessToken(claims) => claims.actions.as_deref().unwrap_or_default(),
            Identity::ApiKey { actions, .. } => actions,
        }
    }

    /// Whether the sender may do `action`.
    #[must_use]
    pub fn has_permission(&self, action: &str) -> bool {
        self.actions().iter().any(|one| one == action)
    }
}

/// Prints no credential and no claim, since they must not reach a log.
impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("credentials_type", &self.credentials_type().as_str()).finish_non_exhaustive()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Auth {
    type Rejection = NoLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NoLayer> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            log::warn!("request refused: {}: this route is outside of require_auth", Error::CredentialsMissing.slug());
            NoLayer(())
        })
    }
}

/// The handler of a route that is outside of [`require_auth`](crate::require_auth) asked for [`Auth`]. The answer is 401.
#[derive(Clone, Copy, Debug)]
pub struct NoLayer(());

impl fmt::Display for NoLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the route is outside of require_auth")
    }
}

impl std::error::Error for NoLayer {}

impl IntoResponse for NoLayer {
    fn into_response(self) -> Response {
        refusal::response::<Body>(Error::CredentialsMissing, false)
    }
}
