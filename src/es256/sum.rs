//! The sum u1·G + u2·Q of table entries, computed in two ways.
//!
//! The fast sum uses addition formulas that do not handle their exceptional cases: P + P and P + (−P). When one occurs, ZZ is
//! ≡ 0 from there to the end, and the fast sum gives `None`. Then the exact sum decides alone. A forger chooses u1 and u2, so
//! can provoke an exceptional case at will: the exact sum has to be right, and not much slower than the portable fast sum.

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

/// ±(u1·G + u2·Q): both have the same x, which is all that is needed. `None` when an addition hit its exceptional case
/// (P = ±Q), which these formulas cannot handle.
#[inline(always)]
pub(super) fn fast(tables: &Tables<'_>, u1: Scalar, u2: Scalar) -> Option<Xyzz> {
    match tables.engine.backend() {
        Backend::Portable => portable(tables, u1, u2),
        #[cfg(target_arch = "x86_64")]
        Backend::Ifma(has_ifma) => lanes::sum(has_ifma, tables, u1, u2),
    }
}

/// Kept out of line so that its selected entries are not in the stack frame of calls that use AVX-512 IFMA.
#[inline(never)]
fn portable(tables: &Tables<'_>, u1: Scalar, u2: Scalar) -> Option<Xyzz> {
    let mut sum = FastSum::new();
    comb::walk(tables, u1, u2, &mut sum);
    sum.finish()
}

/// u1·G + u2·Q by additions that handle equal and opposite points. `None` is infinity.
#[cold]
pub(super) fn exact(tables: &Tables<'_>, u1: Scalar, u2: Scalar) -> Option<Xyzz> {
    let mut sum = ExactSum::new(tables.engine);
    comb::walk(tables, u1, u2, &mut sum);
    sum.finish()
}

/// A sum that does not test for equal and opposite points.
struct FastSum {
    sum: Option<Xyzz>,
    /// Whether `sum` holds the negative of the sum. Every operation negates it once more: see point.rs.
    mirrored: bool,
}

impl FastSum {
    const fn new() -> Self {
        Self { sum: None, mirrored: false }
    }

    /// The sum or its negative. `None` after an exceptional case, and when nothing was added.
    fn finish(self) -> Option<Xyzz> {
        self.sum.filter(|sum| !sum.zz.is_zero())
    }
}

// Where words have 32 bits, each is large, and a program holds it once instead of once for each profile.
impl Sum for FastSum {
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn double(&mut self) {
        if let Some(sum) = &mut self.sum {
            *sum = sum.double_mirrored();
            self.mirrored = !self.mirrored;
        }
    }

    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
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

/// A sum that handles all points, at no more than twice the cost of a [`FastSum`].
struct ExactSum {
    sum: Option<Xyzz>,
    /// The engine that the added entries were made for.
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
