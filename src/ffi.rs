//! The C interface. Each function checks its pointers and lengths, calls the Rust interface and copies the
//! result out. Documentation here is written for readers of the header.
#![allow(non_camel_case_types)] // C's names
#![allow(clippy::missing_safety_doc)] // each comment states the whole contract, for C callers

mod api_key;
#[cfg(feature = "std")]
mod attempt;
mod auth;
mod authenticate;
#[cfg(feature = "std")]
mod authenticator;
mod cache;
mod copy;
mod found;
mod guard;
mod memory;
mod revoked;
mod rulebook;
mod status;
mod survey;
mod types;
mod verifier;
mod verify;

pub use api_key::*;
#[cfg(feature = "std")]
pub use attempt::*;
pub use auth::*;
pub use authenticate::*;
#[cfg(feature = "std")]
pub use authenticator::*;
pub use cache::*;
pub use copy::*;
pub use found::*;
pub use memory::*;
pub use revoked::*;
pub use rulebook::*;
pub use status::*;
pub use survey::*;
pub use types::*;
pub use verifier::*;
pub use verify::*;
