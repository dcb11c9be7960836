//! Arithmetic modulo n on as many integers as a vector has lanes.

use super::{
    field::propagate,
    vector::{Limbs, MASK, Vector},
    wide::Wide,
};
use crate::es256::scalar::N;

/// a·b/2^260 mod n: unmasked, below n + a·b/2^260. Both factors unmasked.
#[inline(always)]
pub(super) fn multiply<V: Vector>(a: &Limbs<V>, b: &Limbs<V>) -> Limbs<V> {
    propagate(&Wide::product(a, b).reduce_modulo_order())
}

impl<V: Vector> Wide<V> {
    /// (t + M·n)/2^260 for the M that makes it an integer. Limbs are below 21·2^52: ten halves of products of t, ten of a multiple
    /// of n, and a carry.
    #[inline(always)]
    fn reduce_modulo_order(mut self) -> Limbs<V> {
        let zero = self.0[0].splat(0);
        let n = each!(i => zero.splat(N_52[i]));
        for i in 0..5 {
            // The m that makes limb i a multiple of 2^52.
            let m = zero.add_low_product(self.0[i], zero.splat(NEGATIVE_INVERSE));
            self.add_low_row(i, m, &n);
            self.add_high_row(i, m, &n);
            self.0[i + 1] = self.0[i + 1].add(self.0[i].shift_right::<52>());
        }
        let Self([_, _, _, _, _, a, b, c, d, e]) = self;
        [a, b, c, d, e]
    }
}

/// n in limbs of 52 bits.
const N_52: [u64; 5] = super::radix::split(N);

/// −1/n mod 2^52.
const NEGATIVE_INVERSE: u64 = crate::es256::scalar::NEGATIVE_INVERSE & MASK;
