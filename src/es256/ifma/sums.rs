//! Eight running sums, one in each lane.

use super::{
    field::{
        ONE, add, carry, mask, multiply, multiply_add, negate_if, normalize, normalize_unmasked, propagate, square, sub,
    },
    load::{Rows, load_points},
    vector::{Eight, LANES, Limbs, Work, part, set_part},
};

/// Eight sums in XYZZ coordinates: X and Y tight, ZZ and ZZZ unmasked. They are mirrored after an odd number of additions: see
/// point.rs.
pub(super) struct Sums<E: Eight> {
    pub(super) proof: E::Proof,
    pub(super) x: Limbs<E>,
    pub(super) y: Limbs<E>,
    pub(super) zz: Limbs<E>,
    pub(super) zzz: Limbs<E>,
}

/// X and ZZ of a sum, tight, in limbs of 52 bits.
#[derive(Clone, Copy, Debug)]
pub(in crate::es256) struct Ratio {
    pub(in crate::es256) x: [u64; 5],
    pub(in crate::es256) zz: [u64; 5],
}

/// Adds up the rows lane by lane.
#[inline(always)]
pub(super) fn sum<E: Eight, R: Rows>(proof: E::Proof, rows: &R) -> Sums<E> {
    // Each addition mirrors the sum. So every second entry is negated, beginning with the third.
    let one = each!(i => E::from_lanes(proof, &[ONE[i]; LANES]));
    let mut sums = Sums { proof, x: one, y: one, zz: one, zzz: one };
    for i in 0..R::COUNT {
        let row = rows.row(i);
        let mirrored = if i % 2 == 0 && i > 0 { 0xff } else { 0 };
        let (x, y) = load_points(proof, &row.entries);
        let negate = row.negate ^ mirrored;
        match i {
            0 => (sums.x, sums.y) = (mask(&x), normalize(&negate_if(&mask(&y), negate))),
            1 => sums.add::<true>(&mask(&x), &mask(&y), negate),
            _ => sums.add::<false>(&x, &y, negate),
        }
    }
    sums
}

impl<E: Eight> Sums<E> {
    /// Becomes −(`self` + ±(x, y)); x and y unmasked. AFFINE says that `self` is still an affine point, with ZZ = ZZZ = 1; then x
    /// and y are tight.
    #[inline(always)]
    fn add<const AFFINE: bool>(&mut self, x: &Limbs<E>, y: &Limbs<E>, negate: u8) {
        let proof = self.proof;
        for index in 0..E::PARTS {
            E::out_of_line(proof, AddPart::<E, AFFINE> { sums: self, x, y, negate, index });
        }
    }
}

/// One part of an addition. The registers of most processors hold no more than one product.
struct AddPart<'a, E: Eight, const AFFINE: bool> {
    sums: &'a mut Sums<E>,
    x: &'a Limbs<E>,
    y: &'a Limbs<E>,
    negate: u8,
    index: usize,
}

impl<E: Eight, const AFFINE: bool> Work for AddPart<'_, E, AFFINE> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { sums, x, y, negate, index } = self;
        let negate = negate >> (index * LANES / E::PARTS);
        let (x, y) = (part(x, index), part(y, index));
        // P = x·ZZ − X
        let u = if AFFINE { x } else { multiply(&x, &part(&sums.zz, index)) };
        let p = normalize_unmasked(&sub(&u, &part(&sums.x, index)));
        // R = ±y·ZZZ − Y
        let s = if AFFINE { y } else { multiply(&y, &part(&sums.zzz, index)) };
        let r = normalize_unmasked(&sub(&negate_if(&s, negate), &part(&sums.y, index)));
        let (pp, rr) = (propagate(&square(&p)), square(&r));
        let (ppp, q) = (multiply(&p, &pp), multiply(&part(&sums.x, index), &pp));
        let x = sub(&sub(&rr, &ppp), &add(&q, &q));
        let ppp = propagate(&ppp);
        set_part(&mut sums.x, index, &normalize(&x));
        let difference = normalize_unmasked(&sub(&x, &q));
        // These do not depend on X, whose carries form a long chain of dependent instructions.
        let (zz, zzz) = if AFFINE {
            (pp, ppp)
        } else {
            (propagate(&multiply(&part(&sums.zz, index), &pp)), propagate(&multiply(&part(&sums.zzz, index), &ppp)))
        };
        set_part(&mut sums.zz, index, &zz);
        set_part(&mut sums.zzz, index, &zzz);
        let y = carry(&multiply_add(&r, &difference, &part(&sums.y, index), &ppp));
        set_part(&mut sums.y, index, &y);
    }
}

impl Ratio {
    /// Converts five tight limbs to four limbs of 64 bits, and the part above 2^256.
    pub(in crate::es256) fn join(limbs: [u64; 5]) -> ([u64; 4], u64) {
        let [a, b, c, d, e] = limbs;
        ([a | (b << 52), (b >> 12) | (c << 40), (c >> 24) | (d << 28), (d >> 36) | (e << 16)], e >> 48)
    }
}
