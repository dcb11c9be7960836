//! How f and g are made of x: 2^(62·k)·f ≡ d·x and 2^(62·k)·g ≡ e·x mod m after k rounds.
//!
//! d and e grow by a limb a round, and only the last d is reduced modulo m. That takes fewer multiplications than keeping both
//! below m all the time.

use super::{
    matrix::Matrix,
    modulus::Modulus,
    radix::{MASK, Signed, dot, low_62, times},
};
use crate::es256::limbs::{add_limbs, sub_limbs};

/// The most rounds. Nine suffice for nearly all values, and the loop ends when g is 0. When twelve do not suffice, the caller's
/// check of the result fails, and the caller inverts in another way.
pub(super) const ROUNDS: usize = 12;

/// d and e in signed radix 2^62, a limb for each round. After k rounds, |d| and |e| are at most 2^(62·k).
pub(super) struct Cofactors {
    d: [i64; ROUNDS],
    e: [i64; ROUNDS],
    rounds: usize,
}

impl Cofactors {
    pub(super) const fn new() -> Self {
        Self { d: [0; ROUNDS], e: [0; ROUNDS], rounds: 0 }
    }

    /// Applies the matrix of a round: (u·d + v·e, q·d + r·e).
    #[inline(always)]
    pub(super) fn apply(&mut self, matrix: &Matrix) {
        let Self { d, e, rounds } = self;
        // At first d = 0 and e = 1, which have no limbs.
        let (mut carry_d, mut carry_e) = if *rounds == 0 { (matrix.v.into(), matrix.r.into()) } else { (0i128, 0i128) };
        for (d, e) in d.iter_mut().zip(&mut *e).take(*rounds) {
            let (old_d, old_e) = (*d, *e);
            carry_d = carry_d.wrapping_add(dot(matrix.u, old_d, matrix.v, old_e));
            carry_e = carry_e.wrapping_add(dot(matrix.q, old_d, matrix.r, old_e));
            (*d, *e) = (low_62(carry_d), low_62(carry_e));
            carry_d >>= 62;
            carry_e >>= 62;
        }
        if let (Some(d), Some(e)) = (d.get_mut(*rounds), e.get_mut(*rounds)) {
            (*d, *e) = (carry_d as i64, carry_e as i64);
        }
        *rounds += 1;
    }

    /// Applies the matrix of the last round, after which g = 0 and f is 1, or −1 when `negative`. So 1/x ≡ ±d/2^(62·k), and
    /// 2^256/x ≡ ±d/2^t with t = 62·k − 256 = 62·(k − 5) + 54. It takes five rounds at least to halve 256 bits away.
    #[inline(always)]
    pub(super) fn finish(mut self, matrix: &Matrix, negative: bool, modulus: &Modulus) -> [u64; 4] {
        self.apply(matrix);
        let Some(whole) = self.rounds.checked_sub(5) else { return [0; 4] };
        // Adding a multiple of m makes each limb a multiple of 2^62, and then it is left out (Montgomery).
        let mut limbs = [self.d[0], self.d[1], self.d[2], self.d[3], self.d[4]];
        for &next in self.d.iter().skip(5).take(whole) {
            let ([_, a, b, c, d], carry) = add_multiple(&limbs, MASK, modulus);
            limbs = [a, b, c, d, next.wrapping_add(carry)];
        }
        // The last 54 bits.
        let (limbs, top) = add_multiple(&limbs, MASK >> 8, modulus);
        let [a, b, c, d, e] = limbs.map(|limb| limb as u64);
        let limbs = [a >> 54 | b << 8, b >> 56 | c << 6, c >> 58 | d << 4, d >> 60 | e << 2];
        into_range(limbs, top, negative, modulus)
    }
}

/// Adds the multiple k·m, 0 ≤ k ≤ `mask`, that clears the bits of `mask`. Also gives the part above the five limbs. In
/// WebAssembly, whose size counts, it is kept out of line: a copy of it takes 2 KB there.
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
#[cfg_attr(target_arch = "wasm32", inline(never))]
fn add_multiple(limbs: &Signed, mask: u64, modulus: &Modulus) -> (Signed, i64) {
    let k = (limbs[0] as u64).wrapping_mul(modulus.negative_inverse) & mask;
    let mut sum = [0; 5];
    let mut carry = 0i128;
    for ((sum, &limb), &m) in sum.iter_mut().zip(limbs).zip(&modulus.radix_62) {
        carry = carry.wrapping_add(limb.into()).wrapping_add(times(k as i64, m));
        *sum = low_62(carry);
        carry >>= 62;
    }
    (sum, carry as i64)
}

/// ±(`limbs` + `top`·2^256) mod m, below m, where `top` is −1, 0 or 1, and minus stands when `negative`.
///
/// It subtracts q·m, where q is the part above 2^256 once the sign is applied. With q from −2 to 1 and 2^256 − m < 2^225, the
/// difference is more than −2^226 and at most 2^256 + 2^225, so that it is one m at most away from the result.
#[inline(always)]
fn into_range(limbs: [u64; 4], top: i64, negative: bool, modulus: &Modulus) -> [u64; 4] {
    // −a = ¬a + 1.
    let (flip, plus_one) = if negative { (u64::MAX, 1) } else { (0, 0) };
    let q = top ^ flip as i64;
    let mut rest = [0; 4];
    let mut carry = i128::from(plus_one);
    for ((rest, &limb), &m) in rest.iter_mut().zip(&limbs).zip(&modulus.m) {
        let multiple = i128::from(q).wrapping_mul(m.into());
        carry = carry.wrapping_add((limb ^ flip).into()).wrapping_sub(multiple);
        *rest = carry as u64;
        carry >>= 64;
    }
    let above = q.wrapping_add(carry as i64);
    if above < 0 {
        return add_limbs(&rest, &modulus.m).0;
    }
    let (less, below) = sub_limbs(&rest, &modulus.m);
    if below && above == 0 { rest } else { less }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::es256::field::{Fe, P, tests::edges};

    /// Inversions hardly ever need more than adding or subtracting m, so that this tests the function alone.
    #[test]
    fn everything_comes_into_range() {
        let modulus = Modulus::new(P);
        for limbs in edges(P) {
            for (top, negative) in [-1, 0, 1].into_iter().flat_map(|top| [(top, false), (top, true)]) {
                let value = Fe::from_limbs(limbs);
                // 2^256 is 1 in the form of `Fe`.
                let value = [value.sub(&Fe::ONE), value, value.add(&Fe::ONE)][(top + 1) as usize];
                let expected = if negative { value.neg() } else { value };
                assert_eq!(
                    into_range(limbs, top, negative, &modulus),
                    expected.to_limbs(),
                    "{negative} {top} {limbs:x?}"
                );
            }
        }
    }
}
