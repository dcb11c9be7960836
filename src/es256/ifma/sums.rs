//! Eight running sums, one in each lane.

use super::{
    field::{
        ONE, add, carry, mask, multiply, multiply_add, negate_if, normalize, normalize_unmasked, propagate, raise,
        square, sub,
    },
    load::{Rows, load_points},
    vector::{Eight, LANES, Limbs, Work, in_each_lane, part, set_part},
};

/// Eight sums in XYZZ coordinates: X and Y tight, X below 2^256 + 2^232; ZZ and ZZZ unmasked. They are mirrored after an odd
/// number of additions: see point.rs.
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
    let mut sums = Sums::new(proof);
    for step in 0..R::COUNT {
        let row = rows.row(step);
        let (x, y) = load_points(proof, &row.entries);
        sums.add_points(step, &x, &y, row.negate);
    }
    sums
}

impl<E: Eight> Sums<E> {
    /// Without a point yet.
    #[inline(always)]
    pub(super) fn new(proof: E::Proof) -> Self {
        let one = in_each_lane(proof, &ONE);
        Self { proof, x: one, y: one, zz: one, zzz: one }
    }

    /// Adds a point ±(x, y), x and y unmasked, in each lane; `count` points were added before. The points after the first two may
    /// be raised, below 3.5·2^256.
    ///
    /// Each addition mirrors the sum. So every second point is negated, beginning with the third.
    #[inline(always)]
    pub(super) fn add_points(&mut self, count: usize, x: &Limbs<E>, y: &Limbs<E>, negate: u8) {
        let negate = negate ^ if count.is_multiple_of(2) && count > 0 { 0xff } else { 0 };
        match count {
            0 => (self.x, self.y) = (mask(x), normalize(&negate_if(&mask(y), negate))),
            1 => self.add::<true>(&mask(x), &mask(y), negate),
            _ => self.add::<false>(x, y, negate),
        }
    }

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
        // Comments say how large values are, in multiples of 2^256. Before: x, y < 3.5, ZZ < 1.6, ZZZ < 1.3, X < 1.01, Y < 1.4.
        // P = x·ZZ − X, in 0.9 to 3.4
        let u = if AFFINE { x } else { multiply(&x, &part(&sums.zz, index)) };
        let p = raise::<_, 2>(&sub(&u, &part(&sums.x, index)));
        // R = ±y·ZZZ − Y, in 0.3 to 4.3
        let s = if AFFINE { y } else { multiply(&y, &part(&sums.zzz, index)) };
        let r = raise::<_, 3>(&sub(&negate_if(&s, negate), &part(&sums.y, index)));
        // PP < 1.72, PPP < 1.37, Q < 1.11
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::es256::{
        ifma::{
            Run, for_each_kind,
            tests::{below, element, generator, masked},
            vector::{from_lanes, to_lanes},
        },
        point::{Affine, Xyzz},
    };

    struct AtTheBounds;

    impl AtTheBounds {
        /// One addition with values up to the bounds that `AddPart` states, against the portable one.
        fn add<E: Eight, const AFFINE: bool>(proof: E::Proof, next: &mut impl FnMut() -> u64) {
            let [point, scale] = if AFFINE { [100; 2] } else { [350, 160] };
            let (x, y) = (below(point, next), below(point, next));
            let (sum_x, sum_y) = (below(100, next), below(if AFFINE { 100 } else { 140 }, next));
            let one = ONE.map(|limb| [limb; LANES]);
            let (zz, zzz) = if AFFINE { (one, one) } else { (below(scale, next), below(130, next)) };
            let negate = next() as u8;
            let vectors = |limbs: [[u64; LANES]; 5]| from_lanes(proof, &limbs);
            let mut sums =
                Sums::<E> { proof, x: vectors(sum_x), y: vectors(sum_y), zz: vectors(zz), zzz: vectors(zzz) };
            // Bits above the 52 mean nothing where limbs may be unmasked.
            let unmasked = |limbs: [[u64; LANES]; 5]| {
                vectors(limbs.map(|limb| limb.map(|limb| if AFFINE { limb } else { limb | 0xa5a << 52 })))
            };
            sums.add::<AFFINE>(&unmasked(x), &unmasked(y), negate);
            let [new_x, new_y, new_zz, new_zzz] = [&sums.x, &sums.y, &sums.zz, &sums.zzz].map(to_lanes);
            for lane in 0..LANES {
                let old = |limbs| element(masked(limbs, lane, 350));
                let sum = Xyzz { x: old(&sum_x), y: old(&sum_y), zz: old(&zz), zzz: old(&zzz) };
                let y = if negate >> lane & 1 == 1 { old(&y).neg() } else { old(&y) };
                let expected = sum.add_mirrored(&Affine { x: old(&x), y });
                for (name, new, bound, expected) in [
                    ("X", &new_x, 101, expected.x),
                    ("Y", &new_y, 140, expected.y),
                    ("ZZ", &new_zz, 160, expected.zz),
                    ("ZZZ", &new_zzz, 130, expected.zzz),
                ] {
                    assert!(element(masked(new, lane, bound)).equals(&expected), "{name} with AFFINE {AFFINE}");
                }
            }
        }
    }

    impl Run for AtTheBounds {
        fn run<E: Eight>(&mut self, _: &str, proof: E::Proof) {
            let mut next = generator();
            for _ in 0..500 {
                Self::add::<E, false>(proof, &mut next);
                Self::add::<E, true>(proof, &mut next);
            }
        }
    }

    #[test]
    fn additions_are_right_up_to_their_bounds() {
        for_each_kind(&mut AtTheBounds);
    }
}
