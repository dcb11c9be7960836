//! AVX-IFMA without a processor that has it: its two instructions are emulated, and the others are AVX2's own.

use super::{
    HasIfma, Kind,
    avx::{Avx, HasAvxIfma, Multiplier, Two},
    avx512::{HasAvx512Ifma, Wide512},
    radix::join,
    vector::{Eight, LANES, MASK, Work},
};
use crate::es256::field::Fe;
use core::{arch::x86_64::*, array::from_fn, mem::transmute};

/// Proof that this processor has AVX2.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct HasAvx2(());

impl HasIfma {
    /// AVX-IFMA, emulated.
    pub(in crate::es256) fn emulated() -> Option<Self> {
        std::is_x86_feature_detected!("avx2").then_some(Self(Kind::Emulated(HasAvx2(()))))
    }
}

#[derive(Clone, Copy)]
pub(super) struct Emulated;

impl Multiplier for Emulated {
    type Proof = HasAvx2;

    unsafe fn add_low_product(sum: __m256i, a: __m256i, b: __m256i) -> __m256i {
        add_products(sum, a, b, |product| product & u128::from(MASK))
    }

    unsafe fn add_high_product(sum: __m256i, a: __m256i, b: __m256i) -> __m256i {
        add_products(sum, a, b, |product| product >> 52)
    }

    fn out_of_line<W: Work>(_: HasAvx2, work: W) -> W::Output {
        work.run()
    }
}

/// Adds a part of each product of the lower 52 bits (Intel's manual, volume 2, VPMADD52LUQ and VPMADD52HUQ).
fn add_products(sum: __m256i, a: __m256i, b: __m256i, part: impl Fn(u128) -> u128) -> __m256i {
    // SAFETY: both types have 32 bytes, and every bit pattern is a valid value of each.
    let [sum, a, b] = [sum, a, b].map(|vector| unsafe { transmute::<__m256i, [u64; 4]>(vector) });
    let product = |lane: usize| u128::from(a[lane] & MASK) * u128::from(b[lane] & MASK);
    let lanes: [u64; 4] = from_fn(|lane| sum[lane].wrapping_add(part(product(lane)) as u64));
    // SAFETY: as above.
    unsafe { transmute::<[u64; 4], __m256i>(lanes) }
}

/// A test of one kind of vectors.
pub(super) trait Run {
    fn run<E: Eight>(&mut self, name: &str, proof: E::Proof);
}

/// Runs a test for each kind of vectors that this processor has, and for AVX-IFMA emulated.
pub(super) fn for_each_kind(test: &mut impl Run) {
    if let Some(proof) = HasAvx512Ifma::detect() {
        test.run::<Wide512>("AVX-512 IFMA", proof);
    }
    if let Some(proof) = HasAvxIfma::detect() {
        test.run::<Two<Avx>>("AVX-IFMA", proof);
    }
    if std::is_x86_feature_detected!("avx2") {
        test.run::<Two<Emulated>>("AVX-IFMA, emulated", HasAvx2(()));
    } else {
        std::println!("no AVX2 on this processor: AVX-IFMA was not tested");
    }
}

/// Tight values for the lanes, below `hundredths`/100·2^256: the largest, 0, others with limbs at their edges, and any.
pub(super) fn below(hundredths: u64, next: &mut impl FnMut() -> u64) -> [[u64; LANES]; 5] {
    let end = (hundredths << 48) / 100;
    let mut limbs = [[0; LANES]; 5];
    for lane in 0..LANES {
        let kind = next() % 6;
        for limb in &mut limbs[..4] {
            limb[lane] = [MASK, 0, next() & MASK][if kind < 2 { kind } else { next() % 3 } as usize];
        }
        limbs[4][lane] = [end - 1, 0, next() % end][if kind < 2 { kind } else { next() % 3 } as usize];
    }
    limbs
}

/// The limbs of one lane. Asserts that the value is below `hundredths`/100·2^256.
pub(super) fn masked(limbs: &[[u64; LANES]; 5], lane: usize, hundredths: u64) -> [u64; 5] {
    let limbs = limbs.map(|limb| limb[lane] & MASK);
    assert!(limbs[4] < (hundredths << 48) / 100, "{limbs:x?}");
    limbs
}

/// What a tight or raised value stands for.
pub(super) fn element(limbs: [u64; 5]) -> Fe {
    let (limbs, top) = join(limbs);
    // 2^256 is 1 in the form of `Fe`.
    (0..top).fold(Fe::from_limbs(limbs), |sum, _| sum.add(&Fe::ONE)).out_of_52_bit_form()
}

/// A repeatable generator.
pub(super) fn generator() -> impl FnMut() -> u64 {
    let mut seed = 1_u64;
    move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed >> 33 ^ seed << 20
    }
}
