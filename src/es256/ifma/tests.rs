//! AVX-IFMA without a processor that has it: its two instructions are emulated, and the others are AVX2's own.

use super::{
    HasIfma, Kind,
    avx::{Avx, HasAvxIfma, Multiplier, Two},
    avx512::{HasAvx512Ifma, Wide512},
    vector::{Eight, MASK, Work},
};
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
