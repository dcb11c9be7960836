//! Eight sums at a time with AVX-512 IFMA (x86-64): each lane of a vector adds its own table entries.
//!
//! A field element is five limbs of 52 bits, least first, in Montgomery form with the factor 2^260. The tables of this backend
//! hold x·2^260 and y·2^260 below p. Limbs are in one of three states, and every function says which one it takes:
//!
//! * *tight*: each limb is in [0, 2^52), and the value is below 2^256 + 2^254.
//! * *unmasked*: the low 52 bits of each limb are those of a tight element, and the bits above have no meaning. The limbs that
//!   are multiplied may be unmasked, because the instructions read no more than 52 bits of each.
//! * *loose*: signed limbs of magnitude below 2^58, which count in full. The limbs of a product before its carries are in
//!   [0, 2^57): at most 18 halves of products and 6 of a multiple of p, each below 2^52, and a carry below 2^12. Those of
//!   a single product are below 15.1·2^52, and so the largest sum, R² − PPP − 3·Q, is loose too.
//!
//! For one signature, four lanes add eight entries of G each and four lanes eight entries of Q each. Then the eight sums are
//! added together in three steps, the fold. For eight signatures, each lane adds the entries of one. As everywhere in es256,
//! after an exceptional case (P = ±Q) ZZ is ≡ 0 to the end. That holds through the fold too: there the new ZZ has both ZZ as
//! factors.

#![allow(unsafe_code)] // AVX-512 intrinsics; HasIfma proves that the processor has them
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)] // indices are constants, and vector additions wrap

mod field;
mod fold;
mod lanes;
mod load;
mod sums;

use field::mask;
pub(super) use lanes::LANES;
use lanes::to_lanes;
pub(super) use load::Row;
pub(super) use sums::Ratio;
use sums::sum;

cpufeatures::new!(ifma, "avx512f", "avx512ifma");

/// Proof that this processor has AVX-512 IFMA.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct HasIfma(());

impl HasIfma {
    pub(super) fn detect() -> Option<Self> {
        ifma::get().then_some(Self(()))
    }
}

/// The sum of all entries of all lanes: x = X/ZZ. ZZ ≡ 0 after an exceptional case in any addition.
pub(super) fn sum_all<'t>(_: HasIfma, rows: impl Iterator<Item = Row<'t>>) -> Ratio {
    // SAFETY: `HasIfma` proves that the processor has the instructions.
    unsafe { sum_all_lanes(rows) }
}

/// For each lane, the sum of its entries.
pub(super) fn sum_each<'t>(_: HasIfma, rows: impl Iterator<Item = Row<'t>>) -> [Ratio; LANES] {
    // SAFETY: `HasIfma` proves that the processor has the instructions.
    unsafe { sum_each_lane(rows) }
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn sum_all_lanes<'t>(rows: impl Iterator<Item = Row<'t>>) -> Ratio {
    let mut sums = sum(rows);
    sums.fold_to_four();
    sums.fold_to_two();
    sums.fold_to_one()
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn sum_each_lane<'t>(rows: impl Iterator<Item = Row<'t>>) -> [Ratio; LANES] {
    let sums = sum(rows);
    let (x, zz) = (to_lanes(&sums.x), to_lanes(&mask(&sums.zz)));
    let mut ratios = [Ratio { x: [0; 5], zz: [0; 5] }; LANES];
    for (lane, ratio) in ratios.iter_mut().enumerate() {
        *ratio = Ratio { x: x.map(|limb| limb[lane]), zz: zz.map(|limb| limb[lane]) };
    }
    ratios
}
