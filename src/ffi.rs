//! The C interface. Each function checks its pointers and lengths, calls the Rust interface and copies the
//! result out. Documentation here is written for readers of the header.
#![allow(non_camel_case_types)] // C's names
#![allow(clippy::missing_safety_doc)] // each comment states the whole contract, for C callers

mod actions;
mod api_key;
#[cfg(feature = "std")]
mod attempt;
mod auth;
mod authenticate;
#[cfg(feature = "std")]
mod authenticator;
mod base_table;
mod cache;
mod call;
mod constants;
mod copy;
mod find_claim;
mod guard;
mod image;
mod memory;
mod options;
#[cfg(all(feature = "panic-handler", not(feature = "std"), not(test)))]
mod panic_handler;
mod revoked;
mod rulebook;
#[cfg(feature = "std")]
mod settings;
#[cfg(feature = "std")]
mod stats;
mod status;
mod survey;
mod types;
mod verifier;
mod verify;

pub use actions::*;
pub use api_key::*;
#[cfg(feature = "std")]
pub use attempt::*;
pub use auth::*;
pub use authenticate::*;
#[cfg(feature = "std")]
pub use authenticator::*;
pub use base_table::*;
pub use cache::*;
pub use constants::*;
pub use copy::*;
pub use find_claim::*;
pub use image::*;
pub use memory::*;
pub use revoked::*;
pub use rulebook::*;
#[cfg(feature = "std")]
pub use settings::*;
#[cfg(feature = "std")]
pub use stats::*;
pub use status::*;
pub use survey::*;
pub use types::*;
pub use verifier::*;
pub use verify::*;
