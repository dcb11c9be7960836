//! The entries of eight signatures, added in pairs first.
//!
//! An entry is an affine point. Adding one to a running sum takes eight products and two squares. Given 1/(x2 − x1), adding two
//! of them takes two products and a square. Three more products for each pair give these inverses from one inversion
//! (Montgomery's trick), which all pairs of eight signatures share.

use super::{
    field::{ONE, add, mask, multiply, negate_if, normalize, propagate, raise, square, sub},
    inverses::invert_each,
    load::{Rows, load_points},
    sums::Sums,
    vector::{Eight, LANES, Limbs, Vector, Work, in_each_lane, part, set_part},
};
use heapless::Vec;

/// Pairs of entries of one signature.
const PAIRS: usize = 32;

/// How many steps before its use a row is prefetched. Prefetching all 512 entries at once would evict some of them from the L1
/// cache before they are used.
const AHEAD: usize = 2;

/// Adds up the rows lane by lane. Also gives the lanes in which the points of a pair have the same x: their sums are wrong.
#[inline(always)]
pub(super) fn sum_in_pairs<E: Eight, R: Rows>(proof: E::Proof, rows: &R) -> (Sums<E>, u8) {
    const { assert!(R::COUNT == 2 * PAIRS) };
    // Before each pair, the product of the differences of all pairs before it.
    let mut products = Vec::<Limbs<E>, PAIRS>::new();
    let mut product = in_each_lane(proof, &ONE);
    for pair in 0..PAIRS {
        rows.prefetch(2 * pair + AHEAD);
        rows.prefetch(2 * pair + AHEAD + 1);
        let _ = products.push(product);
        let rows = [rows.row(2 * pair), rows.row(2 * pair + 1)];
        let x = [load_points(proof, &rows[0].entries).0, load_points(proof, &rows[1].entries).0];
        for index in 0..E::PARTS {
            E::out_of_line(proof, MultiplyDifference::<E> { product: &mut product, x: &x, index });
        }
    }
    let (mut inverse, equal) = invert_each(proof, &mask(&product));
    let mut sums = Sums::new(proof);
    for (count, (pair, product)) in products.iter().enumerate().rev().enumerate() {
        let rows = [rows.row(2 * pair), rows.row(2 * pair + 1)];
        let mut points = [load_points(proof, &rows[0].entries), load_points(proof, &rows[1].entries)];
        for index in 0..E::PARTS {
            let negate = [rows[0].negate, rows[1].negate];
            E::out_of_line(proof, AddPair { inverse: &mut inverse, product, points: &mut points, negate, index });
        }
        let [(x, y), _] = &points;
        // `add_points` takes no raised coordinates for the first two.
        if count < 2 {
            sums.add_points(count, &normalize(&mask(x)), &normalize(&mask(y)), 0);
        } else {
            sums.add_points(count, x, y, 0);
        }
    }
    (sums, equal)
}

/// One part of x2 − x1, multiplied to a product.
struct MultiplyDifference<'a, E: Eight> {
    product: &'a mut Limbs<E>,
    x: &'a [Limbs<E>; 2],
    index: usize,
}

impl<E: Eight> Work for MultiplyDifference<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { product, x: [x1, x2], index } = self;
        let difference = difference(&mask(&part(x1, index)), &mask(&part(x2, index)));
        let multiplied = multiply(&part(product, index), &difference);
        set_part(product, index, &propagate(&multiplied));
    }
}

/// One part of a pair's sum, raised, below 3.5·2^256. It takes the place of the first point; both points are unmasked.
struct AddPair<'a, E: Eight> {
    /// 1 over the product of the differences of this pair and all before it. Becomes that of those before it.
    inverse: &'a mut Limbs<E>,
    /// The product of the differences of those before it.
    product: &'a Limbs<E>,
    points: &'a mut [(Limbs<E>, Limbs<E>); 2],
    negate: [u8; 2],
    index: usize,
}

impl<E: Eight> Work for AddPair<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { inverse, product, points: [(first_x, first_y), (second_x, second_y)], negate, index } = self;
        let shift = index * LANES / E::PARTS;
        let (x1, y1) = (mask(&part(first_x, index)), negate_if(&mask(&part(first_y, index)), negate[0] >> shift));
        let (x2, y2) = (mask(&part(second_x, index)), negate_if(&mask(&part(second_y, index)), negate[1] >> shift));
        // Comments say how large values are, in multiples of 2^256. Coordinates of entries are below p.
        let of_both = part(inverse, index);
        let own = propagate(&multiply(&of_both, &part(product, index)));
        set_part(inverse, index, &propagate(&multiply(&of_both, &difference(&x1, &x2))));
        // The slope is (±y2 − ±y1)/(x2 − x1). The difference is below 4, and the slope below 1.3.
        let slope = propagate(&multiply(&raise::<_, 2>(&sub(&y2, &y1)), &own));
        // x = slope² − x1 − x2, in −2 to 1.2
        let x = sub(&square(&slope), &add(&x1, &x2));
        // y = slope·(x1 − x) − ±y1, in −1 to 2.5; x1 − x is in −1.2 to 3.
        let y = sub(&multiply(&slope, &raise::<_, 2>(&sub(&x1, &x))), &y1);
        set_part(first_x, index, &raise::<_, 2>(&x));
        set_part(first_y, index, &raise::<_, 1>(&y));
    }
}

/// x2 − x1 + p of coordinates below p: raised, below 2·2^256.
#[inline(always)]
fn difference<V: Vector>(x1: &Limbs<V>, x2: &Limbs<V>) -> Limbs<V> {
    raise::<_, 1>(&sub(x2, x1))
}

#[cfg(test)]
mod tests;
