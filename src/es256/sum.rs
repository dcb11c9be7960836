//! The two ways to sum the entries of a signature: fast, and exact for the few sums that the fast way cannot do.
//!
//! A forger chooses u1 and u2 and so can make a partial sum meet ± the next entry at will. The fast way shows that by
//! ZZ ≡ 0 at the end and then says nothing; the exact way then decides alone.

#[cfg(target_arch = "x86_64")]
use super::lanes;
use super::{
    comb::{self, Sum},
    engine::{Backend, Engine},
    entry::TableEntry,
    point::{Affine, Xyzz},
    scalar::Scalar,
    table::Tables,
};

/// ±(u1·G + u2·Q), of which x is needed; `None` when a partial sum met ± its next entry.
#[inline(always)]
pub(super) fn fast(tables: &Tables<'_>, u1: Scalar, u2: Scalar) -> Option<Xyzz> {
    match tables.engine.backend() {
        Backend::Portable => portable(tables, u1, u2),
        #[cfg(target_arch = "x86_64")]
        Backend::Ifma(has_ifma) => lanes::sum(has_ifma, tables, u1, u2),
    }
}

/// Not part of its caller, whose stack would be used on the way to vectors too.
#[inline(never)]
fn portable(tables: &Tables<'_>, u1: Scalar, u2: Scalar) -> Option<Xyzz> {
    let mut sum = FastSum::new();
    comb::walk(tables, u1, u2, &mut sum);
    sum.finish()
}

/// u1·G + u2·Q by additions that know equal and opposite points; `None` is infinity.
#[cold]
pub(super) fn exact(tables: &Tables<'_>, u1: Scalar, u2: Scalar) -> Option<Xyzz> {
    let mut sum = ExactSum::new(tables.engine);
    comb::walk(tables, u1, u2, &mut sum);
    sum.finish()
}

/// A sum that does not look for equal and opposite points.
struct FastSum {
    sum: Option<Xyzz>,
    /// Whether `sum` is minus the sum: every operation mirrors it (see point.rs).
    mirrored: bool,
}

impl FastSum {
    const fn new() -> Self {
        Self { sum: None, mirrored: false }
    }

    /// The sum or its opposite, which has the same x; `None` when a partial sum met ± its next entry (or none was added).
    fn finish(self) -> Option<Xyzz> {
        self.sum.filter(|sum| !sum.zz.is_zero())
    }
}

impl Sum for FastSum {
    #[inline(always)]
    fn double(&mut self) {
        if let Some(sum) = &mut self.sum {
            *sum = sum.double_mirrored();
            self.mirrored = !self.mirrored;
        }
    }

    #[inline(always)]
    fn add(&mut self, entry: &TableEntry, negate: bool) {
        let point = Affine::from_entry(entry).neg_if(negate ^ self.mirrored);
        match &mut self.sum {
            Some(sum) => {
                *sum = sum.add_mirrored(&point);
                self.mirrored = !self.mirrored;
            }
            None => self.sum = Some(Xyzz::from_affine(&point)),
        }
    }
}

/// A sum that is right for all points; no more than twice as slow.
struct ExactSum {
    sum: Option<Xyzz>,
    /// Whose entries they are.
    engine: Engine,
}

impl ExactSum {
    const fn new(engine: Engine) -> Self {
        Self { sum: None, engine }
    }

    /// `None` is infinity.
    fn finish(self) -> Option<Xyzz> {
        self.sum
    }
}

impl Sum for ExactSum {
    fn double(&mut self) {
        self.sum = self.sum.as_ref().map(Xyzz::double_exact);
    }

    fn add(&mut self, entry: &TableEntry, negate: bool) {
        self.sum = Xyzz::add_exact(&self.sum, &self.engine.point(entry).neg_if(negate));
    }
}

#[cfg(test)]
mod tests {
    use super::super::field::{Fe, P};
    use super::*;

    #[test]
    fn zero_stored_as_p_is_not_a_sum() {
        let point = Xyzz::from_affine(&Affine::BASE);
        for zero in [Fe::ZERO, Fe::from_limbs(P)] {
            let sum = FastSum { sum: Some(Xyzz { zz: zero, ..point }), mirrored: false };
            assert!(sum.finish().is_none());
        }
        assert!(FastSum { sum: Some(point), mirrored: false }.finish().is_some());
    }
}
