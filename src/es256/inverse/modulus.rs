//! What inversion needs to know of a modulus.

use super::radix::{MASK, Signed, to_signed};

/// An odd modulus m, 2^256 − 2^225 < m < 2^256.
pub(in crate::es256) struct Modulus {
    pub(super) m: [u64; 4],
    pub(super) radix_62: Signed,
    /// −1/m mod 2^62.
    pub(super) negative_inverse: u64,
}

impl Modulus {
    pub(in crate::es256) const fn new(m: [u64; 4]) -> Self {
        // Newton's iteration: three bits are right at first, and each step doubles their number.
        let mut inverse = m[0];
        let mut doublings = 0;
        while doublings < 5 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(m[0].wrapping_mul(inverse)));
            doublings += 1;
        }
        Self { m, radix_62: to_signed(m), negative_inverse: inverse.wrapping_neg() & MASK }
    }
}
