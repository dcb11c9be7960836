//! The five operations of the field in Rust, on values below 2^256 in Montgomery form.
//!
//! Where words have 32 bits, an operation is several hundred instructions, and a program holds each of them once.

use super::{
    carries::{add_masked, fold_carries, fold_carry, sub_masked, subtract_complement},
    reduction::reduce,
};
use crate::es256::limbs::{add_limbs, sub_limbs};
#[cfg(target_pointer_width = "64")]
use crate::es256::product;
#[cfg(not(target_pointer_width = "64"))]
use crate::es256::product_32 as product;

/// a·b / 2^256.
#[cfg_attr(target_pointer_width = "64", inline(always))]
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(super) fn mul(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let (quotient, carry) = reduce(product::product(a, b));
    add_masked(&quotient, carry).0
}

/// a² / 2^256.
#[cfg(target_pointer_width = "64")]
#[inline(always)]
pub(super) fn square(a: &[u64; 4]) -> [u64; 4] {
    let (quotient, carry) = reduce(product::square(a));
    add_masked(&quotient, carry).0
}

/// a² / 2^256. With words of 32 bits, saving half the products costs as much in carries.
#[cfg(not(target_pointer_width = "64"))]
pub(super) fn square(a: &[u64; 4]) -> [u64; 4] {
    mul(a, a)
}

/// (a·b + c·d) / 2^256, with one reduction.
#[cfg_attr(target_pointer_width = "64", inline(always))]
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(super) fn mul_add(a: &[u64; 4], b: &[u64; 4], c: &[u64; 4], d: &[u64; 4]) -> [u64; 4] {
    let (sum, top) = add_wide(&product::product(a, b), &product::product(c, d));
    let (quotient, carry) = reduce(sum);
    let (sum, again) = add_masked(&quotient, carry | top);
    // Two carries, or another one after the first correction: at most once in about 2^32 random cases.
    if again | (carry & top) {
        return fold_carries(sum, u64::from(again).wrapping_add(u64::from(carry & top)));
    }
    sum
}

#[cfg_attr(target_pointer_width = "64", inline(always))]
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(super) fn add(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let (sum, carry) = add_limbs(a, b);
    fold_carry(sum, carry)
}

#[cfg_attr(target_pointer_width = "64", inline(always))]
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(super) fn sub(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let (difference, borrow) = sub_limbs(a, b);
    let (difference, again) = sub_masked(&difference, borrow);
    if again { subtract_complement(difference) } else { difference }
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
