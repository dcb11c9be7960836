//! What the pages say is so: code compiles, commands exist, links lead somewhere, tables and numbers are those of the code.

#[cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]
#[path = "../c/support.rs"]
mod c;

#[cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]
mod code;
mod commands;
mod design;
mod first_screen;
mod links;
mod operators;
mod pages;
mod questions;
