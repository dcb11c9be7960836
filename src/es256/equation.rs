//! The equation that makes a signature valid: x of u1·G + u2·Q is r mod n, with u1 = e/s and u2 = r/s (FIPS 186-5 section
//! 6.4.2).

use super::{
    point::Xyzz,
    scalar::{Factor, Scalar},
    sum,
    table::Tables,
};

/// Whether `signature`, R ‖ S in 64 octets (RFC 7518 section 3.4), is valid for `digest` under the key of `tables`.
///
/// A high S is accepted: JOSE has no low-S rule. Tables of the wrong size refuse everything.
#[must_use]
pub fn verify_digest(tables: &Tables<'_>, digest: &[u8; 32], signature: &[u8; 64]) -> bool {
    Signature::parse(tables, digest, signature).is_some_and(|signature| {
        let one_over_s = signature.s.invert();
        signature.equation(&one_over_s).holds()
    })
}

/// A signature with r and s in range, and the digest as an integer.
#[derive(Clone, Copy)]
pub(super) struct Signature<'t> {
    pub(super) tables: Tables<'t>,
    pub(super) r: Scalar,
    pub(super) s: Scalar,
    pub(super) e: Scalar,
}

impl<'t> Signature<'t> {
    pub(super) fn parse(tables: &Tables<'t>, digest: &[u8; 32], signature: &[u8; 64]) -> Option<Self> {
        let (r, s) = signature.split_first_chunk::<32>()?;
        let r = Scalar::from_signature(r)?;
        let s = Scalar::from_signature(s.first_chunk::<32>()?)?;
        tables.are_whole().then_some(Self { tables: *tables, r, s, e: Scalar::from_digest(digest) })
    }

    /// Step 4 of FIPS 186-5 section 6.4.2, given 1/s.
    pub(super) fn equation(&self, one_over_s: &Factor) -> Equation<'t> {
        self.with(self.e.mul(one_over_s), self.r.mul(one_over_s))
    }

    /// The equation with u1 = e/s and u2 = r/s.
    pub(super) fn with(&self, u1: Scalar, u2: Scalar) -> Equation<'t> {
        Equation { tables: self.tables, u1, u2, r: self.r }
    }
}

/// A signature with u1 and u2 computed. It is valid when the x of u1·G + u2·Q is r mod n.
#[derive(Clone, Copy)]
pub(super) struct Equation<'t> {
    pub(super) tables: Tables<'t>,
    pub(super) u1: Scalar,
    pub(super) u2: Scalar,
    r: Scalar,
}

impl Equation<'_> {
    pub(super) fn holds(&self) -> bool {
        if cfg!(tesseral_smallest) {
            // The code of one sum in place of two.
            return self.holds_exactly();
        }
        self.is_met_by(sum::fast(&self.tables, self.u1, self.u2))
    }

    /// `sum` is what [`sum::fast`] gave. When that is `None`, the exact sum decides.
    pub(super) fn is_met_by(&self, sum: Option<Xyzz>) -> bool {
        match sum {
            Some(point) => self.matches(&point),
            None => self.holds_exactly(),
        }
    }

    /// Decides by the exact sum. Infinity has no x coordinate, so it is refused.
    #[cold]
    fn holds_exactly(&self) -> bool {
        sum::exact(&self.tables, self.u1, self.u2).is_some_and(|point| self.matches(&point))
    }

    /// Whether x ≡ r mod n. Since x < p < 2n, x is r or, when that is below p, r + n.
    fn matches(&self, point: &Xyzz) -> bool {
        point.x_equals(self.r.limbs()) || self.r.plus_order_below_p().is_some_and(|x| point.x_equals(x))
    }
}
