//! The verifier as a WebAssembly module. `tesseral_verify.js` calls these functions, and nothing else does.
//!
//! One instance of the module holds one verifier, which is loaded once. JavaScript frees the whole instance when nothing
//! refers to it any more. So nothing in here is ever freed.
//!
//! Octets go in through one buffer, at [`tesseral_input`]. Results are numbers, and addresses that stay valid until the next
//! call. No layout of a struct is known outside of this file.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![deny(clippy::undocumented_unsafe_blocks, clippy::multiple_unsafe_ops_per_block)]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod memory;
mod results;
mod state;

use state::{Load, state};
use tesseral_verify::limits::MAX_DOCUMENT_LEN;

/// Octets of the buffer: a document with an issuer and a project ID, or the header fields of a request. Fields that are longer
/// are refused.
pub(crate) const INPUT_LEN: usize = MAX_DOCUMENT_LEN + 1024;

/// Where JavaScript writes what the next call reads.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_input() -> *mut u8 {
    state::input()
}

/// How many octets it may write there. In place of more, it gives only their number to the call, which refuses them.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_input_len() -> usize {
    INPUT_LEN
}

/// Loads the verifier. The input is the document, the issuer and the project ID, one behind the other. An empty issuer or project
/// ID is none, a `max_token_len` of 0 is the default, and a profile is its place in the list of `tesseral_verify.js`.
///
/// Returns 0 or the number of an error.
#[allow(clippy::too_many_arguments)] // JavaScript can pass numbers, and no struct
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_load(
    document_len: usize,
    issuer_len: usize,
    project_id_len: usize,
    leeway_seconds: u32,
    max_token_len: usize,
    api_keys: u32,
    profile: u32,
) -> u32 {
    let api_keys = api_keys != 0;
    let load = Load { document_len, issuer_len, project_id_len, leeway_seconds, max_token_len, api_keys, profile };
    state().load(&load)
}

/// Verifies the token that is the input. Returns 0 or the number of an error.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_verify_token(token_len: usize, now: f64) -> u32 {
    state().verify_token(token_len, seconds(now))
}

/// Authenticates a request. The input is the first Authorization value and all Cookie values, joined with semicolons.
///
/// Returns 0 or the number of an error, such as that of `api_key_lookup_needed`.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_authenticate(
    authorization_count: usize,
    authorization_len: usize,
    cookie_len: usize,
    now: f64,
) -> u32 {
    state().authenticate(authorization_count, authorization_len, cookie_len, seconds(now))
}

/// Reads the service's answer about an API key. The input is the key and the body of the answer.
///
/// Returns 0 or the number of an error.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_api_key_response(key_len: usize, body_len: usize, http_status: u32) -> u32 {
    state().api_key_response(key_len, body_len, http_status)
}

/// JavaScript has floating-point numbers, and rounds them down before the call. The conversion saturates.
#[allow(clippy::cast_possible_truncation)]
fn seconds(now: f64) -> i64 {
    now as i64
}

/// Ends the call with an exception in JavaScript. Other targets, on which only lints run, have the standard library's handler.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
