//! Properties of `tesseral-verify`, checked on arbitrary octets.
//!
//! Each of [`token`], [`snapshot`], [`json`], [`headers`] and [`revoked`] has a `run` that panics when the library breaks a
//! promise; `fuzz_targets/` hands them to libFuzzer, `examples/seeds.rs` runs them on the seeds. [`reference`] is
//! docs/design.md section 3 a second time, written for clarity: owned strings, serde_json, no bounds on memory.

pub mod c;
pub mod headers;
pub mod json;
pub mod reference;
pub mod revoked;
pub mod signer;
pub mod snapshot;
pub mod token;
pub mod world;

/// Replaces each octet that stands for a text by it; the others stay.
///
/// The fuzzer moves one octet around, where it would have to keep a hundred intact.
pub fn expand(input: &[u8], texts: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut expanded = Vec::new();
    for octet in input {
        match texts.iter().find(|(mark, _)| mark == octet) {
            Some((_, text)) => expanded.extend_from_slice(text),
            None => expanded.push(*octet),
        }
    }
    expanded
}

/// Takes the first octet, or 0 when there is none.
pub fn take_octet(input: &mut &[u8]) -> u8 {
    let Some((first, rest)) = input.split_first() else { return 0 };
    *input = rest;
    *first
}
