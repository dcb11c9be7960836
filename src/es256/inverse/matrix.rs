//! What 62 halvings do to f and g.
//!
//! A division step works on (δ, f, g) with an odd f. When g is odd, it first makes g even: from (δ, f, g) it makes
//! (−δ, g, f ± g) when δ > 0, else (δ, f, f ± g). Then it halves g: (1 + δ, f, g/2). The greatest common divisor of f and g
//! stays the same, and g ends at 0. The sign is the one that makes f ± g a multiple of 4 (Brent and Kung, "Systolic VLSI
//! arrays for linear-time GCD computation", 1983). That takes a third fewer additions than a fixed sign: on average 523
//! halvings for 256 bits. We start at δ = 1/2.
//!
//! What the next 62 halvings do depends only on the low 64 bits of f and g.

use super::radix::{Signed, dot, low_62};
use core::hint::select_unpredictable;

/// The effect of 62 halvings: 2^62·(f', g') = (u·f + v·g, q·f + r·g), with |u| + |v| ≤ 2^62 and |q| + |r| ≤ 2^62.
pub(super) struct Matrix {
    pub(super) u: i64,
    pub(super) v: i64,
    pub(super) q: i64,
    pub(super) r: i64,
}

impl Matrix {
    /// `delta` is δ − 1/2. Kept out of line: only when LLVM cannot see how the matrix was computed does it multiply its entries
    /// as signed 64-bit words.
    #[inline(never)]
    pub(super) fn of_62_halvings(delta: &mut i64, mut f: u64, mut g: u64) -> Self {
        let (mut u, mut v, mut q, mut r) = (1u64, 0u64, 0u64, 1u64);
        // Its sign is that of −δ.
        let mut opposite = !*delta;
        let mut left = 62u32;
        loop {
            // While g is even, steps only halve it. The matrix has the factor 2^62, so they double f's row instead.
            let zeros = g.trailing_zeros();
            if zeros >= left {
                u <<= left;
                v <<= left;
                opposite = opposite.wrapping_sub(i64::from(left));
                break;
            }
            g >>= zeros;
            u <<= zeros;
            v <<= zeros;
            opposite = opposite.wrapping_sub(i64::from(zeros));
            left = left.wrapping_sub(zeros);
            let swap = opposite < 0;
            // Both outcomes are about as likely, so a branch would often be mispredicted: that costs more than computing both.
            // Computing f + g and f − g before the sign is known makes the chain of dependent instructions shorter.
            let choose = |condition, yes: u64, no: u64| select_unpredictable(condition, yes, no);
            let plus = [f.wrapping_add(g), u.wrapping_add(q), v.wrapping_add(r)];
            let less = [f.wrapping_sub(g), u.wrapping_sub(q), v.wrapping_sub(r)];
            let minus = plus[0] & 2 != 0;
            (f, u, v) = (choose(swap, g, f), choose(swap, q, u), choose(swap, r, v));
            [g, q, r] =
                [choose(minus, less[0], plus[0]), choose(minus, less[1], plus[1]), choose(minus, less[2], plus[2])];
            // −δ when they were swapped.
            opposite ^= opposite >> 63;
        }
        *delta = !opposite;
        Self { u: u as i64, v: v as i64, q: q as i64, r: r as i64 }
    }

    /// Applies the matrix to the `len` limbs of f and g. The division by 2^62 is exact.
    #[inline(always)]
    pub(super) fn apply(&self, f: &mut Signed, g: &mut Signed, len: usize) {
        let mut carry_f = dot(self.u, f[0], self.v, g[0]) >> 62;
        let mut carry_g = dot(self.q, f[0], self.r, g[0]) >> 62;
        let mut last = 0;
        for next in 1..len.min(f.len()) {
            carry_f = carry_f.wrapping_add(dot(self.u, f[next], self.v, g[next]));
            carry_g = carry_g.wrapping_add(dot(self.q, f[next], self.r, g[next]));
            f[last] = low_62(carry_f);
            g[last] = low_62(carry_g);
            carry_f >>= 62;
            carry_g >>= 62;
            last = next;
        }
        f[last] = carry_f as i64;
        g[last] = carry_g as i64;
    }
}
