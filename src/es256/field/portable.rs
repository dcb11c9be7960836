//! The five operations of the field for processors with 64-bit words. WebAssembly has them, too, but for the product.

use super::{
    Fe,
    carries::{add_masked, fold_carries, fold_carry, sub_masked, subtract_complement},
    reduction::reduce,
};
use crate::es256::limbs::{add_limbs, sub_limbs};
#[cfg(target_pointer_width = "64")]
use crate::es256::product::{product, square};
#[cfg(not(target_pointer_width = "64"))]
use crate::es256::product_32::product;

impl Fe {
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(in crate::es256) fn mul(&self, other: &Self) -> Self {
        let (quotient, carry) = reduce(product(&self.0, &other.0));
        Self(add_masked(&quotient, carry).0)
    }

    #[cfg(target_pointer_width = "64")]
    #[inline(always)]
    pub(in crate::es256) fn square(&self) -> Self {
        let (quotient, carry) = reduce(square(&self.0));
        Self(add_masked(&quotient, carry).0)
    }

    /// With products of 32-bit words, saving half of them costs as much in carries.
    #[cfg(not(target_pointer_width = "64"))]
    pub(in crate::es256) fn square(&self) -> Self {
        self.mul(self)
    }

    /// `self`·b + c·d with one reduction.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(in crate::es256) fn mul_add(&self, b: &Self, c: &Self, d: &Self) -> Self {
        let (sum, top) = add_wide(&product(&self.0, &b.0), &product(&c.0, &d.0));
        let (quotient, carry) = reduce(sum);
        let (sum, again) = add_masked(&quotient, carry | top);
        // Two carries, or another one after the first correction: at most once in about 2^32 random cases.
        if again | (carry & top) {
            return Self(fold_carries(sum, u64::from(again).wrapping_add(u64::from(carry & top))));
        }
        Self(sum)
    }

    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(in crate::es256) fn add(&self, other: &Self) -> Self {
        let (sum, carry) = add_limbs(&self.0, &other.0);
        Self(fold_carry(sum, carry))
    }

    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(in crate::es256) fn sub(&self, other: &Self) -> Self {
        let (difference, borrow) = sub_limbs(&self.0, &other.0);
        let (difference, again) = sub_masked(&difference, borrow);
        if again { Self(subtract_complement(difference)) } else { Self(difference) }
    }
}

#[inline(always)]
fn add_wide(a: &[u64; 8], b: &[u64; 8]) -> ([u64; 8], bool) {
    let (t0, c) = a[0].carrying_add(b[0], false);
    let (t1, c) = a[1].carrying_add(b[1], c);
    let (t2, c) = a[2].carrying_add(b[2], c);
    let (t3, c) = a[3].carrying_add(b[3], c);
    let (t4, c) = a[4].carrying_add(b[4], c);
    let (t5, c) = a[5].carrying_add(b[5], c);
    let (t6, c) = a[6].carrying_add(b[6], c);
    let (t7, c) = a[7].carrying_add(b[7], c);
    ([t0, t1, t2, t3, t4, t5, t6, t7], c)
}
