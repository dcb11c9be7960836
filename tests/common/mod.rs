//! What the integration tests share.
#![allow(dead_code)] // each test program uses a part

pub mod der;
pub mod engine;
#[cfg(feature = "alloc")]
pub mod images;
pub mod lines;
pub mod requests;
pub mod room;
pub mod sets;
pub mod tables;
