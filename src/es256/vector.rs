//! Which entries go into which lane of a vector, and what comes out.

use super::comb::{Selected, Windows};
use super::field::Fe;
use super::ifma::{self, HasIfma, LANES, Ratio, Row};
use super::point::Xyzz;
use super::prefetch::prefetch;
use super::{BATCH, Backend, Equation, TableEntry};

/// u1·G + u2·Q, or its opposite; `None` when a partial sum met ± its next entry.
///
/// Lane k takes the entries 8k to 8k + 7 of the 64.
#[inline(never)]
pub(super) fn sum(has_ifma: HasIfma, equation: &Equation<'_>) -> Option<Xyzz> {
    const STEPS: usize = Windows::COUNT / LANES;
    let windows = Windows::new(&equation.tables, equation.u1, equation.u2);
    let entries: [[Selected<'_>; STEPS]; LANES] = core::array::from_fn(|lane| {
        core::array::from_fn(|step| {
            let selected = windows.entry(lane.wrapping_mul(STEPS).wrapping_add(step));
            prefetch(selected.0);
            selected
        })
    });
    let row = |step: usize| Row::new(|lane| entries[lane % LANES][step % STEPS]);
    to_point(&ifma::sum_all(has_ifma, (0..STEPS).map(row)))
}

/// Decides up to eight equations at once, one in each lane, and takes them away; for fewer than [`WORTHWHILE`] it leaves
/// them to be decided one by one.
#[inline(never)]
pub(super) fn settle_lanes(equations: &mut [Option<Equation<'_>>; BATCH], verdicts: &mut [bool]) {
    let backend = |equation: &Equation<'_>| match equation.tables.engine.backend {
        Backend::Ifma(has_ifma) => Some(has_ifma),
        Backend::Portable => None,
    };
    let mut suitable = equations.iter().flatten().filter(|equation| backend(equation).is_some());
    let Some(first) = suitable.next() else { return };
    if suitable.count() < WORTHWHILE - 1 {
        return;
    }
    let Some(has_ifma) = backend(first) else { return };
    // A lane without an equation adds what the first one does, and nobody asks.
    let windows: [Windows<'_>; LANES] = core::array::from_fn(|lane| {
        let own = equations.get(lane).and_then(Option::as_ref).filter(|equation| backend(equation).is_some());
        let Equation { tables, u1, u2, .. } = own.unwrap_or(first);
        Windows::new(tables, *u1, *u2)
    });
    let row = |step: usize| {
        for windows in &windows {
            prefetch(windows.entry(step.wrapping_add(AHEAD)).0);
        }
        Row::new(|lane| windows.get(lane).map_or((&TableEntry::ZERO, false), |windows| windows.entry(step)))
    };
    let sums = ifma::sum_each(has_ifma, (0..Windows::COUNT).map(row));
    for ((slot, verdict), sum) in equations.iter_mut().zip(verdicts).zip(&sums) {
        if let Some(equation) = slot.take_if(|equation| backend(equation).is_some()) {
            *verdict = equation.is_met_by(to_point(sum));
        }
    }
}

/// From so many equations on, eight lanes for all are faster than eight lanes for each.
const WORTHWHILE: usize = 4;

/// How many steps before its use an entry is asked for: all 512 at once would push each other out of the nearest memory.
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

/// X and ZZ with whatever Y: only x is compared. Both have the factor 2^260, which their ratio does not show.
pub(super) fn to_point(ratio: &Ratio) -> Option<Xyzz> {
    let element = |limbs| {
        let (limbs, top) = Ratio::join(limbs);
        Fe::from_limbs_and_top(limbs, top != 0)
    };
    let (x, zz) = (element(ratio.x), element(ratio.zz));
    (!zz.is_zero()).then_some(Xyzz { x, y: Fe::ONE, zz, zzz: Fe::ONE })
}
