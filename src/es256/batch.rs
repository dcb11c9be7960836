//! Several signatures at once. They share one inversion and, with AVX-512 IFMA, each has one lane of the vectors.

#[cfg(target_arch = "x86_64")]
use super::{comb::Windows, engine::Backend, lanes};
use super::{
    equation::{Equation, Signature},
    scalar::Factor,
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

/// Makes the equations of at most [`BATCH`] items, with one inversion for all. An item whose r or s is out of range has no
/// equation, and 1 in the place of its s.
fn divide<'t>(items: &[Item<'t>], equations: &mut [Option<Equation<'t>>; BATCH]) {
    let mut signatures = [None; BATCH];
    for (item, signature) in items.iter().zip(&mut signatures) {
        *signature = Signature::parse(&item.tables, item.digest, item.signature);
    }
    let all_s = signatures.map(|signature| signature.map_or(Factor::ONE, |signature| signature.s.as_factor()));
    let inverses = invert_all(all_s);
    for ((equation, signature), one_over_s) in equations.iter_mut().zip(&signatures).zip(&inverses) {
        *equation = signature.as_ref().map(|signature| signature.equation(one_over_s));
    }
}

/// 1/s for each s, given as [`Scalar::as_factor`](super::scalar::Scalar::as_factor). That leaves out a factor 2^256 of each, and
/// the inverse of their product lacks the same factors, so they cancel.
///
/// The product of all is inverted and multiplied by the seven others for each (Montgomery's trick). In a tree fewer products wait
/// for one another than in a chain.
fn invert_all([a, b, c, d, e, f, g, h]: [Factor; BATCH]) -> [Factor; BATCH] {
    let [ab, cd, ef, gh] = [a.mul(&b), c.mul(&d), e.mul(&f), g.mul(&h)];
    let [abcd, efgh] = [ab.mul(&cd), ef.mul(&gh)];
    let all = abcd.mul(&efgh).as_scalar().invert();
    let [of_abcd, of_efgh] = [all.mul(&efgh), all.mul(&abcd)];
    let [of_ab, of_cd, of_ef, of_gh] = [of_abcd.mul(&cd), of_abcd.mul(&ab), of_efgh.mul(&gh), of_efgh.mul(&ef)];
    [
        of_ab.mul(&b),
        of_ab.mul(&a),
        of_cd.mul(&d),
        of_cd.mul(&c),
        of_ef.mul(&f),
        of_ef.mul(&e),
        of_gh.mul(&h),
        of_gh.mul(&g),
    ]
}

/// Decides up to eight equations at once, one in each lane, and removes them from `equations`. Fewer than [`WORTHWHILE`] it
/// leaves there.
#[cfg(target_arch = "x86_64")]
#[inline(never)]
fn decide_in_lanes(equations: &mut [Option<Equation<'_>>; BATCH], verdicts: &mut [bool]) {
    let mut has_ifma = None;
    let mut own: [Option<Windows<'_>>; BATCH] = [None; BATCH];
    for (own, equation) in own.iter_mut().zip(equations.iter()) {
        if let Some(Equation { tables, u1, u2, .. }) = equation
            && let Backend::Ifma(proof) = tables.engine.backend()
        {
            has_ifma = Some(proof);
            *own = Windows::new(tables, *u1, *u2);
        }
    }
    let mut suitable = own.iter().flatten();
    let (Some(has_ifma), Some(first)) = (has_ifma, suitable.next()) else { return };
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
