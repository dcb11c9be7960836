//! Eight sums at a time with AVX-512 IFMA or AVX-IFMA (x86-64): each lane of a vector adds its own table entries.
//!
//! Both sets have the same multiplication, for vectors of 512 and of 256 bits. The arithmetic is written once, over what
//! `vector` says of both. With AVX-IFMA, two vectors are the eight lanes. So both use the same tables.
//!
//! A field element is five limbs of 52 bits, least first, in Montgomery form with the factor 2^260. The tables of this backend
//! hold x·2^260 and y·2^260 below p. Limbs are in one of three states, and every function says which one it takes:
//!
//! * *tight*: each limb is in [0, 2^52), and the value is below 1.6·2^256.
//! * *unmasked*: the low 52 bits of each limb are those of a tight element, and the bits above have no meaning. The limbs that
//!   are multiplied may be unmasked, because the instructions read no more than 52 bits of each.
//! * *raised*: unmasked but for the value, which is in [0, 2^260). Comments say how large it is, in multiples of 2^256. A
//!   product of a and b is below p + a·b/2^260: in these multiples, below 1 + a·b/16.
//! * *loose*: signed limbs of magnitude below 2^58, which count in full. The limbs of a product before its carries are in
//!   [0, 2^57): at most 18 halves of products and 6 of a multiple of p, each below 2^52, and a carry below 2^12. Those of
//!   a single product are below 15.1·2^52, and so the largest sum, R² − PPP − 3·Q, is loose too.
//!
//! For one signature, four lanes add eight entries of G each and four lanes eight entries of Q each. Then the eight sums are
//! added together in three steps, the fold. For eight signatures, each lane adds the entries of one, first in pairs. As
//! everywhere in es256, after an exceptional case (P = ±Q) ZZ is ≡ 0 to the end. That holds through the fold too: there the new
//! ZZ has both ZZ as factors.

#![allow(unsafe_code)] // AVX-512 and AVX2 intrinsics; HasIfma proves that the processor has them
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)] // indices are constants, and vector additions wrap

#[macro_use]
mod vector;

mod avx;
mod avx512;
mod field;
mod fold;
mod inverses;
mod load;
mod order;
mod pairs;
mod radix;
mod sums;
#[cfg(test)]
mod tests;
mod wide;

use avx::{Avx, HasAvxIfma, Two};
use avx512::{HasAvx512Ifma, Wide512};
use field::mask;
use fold::{FoldToFour, FoldToOne, FoldToTwo};
use load::load_integers;
pub(super) use load::{Row, Rows};
use pairs::sum_in_pairs;
pub(super) use radix::join;
pub(super) use sums::Ratio;
use sums::sum;
#[cfg(test)]
use tests::{Emulated, HasAvx2, Run, for_each_kind};
pub(super) use vector::LANES;
use vector::{Eight, Work, to_lanes};

/// Proof that this processor has AVX-512 IFMA or AVX-IFMA.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct HasIfma(Kind);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Avx512(HasAvx512Ifma),
    Avx(HasAvxIfma),
    /// AVX-IFMA, emulated.
    #[cfg(test)]
    Emulated(HasAvx2),
}

impl HasIfma {
    pub(super) fn detect() -> Option<Self> {
        let avx512 = HasAvx512Ifma::detect().map(Kind::Avx512);
        avx512.or_else(|| HasAvxIfma::detect().map(Kind::Avx)).map(Self)
    }

    /// The name of an engine with these instructions.
    pub(super) const fn engine_name(self) -> &'static str {
        match self.0 {
            Kind::Avx512(_) => "server-ifma",
            Kind::Avx(_) => "server-avx-ifma",
            #[cfg(test)]
            Kind::Emulated(_) => "server-emulated-ifma",
        }
    }
}

/// The sum of all entries of all lanes: x = X/ZZ. ZZ ≡ 0 after an exceptional case in any addition.
pub(super) fn sum_all(has_ifma: HasIfma, rows: &impl Rows) -> Ratio {
    match has_ifma.0 {
        Kind::Avx512(proof) => Wide512::out_of_line(proof, SumAll::<Wide512, _> { proof, rows }),
        Kind::Avx(proof) => Two::<Avx>::out_of_line(proof, SumAll::<Two<Avx>, _> { proof, rows }),
        #[cfg(test)]
        Kind::Emulated(proof) => SumAll::<Two<Emulated>, _> { proof, rows }.run(),
    }
}

/// For each lane, the sum of its entries.
pub(super) fn sum_each(has_ifma: HasIfma, rows: &impl Rows) -> [Ratio; LANES] {
    match has_ifma.0 {
        Kind::Avx512(proof) => Wide512::out_of_line(proof, SumEach::<Wide512, _> { proof, rows }),
        Kind::Avx(proof) => Two::<Avx>::out_of_line(proof, SumEach::<Two<Avx>, _> { proof, rows }),
        #[cfg(test)]
        Kind::Emulated(proof) => SumEach::<Two<Emulated>, _> { proof, rows }.run(),
    }
}

/// Integers below 2^256, one for each lane.
pub(super) type Integers = [[u64; 4]; LANES];

/// u1 = e/s and u2 = r/s modulo n for each lane, below 2·n, as the limbs and the part above 2^256. No s is 0 modulo n.
pub(super) fn divide_each(
    has_ifma: HasIfma,
    s: &Integers,
    e: &Integers,
    r: &Integers,
) -> [[([u64; 4], u64); LANES]; 2] {
    match has_ifma.0 {
        Kind::Avx512(proof) => Wide512::out_of_line(proof, DivideEach::<Wide512> { proof, s, e, r }),
        Kind::Avx(proof) => Two::<Avx>::out_of_line(proof, DivideEach::<Two<Avx>> { proof, s, e, r }),
        #[cfg(test)]
        Kind::Emulated(proof) => DivideEach::<Two<Emulated>> { proof, s, e, r }.run(),
    }
}

struct DivideEach<'i, E: Eight> {
    proof: E::Proof,
    s: &'i Integers,
    e: &'i Integers,
    r: &'i Integers,
}

impl<E: Eight> Work for DivideEach<'_, E> {
    type Output = [[([u64; 4], u64); LANES]; 2];

    #[inline(always)]
    fn run(self) -> Self::Output {
        let Self { proof, s, e, r } = self;
        let (s, e, r) = (load_integers(proof, s), load_integers(proof, e), load_integers(proof, r));
        let [u1, u2] = inverses::divide_each::<E>(proof, &s, &e, &r);
        [join_each(&to_lanes(&mask(&u1))), join_each(&to_lanes(&mask(&u2)))]
    }
}

fn join_each(limbs: &[[u64; LANES]; 5]) -> [([u64; 4], u64); LANES] {
    core::array::from_fn(|lane| join(limbs.map(|limb| limb[lane])))
}

struct SumAll<'r, E: Eight, R> {
    proof: E::Proof,
    rows: &'r R,
}

impl<E: Eight, R: Rows> Work for SumAll<'_, E, R> {
    type Output = Ratio;

    #[inline(always)]
    fn run(self) -> Ratio {
        let Self { proof, rows } = self;
        let mut sums = sum::<E, R>(proof, rows);
        E::out_of_line(proof, FoldToFour(&mut sums));
        E::out_of_line(proof, FoldToTwo(&mut sums));
        E::out_of_line(proof, FoldToOne(&sums))
    }
}

struct SumEach<'r, E: Eight, R> {
    proof: E::Proof,
    rows: &'r R,
}

impl<E: Eight, R: Rows> Work for SumEach<'_, E, R> {
    type Output = [Ratio; LANES];

    #[inline(always)]
    fn run(self) -> [Ratio; LANES] {
        let (sums, equal) = sum_in_pairs::<E, R>(self.proof, self.rows);
        let (x, zz) = (to_lanes(&sums.x), to_lanes(&mask(&sums.zz)));
        let mut ratios = [Ratio { x: [0; 5], zz: [0; 5] }; LANES];
        for (lane, ratio) in ratios.iter_mut().enumerate() {
            let zz = if equal >> lane & 1 == 1 { [0; 5] } else { zz.map(|limb| limb[lane]) };
            *ratio = Ratio { x: x.map(|limb| limb[lane]), zz };
        }
        ratios
    }
}
