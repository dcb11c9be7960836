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

use super::TableEntry;
use core::arch::x86_64::__m512i;
use field::{ONE, add, carry, multiply, multiply_add, negate_if, normalize, splat, square, sub};
use lanes::{load_points, to_lanes};

cpufeatures::new!(ifma, "avx512f", "avx512ifma");

/// Proof that this processor has the instructions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct HasIfma(());

impl HasIfma {
    pub(super) fn detect() -> Option<Self> {
        ifma::get().then_some(Self(()))
    }
}

/// Eight entries, one for each lane, and whether to take the opposite point (bit k for lane k).
#[derive(Clone, Copy)]
pub(super) struct Row<'t> {
    pub(super) entries: [&'t TableEntry; LANES],
    pub(super) negate: u8,
}

pub(super) const LANES: usize = 8;

/// X and ZZ of a sum, tight, in limbs of 52 bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ratio {
    pub(super) x: [u64; 5],
    pub(super) zz: [u64; 5],
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

type Vector = __m512i;
type Limbs = [Vector; 5];

/// Points −(X/ZZ, Y/ZZZ) or without the minus, all tight: see point.rs for mirrored results.
#[derive(Clone, Copy)]
struct Sums {
    x: Limbs,
    y: Limbs,
    zz: Limbs,
    zzz: Limbs,
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

/// Adds up the rows lane by lane.
#[target_feature(enable = "avx512f,avx512ifma")]
fn sum<'t>(rows: impl Iterator<Item = Row<'t>>) -> Sums {
    // An addition mirrors: every second entry is taken mirrored instead, beginning with the second sum.
    let mut sums = Sums { x: splat(ONE), y: splat(ONE), zz: splat(ONE), zzz: splat(ONE) };
    for (i, row) in rows.enumerate() {
        let mirrored = if i % 2 == 0 && i > 0 { 0xff } else { 0 };
        let (x, y) = load_points(&row.entries);
        let negate = row.negate ^ mirrored;
        match i {
            0 => (sums.x, sums.y) = (x, normalize(&negate_if(&y, negate))),
            1 => sums.add_to_affine(&x, &y, negate),
            _ => sums.add(&x, &y, negate),
        }
    }
    sums
}

impl Sums {
    /// Becomes −(`self` + ±(x, y)).
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline(never)] // its products lie on the stack only while it runs
    fn add(&mut self, x: &Limbs, y: &Limbs, negate: u8) {
        let [p, r] = multiply([(x, &self.zz), (y, &self.zzz)]);
        let p = normalize(&sub(&p, &self.x));
        let r = normalize(&sub(&negate_if(&r, negate), &self.y));
        self.add_by_differences::<false>(&p, &r);
    }

    /// The same while `self` is an affine point still: ZZ = ZZZ = 1.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline(never)]
    fn add_to_affine(&mut self, x: &Limbs, y: &Limbs, negate: u8) {
        let p = normalize(&sub(x, &self.x));
        let r = normalize(&sub(&negate_if(y, negate), &self.y));
        self.add_by_differences::<true>(&p, &r);
    }

    /// The same, given P = x·ZZ − X and R = ±y·ZZZ − Y.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline]
    fn add_by_differences<const AFFINE: bool>(&mut self, p: &Limbs, r: &Limbs) {
        let [pp, rr] = square([p, r]);
        let pp = carry(&pp);
        let [ppp, q] = multiply([(p, &pp), (&self.x, &pp)]);
        let ppp = carry(&ppp);
        self.x = normalize(&sub(&sub(&rr, &ppp), &add(&q, &q)));
        let difference = normalize(&sub(&self.x, &q));
        // These need not wait for X, whose carries are a long chain.
        (self.zz, self.zzz) = if AFFINE {
            (pp, ppp)
        } else {
            let [zz, zzz] = multiply([(&self.zz, &pp), (&self.zzz, &ppp)]);
            (carry(&zz), carry(&zzz))
        };
        self.y = carry(&multiply_add(r, &difference, &self.y, &ppp));
    }
}

impl Ratio {
    /// The integers of five tight limbs: four limbs of 64 bits, and what is above 2^256.
    pub(super) fn join(limbs: [u64; 5]) -> ([u64; 4], u64) {
        let [a, b, c, d, e] = limbs;
        ([a | (b << 52), (b >> 12) | (c << 40), (c >> 24) | (d << 28), (d >> 36) | (e << 16)], e >> 48)
    }
}
