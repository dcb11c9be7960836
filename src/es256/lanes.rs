//! Which table entries go into which lane of a vector, and the point that comes out.

use super::{
    comb::{Selected, Windows},
    entry::TableEntry,
    field::Fe,
    ifma::{self, HasIfma, LANES, Ratio, Row, Rows},
    point::Xyzz,
    prefetch::prefetch,
    scalar::Scalar,
    table::Tables,
};

/// ±(u1·G + u2·Q). `None` when an addition hit its exceptional case (P = ±Q), which these formulas cannot handle.
///
/// Lane k adds the entries 8k to 8k + 7 of the 64. Then the eight lanes are added together.
#[inline(never)]
pub(super) fn sum(has_ifma: HasIfma, tables: &Tables<'_>, u1: Scalar, u2: Scalar) -> Option<Xyzz> {
    let windows = Windows::new(tables, u1, u2)?;
    for index in 0..Windows::COUNT {
        prefetch(windows.entry(index).0);
    }
    to_point(&ifma::sum_all(has_ifma, &OfOne(windows)))
}

/// The rows of one signature.
struct OfOne<'t>(Windows<'t>);

impl Rows for OfOne<'_> {
    const COUNT: usize = Windows::COUNT / LANES;

    #[inline(always)]
    fn row(&self, step: usize) -> Row<'_> {
        let mut row = Row::ZERO;
        for lane in 0..LANES {
            row.set(lane, self.0.entry(lane.wrapping_mul(Self::COUNT).wrapping_add(step)));
        }
        row
    }
}

/// u1 = e/s and u2 = r/s for each lane. No s is 0.
pub(super) fn divide_each(
    has_ifma: HasIfma,
    s: &[Scalar; LANES],
    e: &[Scalar; LANES],
    r: &[Scalar; LANES],
) -> [(Scalar, Scalar); LANES] {
    let limbs = |scalars: &[Scalar; LANES]| scalars.map(|scalar| scalar.limbs());
    let [u1, u2] = ifma::divide_each(has_ifma, &limbs(s), &limbs(e), &limbs(r))
        .map(|lanes| lanes.map(|(limbs, top)| Scalar::from_limbs_and_top(limbs, top != 0)));
    core::array::from_fn(|lane| (u1[lane], u2[lane]))
}

/// Eight sums at once: lane k adds the 64 entries of `windows[k]`.
#[inline(always)]
pub(super) fn sum_each(has_ifma: HasIfma, windows: &[Windows<'_>; LANES]) -> [Ratio; LANES] {
    ifma::sum_each(has_ifma, &OfEach(windows))
}

/// The rows of eight signatures.
struct OfEach<'w, 't>(&'w [Windows<'t>; LANES]);

impl Rows for OfEach<'_, '_> {
    const COUNT: usize = Windows::COUNT;

    #[inline(always)]
    fn row(&self, step: usize) -> Row<'_> {
        let mut row = Row::ZERO;
        for (lane, windows) in self.0.iter().enumerate() {
            row.set(lane, windows.entry(step));
        }
        row
    }

    #[inline(always)]
    fn prefetch(&self, step: usize) {
        for windows in self.0 {
            prefetch(windows.entry(step).0);
        }
    }
}

impl<'t> Row<'t> {
    const ZERO: Self = Self { entries: [&TableEntry::ZERO; LANES], negate: 0 };

    #[inline(always)]
    fn set(&mut self, lane: usize, (entry, mirror): Selected<'t>) {
        self.entries[lane % LANES] = entry;
        self.negate |= u8::from(mirror) << (lane % LANES);
    }
}

/// A point with the X and ZZ of `ratio`, and an arbitrary Y: only x is compared. Both X and ZZ have the factor 2^260, which
/// cancels in x = X/ZZ. `None` after an exceptional case.
pub(super) fn to_point(ratio: &Ratio) -> Option<Xyzz> {
    let element = |limbs| {
        let (limbs, top) = ifma::join(limbs);
        Fe::from_limbs_and_top(limbs, top != 0)
    };
    let (x, zz) = (element(ratio.x), element(ratio.zz));
    (!zz.is_zero()).then_some(Xyzz { x, y: Fe::ONE, zz, zzz: Fe::ONE })
}
