//! Which table entries go into which lane of a vector, and the point that comes out.

use super::{
    comb::{Selected, Windows},
    entry::TableEntry,
    field::Fe,
    ifma::{self, HasIfma, LANES, Ratio, Row},
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
    const STEPS: usize = Windows::COUNT / LANES;
    let windows = Windows::new(tables, u1, u2);
    for index in 0..Windows::COUNT {
        prefetch(windows.entry(index).0);
    }
    let row = |step: usize| Row::new(|lane| windows.entry(lane.wrapping_mul(STEPS).wrapping_add(step)));
    to_point(&ifma::sum_all(has_ifma, (0..STEPS).map(row)))
}

/// Eight sums at once: lane k adds the 64 entries of `windows[k]`.
#[inline(always)]
pub(super) fn sum_each(has_ifma: HasIfma, windows: &[Windows<'_>; LANES]) -> [Ratio; LANES] {
    let row = |step: usize| {
        for windows in windows {
            prefetch(windows.entry(step.wrapping_add(AHEAD)).0);
        }
        Row::new(|lane| windows.get(lane).map_or((&TableEntry::ZERO, false), |windows| windows.entry(step)))
    };
    ifma::sum_each(has_ifma, (0..Windows::COUNT).map(row))
}

/// How many steps before its use an entry is prefetched. Prefetching all 512 entries at once would evict some of them from
/// the L1 cache before they are used.
const AHEAD: usize = 3;

impl<'t> Row<'t> {
    #[inline(always)]
    fn new(entry: impl Fn(usize) -> Selected<'t>) -> Self {
        let mut negate = 0;
        let entries = core::array::from_fn(|lane| {
            let (entry, mirror) = entry(lane);
            negate |= u8::from(mirror) << (lane % LANES);
            entry
        });
        Self { entries, negate }
    }
}

/// A point with the X and ZZ of `ratio`, and an arbitrary Y: only x is compared. Both X and ZZ have the factor 2^260, which
/// cancels in x = X/ZZ. `None` after an exceptional case.
pub(super) fn to_point(ratio: &Ratio) -> Option<Xyzz> {
    let element = |limbs| {
        let (limbs, top) = Ratio::join(limbs);
        Fe::from_limbs_and_top(limbs, top != 0)
    };
    let (x, zz) = (element(ratio.x), element(ratio.zz));
    (!zz.is_zero()).then_some(Xyzz { x, y: Fe::ONE, zz, zzz: Fe::ONE })
}
