//! Verifies the credentials of requests to services that use Tesseral: access tokens (ES256 JSON Web Tokens)
//! and API keys.
#![no_std]
#![deny(
    unsafe_code,
    missing_docs,
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    clippy::unwrap_used
)]
#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::expect_used, clippy::panic)
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod api_key;
pub mod auth;
mod base64url;
pub mod claims;
pub mod credential;
pub mod error;
#[doc(hidden)]
pub mod es256;
#[cfg(feature = "ffi")]
#[allow(unsafe_code)] // the C boundary: see ffi/guard.rs
pub mod ffi;
#[doc(hidden)]
pub mod json;
pub mod jwk;
mod jws;
pub mod limits;
#[cfg(all(feature = "panic-handler", not(feature = "std"), not(test)))]
mod panic_handler;
pub mod policy;
mod sha256;
pub mod snapshot;
mod verify;

pub use api_key::ApiKey;
pub use auth::{Auth, CredentialsType};
pub use claims::AccessTokenClaims;
pub use error::Error;
pub use es256::{Line, Profile};
pub use policy::Options;
pub use snapshot::{Key, LoadError, Memory, Snapshot};
pub use verify::{Authentication, Verifier};
