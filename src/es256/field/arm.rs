//! The five operations of the field in assembly for 32-bit Arm: `umaal.s` for processors with that instruction, `armv6m.s` for
//! those that have only the shortest multiplication.

use super::Fe;
use core::arch::global_asm;

#[cfg(tesseral_umaal)]
global_asm!(include_str!("umaal.s"), options(raw));
#[cfg(tesseral_armv6m)]
global_asm!(include_str!("armv6m.s"), options(raw));

/// Four limbs of 64 bits: eight words of 32 bits in the same order, since the processor is little-endian.
type Limbs = [u64; 4];

unsafe extern "C" {
    fn tesseral_p256_mul(out: *mut Limbs, a: *const Limbs, b: *const Limbs);
    fn tesseral_p256_mul_add(out: *mut Limbs, a: *const Limbs, b: *const Limbs, c: *const Limbs, d: *const Limbs);
    fn tesseral_p256_add(out: *mut Limbs, a: *const Limbs, b: *const Limbs);
    fn tesseral_p256_sub(out: *mut Limbs, a: *const Limbs, b: *const Limbs);
}

impl Fe {
    #[inline(always)]
    pub(in crate::es256) fn mul(&self, other: &Self) -> Self {
        let mut out = Self::ZERO;
        // SAFETY: the function reads the 32 bytes behind each argument, and then writes 32 bytes to `out`.
        unsafe { tesseral_p256_mul(&mut out.0, &self.0, &other.0) };
        out
    }

    #[inline(always)]
    pub(in crate::es256) fn square(&self) -> Self {
        self.mul(self)
    }

    /// `self`·b + c·d with one reduction.
    #[inline(always)]
    pub(in crate::es256) fn mul_add(&self, b: &Self, c: &Self, d: &Self) -> Self {
        let mut out = Self::ZERO;
        // SAFETY: as in `mul`.
        unsafe { tesseral_p256_mul_add(&mut out.0, &self.0, &b.0, &c.0, &d.0) };
        out
    }

    #[inline(always)]
    pub(in crate::es256) fn add(&self, other: &Self) -> Self {
        let mut out = Self::ZERO;
        // SAFETY: as in `mul`.
        unsafe { tesseral_p256_add(&mut out.0, &self.0, &other.0) };
        out
    }

    #[inline(always)]
    pub(in crate::es256) fn sub(&self, other: &Self) -> Self {
        let mut out = Self::ZERO;
        // SAFETY: as in `mul`.
        unsafe { tesseral_p256_sub(&mut out.0, &self.0, &other.0) };
        out
    }
}
