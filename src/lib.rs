//! Verifies the credentials of requests to services that use Tesseral: access tokens (ES256 JSON Web Tokens)
//! and API keys.
//!
//! Load the project's configuration document once, then verify tokens against it. The core allocates nothing, reads no clock
//! and keeps no state between calls:
//!
//! ```
//! use tesseral_verify::{Authentication, Key, Memory, Options, Profile, TableEntry, Verifier};
//!
//! # let project = fake_tesseral::Project::new(7);
//! # let document = project.config_document().to_json();
//! # let now = 1_750_000_000;
//! # let authorization = format!("Bearer {}", project.access_token(now));
//! let mut keys = [const { Key::VACANT }; 2];
//! let mut entries = [TableEntry::ZERO; Profile::Tiny.entries(2)];
//! let memory = Memory::borrowed(&mut keys, &mut entries);
//! let verifier = Verifier::load(document.as_bytes(), memory, &Options::new().profile(Profile::Tiny))?;
//!
//! let mut scratch = [0; 32 * 1024]; // at least verifier.scratch_len()
//! match verifier.authenticate([authorization.as_bytes()], [], now, None, &mut scratch)? {
//!     Authentication::Complete(auth) => {
//!         assert!(auth.organization_id().starts_with("org_"));
//!         assert!(!auth.access_token_claims()?.user.email.is_empty());
//!         assert!(!auth.has_permission("billing.invoices.delete"));
//!     }
//!     Authentication::LookupNeeded(api_key) => {
//!         // Only with `Options::api_keys`: ask the service, see `ApiKey::request`.
//!         # let _ = api_key;
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! With the feature `alloc`, [`Verifier::load_owned`] allocates the memory.
//!
//! # What is checked
//!
//! The checks run in this order. The first one that fails decides, and its slug is the same in every language.
//!
//! | | check | error |
//! |---|---|---|
//! | 1 | length | [`token_too_large`](Error::TokenTooLarge) |
//! | 2 | three strict base64url segments, 64 octets of signature | [`token_malformed`](Error::TokenMalformed) |
//! | 3 | header: a JSON object with one `alg` and one `kid` | [`header_malformed`](Error::HeaderMalformed) |
//! | 4 | `alg` is `ES256` | [`alg_not_allowed`](Error::AlgNotAllowed) |
//! | 5 | no `crit` | [`crit_not_supported`](Error::CritNotSupported) |
//! | 6 | `kid` is a usable key of the snapshot | [`key_unknown`](Error::KeyUnknown) |
//! | 7 | the signature | [`signature_invalid`](Error::SignatureInvalid) |
//! | 8 | claims: a JSON object with all that the issuer writes, nothing twice | [`claims_malformed`](Error::ClaimsMalformed) |
//! | 9 | `now <= exp + leeway`, `nbf - leeway <= now` | [`token_expired`](Error::TokenExpired), [`token_not_yet_valid`](Error::TokenNotYetValid) |
//! | 10 | `iss` | [`issuer_mismatch`](Error::IssuerMismatch) |
//! | 11 | `aud` | [`audience_mismatch`](Error::AudienceMismatch) |
//!
//! A token is valid until `exp`, at most 300 s after it was issued. Where that is too long, the caller keeps a list of revoked
//! sessions and users, and checks accepted tokens against it: see [`Verifier::check_revoked`].
//!
//! # Features
//!
//! None is on by default, and none changes a verdict.
//!
//! * `alloc`: [`Verifier::load_owned`]; images of snapshots are made ([`Verifier::to_image`]).
//! * `std`: `alloc`, and the module `net`, which keeps keys fresh and looks up API keys. Panics stop at the C boundary.
//! * `ffi`: the C interface.
//! * `panic-handler`: a panic handler, for freestanding archives.
//! * `cli`: the program `tesseral-verify`.
#![no_std]
#![deny(unsafe_code, missing_docs, clippy::undocumented_unsafe_blocks, clippy::multiple_unsafe_ops_per_block)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic
    )
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod api_key;
pub mod auth;
mod base64url;
pub mod cache;
pub mod claims;
pub mod credential;
pub mod error;
#[doc(hidden)]
pub mod es256;
#[cfg(feature = "ffi")]
#[allow(unsafe_code)] // the C boundary: see ffi/guard.rs
pub mod ffi;
pub mod image;
#[doc(hidden)]
pub mod json;
pub mod jwk;
mod jws;
pub mod limits;
#[cfg(feature = "std")]
pub mod net;
pub mod policy;
pub mod revoked;
pub mod rulebook;
mod search;
mod sha256;
mod siphash;
pub mod snapshot;
mod store;
mod verify;

pub use api_key::ApiKey;
pub use auth::{Auth, CredentialsType};
pub use cache::Cache;
pub use claims::AccessTokenClaims;
pub use error::Error;
pub use es256::{BaseTable, Profile, TableEntry};
pub use policy::Options;
pub use revoked::Revoked;
pub use snapshot::{Key, LoadError, Memory, Snapshot, Survey};
pub use verify::{Authentication, Verifier};

/// The README's examples are tests.
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../README.md")]
struct Readme;
