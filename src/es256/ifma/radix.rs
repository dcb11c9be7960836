//! Four limbs of 64 bits, and the same as five of 52 bits.

use super::vector::MASK;

/// Joins five tight limbs. Also gives the part above 2^256.
pub(in crate::es256) fn join([a, b, c, d, e]: [u64; 5]) -> ([u64; 4], u64) {
    ([a | (b << 52), (b >> 12) | (c << 40), (c >> 24) | (d << 28), (d >> 36) | (e << 16)], e >> 48)
}

/// The same value in limbs of 52 bits.
pub(super) const fn split([a, b, c, d]: [u64; 4]) -> [u64; 5] {
    [a & MASK, (a >> 52 | b << 12) & MASK, (b >> 40 | c << 24) & MASK, (c >> 28 | d << 36) & MASK, d >> 16]
}
