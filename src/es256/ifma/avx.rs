//! Vectors of two times 256 bits with AVX-IFMA, for processors without AVX-512.

use super::vector::{Eight, LANES, Vector, Work};
use core::{arch::x86_64::*, marker::PhantomData, mem::transmute};

cpufeatures::new!(avx2, "avx2");

/// Proof that this processor has AVX2 and AVX-IFMA.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct HasAvxIfma(());

impl HasAvxIfma {
    /// CPUID says so in bit 23 of EAX in leaf 7, subleaf 1.
    pub(super) fn detect() -> Option<Self> {
        let has = avx2::get() && __cpuid_count(7, 0).eax >= 1 && __cpuid_count(7, 1).eax >> 23 & 1 == 1;
        has.then_some(Self(()))
    }
}

/// The instructions that multiply. Unit tests have others in their place, so that all else runs wherever AVX2 is.
pub(super) trait Multiplier: Copy {
    /// Proof that the processor has AVX2 and these instructions.
    type Proof: Copy;

    /// See [`Vector::add_low_product`].
    ///
    /// # Safety
    /// The processor has the instructions.
    unsafe fn add_low_product(sum: __m256i, a: __m256i, b: __m256i) -> __m256i;

    /// See [`Vector::add_high_product`].
    ///
    /// # Safety
    /// The processor has the instructions.
    unsafe fn add_high_product(sum: __m256i, a: __m256i, b: __m256i) -> __m256i;

    /// See [`Eight::out_of_line`].
    fn out_of_line<W: Work>(proof: Self::Proof, work: W) -> W::Output;
}

/// AVX-IFMA.
#[derive(Clone, Copy)]
pub(super) struct Avx;

impl Multiplier for Avx {
    type Proof = HasAvxIfma;

    #[inline(always)]
    unsafe fn add_low_product(sum: __m256i, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: the caller promises that the processor has the instruction.
        unsafe { _mm256_madd52lo_avx_epu64(sum, a, b) }
    }

    #[inline(always)]
    unsafe fn add_high_product(sum: __m256i, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: the caller promises that the processor has the instruction.
        unsafe { _mm256_madd52hi_avx_epu64(sum, a, b) }
    }

    #[inline(always)]
    fn out_of_line<W: Work>(_: HasAvxIfma, work: W) -> W::Output {
        // SAFETY: the proof says that the processor has the instructions.
        unsafe { run(work) }
    }
}

#[target_feature(enable = "avx2,avxifma")]
#[inline(never)]
fn run<W: Work>(work: W) -> W::Output {
    work.run()
}

/// Four lanes. A value exists only where the processor has AVX2 and the instructions of `M`.
#[derive(Clone, Copy)]
pub(super) struct Four<M>(__m256i, PhantomData<M>);

/// A vector made by an instruction. The operands show that the processor has it.
macro_rules! vector {
    ($instruction:expr) => {
        // SAFETY: the caller has a value of `Four`, which exists only where the processor has the instructions.
        Four(unsafe { $instruction }, PhantomData)
    };
}

impl<M: Multiplier> Vector for Four<M> {
    #[inline(always)]
    fn splat(self, value: u64) -> Self {
        vector!(_mm256_set1_epi64x(value.cast_signed()))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        vector!(_mm256_add_epi64(self.0, other.0))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        vector!(_mm256_sub_epi64(self.0, other.0))
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        vector!(_mm256_and_si256(self.0, other.0))
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        vector!(_mm256_or_si256(self.0, other.0))
    }

    #[inline(always)]
    fn shift_left<const BITS: u32>(self) -> Self {
        vector!(_mm256_sll_epi64(self.0, _mm_cvtsi32_si128(BITS.cast_signed())))
    }

    #[inline(always)]
    fn shift_right<const BITS: u32>(self) -> Self {
        vector!(_mm256_srl_epi64(self.0, _mm_cvtsi32_si128(BITS.cast_signed())))
    }

    /// AVX2 has no such instruction for 64 bits. Here the sign is a bit that counts as negative.
    #[inline(always)]
    fn shift_right_signed<const BITS: u32>(self) -> Self {
        let sign = self.splat(1 << (63 - BITS));
        let shifted = self.shift_right::<BITS>();
        let flipped: Self = vector!(_mm256_xor_si256(shifted.0, sign.0));
        flipped.sub(sign)
    }

    #[inline(always)]
    fn add_low_product(self, a: Self, b: Self) -> Self {
        vector!(M::add_low_product(self.0, a.0, b.0))
    }

    #[inline(always)]
    fn add_high_product(self, a: Self, b: Self) -> Self {
        vector!(M::add_high_product(self.0, a.0, b.0))
    }

    /// ¬a + 1 = −a, where ¬a is a ⊕ −1, and adding 1 is subtracting −1.
    #[inline(always)]
    fn negate_if(self, lanes: u8) -> Self {
        let ones = self.ones_in(lanes);
        let flipped: Self = vector!(_mm256_xor_si256(self.0, ones.0));
        flipped.sub(ones)
    }
}

impl<M: Multiplier> Four<M> {
    /// All bits set in the lanes whose bit in `lanes` is set, and none in the others.
    #[inline(always)]
    fn ones_in(self, lanes: u8) -> Self {
        let bits: Self = vector!(_mm256_set_epi64x(8, 4, 2, 1));
        let selected = self.splat(lanes.into()).and(bits);
        vector!(_mm256_cmpeq_epi64(selected.0, bits.0))
    }

    #[inline(always)]
    fn blend(self, lanes: u8, other: Self) -> Self {
        let ones = self.ones_in(lanes);
        vector!(_mm256_blendv_epi8(self.0, other.0, ones.0))
    }

    #[inline(always)]
    fn move_lanes<const ORDER: i32>(self) -> Self {
        vector!(_mm256_permute4x64_epi64::<ORDER>(self.0))
    }

    /// The caller has a proof or a value.
    #[inline(always)]
    fn of_lanes(lanes: [u64; 4]) -> Self {
        // SAFETY: both types have 32 bytes, and every bit pattern is a valid value of each.
        Self(unsafe { transmute::<[u64; 4], __m256i>(lanes) }, PhantomData)
    }

    #[inline(always)]
    fn to_lanes(self) -> [u64; 4] {
        // SAFETY: both types have 32 bytes, and every bit pattern is a valid value of each.
        unsafe { transmute::<__m256i, [u64; 4]>(self.0) }
    }

    /// Lane j of vector i becomes lane i of vector j.
    #[inline(always)]
    fn transpose([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        // First two rows are interleaved, then two pairs.
        let ab: [Self; 2] = [vector!(_mm256_unpacklo_epi64(a.0, b.0)), vector!(_mm256_unpackhi_epi64(a.0, b.0))];
        let cd: [Self; 2] = [vector!(_mm256_unpacklo_epi64(c.0, d.0)), vector!(_mm256_unpackhi_epi64(c.0, d.0))];
        [
            vector!(_mm256_permute2x128_si256::<0x20>(ab[0].0, cd[0].0)),
            vector!(_mm256_permute2x128_si256::<0x20>(ab[1].0, cd[1].0)),
            vector!(_mm256_permute2x128_si256::<0x31>(ab[0].0, cd[0].0)),
            vector!(_mm256_permute2x128_si256::<0x31>(ab[1].0, cd[1].0)),
        ]
    }
}

/// Eight lanes, the lower four first.
#[derive(Clone, Copy)]
pub(super) struct Two<M>([Four<M>; 2]);

impl<M: Multiplier> Vector for Two<M> {
    #[inline(always)]
    fn splat(self, value: u64) -> Self {
        Self([self.0[0].splat(value); 2])
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let (Self([a, b]), Self([c, d])) = (self, other);
        Self([a.add(c), b.add(d)])
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        let (Self([a, b]), Self([c, d])) = (self, other);
        Self([a.sub(c), b.sub(d)])
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        let (Self([a, b]), Self([c, d])) = (self, other);
        Self([a.and(c), b.and(d)])
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        let (Self([a, b]), Self([c, d])) = (self, other);
        Self([a.or(c), b.or(d)])
    }

    #[inline(always)]
    fn shift_left<const BITS: u32>(self) -> Self {
        let Self([a, b]) = self;
        Self([a.shift_left::<BITS>(), b.shift_left::<BITS>()])
    }

    #[inline(always)]
    fn shift_right<const BITS: u32>(self) -> Self {
        let Self([a, b]) = self;
        Self([a.shift_right::<BITS>(), b.shift_right::<BITS>()])
    }

    #[inline(always)]
    fn shift_right_signed<const BITS: u32>(self) -> Self {
        let Self([a, b]) = self;
        Self([a.shift_right_signed::<BITS>(), b.shift_right_signed::<BITS>()])
    }

    #[inline(always)]
    fn add_low_product(self, a: Self, b: Self) -> Self {
        let (Self([s, t]), Self([a, c]), Self([b, d])) = (self, a, b);
        Self([s.add_low_product(a, b), t.add_low_product(c, d)])
    }

    #[inline(always)]
    fn add_high_product(self, a: Self, b: Self) -> Self {
        let (Self([s, t]), Self([a, c]), Self([b, d])) = (self, a, b);
        Self([s.add_high_product(a, b), t.add_high_product(c, d)])
    }

    #[inline(always)]
    fn negate_if(self, lanes: u8) -> Self {
        let Self([a, b]) = self;
        Self([a.negate_if(lanes), b.negate_if(lanes >> 4)])
    }
}

impl<M: Multiplier> Eight for Two<M> {
    type Proof = M::Proof;
    type Part = Four<M>;
    const PARTS: usize = 2;

    #[inline(always)]
    fn part(&self, index: usize) -> Four<M> {
        self.0[index % 2]
    }

    #[inline(always)]
    fn set_part(&mut self, index: usize, part: Four<M>) {
        self.0[index % 2] = part;
    }

    #[inline(always)]
    fn from_lanes(_: M::Proof, lanes: &[u64; LANES]) -> Self {
        let [a, b, c, d, e, f, g, h] = *lanes;
        Self([Four::of_lanes([a, b, c, d]), Four::of_lanes([e, f, g, h])])
    }

    #[inline(always)]
    fn to_lanes(self) -> [u64; LANES] {
        let Self([low, high]) = self;
        let ([a, b, c, d], [e, f, g, h]) = (low.to_lanes(), high.to_lanes());
        [a, b, c, d, e, f, g, h]
    }

    #[inline(always)]
    fn transpose([a, b, c, d, e, f, g, h]: [Self; LANES]) -> [Self; LANES] {
        // Four squares of 4 × 4.
        let [a0, b0, c0, d0] = Four::transpose([a.0[0], b.0[0], c.0[0], d.0[0]]);
        let [a1, b1, c1, d1] = Four::transpose([e.0[0], f.0[0], g.0[0], h.0[0]]);
        let [e0, f0, g0, h0] = Four::transpose([a.0[1], b.0[1], c.0[1], d.0[1]]);
        let [e1, f1, g1, h1] = Four::transpose([e.0[1], f.0[1], g.0[1], h.0[1]]);
        [
            Self([a0, a1]),
            Self([b0, b1]),
            Self([c0, c1]),
            Self([d0, d1]),
            Self([e0, e1]),
            Self([f0, f1]),
            Self([g0, g1]),
            Self([h0, h1]),
        ]
    }

    #[inline(always)]
    fn blend(self, lanes: u8, other: Self) -> Self {
        let (Self([a, b]), Self([c, d])) = (self, other);
        Self([a.blend(lanes, c), b.blend(lanes >> 4, d)])
    }

    #[inline(always)]
    fn swap_halves(self) -> Self {
        let Self([a, b]) = self;
        Self([b, a])
    }

    #[inline(always)]
    fn move_in_halves<const ORDER: i32>(self) -> Self {
        let Self([a, b]) = self;
        Self([a.move_lanes::<ORDER>(), b.move_lanes::<ORDER>()])
    }

    #[inline(always)]
    fn take(self, other: Self, order: &[u64; LANES]) -> Self {
        let ([a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p]) = (self.to_lanes(), other.to_lanes());
        let both = [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p];
        let lane = |k: usize| both[(order[k] % 16) as usize];
        Self([
            Four::of_lanes([lane(0), lane(1), lane(2), lane(3)]),
            Four::of_lanes([lane(4), lane(5), lane(6), lane(7)]),
        ])
    }

    #[inline(always)]
    fn out_of_line<W: Work>(proof: M::Proof, work: W) -> W::Output {
        M::out_of_line(proof, work)
    }
}
