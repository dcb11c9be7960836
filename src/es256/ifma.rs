//! Eight sums at a time with AVX-512 IFMA (x86-64): each lane of a vector adds lines of its own.
//!
//! A field element is five limbs of 52 bits, least first, in Montgomery's form with the factor 2^260; the lines of this
//! backend's tables hold x·2^260 and y·2^260 below p. Two states of limbs occur, and every function says which it takes:
//!
//! * *tight*: each limb in [0, 2^52), the value below 2^256 + 2^254. Only these may be multiplied: the instructions read 52
//!   bits and no more.
//! * *loose*: signed limbs of magnitude below 2^58, as products before their carries, and sums of a few of them.
//!
//! One signature fills the lanes with four runs of eight lines of G and four of Q, and folds them in three steps. Eight
//! signatures fill one lane each. As everywhere here, a sum that meets ± its next line has ZZ ≡ 0 from there to the end,
//! also through the fold, where ZZ is multiplied by both ZZ.

#![allow(unsafe_code)] // the second of the two doors; the other is ffi
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)] // constant indices; vectors wrap

use core::arch::x86_64::*;

use super::Line;

cpufeatures::new!(ifma, "avx512f", "avx512ifma");

/// Proof that this processor has the instructions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Token(());

impl Token {
    pub(super) fn detect() -> Option<Self> {
        ifma::get().then_some(Self(()))
    }
}

/// Eight lines, one for each lane, and whether to take the opposite point (bit k for lane k).
#[derive(Clone, Copy)]
pub(super) struct Row<'t> {
    pub(super) lines: [&'t Line; LANES],
    pub(super) negate: u8,
}

pub(super) const LANES: usize = 8;

/// X and ZZ of a sum, tight, in limbs of 52 bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ratio {
    pub(super) x: [u64; 5],
    pub(super) zz: [u64; 5],
}

/// The sum of all lines of all lanes: x = X/ZZ, and ZZ ≡ 0 when any addition on the way met ± its line.
pub(super) fn sum_all<'t>(_: Token, rows: impl Iterator<Item = Row<'t>>) -> Ratio {
    // SAFETY: the token says that the instructions are there.
    unsafe { sum_all_lanes(rows) }
}

/// The same for each lane by itself.
pub(super) fn sum_each<'t>(_: Token, rows: impl Iterator<Item = Row<'t>>) -> [Ratio; LANES] {
    // SAFETY: the token says that the instructions are there.
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
    // An addition mirrors: every second line is taken mirrored instead, beginning with the second sum.
    let mut sums = Sums { x: splat(ONE), y: splat(ONE), zz: splat(ONE), zzz: splat(ONE) };
    for (i, row) in rows.enumerate() {
        let mirrored = if i % 2 == 0 && i > 0 { 0xff } else { 0 };
        let (x, y) = load_points(&row.lines);
        let negate = row.negate ^ mirrored;
        match i {
            0 => (sums.x, sums.y) = (x, settle(&negate_if(&y, negate))),
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
        let p = settle(&sub(&p, &self.x));
        let r = settle(&sub(&negate_if(&r, negate), &self.y));
        self.add_by_differences::<false>(&p, &r);
    }

    /// The same while `self` is an affine point still: ZZ = ZZZ = 1.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline(never)]
    fn add_to_affine(&mut self, x: &Limbs, y: &Limbs, negate: u8) {
        let p = settle(&sub(x, &self.x));
        let r = settle(&sub(&negate_if(y, negate), &self.y));
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
        self.x = settle(&sub(&sub(&rr, &ppp), &add(&q, &q)));
        let difference = settle(&sub(&self.x, &q));
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

// The eight lanes are added together: eight sums to four, to two, to one. Lanes that become free take products of the
// additions that are left. Each step by itself, so that its products lie on the stack only while it runs.

/// Which lanes are the lower ones.
const LOW: u8 = 0x0f;

impl Sums {
    /// Adds lane k and lane k + 4. Leaves X in the upper lanes, Y in all, and in `zz` ZZ in the lower lanes, ZZZ in the upper ones.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline(never)]
    fn fold_to_four(&mut self) {
        let Self { x, y, zz, zzz } = self;
        // low | high from here on: U1 | U2, S1 | S2, ZZ1·ZZ2 | ZZZ1·ZZZ2.
        let (other_zz, other_zzz) = (swap(zz), swap(zzz));
        let [u, s] = multiply([(x, &other_zz), (y, &other_zzz)]);
        let (u, s) = (carry(&u), carry(&s));
        let products = multiply_one(&blend(LOW, zzz, zz), &blend(LOW, &other_zzz, &other_zz));
        let (other_u, other_s) = (swap(&u), swap(&s));
        // P = U2 − U1 | R = S2 − S1
        let p_r = settle(&sub(&blend(LOW, &s, &other_u), &blend(LOW, &other_s, &u)));
        // PP | R²
        let squares = multiply_one(&p_r, &p_r);
        let pp = blend(LOW, &swap(&squares), &squares);
        // PPP | Q = U1·PP
        let ppp_q = multiply_one(&blend(LOW, &other_u, &p_r), &pp);
        let ppp = blend(LOW, &swap(&ppp_q), &ppp_q);
        // · | X = R² − PPP − 2·Q
        *x = settle(&sub(&sub(&squares, &ppp), &add(&ppp_q, &ppp_q)));
        // S1·PPP | R·(X − Q), whose sum is −Y; ZZ·PP | ZZZ·PPP
        let left = blend(LOW, &p_r, &s);
        let right = blend(LOW, &settle(&sub(x, &ppp_q)), &ppp);
        let [halves, scales] = multiply([(&left, &right), (&products, &blend(LOW, &ppp, &pp))]);
        *y = settle(&add(&halves, &swap(&halves)));
        *zz = carry(&scales);
    }

    /// Adds the sums 0 and 2 in the lower lanes, 1 and 3 in the upper ones. Leaves in each half of the lanes ·, X, ·, · in `x`;
    /// Y, ·, ZZZ, · in `y`; ·, ·, ZZ, · in `zz`.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline(never)]
    fn fold_to_two(&mut self) {
        let Self { x, y, zz, .. } = self;
        let halves = Halves::add(&Operands {
            points: take(x, y, [4, 6, 8, 10, 5, 7, 9, 11]),
            scales: take(zz, zz, [2, 0, 6, 4, 3, 1, 7, 5]),
            left: take(zz, zz, [0, 0, 0, 4, 1, 1, 1, 5]),
            right: take(zz, zz, [2, 2, 2, 6, 3, 3, 3, 7]),
        });
        (*x, *y, *zz) = (halves.x, halves.y_and_zzz(), halves.products);
    }

    /// Adds the two that are left, in both halves alike; ZZZ is not asked for any more.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline(never)]
    fn fold_to_one(&self) -> Ratio {
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

/// What one addition in each half of the lanes takes, four lanes for an addition.
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

/// One mirrored sum in each half of the lanes.
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
        let scaled = multiply_one(points, scales);
        let differences =
            settle(&sub(&move_in_halves::<0b00_00_11_01>(&scaled), &move_in_halves::<0b00_00_10_00>(&scaled)));
        let squares = multiply_one(&blend(0b1100_1100, &differences, left), &blend(0b1100_1100, &differences, right));
        // P, U1, ZZ1·ZZ2 times PP
        let factors = blend(0b0010_0010, &blend(0b0100_0100, &differences, &squares), &move_in_halves::<0>(&scaled));
        let products = multiply_one(&factors, &move_in_halves::<0>(&squares));
        // R² − PPP − 2·Q
        let ppp = move_in_halves::<0>(&products);
        let x = settle(&sub(&sub(&squares, &ppp), &add(&products, &products)));
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
        let right = blend(0b0010_0010, &move_in_halves::<0>(products), &settle(&sub(x, products)));
        let [product] = multiply([(&left, &right)]);
        let other = move_in_halves::<0b00_00_00_01>(&product);
        settle(&each(|i| _mm512_mask_add_epi64(product[i], 0b0001_0001, product[i], other[i])))
    }
}

/// Moves lanes within each half of them.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn move_in_halves<const ORDER: i32>(a: &Limbs) -> Limbs {
    each(|i| _mm512_permutex_epi64::<ORDER>(a[i]))
}

/// Lane k becomes lane `order[k]` of a, or, from 8 on, of b.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn take(a: &Limbs, b: &Limbs, order: [u64; LANES]) -> Limbs {
    let order = from_lanes(&order);
    each(|i| _mm512_permutex2var_epi64(a[i], order, b[i]))
}

/// a·b/2^260 for `N` pairs at once, loose, below p + 2^253: five rows, then five reductions, pair by pair in each row, since
/// one product by itself waits for its own sums most of the time. All factors tight.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn multiply<const N: usize>(pairs: [(&Limbs, &Limbs); N]) -> [Limbs; N] {
    let mut t = [Wide::ZERO; N];
    for i in 0..5 {
        for (t, (a, b)) in t.iter_mut().zip(pairs) {
            t.add_low_row(i, a, b);
        }
        for (t, (a, b)) in t.iter_mut().zip(pairs) {
            t.add_high_row(i, a, b);
        }
    }
    reduce(t)
}

/// One of them, tight.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn multiply_one(a: &Limbs, b: &Limbs) -> Limbs {
    let [product] = multiply([(a, b)]);
    carry(&product)
}

/// (a·b + c·d)/2^260, loose, below p + 2^254. All factors tight.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn multiply_add(a: &Limbs, b: &Limbs, c: &Limbs, d: &Limbs) -> Limbs {
    let mut t = [Wide::ZERO; 2];
    for i in 0..5 {
        t[0].add_low_row(i, a, b);
        t[1].add_low_row(i, c, d);
        t[0].add_high_row(i, a, b);
        t[1].add_high_row(i, c, d);
    }
    let [sum] = reduce([t[0].plus(&t[1])]);
    sum
}

/// Squares/2^260, loose: mixed products once, doubled. The factors tight.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn square<const N: usize>(factors: [&Limbs; N]) -> [Limbs; N] {
    let mut t = [Wide::ZERO; N];
    for i in 0..5 {
        for (t, a) in t.iter_mut().zip(factors) {
            for j in i + 1..5 {
                t.add_product(i, j, a[i], a[j]);
            }
        }
    }
    for i in 0..10 {
        for t in &mut t {
            t.0[i] = _mm512_add_epi64(t.0[i], t.0[i]);
        }
    }
    for i in 0..5 {
        for (t, a) in t.iter_mut().zip(factors) {
            t.add_product(i, i, a[i], a[i]);
        }
    }
    reduce(t)
}

/// A product before its reduction: limbs below 18·2^52.
#[derive(Clone, Copy)]
struct Wide([Vector; 10]);

impl Wide {
    /// All zero octets are the vectors of zeros.
    const ZERO: Self = Self([ZEROS; 10]);

    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline]
    fn plus(&self, other: &Self) -> Self {
        let mut sum = *self;
        for i in 0..10 {
            sum.0[i] = _mm512_add_epi64(sum.0[i], other.0[i]);
        }
        sum
    }

    /// Adds the lower halves of a[i]·b at limb i.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline]
    fn add_low_row(&mut self, i: usize, a: &Limbs, b: &Limbs) {
        for (t, &b) in self.0[i..].iter_mut().zip(b) {
            *t = _mm512_madd52lo_epu64(*t, a[i], b);
        }
    }

    /// Adds the upper halves of a[i]·b at limb i + 1.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline]
    fn add_high_row(&mut self, i: usize, a: &Limbs, b: &Limbs) {
        for (t, &b) in self.0[i + 1..].iter_mut().zip(b) {
            *t = _mm512_madd52hi_epu64(*t, a[i], b);
        }
    }

    /// Adds a·b at limb i + j.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline]
    fn add_product(&mut self, i: usize, j: usize, a: Vector, b: Vector) {
        let Self(t) = self;
        t[i + j] = _mm512_madd52lo_epu64(t[i + j], a, b);
        t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], a, b);
    }

    /// Adds m·p at limb i for the m that makes limb i a multiple of 2^52, and moves what is above to limb i + 1.
    ///
    /// −1/p ≡ 1 mod 2^52, so the low 52 bits m of limb i are the multiplier themselves, and
    /// m·p = m·(2^256 − 2^224 + 2^192 + 2^96) − m, whose last term clears those bits.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline]
    fn reduce_limb(&mut self, i: usize) {
        // p's limbs from the second on: 2^96 and 2^192 in limbs 1 and 3, 2^256 − 2^224 in limb 4.
        let [at_96, at_192, at_224] =
            [_mm512_set1_epi64(1 << 44), _mm512_set1_epi64(1 << 36), _mm512_set1_epi64(0xffff_ffff_0000)];
        let Self(t) = self;
        let m = t[i];
        t[i + 1] = _mm512_add_epi64(t[i + 1], _mm512_srli_epi64::<52>(m));
        t[i + 1] = _mm512_madd52lo_epu64(t[i + 1], m, at_96);
        t[i + 2] = _mm512_madd52hi_epu64(t[i + 2], m, at_96);
        t[i + 3] = _mm512_madd52lo_epu64(t[i + 3], m, at_192);
        t[i + 4] = _mm512_madd52hi_epu64(t[i + 4], m, at_192);
        t[i + 4] = _mm512_madd52lo_epu64(t[i + 4], m, at_224);
        t[i + 5] = _mm512_madd52hi_epu64(t[i + 5], m, at_224);
    }
}

/// (t + M·p)/2^260 for the M that makes it an integer, loose.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn reduce<const N: usize>(mut t: [Wide; N]) -> [Limbs; N] {
    for i in 0..5 {
        for t in &mut t {
            t.reduce_limb(i);
        }
    }
    t.map(|Wide([_, _, _, _, _, a, b, c, d, e])| [a, b, c, d, e])
}

/// Loose to tight for a product, which is not negative and below 2^260: only its carries.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn carry(a: &Limbs) -> Limbs {
    let mask = _mm512_set1_epi64(MASK);
    let mut a = *a;
    for i in 0..4 {
        a[i + 1] = _mm512_add_epi64(a[i + 1], _mm512_srai_epi64::<52>(a[i]));
        a[i] = _mm512_and_si512(a[i], mask);
    }
    a
}

/// Loose to tight for any sum of |a4| < 2^54, also a negative one: takes p away as often as the bits above 2^256 say, which
/// leaves between 0 and 2^256 + 2^232.
///
/// Taking p away in place of 2^256 adds q·2^224 with |q| < 2^6, and the lower limbs carry less than ±2^7·2^208 into the
/// highest: asking 2^22·2^208 less of it than there is keeps the result from going below zero.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn settle(a: &Limbs) -> Limbs {
    let [a0, a1, a2, a3, a4] = *a;
    let q = _mm512_srai_epi64::<48>(_mm512_sub_epi64(a4, _mm512_set1_epi64(1 << 22)));
    // −q·p = q·(2^224 − 2^192 − 2^96 + 1) − q·2^256
    let q_224 = _mm512_slli_epi64::<16>(q);
    let a0 = _mm512_add_epi64(a0, q);
    let a1 = _mm512_sub_epi64(a1, _mm512_slli_epi64::<44>(q));
    let a3 = _mm512_sub_epi64(a3, _mm512_slli_epi64::<36>(q));
    let a4 = _mm512_add_epi64(a4, _mm512_sub_epi64(q_224, _mm512_slli_epi64::<48>(q)));
    carry(&[a0, a1, a2, a3, a4])
}

#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn add(a: &Limbs, b: &Limbs) -> Limbs {
    each(|i| _mm512_add_epi64(a[i], b[i]))
}

#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn sub(a: &Limbs, b: &Limbs) -> Limbs {
    each(|i| _mm512_sub_epi64(a[i], b[i]))
}

/// −a in the lanes of `negate`; loose.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn negate_if(a: &Limbs, negate: u8) -> Limbs {
    each(|i| _mm512_mask_sub_epi64(a[i], negate, _mm512_setzero_si512(), a[i]))
}

/// b in the lanes of `lanes`, a in the others.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn blend(lanes: u8, a: &Limbs, b: &Limbs) -> Limbs {
    each(|i| _mm512_mask_blend_epi64(lanes, a[i], b[i]))
}

/// Lane k and lane k + 4 change places.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn swap(a: &Limbs) -> Limbs {
    each(|i| _mm512_shuffle_i64x2::<0b01_00_11_10>(a[i], a[i]))
}

#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn splat(limbs: [u64; 5]) -> Limbs {
    each(|i| _mm512_set1_epi64(limbs[i].cast_signed()))
}

#[inline(always)]
fn each(mut limb: impl FnMut(usize) -> Vector) -> Limbs {
    [limb(0), limb(1), limb(2), limb(3), limb(4)]
}

/// The points of eight lines, tight: an 8 × 8 transposition, then limbs of 64 bits to limbs of 52.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn load_points(lines: &[&Line; LANES]) -> (Limbs, Limbs) {
    let [a, b, c, d, e, f, g, h] = lines.map(|line| from_lanes(&line.0));
    // Pairs of rows, then of pairs, then of fours.
    let (ab0, ab1) = (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
    let (cd0, cd1) = (_mm512_unpacklo_epi64(c, d), _mm512_unpackhi_epi64(c, d));
    let (ef0, ef1) = (_mm512_unpacklo_epi64(e, f), _mm512_unpackhi_epi64(e, f));
    let (gh0, gh1) = (_mm512_unpacklo_epi64(g, h), _mm512_unpackhi_epi64(g, h));
    let columns = |ab, cd, ef, gh| {
        // Limbs 0 and 4, or 1 and 5, and so on, of the rows in the order of their 128-bit pieces.
        let (low, high) =
            (_mm512_shuffle_i64x2::<0b10_00_10_00>(ab, cd), _mm512_shuffle_i64x2::<0b10_00_10_00>(ef, gh));
        let (odd_low, odd_high) =
            (_mm512_shuffle_i64x2::<0b11_01_11_01>(ab, cd), _mm512_shuffle_i64x2::<0b11_01_11_01>(ef, gh));
        [
            _mm512_shuffle_i64x2::<0b10_00_10_00>(low, high),
            _mm512_shuffle_i64x2::<0b10_00_10_00>(odd_low, odd_high),
            _mm512_shuffle_i64x2::<0b11_01_11_01>(low, high),
            _mm512_shuffle_i64x2::<0b11_01_11_01>(odd_low, odd_high),
        ]
    };
    let [x0, x2, y0, y2] = columns(ab0, cd0, ef0, gh0);
    let [x1, x3, y1, y3] = columns(ab1, cd1, ef1, gh1);
    (split(x0, x1, x2, x3), split(y0, y1, y2, y3))
}

#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn split(a: Vector, b: Vector, c: Vector, d: Vector) -> Limbs {
    let mask = _mm512_set1_epi64(MASK);
    let limbs = [
        a,
        _mm512_or_si512(_mm512_srli_epi64::<52>(a), _mm512_slli_epi64::<12>(b)),
        _mm512_or_si512(_mm512_srli_epi64::<40>(b), _mm512_slli_epi64::<24>(c)),
        _mm512_or_si512(_mm512_srli_epi64::<28>(c), _mm512_slli_epi64::<36>(d)),
        _mm512_srli_epi64::<16>(d),
    ];
    limbs.map(|limb| _mm512_and_si512(limb, mask))
}

// SAFETY: 64 octets either way, and every bit pattern is a value of both types.
const ZEROS: Vector = unsafe { core::mem::transmute::<[u64; LANES], Vector>([0; LANES]) };

fn from_lanes(lanes: &[u64; LANES]) -> Vector {
    // SAFETY: 64 octets either way, and every bit pattern is a value of both types.
    unsafe { core::mem::transmute::<[u64; LANES], Vector>(*lanes) }
}

fn to_lanes(limbs: &Limbs) -> [[u64; LANES]; 5] {
    // SAFETY: 64 octets either way, and every bit pattern is a value of both types.
    limbs.map(|limb| unsafe { core::mem::transmute::<Vector, [u64; LANES]>(limb) })
}

impl Ratio {
    /// The integers of five tight limbs: four limbs of 64 bits, and what is above 2^256.
    pub(super) fn join(limbs: [u64; 5]) -> ([u64; 4], u64) {
        let [a, b, c, d, e] = limbs;
        ([a | (b << 52), (b >> 12) | (c << 40), (c >> 24) | (d << 28), (d >> 36) | (e << 16)], e >> 48)
    }
}

const MASK: i64 = (1 << 52) - 1;
/// 2^260 mod p: 1 in Montgomery's form.
const ONE: [u64; 5] = [0x10, 0xf_0000_0000_0000, 0xf_ffff_ffff_ffff, 0xf_feff_ffff_ffff, 0xf_ffff];

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::super::field::{Fe, tests::edges, tests::random};
    use super::*;

    /// Any four limbs, as five.
    fn limbs_52([a, b, c, d]: [u64; 4]) -> [u64; 5] {
        let mask = MASK.cast_unsigned();
        [a & mask, (a >> 52 | b << 12) & mask, (b >> 40 | c << 24) & mask, (c >> 28 | d << 36) & mask, d >> 16]
    }

    /// One value a lane.
    fn vectors(values: &[[u64; 4]; LANES]) -> Limbs {
        let limbs = values.map(limbs_52);
        core::array::from_fn(|i| from_lanes(&limbs.map(|limbs| limbs[i])))
    }

    /// What the lanes hold, below p; asserts that they are tight.
    fn values(limbs: &Limbs) -> [[u64; 4]; LANES] {
        let limbs = to_lanes(limbs);
        core::array::from_fn(|lane| {
            let lane = limbs.map(|limb| limb[lane]);
            assert!(lane.iter().all(|limb| *limb < 1 << 52), "not tight: {lane:x?}");
            let (joined, top) = Ratio::join(lane);
            assert!(top < 2, "{lane:x?}");
            Fe::from_limbs_and_top(joined, top != 0).to_limbs()
        })
    }

    /// 2^−4: what a product here has more of the factor than one in `Fe`.
    fn sixteenth(a: Fe) -> Fe {
        // out_of_52_bit_form multiplies by 2^252/2^256.
        a.out_of_52_bit_form()
    }

    /// a·b and c·d, a² and d², a·b alone, a·b + c·d, a − b − 2·c, ±a.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn operations(a: &Limbs, b: &Limbs, c: &Limbs, d: &Limbs) -> [Limbs; 8] {
        let [one, other] = multiply([(a, b), (c, d)]);
        let [a_squared, d_squared] = square([a, d]);
        [
            carry(&one),
            carry(&other),
            carry(&a_squared),
            carry(&d_squared),
            multiply_one(a, b),
            carry(&multiply_add(a, b, c, d)),
            settle(&sub(&sub(a, b), &add(c, c))),
            settle(&negate_if(a, 0b0101_0101)),
        ]
    }

    #[test]
    fn arithmetic_agrees_with_the_portable_field() {
        if Token::detect().is_none() {
            std::println!("no vectors on this processor: not tested");
            return;
        }
        let edges = edges([0; 4]);
        let mut all: Vec<[u64; 4]> = edges.iter().step_by(3).copied().chain(random(4_000)).collect();
        all.truncate(all.len() / LANES * LANES);
        let groups = all.as_chunks::<LANES>().0;
        let mut seen = 0;
        for (i, a) in groups.iter().enumerate() {
            for step in [1, 7, 41] {
                let [b, c, d] = [1, 2, 3].map(|k| &groups[(i + k * step) % groups.len()]);
                // SAFETY: the processor has the instructions.
                let results = unsafe { operations(&vectors(a), &vectors(b), &vectors(c), &vectors(d)) };
                let results = results.map(|limbs| values(&limbs));
                for lane in 0..LANES {
                    let [a, b, c, d] = [a, b, c, d].map(|values| Fe::from_limbs(values[lane]));
                    let expected = [
                        sixteenth(a.mul(&b)),
                        sixteenth(c.mul(&d)),
                        sixteenth(a.square()),
                        sixteenth(d.square()),
                        sixteenth(a.mul(&b)),
                        sixteenth(a.mul_add(&b, &c, &d)),
                        a.sub(&b).sub(&c.double()),
                        if lane % 2 == 0 { a.neg() } else { a },
                    ];
                    for (k, (result, expected)) in results.iter().zip(expected).enumerate() {
                        assert_eq!(result[lane], expected.to_limbs(), "operation {k}, group {i}, lane {lane}");
                        seen += 1;
                    }
                }
            }
        }
        std::println!("ifma: {seen} results agree");
        assert!(seen > 50_000);
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn load_and_split(lines: &[&Line; LANES]) -> (Limbs, Limbs) {
        load_points(lines)
    }

    #[test]
    fn lines_go_into_their_lanes() {
        if Token::detect().is_none() {
            return;
        }
        let lines: [Line; LANES] = core::array::from_fn(|lane| {
            Line(core::array::from_fn(|i| 0x0123_4567_89ab_cdef_u64.rotate_left((8 * lane + i) as u32) | 1 << 63))
        });
        let references: [&Line; LANES] = core::array::from_fn(|lane| &lines[lane]);
        // SAFETY: the processor has the instructions.
        let (x, y) = unsafe { load_and_split(&references) };
        for lane in 0..LANES {
            let [a, b, c, d, e, f, g, h] = lines[lane].0;
            assert_eq!(to_lanes(&x).map(|limb| limb[lane]), limbs_52([a, b, c, d]));
            assert_eq!(to_lanes(&y).map(|limb| limb[lane]), limbs_52([e, f, g, h]));
        }
    }

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
        use super::super::{Engine, Point, Profile, fill_table, point::Xyzz, vector::to_point};
        let engine = Engine::new(Profile::Server);
        let Some(token) = Token::detect() else { return };
        let mut table = std::vec![Line::ZERO; Profile::Server.table_lines()];
        assert!(fill_table(engine, &Point::BASE, &mut table));
        let mut seen = [0; 4];
        for words in random(3_000) {
            // Line k of the first window is 2·k + 1 times the base point.
            let lines: [usize; LANES] =
                core::array::from_fn(|lane| (words[lane / 2] >> (8 * (lane % 2)) & 31) as usize);
            let negate = (words[0] >> 32) as u8;
            let row = Row { lines: lines.map(|k| &table[k]), negate };
            let sum = sum_all(token, core::iter::once(row));
            let is_negative = |lane: usize| negate >> lane & 1 == 1;
            let multiples = core::array::from_fn(|lane| {
                let multiple = 2 * lines[lane] as i64 + 1;
                if is_negative(lane) { -multiple } else { multiple }
            });
            let point = to_point(&sum);
            let met = meets(multiples);
            seen[met.map_or(3, |level| level)] += 1;
            assert_eq!(point.is_none(), met.is_some(), "{multiples:?}");
            if let Some(point) = point {
                let points = (0..LANES).map(|lane| engine.point(row.lines[lane]).neg_if(is_negative(lane)));
                let exact = points.fold(None, |sum, point| Xyzz::add_exact(&sum, &point)).unwrap();
                assert!(point.x.mul(&exact.zz).equals(&exact.x.mul(&point.zz)), "{multiples:?}");
            }
        }
        std::println!("folds that meet at level 0, 1, 2, and at none: {seen:?}");
        assert!(seen.iter().all(|count| *count > 20), "{seen:?}");
    }
}
