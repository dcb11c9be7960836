//! Products of ten limbs.

use super::vector::{Limbs, Vector};

/// A product before its reduction.
#[derive(Clone, Copy)]
pub(super) struct Wide<V>(pub(super) [V; 10]);

impl<V: Vector> Wide<V> {
    #[inline(always)]
    pub(super) fn zero(any: V) -> Self {
        Self([any.splat(0); 10])
    }

    /// a·b, both unmasked or raised.
    #[inline(always)]
    pub(super) fn product(a: &Limbs<V>, b: &Limbs<V>) -> Self {
        let mut t = Self::zero(a[0]);
        for (i, &limb) in a.iter().enumerate() {
            t.add_low_row(i, limb, b);
            t.add_high_row(i, limb, b);
        }
        t
    }

    #[inline(always)]
    pub(super) fn plus(&self, other: &Self) -> Self {
        let mut sum = *self;
        for i in 0..10 {
            sum.0[i] = sum.0[i].add(other.0[i]);
        }
        sum
    }

    /// Adds the lower halves of a·b at limb i.
    #[inline(always)]
    pub(super) fn add_low_row(&mut self, i: usize, a: V, b: &Limbs<V>) {
        for (t, &b) in self.0[i..].iter_mut().zip(b) {
            *t = t.add_low_product(a, b);
        }
    }

    /// Adds the upper halves of a·b at limb i + 1.
    #[inline(always)]
    pub(super) fn add_high_row(&mut self, i: usize, a: V, b: &Limbs<V>) {
        for (t, &b) in self.0[i + 1..].iter_mut().zip(b) {
            *t = t.add_high_product(a, b);
        }
    }

    /// Adds a[I]·a[j] at limb I + j for all j > I. A constant I lets LLVM unroll the loop and keep all limbs in registers.
    #[inline(always)]
    pub(super) fn add_products_with_later<const I: usize>(&mut self, a: &Limbs<V>) {
        for j in I + 1..5 {
            self.add_product(I, j, a[I], a[j]);
        }
    }

    /// Adds a·b at limb i + j.
    #[inline(always)]
    pub(super) fn add_product(&mut self, i: usize, j: usize, a: V, b: V) {
        let Self(t) = self;
        t[i + j] = t[i + j].add_low_product(a, b);
        t[i + j + 1] = t[i + j + 1].add_high_product(a, b);
    }
}
