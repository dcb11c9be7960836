//! Several signatures at once. They share one inversion and, with AVX-512 IFMA, each has one lane of the vectors.

#[cfg(target_arch = "x86_64")]
use super::{comb::Windows, engine::Backend, ifma::HasIfma, lanes};
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

/// Makes the equations of at most [`BATCH`] items, with one inversion for all. An item whose r or s is out of range has no part in
/// it, and no equation.
fn divide<'t>(items: &[Item<'t>], equations: &mut [Option<Equation<'t>>; BATCH]) {
    let mut signatures = [None; BATCH];
    for (item, signature) in items.iter().zip(&mut signatures) {
        *signature = Signature::parse(&item.tables, item.digest, item.signature);
    }
    #[cfg(target_arch = "x86_64")]
    if signatures.iter().flatten().count() > 1
        && let Some(has_ifma) = signatures.iter().flatten().find_map(|signature| has_ifma(&signature.tables))
    {
        divide_in_lanes(has_ifma, &signatures, equations);
        return;
    }
    divide_in_turn(&signatures, equations);
}

/// Inverts the product of all s, and gets each 1/s from that by multiplications (Montgomery's trick).
///
/// [`Scalar::as_factor`] leaves out a factor 2^256 in each product. The inverse lacks the same factors, so they cancel, and no
/// value needs a conversion.
fn divide_in_turn<'t>(signatures: &[Option<Signature<'t>>; BATCH], equations: &mut [Option<Equation<'t>>; BATCH]) {
    let mut before = [Factor::ONE; BATCH];
    let mut product = Scalar::ONE;
    for (signature, before) in signatures.iter().zip(&mut before) {
        if let Some(signature) = signature {
            *before = product.as_factor();
            product = signature.s.mul(before);
        }
    }
    let mut inverse = product.invert();
    for ((equation, signature), before) in equations.iter_mut().zip(signatures).zip(&before).rev() {
        if let Some(signature) = signature {
            *equation = Some(signature.equation(&inverse.mul(before)));
            inverse = inverse.mul(&signature.s.as_factor());
        }
    }
}

/// The same in lanes. Those without a signature divide by 1. Kept out of line so that it is not in the stack frame of others.
#[cfg(target_arch = "x86_64")]
#[inline(never)]
fn divide_in_lanes<'t>(
    has_ifma: HasIfma,
    signatures: &[Option<Signature<'t>>; BATCH],
    equations: &mut [Option<Equation<'t>>; BATCH],
) {
    let of_each = |scalar: fn(&Signature<'_>) -> Scalar| {
        signatures.each_ref().map(|signature| signature.as_ref().map_or(Scalar::ONE, scalar))
    };
    let quotients = lanes::divide_each(has_ifma, &of_each(|own| own.s), &of_each(|own| own.e), &of_each(|own| own.r));
    for ((equation, signature), (u1, u2)) in equations.iter_mut().zip(signatures).zip(quotients) {
        *equation = signature.as_ref().map(|signature| signature.with(u1, u2));
    }
}

#[cfg(target_arch = "x86_64")]
fn has_ifma(tables: &Tables<'_>) -> Option<HasIfma> {
    match tables.engine.backend() {
        Backend::Ifma(has_ifma) => Some(has_ifma),
        Backend::Portable => None,
    }
}

/// Decides up to eight equations at once, one in each lane, and removes them from `equations`. Fewer than [`WORTHWHILE`] it
/// leaves there.
#[cfg(target_arch = "x86_64")]
#[inline(never)]
fn decide_in_lanes(equations: &mut [Option<Equation<'_>>; BATCH], verdicts: &mut [bool]) {
    let mut of_lanes = None;
    let mut own: [Option<Windows<'_>>; BATCH] = [None; BATCH];
    for (own, equation) in own.iter_mut().zip(equations.iter()) {
        if let Some(Equation { tables, u1, u2, .. }) = equation
            && let Some(proof) = has_ifma(tables)
        {
            of_lanes = Some(proof);
            *own = Windows::new(tables, *u1, *u2);
        }
    }
    let mut suitable = own.iter().flatten();
    let (Some(has_ifma), Some(first)) = (of_lanes, suitable.next()) else { return };
    if suitable.count() < WORTHWHILE - 1 {
        return;
    }
    // A lane without an equation of its own repeats the first one; its result is not used.
    let windows = own.map(|own| own.unwrap_or(*first));
    let sums = lanes::sum_each(has_ifma, &windows);
    for (((equation, own), verdict), sum) in equations.iter_mut().zip(&own).zip(verdicts).zip(&sums) {
        if let Some(equation) = equation.take_if(|_| own.is_some()) {
            *verdict = equation.is_met_by(lanes::to_point(sum));
        }
    }
}

/// From this many equations on, one lane for each equation is faster than all eight lanes for one equation after the other:
/// lanes take as long for one equation as for eight.
#[cfg(target_arch = "x86_64")]
const WORTHWHILE: usize = 7;
