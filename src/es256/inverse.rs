//! Inversion modulo p and n by division steps (Bernstein and Yang, "Fast constant-time gcd computation and modular
//! inversion", 2019, <https://eprint.iacr.org/2019/266>). It takes variable time, since nothing that is inverted is secret.
//!
//! A division step works on (δ, f, g) with an odd f. When g is odd, it first makes g even: from (δ, f, g) it makes
//! (−δ, g, f ± g) when δ > 0, else (δ, f, f ± g). Then it halves g: (1 + δ, f, g/2). The greatest common divisor of f and g
//! stays the same, and g ends at 0. The sign is the one that makes f ± g a multiple of 4 (Brent and Kung, "Systolic VLSI
//! arrays for linear-time GCD computation", 1983). That takes a third fewer additions than a fixed sign: on average 523
//! halvings for 256 bits. We start at δ = 1/2.
//!
//! What the next 62 halvings do depends only on the low 64 bits of f and g. It is a 2 × 2 matrix, which is then applied to
//! the whole f and g and, modulo m, to the cofactors d and e.

use core::hint::select_unpredictable;

/// An odd modulus, 2^255 < m < 2^256.
pub(super) struct Modulus {
    limbs: Signed,
    /// −1/m mod 2^62.
    negative_inverse: u64,
}

/// An integer in signed radix 2^62: four limbs in [0, 2^62), the fifth carries the sign.
type Signed = [i64; 5];

const MASK: u64 = u64::MAX >> 2;

/// The most rounds, of 62 halvings each. Nine suffice for nearly all values, and the loop ends when g is 0. When 16 do not
/// suffice, the caller's check of the result fails, and the caller inverts in another way.
const ROUNDS: usize = 16;

impl Modulus {
    pub(super) const fn new(m: [u64; 4]) -> Self {
        // Newton's iteration: three bits are right at first, and each step doubles their number.
        let mut inverse = m[0];
        let mut doublings = 0;
        while doublings < 5 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(m[0].wrapping_mul(inverse)));
            doublings += 1;
        }
        Self { limbs: to_signed(m), negative_inverse: inverse.wrapping_neg() & MASK }
    }
}

/// `scale`/`x` mod `modulus`, below `modulus`. The result is wrong when `x` has no inverse: callers check it by multiplying.
pub(super) fn invert(modulus: &Modulus, x: [u64; 4], scale: [u64; 4]) -> [u64; 4] {
    // Invariants: d·x ≡ f·scale and e·x ≡ g·scale mod m.
    let (mut d, mut e) = ([0; 5], to_signed(scale));
    let (mut f, mut g) = (modulus.limbs, to_signed(x));
    let mut delta = 0;
    for _ in 0..ROUNDS {
        if g == [0; 5] {
            break;
        }
        let matrix = Matrix::of_62_steps(&mut delta, low_64(&f), low_64(&g));
        matrix.apply(&mut f, &mut g);
        matrix.apply_modulo(modulus, &mut d, &mut e);
    }
    // Here f = ±1. The cofactors started below m and grow by at most m/2 a round, so |d| < 9·m.
    let negative = f[4] < 0;
    let d = combine(&d, if negative { -1 } else { 1 }, &modulus.limbs, 9);
    into_range(d, modulus)
}

/// The effect of 62 halvings: 2^62·(f', g') = (u·f + v·g, q·f + r·g), with |u| + |v| ≤ 2^62 and |q| + |r| ≤ 2^62.
struct Matrix {
    u: i64,
    v: i64,
    q: i64,
    r: i64,
}

impl Matrix {
    /// `delta` is δ − 1/2. Kept out of line: only when LLVM cannot see how the matrix was computed does it multiply its entries
    /// as signed 64-bit words.
    #[inline(never)]
    fn of_62_steps(delta: &mut i64, mut f: u64, mut g: u64) -> Self {
        let (mut u, mut v, mut q, mut r) = (1u64, 0u64, 0u64, 1u64);
        let mut left = 62u32;
        loop {
            // While g is even, steps only halve it. The matrix has the factor 2^62, so they double f's row instead.
            let zeros = g.trailing_zeros();
            if zeros >= left {
                u <<= left;
                v <<= left;
                *delta = delta.wrapping_add(i64::from(left));
                break;
            }
            g >>= zeros;
            u <<= zeros;
            v <<= zeros;
            *delta = delta.wrapping_add(i64::from(zeros));
            left = left.wrapping_sub(zeros);
            // Both outcomes are about as likely, so a branch would often be mispredicted: that costs more than computing both.
            let swap = *delta >= 0;
            let minus = (f ^ g) & 2 == 0;
            let choose = |condition, yes: u64, no: u64| select_unpredictable(condition, yes, no);
            let combine = |a: u64, b: u64| choose(minus, a.wrapping_sub(b), a.wrapping_add(b));
            let (sum, to_q, to_r) = (combine(f, g), combine(u, q), combine(v, r));
            *delta = select_unpredictable(swap, !*delta, *delta);
            (f, u, v) = (choose(swap, g, f), choose(swap, q, u), choose(swap, r, v));
            (g, q, r) = (sum, to_q, to_r);
        }
        Self { u: u as i64, v: v as i64, q: q as i64, r: r as i64 }
    }

    /// Applies the matrix to f and g. The division by 2^62 is exact.
    fn apply(&self, f: &mut Signed, g: &mut Signed) {
        let mut carry_f = dot(self.u, f[0], self.v, g[0]) >> 62;
        let mut carry_g = dot(self.q, f[0], self.r, g[0]) >> 62;
        for i in 1..5 {
            let (fi, gi) = (f[i], g[i]);
            carry_f = carry_f.wrapping_add(dot(self.u, fi, self.v, gi));
            carry_g = carry_g.wrapping_add(dot(self.q, fi, self.r, gi));
            f[i - 1] = low_62(carry_f);
            g[i - 1] = low_62(carry_g);
            carry_f >>= 62;
            carry_g >>= 62;
        }
        f[4] = carry_f as i64;
        g[4] = carry_g as i64;
    }

    /// Applies the matrix to d and e modulo m. First adds k·m, with k in [−2^61, 2^61), so that the division by 2^62 is exact.
    fn apply_modulo(&self, modulus: &Modulus, d: &mut Signed, e: &mut Signed) {
        let m = &modulus.limbs;
        let mut carry_d = dot(self.u, d[0], self.v, e[0]);
        let mut carry_e = dot(self.q, d[0], self.r, e[0]);
        let k = exact_multiple(carry_d, modulus);
        let l = exact_multiple(carry_e, modulus);
        carry_d = carry_d.wrapping_add(times(k, m[0])) >> 62;
        carry_e = carry_e.wrapping_add(times(l, m[0])) >> 62;
        for i in 1..5 {
            let (di, ei) = (d[i], e[i]);
            carry_d = carry_d.wrapping_add(dot(self.u, di, self.v, ei)).wrapping_add(times(k, m[i]));
            carry_e = carry_e.wrapping_add(dot(self.q, di, self.r, ei)).wrapping_add(times(l, m[i]));
            d[i - 1] = low_62(carry_d);
            e[i - 1] = low_62(carry_e);
            carry_d >>= 62;
            carry_e >>= 62;
        }
        d[4] = carry_d as i64;
        e[4] = carry_e as i64;
    }
}

/// k in [−2^61, 2^61) with low + k·m ≡ 0 mod 2^62.
fn exact_multiple(low: i128, modulus: &Modulus) -> i64 {
    let k = (low as u64).wrapping_mul(modulus.negative_inverse);
    ((k << 2) as i64) >> 2
}

fn dot(a: i64, x: i64, b: i64, y: i64) -> i128 {
    times(a, x).wrapping_add(times(b, y))
}

fn times(a: i64, b: i64) -> i128 {
    i128::from(a).wrapping_mul(i128::from(b))
}

fn low_62(a: i128) -> i64 {
    (a as u64 & MASK) as i64
}

fn low_64(a: &Signed) -> u64 {
    (a[0] as u64) | ((a[1] as u64) << 62)
}

/// `sign`·a + `k`·b.
fn combine(a: &Signed, sign: i64, b: &Signed, k: i64) -> Signed {
    let mut result = [0; 5];
    let mut carry = 0i128;
    for ((out, &x), &y) in result.iter_mut().zip(a).zip(b) {
        carry = carry.wrapping_add(dot(sign, x, k, y));
        *out = low_62(carry);
        carry >>= 62;
    }
    // The last limb has room for the rest of the carry, which is the sign.
    result[4] = (result[4] as u64 | ((carry as u64) << 62)) as i64;
    result
}

/// The value in [0, m) of a `d` in [0, 18·m).
fn into_range(mut d: Signed, modulus: &Modulus) -> [u64; 4] {
    for _ in 0..18 {
        let less = combine(&d, 1, &modulus.limbs, -1);
        if less[4] < 0 {
            break;
        }
        d = less;
    }
    let [a, b, c, d, e] = d.map(|limb| limb as u64);
    [a | (b << 62), (b >> 2) | (c << 60), (c >> 4) | (d << 58), (d >> 6) | (e << 56)]
}

const fn to_signed(a: [u64; 4]) -> Signed {
    [
        (a[0] & MASK) as i64,
        (((a[0] >> 62) | (a[1] << 2)) & MASK) as i64,
        (((a[1] >> 60) | (a[2] << 4)) & MASK) as i64,
        (((a[2] >> 58) | (a[3] << 6)) & MASK) as i64,
        (a[3] >> 56) as i64,
    ]
}
