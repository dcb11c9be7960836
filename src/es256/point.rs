//! Points of P-256 (SEC 2 section 2.4.2): y² = x³ − 3x + b.
//!
//! A sum is kept in XYZZ coordinates: x = X/ZZ, y = Y/ZZZ with ZZ³ = ZZZ² (Explicit-Formulas Database,
//! <https://hyperelliptic.org/EFD/g1p/auto-shortw-xyzz.html>). Adding an affine point costs ten multiplications, two of which
//! share a reduction here.
//!
//! Doubling and addition return the *mirrored* result, which is the negative of the sum. That way Y is a·b + c·d, and no
//! product has to be subtracted. A caller that adds many points never negates a Y: it negates the point to add whenever the
//! sum that it has is mirrored, because −((−P) + (−Q)) = P + Q.

use super::{entry::TableEntry, field::Fe};

/// A valid public key: coordinates below p, on the curve, not infinity.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Point {
    x: [u8; 32],
    y: [u8; 32],
}

impl Point {
    /// The base point G (SEC 2 section 2.4.2).
    pub const BASE: Self = Self {
        x: *b"\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\
              \x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96",
        y: *b"\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\
              \x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5",
    };

    /// The point with these big-endian coordinates; `None` when one is p or more, or the point is not on the curve
    /// (SEC 1 section 3.2.2.1).
    #[must_use]
    pub fn from_coordinates(x: &[u8; 32], y: &[u8; 32]) -> Option<Self> {
        Affine::from_coordinates(x, y).map(|_| Self { x: *x, y: *y })
    }

    /// The x coordinate, big-endian.
    #[must_use]
    pub const fn x(&self) -> &[u8; 32] {
        &self.x
    }

    /// The y coordinate, big-endian.
    #[must_use]
    pub const fn y(&self) -> &[u8; 32] {
        &self.y
    }
}

/// A point other than infinity; both coordinates below p.
#[derive(Clone, Copy)]
pub(super) struct Affine {
    pub(super) x: Fe,
    pub(super) y: Fe,
}

impl Affine {
    /// The base point G.
    pub(super) const BASE: Self = Self {
        x: Fe::from_limbs([0x79e7_30d4_18a9_143c, 0x75ba_95fc_5fed_b601, 0x79fb_732b_7762_2510, 0x1890_5f76_a537_55c6]),
        y: Fe::from_limbs([0xddf2_5357_ce95_560a, 0x8b4a_b8e4_ba19_e45c, 0xd2e8_8688_dd21_f325, 0x8571_ff18_2588_5d85]),
    };

    /// The point with these big-endian coordinates, when both are below p and it is on the curve (SEC 1 section 3.2.2.1).
    /// Then it is a valid public key: the cofactor is 1, and infinity has no coordinates.
    pub(super) fn from_coordinates(x: &[u8; 32], y: &[u8; 32]) -> Option<Self> {
        let (x, y) = (Fe::from_be_bytes(x)?, Fe::from_be_bytes(y)?);
        let cube = x.square().sub(&THREE).mul(&x);
        y.square().equals(&cube.add(&B)).then_some(Self { x, y }.canonical())
    }

    pub(super) fn to_entry(self) -> TableEntry {
        let ([a, b, c, d], [e, f, g, h]) = (self.x.to_limbs(), self.y.to_limbs());
        TableEntry([a, b, c, d, e, f, g, h])
    }

    #[inline(always)]
    pub(super) fn from_entry(entry: &TableEntry) -> Self {
        let [a, b, c, d, e, f, g, h] = entry.0;
        Self { x: Fe::from_limbs([a, b, c, d]), y: Fe::from_limbs([e, f, g, h]) }
    }

    #[inline(always)]
    pub(super) fn neg_if(&self, negate: bool) -> Self {
        Self { x: self.x, y: self.y.neg_canonical_if(negate) }
    }

    /// The point of an entry whose coordinates have the factor 2^260, for limbs of 52 bits.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn from_52_bit_entry(entry: &TableEntry) -> Self {
        let Self { x, y } = Self::from_entry(entry);
        Self { x: x.out_of_52_bit_form(), y: y.out_of_52_bit_form() }.canonical()
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn into_52_bit_form(self) -> Self {
        Self { x: self.x.into_52_bit_form(), y: self.y.into_52_bit_form() }
    }

    /// The sum of two points with different x, given 1/(x − x').
    #[inline(always)]
    pub(super) fn plus(&self, other: &Self, one_over_difference: &Fe) -> Self {
        let slope = self.y.sub(&other.y).mul(one_over_difference);
        let x = slope.square().sub(&self.x).sub(&other.x);
        let y = slope.mul(&other.x.sub(&x)).sub(&other.y);
        Self { x, y }
    }

    fn canonical(self) -> Self {
        Self { x: Fe::from_limbs(self.x.to_limbs()), y: Fe::from_limbs(self.y.to_limbs()) }
    }
}

/// A point in XYZZ coordinates. Infinity has ZZ ≡ 0; each operation says what it does with it.
#[derive(Clone, Copy)]
pub(super) struct Xyzz {
    pub(super) x: Fe,
    pub(super) y: Fe,
    pub(super) zz: Fe,
    pub(super) zzz: Fe,
}

impl Xyzz {
    pub(super) fn from_affine(point: &Affine) -> Self {
        Self { x: point.x, y: point.y, zz: Fe::ONE, zzz: Fe::ONE }
    }

    /// −2·`self`. ZZ ≡ 0 stays ≡ 0. The order of the curve is odd, so no other point has infinity as its double.
    #[inline(always)]
    pub(super) fn double_mirrored(&self) -> Self {
        let u = self.y.double();
        let v = u.square();
        let w = u.mul(&v);
        let s = self.x.mul(&v);
        // 3·(X² − ZZ²), because a = −3.
        let product = self.x.sub(&self.zz).mul(&self.x.add(&self.zz));
        let m = product.double().add(&product);
        let x = m.square().sub(&s.double());
        let y = m.mul_add(&x.sub(&s), &w, &self.y);
        Self { x, y, zz: v.mul(&self.zz), zzz: w.mul(&self.zzz) }
    }

    /// −(`self` + `other`), unless `self` is infinity or ±`other`.
    ///
    /// In those exceptional cases, and in no others, the result has ZZ ≡ 0, and its other coordinates are meaningless. For
    /// equal points X is ≡ 0 too: the equation r·ZZ = X would then hold for every r, so ZZ must be tested first.
    #[inline(always)]
    pub(super) fn add_mirrored(&self, other: &Affine) -> Self {
        let (p, r) = self.differences(other);
        self.add_mirrored_by(&p, &r)
    }

    /// The sum in all cases. `None` is infinity, in the argument and in the result.
    pub(super) fn add_exact(sum: &Option<Self>, other: &Affine) -> Option<Self> {
        let Some(sum) = sum else { return Some(Self::from_affine(other)) };
        let (p, r) = sum.differences(other);
        match (p.is_zero(), r.is_zero()) {
            (true, true) => Some(Self::from_affine(other).double_exact()),
            (true, false) => None,
            (false, _) => Some(sum.add_mirrored_by(&p, &r).mirror()),
        }
    }

    /// The double of a point other than infinity.
    pub(super) fn double_exact(&self) -> Self {
        self.double_mirrored().mirror()
    }

    /// P = x·ZZ − X and R = y·ZZZ − Y: both zero for equal points, P alone for opposite ones.
    #[inline(always)]
    fn differences(&self, other: &Affine) -> (Fe, Fe) {
        (other.x.mul(&self.zz).sub(&self.x), other.y.mul(&self.zzz).sub(&self.y))
    }

    #[inline(always)]
    fn add_mirrored_by(&self, p: &Fe, r: &Fe) -> Self {
        let pp = p.square();
        let ppp = pp.mul(p);
        let q = self.x.mul(&pp);
        let x = r.square().sub(&ppp).sub(&q.double());
        let y = r.mul_add(&x.sub(&q), &self.y, &ppp);
        Self { x, y, zz: self.zz.mul(&pp), zzz: self.zzz.mul(&ppp) }
    }

    fn mirror(&self) -> Self {
        Self { y: self.y.neg(), ..*self }
    }

    /// Whether it is `other`, for a point other than infinity.
    pub(super) fn equals(&self, other: &Affine) -> bool {
        let (p, r) = self.differences(other);
        p.is_zero() && r.is_zero()
    }

    /// Whether x ≡ `integer`, which is below p, for a point other than infinity.
    pub(super) fn x_equals(&self, integer: [u64; 4]) -> bool {
        // Both sides have the factor 2^−256, so neither the integer nor X needs a conversion.
        let left = self.zz.mul(&Fe::from_plain_limbs(integer));
        left.equals(&self.x.mul(&Fe::from_plain_limbs([1, 0, 0, 0])))
    }
}

const B: Fe =
    Fe::from_limbs([0xd89c_df62_29c4_bddf, 0xacf0_05cd_7884_3090, 0xe5a2_20ab_f721_2ed6, 0xdc30_061d_0487_4834]);
/// 3 in Montgomery form.
const THREE: Fe = Fe::from_limbs([3, 0xffff_fffd_0000_0000, 0xffff_ffff_ffff_ffff, 0x0000_0002_ffff_fffc]);
