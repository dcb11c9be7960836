//! Measures `tesseral-verify` beside other ways to verify an access token.
//!
//! `criterion/` draws distributions, `src/bin/figures.rs` makes the figures that are quoted; both take their contestants
//! from here. A contestant is asserted before it is measured, and every measured verdict is asserted too.

pub mod engines;
pub mod measure;
pub mod ours;
pub mod peers;
pub mod record;
pub mod tokens;
