//! Eight running sums, one in each lane.

use super::{
    field::{
        ONE, add, carry, mask, multiply, multiply_add, negate_if, normalize, normalize_unmasked, propagate, splat,
        square, sub,
    },
    lanes::Limbs,
    load::{Row, load_points},
};

/// Eight sums in XYZZ coordinates: X and Y tight, ZZ and ZZZ unmasked. They are mirrored after an odd number of additions: see
/// point.rs.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    pub(super) x: Limbs,
    pub(super) y: Limbs,
    pub(super) zz: Limbs,
    pub(super) zzz: Limbs,
}

/// X and ZZ of a sum, tight, in limbs of 52 bits.
#[derive(Clone, Copy, Debug)]
pub(in crate::es256) struct Ratio {
    pub(in crate::es256) x: [u64; 5],
    pub(in crate::es256) zz: [u64; 5],
}

/// Adds up the rows lane by lane.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn sum<'t>(rows: impl Iterator<Item = Row<'t>>) -> Sums {
    // Each addition mirrors the sum. So every second entry is negated, beginning with the third.
    let mut sums = Sums { x: splat(ONE), y: splat(ONE), zz: splat(ONE), zzz: splat(ONE) };
    for (i, row) in rows.enumerate() {
        let mirrored = if i % 2 == 0 && i > 0 { 0xff } else { 0 };
        let (x, y) = load_points(&row.entries);
        let negate = row.negate ^ mirrored;
        match i {
            0 => (sums.x, sums.y) = (mask(&x), normalize(&negate_if(&mask(&y), negate))),
            1 => sums.add_to_affine(&mask(&x), &mask(&y), negate),
            _ => sums.add(&x, &y, negate),
        }
    }
    sums
}

impl Sums {
    /// Becomes −(`self` + ±(x, y)); x and y unmasked.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline(never)] // kept out of line so that its products are on the stack only while it runs
    fn add(&mut self, x: &Limbs, y: &Limbs, negate: u8) {
        let p = normalize_unmasked(&sub(&multiply(x, &self.zz), &self.x));
        let r = normalize_unmasked(&sub(&negate_if(&multiply(y, &self.zzz), negate), &self.y));
        self.add_by_differences::<false>(&p, &r);
    }

    /// The same while `self` is still an affine point: ZZ = ZZZ = 1. x and y tight.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline(never)]
    fn add_to_affine(&mut self, x: &Limbs, y: &Limbs, negate: u8) {
        let p = normalize_unmasked(&sub(x, &self.x));
        let r = normalize_unmasked(&sub(&negate_if(y, negate), &self.y));
        self.add_by_differences::<true>(&p, &r);
    }

    /// The same, given P = x·ZZ − X and R = ±y·ZZZ − Y, unmasked.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline]
    fn add_by_differences<const AFFINE: bool>(&mut self, p: &Limbs, r: &Limbs) {
        let (pp, rr) = (propagate(&square(p)), square(r));
        let (ppp, q) = (multiply(p, &pp), multiply(&self.x, &pp));
        let x = sub(&sub(&rr, &ppp), &add(&q, &q));
        let ppp = propagate(&ppp);
        self.x = normalize(&x);
        let difference = normalize_unmasked(&sub(&x, &q));
        // These do not depend on X, whose carries form a long chain of dependent instructions.
        (self.zz, self.zzz) = if AFFINE {
            (pp, ppp)
        } else {
            (propagate(&multiply(&self.zz, &pp)), propagate(&multiply(&self.zzz, &ppp)))
        };
        self.y = carry(&multiply_add(r, &difference, &self.y, &ppp));
    }
}

impl Ratio {
    /// Converts five tight limbs to four limbs of 64 bits, and the part above 2^256.
    pub(in crate::es256) fn join(limbs: [u64; 5]) -> ([u64; 4], u64) {
        let [a, b, c, d, e] = limbs;
        ([a | (b << 52), (b >> 12) | (c << 40), (c >> 24) | (d << 28), (d >> 36) | (e << 16)], e >> 48)
    }
}
