//! What JavaScript reads after a call.

use crate::state::state;
use tesseral_verify::Error;

/// The credential of the last request that was accepted or has an API key.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_credentials() -> *const u8 {
    state().credentials.0
}

/// Its octets.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_credentials_len() -> usize {
    state().credentials.1
}

/// The payload of the last accepted token, as it was signed: JSON.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_payload() -> *const u8 {
    state().claims.payload.0
}

/// Its octets.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_payload_len() -> usize {
    state().claims.payload.1
}

/// `exp` of that token, rounded down. At most 2^53, so that it is exact.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_exp() -> f64 {
    number(state().claims.exp)
}

/// `nbf` of that token, rounded up.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_nbf() -> f64 {
    number(state().claims.nbf)
}

/// `iat` of that token, rounded down.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_iat() -> f64 {
    number(state().claims.iat)
}

/// The issuer, and audience, that tokens must have.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_issuer() -> *const u8 {
    issuer().as_ptr()
}

/// Its octets; 0 before the verifier is loaded.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_issuer_len() -> usize {
    issuer().len()
}

/// The project ID of the document or of the options.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_project_id() -> *const u8 {
    project_id().as_ptr()
}

/// Its octets; 0 when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_project_id_len() -> usize {
    project_id().len()
}

/// How many keys of the document are used.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_keys_used() -> usize {
    state().verifier.as_ref().map_or(0, |verifier| verifier.snapshot().keys().len())
}

/// How many are not.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_keys_skipped() -> usize {
    state().verifier.as_ref().map_or(0, |verifier| verifier.snapshot().keys_skipped())
}

/// Where the fault is in the document that was refused as `config_malformed`.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_error_offset() -> usize {
    state().error_offset
}

/// The slug of an error.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_slug(code: u32) -> *const u8 {
    error(code).slug().as_ptr()
}

/// Its octets.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_slug_len(code: u32) -> usize {
    error(code).slug().len()
}

/// What an error is, as a phrase.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_text(code: u32) -> *const u8 {
    error(code).text().as_ptr()
}

/// Its octets.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_text_len(code: u32) -> usize {
    error(code).text().len()
}

/// The HTTP status with which a server answers.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_http_status(code: u32) -> u32 {
    error(code).http_status().into()
}

fn error(code: u32) -> Error {
    Error::from_code(code).unwrap_or(Error::InternalError)
}

fn issuer() -> &'static str {
    state().verifier.as_ref().map_or("", |verifier| verifier.policy().issuer())
}

fn project_id() -> &'static str {
    state().verifier.as_ref().and_then(|verifier| verifier.policy().project_id()).unwrap_or("")
}

/// Dates are at most 2^53.
#[allow(clippy::cast_precision_loss)]
fn number(seconds: i64) -> f64 {
    seconds as f64
}
