//! The fold adds the sums of the eight lanes: eight sums to four, to two, to one.
//!
//! As lanes become free, they compute other products of the remaining additions. Each step is kept out of line so that its
//! products are on the stack only while it runs. In comments here, · is a lane whose value is not used.

use super::{
    field::{add, multiply, multiply_tight, normalize, sub},
    sums::{Ratio, Sums},
    vector::{Eight, LANES, Limbs, Work, to_lanes},
};

/// The lower four lanes, as a mask.
const LOW: u8 = 0x0f;

/// Adds lane k and lane k + 4. It leaves X in the upper lanes and Y in all lanes; `zz` then has ZZ in the lower lanes and ZZZ in
/// the upper ones.
pub(super) struct FoldToFour<'a, E: Eight>(pub(super) &'a mut Sums<E>);

impl<E: Eight> Work for FoldToFour<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Sums { x, y, zz, zzz, .. } = self.0;
        // low | high from here on: U1 | U2, S1 | S2, ZZ1·ZZ2 | ZZZ1·ZZZ2.
        let (other_zz, other_zzz) = (swap(zz), swap(zzz));
        let (u, s) = (multiply_tight(x, &other_zz), multiply_tight(y, &other_zzz));
        let products = multiply_tight(&blend(LOW, zzz, zz), &blend(LOW, &other_zzz, &other_zz));
        let (other_u, other_s) = (swap(&u), swap(&s));
        // P = U2 − U1 | R = S2 − S1
        let p_r = normalize(&sub(&blend(LOW, &s, &other_u), &blend(LOW, &other_s, &u)));
        // PP | R²
        let squares = multiply_tight(&p_r, &p_r);
        let pp = blend(LOW, &swap(&squares), &squares);
        // PPP | Q = U1·PP
        let ppp_q = multiply_tight(&blend(LOW, &other_u, &p_r), &pp);
        let ppp = blend(LOW, &swap(&ppp_q), &ppp_q);
        // · | X = R² − PPP − 2·Q
        *x = normalize(&sub(&sub(&squares, &ppp), &add(&ppp_q, &ppp_q)));
        // S1·PPP | R·(X − Q), whose sum is −Y; ZZ·PP | ZZZ·PPP
        let left = blend(LOW, &p_r, &s);
        let right = blend(LOW, &normalize(&sub(x, &ppp_q)), &ppp);
        let halves = multiply(&left, &right);
        *y = normalize(&add(&halves, &swap(&halves)));
        *zz = multiply_tight(&products, &blend(LOW, &ppp, &pp));
    }
}

/// Adds the sums 0 and 2 in the lower lanes, and 1 and 3 in the upper ones. In each half of the lanes, it leaves (·, X, ·, ·) in
/// `x`, (Y, ·, ZZZ, ·) in `y` and (·, ·, ZZ, ·) in `zz`.
pub(super) struct FoldToTwo<'a, E: Eight>(pub(super) &'a mut Sums<E>);

impl<E: Eight> Work for FoldToTwo<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Sums { proof, x, y, zz, .. } = self.0;
        let operands = Operands {
            points: take(x, y, [4, 6, 8, 10, 5, 7, 9, 11]),
            scales: take(zz, zz, [2, 0, 6, 4, 3, 1, 7, 5]),
            left: take(zz, zz, [0, 0, 0, 4, 1, 1, 1, 5]),
            right: take(zz, zz, [2, 2, 2, 6, 3, 3, 3, 7]),
        };
        let halves = E::out_of_line(*proof, AddHalves(&operands));
        (*x, *y, *zz) = (halves.x, halves.y_and_zzz(), halves.products);
    }
}

/// Adds the last two sums, in both halves alike. ZZZ is not needed any more.
pub(super) struct FoldToOne<'a, E: Eight>(pub(super) &'a Sums<E>);

impl<E: Eight> Work for FoldToOne<'_, E> {
    type Output = Ratio;

    #[inline(always)]
    fn run(self) -> Ratio {
        let Sums { proof, x, y, zz, .. } = self.0;
        let operands = Operands {
            points: take(x, y, [1, 5, 8, 12, 1, 5, 8, 12]),
            scales: take(zz, y, [6, 2, 14, 10, 6, 2, 14, 10]),
            left: take(zz, zz, [2; LANES]),
            right: take(zz, zz, [6; LANES]),
        };
        let halves = E::out_of_line(*proof, AddHalves(&operands));
        Ratio { x: to_lanes(&halves.x).map(|limb| limb[1]), zz: to_lanes(&halves.products).map(|limb| limb[2]) }
    }
}

/// The operands of two additions, one in each half of the lanes: four lanes for an addition.
struct Operands<E> {
    /// X1, X2, Y1, Y2.
    points: Limbs<E>,
    /// ZZ2, ZZ1, ZZZ2, ZZZ1.
    scales: Limbs<E>,
    /// ·, ·, ZZ1, ZZZ1.
    left: Limbs<E>,
    /// ·, ·, ZZ2, ZZZ2.
    right: Limbs<E>,
}

/// The results of two additions, one mirrored sum in each half of the lanes.
struct Halves<E> {
    /// ·, X, ·, ·
    x: Limbs<E>,
    /// PPP, Q, ZZ, ·
    products: Limbs<E>,
    /// U1, U2, S1, S2
    scaled: Limbs<E>,
    /// P, R, ·, ·
    differences: Limbs<E>,
    /// PP, R², ZZ1·ZZ2, ZZZ1·ZZZ2
    squares: Limbs<E>,
}

struct AddHalves<'a, E>(&'a Operands<E>);

impl<E: Eight> Work for AddHalves<'_, E> {
    type Output = Halves<E>;

    #[inline(always)]
    fn run(self) -> Halves<E> {
        let Operands { points, scales, left, right } = self.0;
        let scaled = multiply_tight(points, scales);
        let differences =
            normalize(&sub(&move_in_halves::<_, 0b00_00_11_01>(&scaled), &move_in_halves::<_, 0b00_00_10_00>(&scaled)));
        let squares = multiply_tight(&blend(0b1100_1100, &differences, left), &blend(0b1100_1100, &differences, right));
        // P, U1, ZZ1·ZZ2 times PP
        let factors = blend(0b0010_0010, &blend(0b0100_0100, &differences, &squares), &move_in_halves::<_, 0>(&scaled));
        let products = multiply_tight(&factors, &move_in_halves::<_, 0>(&squares));
        // R² − PPP − 2·Q
        let ppp = move_in_halves::<_, 0>(&products);
        let x = normalize(&sub(&sub(&squares, &ppp), &add(&products, &products)));
        Halves { x, products, scaled, differences, squares }
    }
}

impl<E: Eight> Halves<E> {
    /// Y, ·, ZZZ, ·
    #[inline(always)]
    fn y_and_zzz(&self) -> Limbs<E> {
        let Self { x, products, scaled, differences, squares } = self;
        // S1, R, ZZZ1·ZZZ2 times PPP, X − Q, PPP
        let left =
            blend(0b0010_0010, &move_in_halves::<_, 0b00_11_00_10>(&blend(0b1000_1000, scaled, squares)), differences);
        let right = blend(0b0010_0010, &move_in_halves::<_, 0>(products), &normalize(&sub(x, products)));
        let product = multiply(&left, &right);
        let other = move_in_halves::<_, 0b00_00_00_01>(&product);
        normalize(&blend(0b0001_0001, &product, &add(&product, &other)))
    }
}

/// `b` in the lanes whose bit in `lanes` is set, `a` in the others.
#[inline(always)]
fn blend<E: Eight>(lanes: u8, a: &Limbs<E>, b: &Limbs<E>) -> Limbs<E> {
    each!(i => a[i].blend(lanes, b[i]))
}

/// Exchanges lane k and lane k + 4.
#[inline(always)]
fn swap<E: Eight>(a: &Limbs<E>) -> Limbs<E> {
    each!(i => a[i].swap_halves())
}

/// Moves lanes within each half of them.
#[inline(always)]
fn move_in_halves<E: Eight, const ORDER: i32>(a: &Limbs<E>) -> Limbs<E> {
    each!(i => a[i].move_in_halves::<ORDER>())
}

/// Lane k of the result is lane `order[k]` of `a` or, from 8 on, lane `order[k]` − 8 of `b`.
#[inline(always)]
fn take<E: Eight>(a: &Limbs<E>, b: &Limbs<E>, order: [u64; LANES]) -> Limbs<E> {
    each!(i => a[i].take(b[i], &order))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::es256::ifma::{Row, Rows, Run, SumAll, for_each_kind};
    use crate::es256::{
        Engine, Point, Profile, TableEntry, field::tests::random, fill_table, lanes::to_point, point::Xyzz,
    };

    /// The order in which the lanes are added: k to k + 4, then 0 to 2 and 1 to 3, then the two that are left.
    fn meets(multiples: [i64; LANES]) -> Option<usize> {
        let four: [i64; 4] = core::array::from_fn(|k| multiples[k] + multiples[k + 4]);
        let two = [four[0] + four[2], four[1] + four[3]];
        let meet = |a: i64, b: i64| a == b || a == -b;
        let levels = [
            (0..4).any(|k| meet(multiples[k], multiples[k + 4])),
            meet(four[0], four[2]) || meet(four[1], four[3]),
            meet(two[0], two[1]),
        ];
        levels.iter().position(|met| *met)
    }

    struct OneRow<'t>(Row<'t>);

    impl Rows for OneRow<'_> {
        const COUNT: usize = 1;

        fn row(&self, _: usize) -> Row<'_> {
            self.0
        }
    }

    struct Fold;

    impl Run for Fold {
        fn run<E: Eight>(&mut self, name: &str, proof: E::Proof) {
            let Some(engine) = Engine::all().find(|engine| !engine.is_portable()) else { return };
            let mut table = std::vec![TableEntry::ZERO; Profile::Server.table_entries()];
            assert!(fill_table(engine, &Point::BASE, &mut table));
            let mut seen = [0; 4];
            for words in random(3_000) {
                // Entry k of the first window is 2·k + 1 times the base point.
                let entries: [usize; LANES] =
                    core::array::from_fn(|lane| (words[lane / 2] >> (8 * (lane % 2)) & 31) as usize);
                let negate = (words[0] >> 32) as u8;
                let row = Row { entries: entries.map(|k| &table[k]), negate };
                let sum = SumAll::<E, _> { proof, rows: &OneRow(row) }.run();
                let is_negative = |lane: usize| negate >> lane & 1 == 1;
                let multiples = core::array::from_fn(|lane| {
                    let multiple = 2 * entries[lane] as i64 + 1;
                    if is_negative(lane) { -multiple } else { multiple }
                });
                let point = to_point(&sum);
                let met = meets(multiples);
                seen[met.map_or(3, |level| level)] += 1;
                assert_eq!(point.is_none(), met.is_some(), "{multiples:?}");
                if let Some(point) = point {
                    let points = (0..LANES).map(|lane| engine.point(row.entries[lane]).neg_if(is_negative(lane)));
                    let exact = points.fold(None, |sum, point| Xyzz::add_exact(&sum, &point)).unwrap();
                    assert!(point.x.mul(&exact.zz).equals(&exact.x.mul(&point.zz)), "{multiples:?}");
                }
            }
            std::println!("{name}: folds that meet at level 0, 1, 2, and at none: {seen:?}");
            assert!(seen.iter().all(|count| *count > 20), "{seen:?}");
        }
    }

    #[test]
    fn a_fold_is_the_sum_and_shows_every_meeting() {
        for_each_kind(&mut Fold);
    }
}
