//! Vectors of 512 bits with AVX-512 IFMA.

use super::vector::{Eight, LANES, Vector, Work};
use core::{arch::x86_64::*, mem::transmute};

cpufeatures::new!(ifma, "avx512f", "avx512ifma");

/// Proof that this processor has AVX-512 IFMA.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct HasAvx512Ifma(());

impl HasAvx512Ifma {
    pub(super) fn detect() -> Option<Self> {
        ifma::get().then_some(Self(()))
    }
}

/// Eight lanes. A value exists only where the processor has the instructions.
#[derive(Clone, Copy)]
pub(super) struct Wide512(__m512i);

/// A vector made by an instruction. The operands, or a proof, show that the processor has it.
macro_rules! vector {
    ($instruction:expr) => {
        // SAFETY: the caller has a value of `Wide512`, which exists only where the processor has the instructions.
        Wide512(unsafe { $instruction })
    };
}

impl Vector for Wide512 {
    #[inline(always)]
    fn splat(self, value: u64) -> Self {
        vector!(_mm512_set1_epi64(value.cast_signed()))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        vector!(_mm512_add_epi64(self.0, other.0))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        vector!(_mm512_sub_epi64(self.0, other.0))
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        vector!(_mm512_and_si512(self.0, other.0))
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        vector!(_mm512_or_si512(self.0, other.0))
    }

    #[inline(always)]
    fn shift_left<const BITS: u32>(self) -> Self {
        vector!(_mm512_slli_epi64::<BITS>(self.0))
    }

    #[inline(always)]
    fn shift_right<const BITS: u32>(self) -> Self {
        vector!(_mm512_srli_epi64::<BITS>(self.0))
    }

    #[inline(always)]
    fn shift_right_signed<const BITS: u32>(self) -> Self {
        vector!(_mm512_srai_epi64::<BITS>(self.0))
    }

    #[inline(always)]
    fn add_low_product(self, a: Self, b: Self) -> Self {
        vector!(_mm512_madd52lo_epu64(self.0, a.0, b.0))
    }

    #[inline(always)]
    fn add_high_product(self, a: Self, b: Self) -> Self {
        vector!(_mm512_madd52hi_epu64(self.0, a.0, b.0))
    }

    #[inline(always)]
    fn negate_if(self, lanes: u8) -> Self {
        vector!(_mm512_mask_sub_epi64(self.0, lanes, _mm512_setzero_si512(), self.0))
    }
}

impl Eight for Wide512 {
    type Proof = HasAvx512Ifma;
    type Part = Self;
    const PARTS: usize = 1;

    #[inline(always)]
    fn part(&self, _: usize) -> Self {
        *self
    }

    #[inline(always)]
    fn set_part(&mut self, _: usize, part: Self) {
        *self = part;
    }

    #[inline(always)]
    fn from_lanes(_: HasAvx512Ifma, lanes: &[u64; LANES]) -> Self {
        // SAFETY: both types have 64 bytes, and every bit pattern is a valid value of each.
        Self(unsafe { transmute::<[u64; LANES], __m512i>(*lanes) })
    }

    #[inline(always)]
    fn to_lanes(self) -> [u64; LANES] {
        // SAFETY: both types have 64 bytes, and every bit pattern is a valid value of each.
        unsafe { transmute::<__m512i, [u64; LANES]>(self.0) }
    }

    #[inline(always)]
    fn transpose([a, b, c, d, e, f, g, h]: [Self; LANES]) -> [Self; LANES] {
        // First two rows are interleaved, then two pairs, then two fours.
        let [x0, x2, y0, y2] = columns(a.even(b), c.even(d), e.even(f), g.even(h));
        let [x1, x3, y1, y3] = columns(a.odd(b), c.odd(d), e.odd(f), g.odd(h));
        [x0, x1, x2, x3, y0, y1, y2, y3]
    }

    #[inline(always)]
    fn blend(self, lanes: u8, other: Self) -> Self {
        vector!(_mm512_mask_blend_epi64(lanes, self.0, other.0))
    }

    #[inline(always)]
    fn swap_halves(self) -> Self {
        vector!(_mm512_shuffle_i64x2::<0b01_00_11_10>(self.0, self.0))
    }

    #[inline(always)]
    fn move_in_halves<const ORDER: i32>(self) -> Self {
        vector!(_mm512_permutex_epi64::<ORDER>(self.0))
    }

    #[inline(always)]
    fn take(self, other: Self, order: &[u64; LANES]) -> Self {
        let order = Self::from_lanes(HasAvx512Ifma(()), order);
        vector!(_mm512_permutex2var_epi64(self.0, order.0, other.0))
    }

    #[inline(always)]
    fn out_of_line<W: Work>(_: HasAvx512Ifma, work: W) -> W::Output {
        // SAFETY: the proof says that the processor has the instructions.
        unsafe { run(work) }
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
#[inline(never)]
fn run<W: Work>(work: W) -> W::Output {
    work.run()
}

/// Limbs 0, 2, 4 and 6, or 1, 3, 5 and 7, of eight rows, given these limbs of each two.
#[inline(always)]
fn columns(ab: Wide512, cd: Wide512, ef: Wide512, gh: Wide512) -> [Wide512; 4] {
    // The rows are in the order of their 128-bit pieces.
    let (low, high) = (ab.even_pieces(cd), ef.even_pieces(gh));
    let (odd_low, odd_high) = (ab.odd_pieces(cd), ef.odd_pieces(gh));
    [low.even_pieces(high), odd_low.even_pieces(odd_high), low.odd_pieces(high), odd_low.odd_pieces(odd_high)]
}

impl Wide512 {
    #[inline(always)]
    fn even(self, other: Self) -> Self {
        vector!(_mm512_unpacklo_epi64(self.0, other.0))
    }

    #[inline(always)]
    fn odd(self, other: Self) -> Self {
        vector!(_mm512_unpackhi_epi64(self.0, other.0))
    }

    #[inline(always)]
    fn even_pieces(self, other: Self) -> Self {
        vector!(_mm512_shuffle_i64x2::<0b10_00_10_00>(self.0, other.0))
    }

    #[inline(always)]
    fn odd_pieces(self, other: Self) -> Self {
        vector!(_mm512_shuffle_i64x2::<0b11_01_11_01>(self.0, other.0))
    }
}
