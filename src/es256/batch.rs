//! Several signatures at once. They share one inversion and, with AVX-512 IFMA, each has one lane of the vectors.

#[cfg(target_arch = "x86_64")]
use super::{comb::Windows, engine::Backend, lanes};
use super::{
    equation::{Equation, Signature},
    scalar::{Factor, Scalar},
    table::Tables,
};

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

/// How many signatures share one inversion and the lanes of a vector.
const BATCH: usize = 8;

/// Verifies each item as [`verify_digest`](super::verify_digest) does, in less time than one by one. No item affects the verdict
/// on another.
///
/// Verdicts without an item become false. Items without a verdict are not checked.
pub fn verify_batch(items: &[Item<'_>], verdicts: &mut [bool]) {
    verdicts.fill(false);
    for (items, verdicts) in items.chunks(BATCH).zip(verdicts.chunks_mut(BATCH)) {
        let mut equations = [None; BATCH];
        divide(items.get(..verdicts.len()).unwrap_or(items), &mut equations);
        #[cfg(target_arch = "x86_64")]
        decide_in_lanes(&mut equations, verdicts);
        for (equation, verdict) in equations.iter().zip(verdicts) {
            if let Some(equation) = equation {
                *verdict = equation.holds();
            }
        }
    }
}

/// Makes the equations of at most [`BATCH`] items. It inverts the product of all s, and gets each 1/s from that by
/// multiplications (Montgomery's trick).
///
/// [`Scalar::as_factor`] leaves out a factor 2^256 in each product. The inverse lacks the same factors, so they cancel, and no
/// value needs a conversion. An item whose r or s is out of range has no part in the product, and no equation.
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

/// Decides up to eight equations at once, one in each lane, and removes them from `equations`. Fewer than [`WORTHWHILE`] it
/// leaves there.
#[cfg(target_arch = "x86_64")]
#[inline(never)]
fn decide_in_lanes(equations: &mut [Option<Equation<'_>>; BATCH], verdicts: &mut [bool]) {
    let backend = |equation: &Equation<'_>| match equation.tables.engine.backend() {
        Backend::Ifma(has_ifma) => Some(has_ifma),
        Backend::Portable => None,
    };
    let mut suitable = equations.iter().flatten().filter(|equation| backend(equation).is_some());
    let Some(first) = suitable.next() else { return };
    if suitable.count() < WORTHWHILE - 1 {
        return;
    }
    let Some(has_ifma) = backend(first) else { return };
    // A lane without an equation of its own repeats the first one; its result is not used.
    let windows: [Windows<'_>; BATCH] = core::array::from_fn(|lane| {
        let own = equations.get(lane).and_then(Option::as_ref).filter(|equation| backend(equation).is_some());
        let Equation { tables, u1, u2, .. } = own.unwrap_or(first);
        Windows::new(tables, *u1, *u2)
    });
    let sums = lanes::sum_each(has_ifma, &windows);
    for ((slot, verdict), sum) in equations.iter_mut().zip(verdicts).zip(&sums) {
        if let Some(equation) = slot.take_if(|equation| backend(equation).is_some()) {
            *verdict = equation.is_met_by(lanes::to_point(sum));
        }
    }
}

/// From this many equations on, one lane for each equation is faster than all eight lanes for one equation after the other.
#[cfg(target_arch = "x86_64")]
const WORTHWHILE: usize = 4;
