//! A double of the Tesseral auth service for tests and demonstrations.
//!
//! It writes what the issuer writes, to the octet: config documents (which are JWK Sets too) and access
//! tokens. Whatever an honest issuer never writes is made through the lower doors:
//! [`SigningKey::sign_compact`] signs any header and claims, [`jws::compact`] joins any three parts, and
//! [`ConfigDocument`] has public members.
//!
//! ```
//! use fake_tesseral::Project;
//!
//! let project = Project::new(7); // the same octets for the same number, always
//! let snapshot = project.config_document().to_json();
//! let token = project.mint(&project.claims(1_750_000_000).with_actions(["app.posts.read"]));
//! assert!(snapshot.starts_with(r#"{"projectId":"project_"#));
//! assert_eq!(token.split('.').next().map(str::len), Some(92));
//! ```

#![forbid(unsafe_code)]
#![deny(missing_docs, clippy::unwrap_used)]

pub mod answers;
pub mod api_keys;
pub mod base64url;
pub mod claims;
pub mod config;
pub mod ids;
pub mod json;
pub mod jws;
pub mod project;
pub mod random;
#[cfg(feature = "server")]
pub mod server;
pub mod signing;

pub use claims::{Claims, MemberOrder};
pub use config::ConfigDocument;
pub use project::Project;
pub use random::{Random, Seed};
#[cfg(feature = "server")]
pub use server::{Endpoint, Fault, Server, Tls};
pub use signing::{Coordinate, SHalf, SigningKey};

/// The examples of the README compile and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
