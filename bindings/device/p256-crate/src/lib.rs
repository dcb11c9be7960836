//! The signatures of tokens, verified with the crate p256: what a firmware would do without this project.

#![no_std]

use base64ct::{Base64UrlUnpadded, Encoding};
use core::slice;
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};

static mut KEY: Option<VerifyingKey> = None;

/// Takes the key: an uncompressed point in 65 octets (SEC 1 section 2.3.3).
///
/// # Safety
/// `point` has 65 readable octets, and no other call is under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn p256_crate_load(point: *const u8) -> bool {
    // SAFETY: the caller's promise.
    let point = unsafe { slice::from_raw_parts(point, 65) };
    let key = VerifyingKey::from_sec1_bytes(point).ok();
    // SAFETY: the caller's promise.
    unsafe { KEY = key };
    key.is_some()
}

/// Whether the signature of a token (RFC 7515 section 3.1) holds.
///
/// # Safety
/// `token` has `len` readable octets, and no other call is under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn p256_crate_verify(token: *const u8, len: usize) -> bool {
    // SAFETY: the caller's promise.
    let (token, key) = unsafe { (slice::from_raw_parts(token, len), KEY) };
    verify(token, key).is_some()
}

fn verify(token: &[u8], key: Option<VerifyingKey>) -> Option<()> {
    let dot = token.iter().rposition(|octet| *octet == b'.')?;
    let mut octets = [0; 64];
    let signature = Base64UrlUnpadded::decode(token.get(dot + 1..)?, &mut octets).ok()?;
    key?.verify(token.get(..dot)?, &Signature::from_slice(signature).ok()?).ok()
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
