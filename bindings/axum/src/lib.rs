//! Authenticates requests to [`axum`](https://docs.rs/axum) and [`tonic`](https://docs.rs/tonic) services that use Tesseral.
//!
//! [`require_auth`] makes a tower layer that refuses each request without a good credential. Behind it, [`Auth`] is an extractor
//! that says who sent the request:
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use tesseral_verify_axum::{Auth, Authenticator, require_auth};
//!
//! async fn handler(auth: Auth) -> String {
//!     format!("You work for {}", auth.organization_id())
//! }
//!
//! let authenticator = Authenticator::new("publishable_key_xxx".into());
//! let app: Router = Router::new().route("/", get(handler)).layer(require_auth(authenticator));
//! ```
//!
//! Keys are fetched in the background, by [`tesseral_verify::net::Authenticator`]. No request waits for another one, and
//! nothing that blocks runs on a thread of the runtime.
#![deny(missing_docs, unsafe_code)]

mod auth;
mod authenticator;
mod claims;
mod first_document;
mod judge;
mod layer;
mod refusal;

pub use auth::{Auth, NoLayer};
pub use authenticator::Authenticator;
pub use claims::{
    AccessTokenClaims, AccessTokenImpersonator, AccessTokenOrganization, AccessTokenSession, AccessTokenUser,
};
pub use layer::{RequireAuth, RequireAuthLayer, require_auth};
pub use tesseral_verify::CredentialsType;

/// The README's examples are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
