//! Eight sums at a time with AVX-512 IFMA (x86-64): each lane of a vector adds entries of its own.
//!
//! A field element is five limbs of 52 bits, least first, in Montgomery's form with the factor 2^260; the entries of this
//! backend's tables hold x·2^260 and y·2^260 below p. Two states of limbs occur, and every function says which it takes:
//!
//! * *tight*: each limb in [0, 2^52), the value below 2^256 + 2^254. Only these may be multiplied: the instructions read 52
//!   bits and no more.
//! * *loose*: signed limbs of magnitude below 2^58, as products before their carries, and sums of a few of them.
//!
//! One signature fills the lanes with four runs of eight entries of G and four of Q, and folds them in three steps. Eight
//! signatures fill one lane each. As everywhere here, a sum that meets ± its next entry has ZZ ≡ 0 from there to the end,
//! also through the fold, where ZZ is multiplied by both ZZ.

#![allow(unsafe_code)] // the second of the two doors; the other is ffi
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)] // constant indices; vectors wrap

mod field;
mod fold;
mod lanes;
mod load;
mod sums;

pub(super) use lanes::LANES;
use lanes::to_lanes;
pub(super) use load::Row;
pub(super) use sums::Ratio;
use sums::sum;

cpufeatures::new!(ifma, "avx512f", "avx512ifma");

/// Proof that this processor has the instructions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct HasIfma(());

impl HasIfma {
    pub(super) fn detect() -> Option<Self> {
        ifma::get().then_some(Self(()))
    }
}

/// The sum of all entries of all lanes: x = X/ZZ, and ZZ ≡ 0 when any addition on the way met ± its entry.
pub(super) fn sum_all<'t>(_: HasIfma, rows: impl Iterator<Item = Row<'t>>) -> Ratio {
    // SAFETY: `HasIfma` proves that the processor has the instructions.
    unsafe { sum_all_lanes(rows) }
}

/// The same for each lane by itself.
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
    let (x, zz) = (to_lanes(&sums.x), to_lanes(&sums.zz));
    let mut ratios = [Ratio { x: [0; 5], zz: [0; 5] }; LANES];
    for (lane, ratio) in ratios.iter_mut().enumerate() {
        *ratio = Ratio { x: x.map(|limb| limb[lane]), zz: zz.map(|limb| limb[lane]) };
    }
    ratios
}
