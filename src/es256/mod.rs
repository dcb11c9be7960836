//! ES256: ECDSA over P-256 with SHA-256 (RFC 7518 section 3.4, FIPS 186-5 section 6.4.2), verification only.
//!
//! Keys are known long before signatures arrive, so each key carries a table of its multiples, and a verification is
//! one inversion mod n and a sum of table entries. Nothing here is secret: everything runs in variable time.

// Shapes are constants, and the inversion's sums have room: see the bounds beside them.
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
mod comb;
mod exact;
mod field;
#[cfg(target_arch = "x86_64")]
mod ifma;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
mod inverse;
mod point;
mod prefetch;
#[cfg(any(test, target_pointer_width = "64"))]
mod product;
#[cfg(any(test, not(target_pointer_width = "64")))]
mod product_32;
mod scalar;
#[allow(clippy::arithmetic_side_effects)]
mod table;
#[cfg(target_arch = "x86_64")]
#[allow(clippy::indexing_slicing)]
mod vector;

use crate::{error::Error, limits::SIGNATURE_LEN, sha256};
use comb::Shape;
use exact::{ExactSum, FastSum};
use point::{Affine, Xyzz};
use scalar::{Factor, Scalar};

/// One affine point of a table: x, then y, in the field's own representation, in one cache line.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct TableEntry([u64; 8]);

impl TableEntry {
    /// What a table holds before it is filled; not a point.
    pub const ZERO: Self = Self([0; 8]);
}

/// How much memory a key's table takes, and so how fast its signatures are verified.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Profile {
    /// 256 KiB a table: 48 additions and 5 doublings, or 64 additions in the lanes of vectors.
    #[default]
    Server,
    /// 16 KiB a table: 64 additions and 15 doublings.
    Compact,
    /// 1 KiB a table: 104 additions and 51 doublings.
    Tiny,
}

impl Profile {
    /// Lines of one table; a snapshot has one table for the base point and one for each key.
    #[must_use]
    pub const fn table_entries(self) -> usize {
        Shape::of(Engine::portable(self)).entries()
    }

    /// Lines of a whole snapshot with room for `keys` keys.
    #[must_use]
    pub const fn entries(self, keys: usize) -> usize {
        self.table_entries().saturating_mul(keys.saturating_add(1))
    }
}

/// A profile and the arithmetic that its tables are made for: chosen when they are filled, once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Engine {
    profile: Profile,
    backend: Backend,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Backend {
    Portable,
    /// AVX-512 IFMA, for the profile `Server`.
    #[cfg(target_arch = "x86_64")]
    Ifma(ifma::HasIfma),
}

impl Engine {
    /// The fastest that this processor has.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let (Profile::Server, Some(has_ifma)) = (profile, ifma::HasIfma::detect()) {
            return Self { profile, backend: Backend::Ifma(has_ifma) };
        }
        Self::portable(profile)
    }

    /// The one that every processor has.
    #[doc(hidden)]
    #[must_use]
    pub const fn portable(profile: Profile) -> Self {
        Self { profile, backend: Backend::Portable }
    }

    /// What was asked for.
    #[must_use]
    pub const fn profile(self) -> Profile {
        self.profile
    }

    /// Every one that this processor has.
    #[doc(hidden)]
    pub fn all() -> impl Iterator<Item = Self> {
        let profiles = [Profile::Server, Profile::Compact, Profile::Tiny];
        let fastest = Self::new(Profile::Server);
        profiles.map(Self::portable).into_iter().chain((!fastest.is_portable()).then_some(fastest))
    }

    /// A name for lists of results: the profile, and the backend unless it is the portable one.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match (self.backend, self.profile) {
            (Backend::Portable, Profile::Server) => "server",
            (Backend::Portable, Profile::Compact) => "compact",
            (Backend::Portable, Profile::Tiny) => "tiny",
            #[cfg(target_arch = "x86_64")]
            (Backend::Ifma(_), _) => "server-ifma",
        }
    }

    /// Whether this is the portable arithmetic.
    #[doc(hidden)]
    #[must_use]
    pub fn is_portable(self) -> bool {
        self.backend == Backend::Portable
    }

    /// The point of an entry that [`fill_table`] made.
    #[inline(always)]
    fn point(self, entry: &TableEntry) -> Affine {
        match self.backend {
            Backend::Portable => Affine::from_entry(entry),
            #[cfg(target_arch = "x86_64")]
            Backend::Ifma(_) => Affine::from_52_bit_entry(entry),
        }
    }
}

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

/// Fills the table of `point`.
///
/// False, with `entries` untouched, unless `entries` holds exactly as many as the profile has.
#[must_use]
pub fn fill_table(engine: Engine, point: &Point, entries: &mut [TableEntry]) -> bool {
    let Some(point) = Affine::from_coordinates(&point.x, &point.y) else { return false };
    if entries.len() != engine.profile.table_entries() {
        return false;
    }
    table::fill(&Shape::of(engine), &point, entries);
    #[cfg(target_arch = "x86_64")]
    if !engine.is_portable() {
        for entry in entries {
            *entry = Affine::from_entry(entry).into_52_bit_form().to_entry();
        }
    }
    true
}

/// What a verification under one key reads. Both tables were filled for `engine`.
#[derive(Clone, Copy)]
pub struct Tables<'t> {
    /// What both tables were filled for.
    pub engine: Engine,
    /// The table of [`Point::BASE`].
    pub generator: &'t [TableEntry],
    /// The table of the key.
    pub key: &'t [TableEntry],
}

impl Tables<'_> {
    fn are_whole(&self) -> bool {
        let entries = self.engine.profile.table_entries();
        self.generator.len() == entries && self.key.len() == entries
    }
}

/// Proof that a signature held; only this module makes one.
#[derive(Clone, Copy, Debug)]
pub struct Verified(());

/// Checks an ES256 signature over `signing_input`.
///
/// `signing_input` is the ASCII text `header.payload` exactly as received; encoding a parsed header again
/// would check a different message. `signature` is R ‖ S. A high S is accepted: JOSE has no low-S rule.
///
/// # Errors
/// [`Error::SignatureInvalid`], also when R or S is not in 1 … n − 1.
pub fn verify(tables: &Tables<'_>, signing_input: &[u8], signature: &[u8; SIGNATURE_LEN]) -> Result<Verified, Error> {
    let digest = sha256::digest(signing_input);
    if verify_digest(tables, &digest, signature) { Ok(Verified(())) } else { Err(Error::SignatureInvalid) }
}

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

/// One signature of a batch.
#[derive(Clone, Copy)]
pub struct Item<'t> {
    /// The key.
    pub tables: Tables<'t>,
    /// SHA-256 of the signing input.
    pub digest: &'t [u8; 32],
    /// R ‖ S.
    pub signature: &'t [u8; 64],
}

/// Signatures that share one inversion, and the lanes of a vector.
const BATCH: usize = 8;

/// Verifies each item as [`verify_digest`] does, and faster than one by one; no item affects another's verdict.
///
/// Verdicts without an item are false, and items without a verdict are not looked at.
pub fn verify_batch(items: &[Item<'_>], verdicts: &mut [bool]) {
    verdicts.fill(false);
    for (items, verdicts) in items.chunks(BATCH).zip(verdicts.chunks_mut(BATCH)) {
        let mut equations = [None; BATCH];
        divide(items.get(..verdicts.len()).unwrap_or(items), &mut equations);
        #[cfg(target_arch = "x86_64")]
        vector::settle_lanes(&mut equations, verdicts);
        for (equation, verdict) in equations.iter().zip(verdicts) {
            if let Some(equation) = equation {
                *verdict = equation.holds();
            }
        }
    }
}

/// As [`verify_batch`], for up to `N` items, with a proof for each that is valid; places without an item have none.
pub fn prove_batch<const N: usize>(items: &[Item<'_>]) -> [Option<Verified>; N] {
    let mut verdicts = [false; N];
    verify_batch(items, &mut verdicts);
    verdicts.map(|valid| valid.then_some(Verified(())))
}

/// Makes the equations of at most [`BATCH`] items: inverts the product of all s and divides it up (Montgomery's trick). Each
/// product lacks a factor 2^256, in its inverse as well, so that none needs a conversion.
/// An item out of range takes no part in it and has no equation.
fn divide<'t>(items: &[Item<'t>], equations: &mut [Option<Equation<'t>>; BATCH]) {
    let mut signatures = [None; BATCH];
    let mut before = [Factor::ONE; BATCH];
    let mut product = Scalar::ONE;
    for ((item, signature), before) in items.iter().zip(&mut signatures).zip(&mut before) {
        *signature = Signature::parse(&item.tables, item.digest, item.signature);
        if let Some(signature) = signature {
            *before = product.as_factor();
            product = signature.s.mul(before);
        }
    }
    let mut inverse = product.invert();
    for ((equation, signature), before) in equations.iter_mut().zip(&signatures).zip(&before).rev() {
        if let Some(signature) = signature {
            *equation = Some(signature.equation(&inverse.mul(before)));
            inverse = inverse.mul(&signature.s.as_factor());
        }
    }
}

/// A signature with r and s in range, and the digest as an integer.
#[derive(Clone, Copy)]
struct Signature<'t> {
    tables: Tables<'t>,
    r: Scalar,
    s: Scalar,
    e: Scalar,
}

impl<'t> Signature<'t> {
    fn parse(tables: &Tables<'t>, digest: &[u8; 32], signature: &[u8; 64]) -> Option<Self> {
        let (r, s) = signature.split_first_chunk::<32>()?;
        let r = Scalar::from_signature(r)?;
        let s = Scalar::from_signature(s.first_chunk::<32>()?)?;
        tables.are_whole().then_some(Self { tables: *tables, r, s, e: Scalar::from_digest(digest) })
    }

    /// Step 4 of FIPS 186-5 section 6.4.2, given 1/s.
    fn equation(&self, one_over_s: &Factor) -> Equation<'t> {
        Equation { tables: self.tables, u1: self.e.mul(one_over_s), u2: self.r.mul(one_over_s), r: self.r }
    }
}

/// What is left to be shown: that the x of u1·G + u2·Q is r mod n.
#[derive(Clone, Copy)]
struct Equation<'t> {
    tables: Tables<'t>,
    u1: Scalar,
    u2: Scalar,
    r: Scalar,
}

impl Equation<'_> {
    fn holds(&self) -> bool {
        self.is_met_by(self.fast_sum())
    }

    /// ±(u1·G + u2·Q), of which x is needed; `None` when a partial sum met ± its next entry.
    fn fast_sum(&self) -> Option<Xyzz> {
        match self.tables.engine.backend {
            Backend::Portable => self.portable_sum(),
            #[cfg(target_arch = "x86_64")]
            Backend::Ifma(has_ifma) => vector::sum(has_ifma, self),
        }
    }

    /// Not part of its caller, whose stack would be used on the way to vectors too.
    #[inline(never)]
    fn portable_sum(&self) -> Option<Xyzz> {
        let mut sum = FastSum::new();
        comb::walk(&self.tables, self.u1, self.u2, &mut sum);
        sum.finish()
    }

    /// `None` when the fast sum cannot say.
    fn is_met_by(&self, sum: Option<Xyzz>) -> bool {
        match sum {
            Some(point) => self.matches(&point),
            None => self.holds_exactly(),
        }
    }

    /// The same by additions that know equal and opposite points. Infinity has no x: refused.
    #[cold]
    fn holds_exactly(&self) -> bool {
        let mut sum = ExactSum::new(self.tables.engine);
        comb::walk(&self.tables, self.u1, self.u2, &mut sum);
        sum.finish().is_some_and(|point| self.matches(&point))
    }

    /// Whether x ≡ r mod n: x is r or, when that is still below p, r + n.
    fn matches(&self, point: &Xyzz) -> bool {
        point.x_equals(self.r.limbs()) || self.r.plus_order_below_p().is_some_and(|x| point.x_equals(x))
    }
}
