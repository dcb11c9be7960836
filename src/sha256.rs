//! SHA-256 (FIPS 180-4). Only this module names the crate that computes it.

use sha2::Digest as _;

/// The digest of `octets`.
#[must_use]
pub fn digest(octets: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(octets).into()
}
