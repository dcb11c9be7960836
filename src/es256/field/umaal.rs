//! The five operations of the field in the assembly of Arm processors that have UMAAL: `umaal.s` says how.

use core::arch::global_asm;

global_asm!(include_str!("umaal.s"), options(raw));

/// Four limbs of 64 bits: eight words of 32 bits in the same order, since the processor is little-endian.
type Limbs = [u64; 4];

unsafe extern "C" {
    fn tesseral_p256_mul(out: *mut Limbs, a: *const Limbs, b: *const Limbs);
    fn tesseral_p256_mul_add(out: *mut Limbs, a: *const Limbs, b: *const Limbs, c: *const Limbs, d: *const Limbs);
    fn tesseral_p256_add(out: *mut Limbs, a: *const Limbs, b: *const Limbs);
    fn tesseral_p256_sub(out: *mut Limbs, a: *const Limbs, b: *const Limbs);
}

/// a·b / 2^256.
#[inline(always)]
pub(super) fn mul(a: &Limbs, b: &Limbs) -> Limbs {
    let mut out = [0; 4];
    // SAFETY: the function reads the 32 bytes behind each argument, and then writes 32 bytes to `out`.
    unsafe { tesseral_p256_mul(&mut out, a, b) };
    out
}

/// a² / 2^256.
#[inline(always)]
pub(super) fn square(a: &Limbs) -> Limbs {
    mul(a, a)
}

/// (a·b + c·d) / 2^256, with one reduction.
#[inline(always)]
pub(super) fn mul_add(a: &Limbs, b: &Limbs, c: &Limbs, d: &Limbs) -> Limbs {
    let mut out = [0; 4];
    // SAFETY: as in `mul`.
    unsafe { tesseral_p256_mul_add(&mut out, a, b, c, d) };
    out
}

#[inline(always)]
pub(super) fn add(a: &Limbs, b: &Limbs) -> Limbs {
    let mut out = [0; 4];
    // SAFETY: as in `mul`.
    unsafe { tesseral_p256_add(&mut out, a, b) };
    out
}

#[inline(always)]
pub(super) fn sub(a: &Limbs, b: &Limbs) -> Limbs {
    let mut out = [0; 4];
    // SAFETY: as in `mul`.
    unsafe { tesseral_p256_sub(&mut out, a, b) };
    out
}

#[cfg(test)]
mod tests {
    use super::super::{portable, tests::edges, tests::random};

    /// At limbs where carries run furthest, and at random.
    #[test]
    fn the_same_as_in_rust() {
        let values: std::vec::Vec<_> = edges(super::super::P).into_iter().chain(random(2_000)).collect();
        let mut ran = 0;
        for (i, a) in values.iter().enumerate() {
            for (j, b) in values.iter().enumerate().skip(i % 17).step_by(17) {
                assert_eq!(super::mul(a, b), portable::mul(a, b), "{a:x?} * {b:x?}");
                assert_eq!(super::add(a, b), portable::add(a, b), "{a:x?} + {b:x?}");
                assert_eq!(super::sub(a, b), portable::sub(a, b), "{a:x?} - {b:x?}");
                let (c, d) = (&values[(i * 7 + j) % values.len()], &values[(i + j * 5) % values.len()]);
                assert_eq!(super::mul_add(a, b, c, d), portable::mul_add(a, b, c, d), "{a:x?} {b:x?} {c:x?} {d:x?}");
                ran += 1;
            }
        }
        assert!(ran > 500_000, "{ran}");
    }
}
