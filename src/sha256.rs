//! SHA-256 (FIPS 180-4). Only this module names the crate that computes it.

mod each;

#[cfg(all(
    feature = "panic-handler",
    not(any(feature = "std", test)),
    target_arch = "aarch64",
    any(target_os = "linux", target_os = "android")
))]
#[allow(unsafe_code)] // assembly, since Rust has no weak functions
mod hwcap;

pub use each::digest_each;
use sha2::Digest as _;

/// The digest of `octets`.
#[must_use]
pub fn digest(octets: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(octets).into()
}

/// The digest of octets that come in pieces.
#[derive(Clone)]
pub struct Hasher(sha2::Sha256);

impl Hasher {
    /// Without octets yet.
    #[must_use]
    pub fn new() -> Self {
        Self(sha2::Sha256::new())
    }

    /// Adds octets.
    pub fn update(&mut self, octets: &[u8]) {
        self.0.update(octets);
    }

    /// The digest of all octets so far.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.0.clone().finalize().into()
    }
}
