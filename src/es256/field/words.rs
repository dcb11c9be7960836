//! The five operations of the field for processors that multiply 32-bit words. A program holds each once: they are some hundred
//! instructions each, and such devices have little program memory.

#[cfg(not(any(target_pointer_width = "64", target_arch = "wasm32")))]
impl super::Fe {
    #[inline(never)]
    pub(in crate::es256) fn mul(&self, other: &Self) -> Self {
        Self(mul(&self.0, &other.0))
    }

    /// Squares have no function of their own: it would be as large as the product's.
    #[inline(always)]
    pub(in crate::es256) fn square(&self) -> Self {
        self.mul(self)
    }

    /// `self`·b + c·d. One reduction of both products would cost more memory accesses than it saves additions.
    #[inline(never)]
    pub(in crate::es256) fn mul_add(&self, b: &Self, c: &Self, d: &Self) -> Self {
        self.mul(b).add(&c.mul(d))
    }

    #[inline(never)]
    pub(in crate::es256) fn add(&self, other: &Self) -> Self {
        Self(add(&self.0, &other.0))
    }

    #[inline(never)]
    pub(in crate::es256) fn sub(&self, other: &Self) -> Self {
        Self(sub(&self.0, &other.0))
    }
}

type Limbs = [u64; 4];
type Words = [u32; 8];

/// a·b/2^256 mod p: Montgomery's product, a word of a at a time. What is above 2^256 in the end is at most once p.
#[inline(always)]
fn mul(a: &Limbs, b: &Limbs) -> Limbs {
    let b = split(b);
    let (mut t, mut top) = ([0; 8], 0);
    for a in split(a) {
        (t, top) = row(a, &b, t, top);
    }
    join(&if top == 0 { t } else { add_complement(t, 1) })
}

/// (t + `top`·2^256 + a·b + m·p)/2^32 for the m that makes it an integer, below 2^256 + p when t + `top`·2^256 is.
///
/// p = 2^256 − 2^224 + 2^192 + 2^96 − 1. So m is the lowest word of t + a·b, and the −m takes it away.
// Written out inside of a loop of rows: that way LLVM keeps the words in registers.
#[inline(always)]
fn row(a: u32, b: &Words, t: Words, top: u32) -> (Words, u32) {
    // A product, a word and a carry make at most (2^32 − 1)^2 + 2·(2^32 − 1) = 2^64 − 1.
    let (m, c) = a.carrying_mul_add(b[0], t[0], 0);
    let (t1, c) = a.carrying_mul_add(b[1], t[1], c);
    let (t2, c) = a.carrying_mul_add(b[2], t[2], c);
    let (t3, c) = a.carrying_mul_add(b[3], t[3], c);
    let (t4, c) = a.carrying_mul_add(b[4], t[4], c);
    let (t5, c) = a.carrying_mul_add(b[5], t[5], c);
    let (t6, c) = a.carrying_mul_add(b[6], t[6], c);
    let (t7, t8) = a.carrying_mul_add(b[7], t[7], c);
    let (t3, c) = t3.overflowing_add(m);
    let (t4, c) = t4.overflowing_add(u32::from(c));
    let (t5, c) = t5.overflowing_add(u32::from(c));
    let (t6, c) = t6.carrying_add(m, c);
    let (t7, more) = t7.overflowing_add(u32::from(c));
    let (t7, less) = t7.overflowing_sub(m);
    // Not negative, since m is at least 1 where taking it away borrows.
    let t8 = u64::from(t8) + u64::from(m) + u64::from(top) + u64::from(more) - u64::from(less);
    ([t1, t2, t3, t4, t5, t6, t7, t8 as u32], (t8 >> 32) as u32)
}

#[inline(always)]
fn add(a: &Limbs, b: &Limbs) -> Limbs {
    let (a, b) = (split(a), split(b));
    let (w0, c) = a[0].carrying_add(b[0], false);
    let (w1, c) = a[1].carrying_add(b[1], c);
    let (w2, c) = a[2].carrying_add(b[2], c);
    let (w3, c) = a[3].carrying_add(b[3], c);
    let (w4, c) = a[4].carrying_add(b[4], c);
    let (w5, c) = a[5].carrying_add(b[5], c);
    let (w6, c) = a[6].carrying_add(b[6], c);
    let (w7, c) = a[7].carrying_add(b[7], c);
    let sum = [w0, w1, w2, w3, w4, w5, w6, w7];
    join(&if c { add_complement(sum, 1) } else { sum })
}

/// a − b, and p for a borrow.
#[inline(always)]
fn sub(a: &Limbs, b: &Limbs) -> Limbs {
    let (a, b) = (split(a), split(b));
    let (w0, c) = a[0].borrowing_sub(b[0], false);
    let (w1, c) = a[1].borrowing_sub(b[1], c);
    let (w2, c) = a[2].borrowing_sub(b[2], c);
    let (w3, c) = a[3].borrowing_sub(b[3], c);
    let (w4, c) = a[4].borrowing_sub(b[4], c);
    let (w5, c) = a[5].borrowing_sub(b[5], c);
    let (w6, c) = a[6].borrowing_sub(b[6], c);
    let (w7, c) = a[7].borrowing_sub(b[7], c);
    let difference = [w0, w1, w2, w3, w4, w5, w6, w7];
    join(&if c { add_complement(difference, -1) } else { difference })
}

/// Adds `count`·(2^256 − p), and again for what this carries over, with 2^256 − p = 2^224 − 2^192 − 2^96 + 1. With 1 for a part
/// of 2^256 above `limbs`, that takes p away; with −1 for a borrow, it adds p. At most two rounds, since it is below 2^224.
#[inline(never)]
fn add_complement(words: Words, mut count: i64) -> Words {
    let [mut w0, mut w1, mut w2, mut w3, mut w4, mut w5, mut w6, mut w7] = words;
    while count != 0 {
        let mut carry = 0;
        let c = &mut carry;
        w0 = next(c, i64::from(w0) + count);
        w1 = next(c, i64::from(w1));
        w2 = next(c, i64::from(w2));
        w3 = next(c, i64::from(w3) - count);
        w4 = next(c, i64::from(w4));
        w5 = next(c, i64::from(w5));
        w6 = next(c, i64::from(w6) - count);
        w7 = next(c, i64::from(w7) + count);
        count = carry;
    }
    [w0, w1, w2, w3, w4, w5, w6, w7]
}

/// The lowest word of `sum` and the carry; what is above it is the next carry.
#[inline(always)]
fn next(carry: &mut i64, sum: i64) -> u32 {
    let sum = sum + *carry;
    *carry = sum >> 32;
    sum as u32
}

/// Words, least first.
#[inline(always)]
fn split(limbs: &Limbs) -> Words {
    let [a, b, c, d] = *limbs;
    [a as u32, (a >> 32) as u32, b as u32, (b >> 32) as u32, c as u32, (c >> 32) as u32, d as u32, (d >> 32) as u32]
}

#[inline(always)]
fn join(words: &Words) -> Limbs {
    let [a, b, c, d, e, f, g, h] = *words;
    [limb(a, b), limb(c, d), limb(e, f), limb(g, h)]
}

#[inline(always)]
fn limb(low: u32, high: u32) -> u64 {
    u64::from(low) | (u64::from(high) << 32)
}

#[cfg(test)]
mod tests {
    use super::super::{
        Fe, P,
        tests::{edges, random},
    };
    use super::Limbs;
    use std::vec::Vec;

    fn check(a: &Limbs, b: &Limbs) {
        let same = |ours: Limbs, theirs: Fe| assert_eq!(Fe(ours).to_limbs(), theirs.to_limbs(), "{a:x?} {b:x?}");
        same(super::mul(a, b), Fe(*a).mul(&Fe(*b)));
        same(super::add(a, b), Fe(*a).add(&Fe(*b)));
        same(super::sub(a, b), Fe(*a).sub(&Fe(*b)));
    }

    /// In the development profile, this shows too that no sum overflows.
    #[test]
    fn the_same_as_with_words_of_64_bits() {
        let (edges, mut ran) = (edges(P), 0);
        for (i, a) in edges.iter().enumerate() {
            for b in edges.iter().skip(i % 7).step_by(7).chain([a, &[u64::MAX; 4]]) {
                check(a, b);
                ran += 1;
            }
        }
        let values: Vec<_> = random(40_000).collect();
        for values in values.windows(2) {
            check(&values[0], &values[1]);
            ran += 1;
        }
        assert!(ran > 800_000, "{ran}");
    }
}
