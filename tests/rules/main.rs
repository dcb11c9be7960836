//! Every rule of docs/design.md 3, as pairs: what just passes, and the nearest input that does not.

#[path = "../common/mod.rs"]
mod common;
mod fixture;

mod api_keys;
mod claims;
mod cost;
mod document;
mod extraction;
mod header;
mod keys;
mod limits;
mod order;
mod output;
mod time;
