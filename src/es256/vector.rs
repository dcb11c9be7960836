//! Which lines go into which lane of a vector, and what comes out.

use super::comb;
use super::field::Fe;
use super::ifma::{self, LANES, Ratio, Row, Token};
use super::point::Xyzz;
use super::{BATCH, Backend, Equation, Line};

/// u1·G + u2·Q, or its opposite; `None` when a partial sum met ± its next line.
///
/// Lane k takes the lines 8k to 8k + 7 of the 64.
pub(super) fn sum(token: Token, equation: &Equation<'_>) -> Option<Xyzz> {
    let lines = comb::windows(&equation.tables, equation.u1, equation.u2);
    let lanes = lines.as_chunks::<{ 64 / LANES }>().0;
    let mut rows = [VACANT; 64 / LANES];
    for (lane, lines) in lanes.iter().enumerate() {
        for (row, line) in rows.iter_mut().zip(lines) {
            row.set(lane, *line);
        }
    }
    to_point(&ifma::sum_all(token, &rows))
}

/// Decides up to eight equations at once, one in each lane, and takes them away; for fewer than [`WORTHWHILE`] it leaves
/// them to be decided one by one.
pub(super) fn settle_lanes(equations: &mut [Option<Equation<'_>>; BATCH], verdicts: &mut [bool]) {
    let backend = |equation: &Equation<'_>| match equation.tables.engine.backend {
        Backend::Ifma(token) => Some(token),
        Backend::Portable => None,
    };
    let mut suitable = equations.iter().flatten().filter_map(backend);
    let (Some(token), true) = (suitable.next(), suitable.count() >= WORTHWHILE - 1) else { return };
    let mut rows = [VACANT; 64];
    for (lane, equation) in equations.iter().enumerate() {
        let Some(equation) = equation.as_ref().filter(|equation| backend(equation).is_some()) else { continue };
        let lines = comb::windows(&equation.tables, equation.u1, equation.u2);
        for (row, line) in rows.iter_mut().zip(lines) {
            row.set(lane, line);
        }
    }
    let sums = ifma::sum_each(token, &rows);
    for ((slot, verdict), sum) in equations.iter_mut().zip(verdicts).zip(&sums) {
        if let Some(equation) = slot.take_if(|equation| backend(equation).is_some()) {
            *verdict = equation.is_met_by(to_point(sum));
        }
    }
}

/// From so many equations on, eight lanes for all are faster than eight lanes for each.
const WORTHWHILE: usize = 4;

/// Lanes without an equation add zeros, which nobody asks for.
const VACANT: Row<'static> = Row { lines: [&Line::ZERO; LANES], negate: 0 };

impl<'t> Row<'t> {
    fn set(&mut self, lane: usize, (line, negate): (&'t Line, bool)) {
        if let Some(slot) = self.lines.get_mut(lane) {
            *slot = line;
            self.negate |= u8::from(negate) << (lane % LANES);
        }
    }
}

/// X and ZZ with whatever Y: only x is compared. Both have the factor 2^260, which their ratio does not show.
fn to_point(ratio: &Ratio) -> Option<Xyzz> {
    let element = |limbs| {
        let (limbs, top) = Ratio::join(limbs);
        Fe::from_limbs_and_top(limbs, top != 0)
    };
    let (x, zz) = (element(ratio.x), element(ratio.zz));
    (!zz.is_zero()).then_some(Xyzz { x, y: Fe::ONE, zz, zzz: Fe::ONE })
}
