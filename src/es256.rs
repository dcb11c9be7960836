//! ES256: ECDSA over P-256 with SHA-256 (RFC 7518 section 3.4, FIPS 186-5 section 6.4.2), verification only.
//!
//! Keys are known long before signatures arrive. So each key has a precomputed table of its multiples, and a verification is
//! one inversion mod n and a sum of table entries. Nothing here is secret: everything runs in variable time.
//!
//! The modules below import one way: integers and field, points, tables, the comb that selects entries, the sums of those
//! entries, the equation that a signature has to satisfy, and batches. `base_table` has the table of the base point.

mod base_table;
mod batch;
// Indices come from constant shapes, and the sums of the inversion cannot overflow: the bounds stand beside them.
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
mod comb;
mod engine;
mod entry;
mod equation;
mod field;
#[cfg(target_arch = "x86_64")]
mod ifma;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
mod inverse;
#[cfg(target_arch = "x86_64")]
#[allow(clippy::indexing_slicing)]
mod lanes;
mod limbs;
mod point;
mod prefetch;
#[cfg(all(target_pointer_width = "64", any(test, not(target_arch = "aarch64"))))]
mod product;
#[cfg(any(target_arch = "wasm32", all(test, target_pointer_width = "64")))]
mod product_32;
mod scalar;
#[allow(clippy::arithmetic_side_effects)]
mod shape;
mod sum;
#[allow(clippy::arithmetic_side_effects)]
mod table;
#[cfg(test)]
mod tests;

use crate::{error::Error, limits::SIGNATURE_LEN, sha256};
pub use base_table::BaseTable;
pub use batch::{Item, verify_batch};
pub use engine::{Engine, Profile};
pub use entry::TableEntry;
pub use equation::verify_digest;
use heapless::Vec;
pub use point::Point;
pub(crate) use table::begins_table_of;
pub use table::{Tables, fill_table};

/// Proof that a signature is valid. Only this module can construct one.
#[derive(Clone, Copy, Debug)]
pub struct Verified(());

/// Checks an ES256 signature over `signing_input`.
///
/// `signing_input` is the ASCII text `header.payload` exactly as received; encoding a parsed header again
/// would check a different message. `signature` is R ‖ S. A high S is accepted: JOSE has no low-S rule.
///
/// # Errors
/// [`Error::SignatureInvalid`], also when R or S is not in 1 … n − 1.
pub fn verify(tables: &Tables<'_>, signing_input: &[u8], signature: &[u8; SIGNATURE_LEN]) -> Result<Verified, Error> {
    let digest = sha256::digest(signing_input);
    if verify_digest(tables, &digest, signature) { Ok(Verified(())) } else { Err(Error::SignatureInvalid) }
}

/// What [`verify`] checks, as one of several.
#[derive(Clone, Copy)]
pub struct Signed<'t> {
    /// The key.
    pub tables: Tables<'t>,
    /// The ASCII text `header.payload`.
    pub signing_input: &'t [u8],
    /// R ‖ S.
    pub signature: &'t [u8; SIGNATURE_LEN],
}

/// Checks each of up to `N` signatures as [`verify`] does, in less time than one by one. Gives a proof for each valid one, and
/// `None` where there is no signature.
pub fn prove_batch<const N: usize>(signed: &[Signed<'_>]) -> [Option<Verified>; N] {
    let mut digests = [[0; 32]; N];
    sha256::digest_each(signed.iter().map(|signed| signed.signing_input), &mut digests);
    let mut items = Vec::<_, N>::new();
    for (Signed { tables, signature, .. }, digest) in signed.iter().zip(&digests) {
        // There are no more digests than the vector has room for.
        let _ = items.push(Item { tables: *tables, digest, signature });
    }
    let mut verdicts = [false; N];
    verify_batch(&items, &mut verdicts);
    verdicts.map(|valid| valid.then_some(Verified(())))
}
