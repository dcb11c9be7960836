//! The fold adds the sums of the eight lanes: eight sums to four, to two, to one.
//!
//! As lanes become free, they compute other products of the remaining additions. Each step is kept out of line so that its
//! products are on the stack only while it runs. In comments here, · is a lane whose value is not used.

use super::{
    field::{add, each, multiply, multiply_tight, normalize, sub},
    lanes::{LANES, Limbs, from_lanes, to_lanes},
    sums::{Ratio, Sums},
};
use core::arch::x86_64::*;

/// The lower four lanes, as a mask.
const LOW: u8 = 0x0f;

impl Sums {
    /// Adds lane k and lane k + 4. It leaves X in the upper lanes and Y in all lanes; `zz` then has ZZ in the lower lanes and ZZZ
    /// in the upper ones.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline(never)]
    pub(super) fn fold_to_four(&mut self) {
        let Self { x, y, zz, zzz } = self;
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

    /// Adds the sums 0 and 2 in the lower lanes, and 1 and 3 in the upper ones. In each half of the lanes, it leaves
    /// (·, X, ·, ·) in `x`, (Y, ·, ZZZ, ·) in `y` and (·, ·, ZZ, ·) in `zz`.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline(never)]
    pub(super) fn fold_to_two(&mut self) {
        let Self { x, y, zz, .. } = self;
        let halves = Halves::add(&Operands {
            points: take(x, y, [4, 6, 8, 10, 5, 7, 9, 11]),
            scales: take(zz, zz, [2, 0, 6, 4, 3, 1, 7, 5]),
            left: take(zz, zz, [0, 0, 0, 4, 1, 1, 1, 5]),
            right: take(zz, zz, [2, 2, 2, 6, 3, 3, 3, 7]),
        });
        (*x, *y, *zz) = (halves.x, halves.y_and_zzz(), halves.products);
    }

    /// Adds the last two sums, in both halves alike. ZZZ is not needed any more.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline(never)]
    pub(super) fn fold_to_one(&self) -> Ratio {
        let Self { x, y, zz, .. } = self;
        let halves = Halves::add(&Operands {
            points: take(x, y, [1, 5, 8, 12, 1, 5, 8, 12]),
            scales: take(zz, y, [6, 2, 14, 10, 6, 2, 14, 10]),
            left: take(zz, zz, [2; LANES]),
            right: take(zz, zz, [6; LANES]),
        });
        Ratio { x: to_lanes(&halves.x).map(|limb| limb[1]), zz: to_lanes(&halves.products).map(|limb| limb[2]) }
    }
}

/// The operands of two additions, one in each half of the lanes: four lanes for an addition.
struct Operands {
    /// X1, X2, Y1, Y2.
    points: Limbs,
    /// ZZ2, ZZ1, ZZZ2, ZZZ1.
    scales: Limbs,
    /// ·, ·, ZZ1, ZZZ1.
    left: Limbs,
    /// ·, ·, ZZ2, ZZZ2.
    right: Limbs,
}

/// The results of two additions, one mirrored sum in each half of the lanes.
struct Halves {
    /// ·, X, ·, ·
    x: Limbs,
    /// PPP, Q, ZZ, ·
    products: Limbs,
    /// U1, U2, S1, S2
    scaled: Limbs,
    /// P, R, ·, ·
    differences: Limbs,
    /// PP, R², ZZ1·ZZ2, ZZZ1·ZZZ2
    squares: Limbs,
}

impl Halves {
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline(never)]
    fn add(operands: &Operands) -> Self {
        let Operands { points, scales, left, right } = operands;
        let scaled = multiply_tight(points, scales);
        let differences =
            normalize(&sub(&move_in_halves::<0b00_00_11_01>(&scaled), &move_in_halves::<0b00_00_10_00>(&scaled)));
        let squares = multiply_tight(&blend(0b1100_1100, &differences, left), &blend(0b1100_1100, &differences, right));
        // P, U1, ZZ1·ZZ2 times PP
        let factors = blend(0b0010_0010, &blend(0b0100_0100, &differences, &squares), &move_in_halves::<0>(&scaled));
        let products = multiply_tight(&factors, &move_in_halves::<0>(&squares));
        // R² − PPP − 2·Q
        let ppp = move_in_halves::<0>(&products);
        let x = normalize(&sub(&sub(&squares, &ppp), &add(&products, &products)));
        Self { x, products, scaled, differences, squares }
    }

    /// Y, ·, ZZZ, ·
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline]
    fn y_and_zzz(&self) -> Limbs {
        let Self { x, products, scaled, differences, squares } = self;
        // S1, R, ZZZ1·ZZZ2 times PPP, X − Q, PPP
        let left =
            blend(0b0010_0010, &move_in_halves::<0b00_11_00_10>(&blend(0b1000_1000, scaled, squares)), differences);
        let right = blend(0b0010_0010, &move_in_halves::<0>(products), &normalize(&sub(x, products)));
        let product = multiply(&left, &right);
        let other = move_in_halves::<0b00_00_00_01>(&product);
        normalize(&each(|i| _mm512_mask_add_epi64(product[i], 0b0001_0001, product[i], other[i])))
    }
}

/// `b` in the lanes whose bit in `lanes` is set, `a` in the others.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn blend(lanes: u8, a: &Limbs, b: &Limbs) -> Limbs {
    each(|i| _mm512_mask_blend_epi64(lanes, a[i], b[i]))
}

/// Exchanges lane k and lane k + 4.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn swap(a: &Limbs) -> Limbs {
    each(|i| _mm512_shuffle_i64x2::<0b01_00_11_10>(a[i], a[i]))
}

/// Moves lanes within each half of them.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn move_in_halves<const ORDER: i32>(a: &Limbs) -> Limbs {
    each(|i| _mm512_permutex_epi64::<ORDER>(a[i]))
}

/// Lane k of the result is lane `order[k]` of `a` or, from 8 on, lane `order[k]` − 8 of `b`.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn take(a: &Limbs, b: &Limbs, order: [u64; LANES]) -> Limbs {
    let order = from_lanes(&order);
    each(|i| _mm512_permutex2var_epi64(a[i], order, b[i]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::es256::ifma::{HasIfma, Row, sum_all};
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

    #[test]
    fn a_fold_is_the_sum_and_shows_every_meeting() {
        let engine = Engine::new(Profile::Server);
        let Some(has_ifma) = HasIfma::detect() else { return };
        let mut table = std::vec![TableEntry::ZERO; Profile::Server.table_entries()];
        assert!(fill_table(engine, &Point::BASE, &mut table));
        let mut seen = [0; 4];
        for words in random(3_000) {
            // Entry k of the first window is 2·k + 1 times the base point.
            let entries: [usize; LANES] =
                core::array::from_fn(|lane| (words[lane / 2] >> (8 * (lane % 2)) & 31) as usize);
            let negate = (words[0] >> 32) as u8;
            let row = Row { entries: entries.map(|k| &table[k]), negate };
            let sum = sum_all(has_ifma, core::iter::once(row));
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
        std::println!("folds that meet at level 0, 1, 2, and at none: {seen:?}");
        assert!(seen.iter().all(|count| *count > 20), "{seen:?}");
    }
}
