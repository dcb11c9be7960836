//! The inverses of all lanes from one inversion (Montgomery's trick).

use super::{
    field::{self, ONE, P, mask, normalize, propagate},
    order,
    radix::{join, split},
    vector::{Eight, LANES, Limbs, Vector, Work, in_each_lane, part, set_part, to_lanes},
};
use crate::es256::{field::Fe, scalar::Scalar};

/// Multiplication modulo one of two numbers.
trait Multiply: Copy {
    /// a·b/2^260, unmasked.
    fn multiply<V: Vector>(self, a: &Limbs<V>, b: &Limbs<V>) -> Limbs<V>;
}

#[derive(Clone, Copy)]
struct ModuloP;

#[derive(Clone, Copy)]
struct ModuloN;

impl Multiply for ModuloP {
    #[inline(always)]
    fn multiply<V: Vector>(self, a: &Limbs<V>, b: &Limbs<V>) -> Limbs<V> {
        propagate(&field::multiply(a, b))
    }
}

impl Multiply for ModuloN {
    #[inline(always)]
    fn multiply<V: Vector>(self, a: &Limbs<V>, b: &Limbs<V>) -> Limbs<V> {
        order::multiply(a, b)
    }
}

/// One part of a product. Out of line, the two functions of each kind of vectors serve all products here.
struct MultiplyPart<'a, E: Eight, M> {
    a: &'a Limbs<E>,
    b: &'a Limbs<E>,
    product: &'a mut Limbs<E>,
    index: usize,
    modulo: M,
}

impl<E: Eight, M: Multiply> Work for MultiplyPart<'_, E, M> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { a, b, product, index, modulo } = self;
        set_part(product, index, &modulo.multiply(&part(a, index), &part(b, index)));
    }
}

#[inline(always)]
fn multiply<E: Eight, M: Multiply>(proof: E::Proof, modulo: M, a: &Limbs<E>, b: &Limbs<E>) -> Limbs<E> {
    let mut product = *a;
    for index in 0..E::PARTS {
        E::out_of_line(proof, MultiplyPart { a, b, product: &mut product, index, modulo });
    }
    product
}

/// The product of all lanes, in each lane, and for each lane the product of the seven others. Lanes exchange their products three
/// times: with the neighbour, with the next pair, with the other half.
#[inline(always)]
fn products<E: Eight, M: Multiply>(proof: E::Proof, modulo: M, own: &Limbs<E>) -> (Limbs<E>, Limbs<E>) {
    let others = each!(i => own[i].move_in_halves::<0b10_11_00_01>());
    let pair = multiply(proof, modulo, own, &others);
    let next = each!(i => pair[i].move_in_halves::<0b01_00_11_10>());
    let (four, others) = (multiply(proof, modulo, &pair, &next), multiply(proof, modulo, &others, &next));
    let next = each!(i => four[i].swap_halves());
    (multiply(proof, modulo, &four, &next), multiply(proof, modulo, &others, &next))
}

/// 1/x modulo p in each lane; both unmasked. Also gives the lanes with 0, which has no inverse: what they hold has no meaning.
#[inline(always)]
pub(super) fn invert_each<E: Eight>(proof: E::Proof, elements: &Limbs<E>) -> (Limbs<E>, u8) {
    let tight = normalize(elements);
    let zeros = zeros(&to_lanes(&tight));
    let one: Limbs<E> = in_each_lane(proof, &ONE);
    let own = each!(i => tight[i].blend(zeros, one[i]));
    let (all, others) = products(proof, ModuloP, &own);
    let inverse = in_each_lane(proof, &invert(to_lanes(&mask(&all)).map(|limb| limb[0])));
    (multiply(proof, ModuloP, &inverse, &others), zeros)
}

/// u1 = e/s and u2 = r/s modulo n in each lane. All are integers below 2^256, and s ≢ 0. The results are unmasked, below 2·n.
#[inline(always)]
pub(super) fn divide_each<E: Eight>(proof: E::Proof, s: &Limbs<E>, e: &Limbs<E>, r: &Limbs<E>) -> [Limbs<E>; 2] {
    let (all, others) = products(proof, ModuloN, s);
    let (limbs, top) = join(to_lanes(&mask(&all)).map(|limb| limb[0]));
    // A product here lacks a factor 2^260. The inverse of the product of all s lacks as many as the product of the others.
    let inverse = Scalar::from_limbs_and_top(limbs, top != 0).invert_times_2_260();
    let one_over_s = multiply(proof, ModuloN, &in_each_lane(proof, &split(inverse.limbs())), &others);
    [multiply(proof, ModuloN, e, &one_over_s), multiply(proof, ModuloN, r, &one_over_s)]
}

/// The lanes that hold 0 mod p: 0 or p.
fn zeros(tight: &[[u64; LANES]; 5]) -> u8 {
    let holds = |lane: usize, value: [u64; 5]| tight.iter().zip(value).all(|(limb, value)| limb[lane] == value);
    (0..LANES).filter(|lane| holds(*lane, [0; 5]) || holds(*lane, P)).fold(0, |zeros, lane| zeros | 1 << lane)
}

/// 1/x times 2^260 from x·2^260; both tight.
///
/// `Fe` has a factor of 2^256 in the place of 2^260. So it inverts x·2^4 and has the result times 2^256: 2^8 is lacking.
#[inline(never)]
fn invert(element: [u64; 5]) -> [u64; 5] {
    let (limbs, top) = join(element);
    let inverse = Fe::from_limbs_and_top(limbs, top != 0).invert();
    split(inverse.into_52_bit_form().into_52_bit_form().to_limbs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::es256::{
        field::tests::{edges, random},
        ifma::{
            DivideEach, Run, for_each_kind,
            tests::element,
            vector::{MASK, from_lanes},
        },
        limbs::sub_limbs,
        scalar::N,
    };
    use std::vec::Vec;

    struct Invert<E: Eight>(E::Proof, Limbs<E>);

    impl<E: Eight> Work for Invert<E> {
        type Output = (Limbs<E>, u8);

        #[inline(always)]
        fn run(self) -> Self::Output {
            let Self(proof, elements) = self;
            let (inverses, zeros) = invert_each(proof, &elements);
            (normalize(&field::multiply(&elements, &inverses)), zeros)
        }
    }

    struct Inverses;

    impl Run for Inverses {
        fn run<E: Eight>(&mut self, name: &str, proof: E::Proof) {
            let p = join(P).0;
            let mut values: Vec<[u64; 4]> = edges(p).into_iter().step_by(3).chain(random(400)).collect();
            for (place, zero) in [(3, [0; 4]), (77, p), (8 * 40, [0; 4]), (8 * 40 + 1, p), (8 * 40 + 7, p)] {
                values.insert(place, zero);
            }
            let is_zero = |value: [u64; 4]| value == [0; 4] || value == p;
            let (mut inverted, mut zeros_seen) = (0, 0);
            for values in values.as_chunks::<LANES>().0 {
                let split = values.map(split);
                let lanes = core::array::from_fn(|i| split.map(|limbs| limbs[i]));
                let (product, zeros) = E::out_of_line(proof, Invert::<E>(proof, from_lanes(proof, &lanes)));
                let product = to_lanes(&product);
                for (lane, value) in values.iter().enumerate() {
                    assert_eq!(zeros >> lane & 1 == 1, is_zero(*value), "{name}: {value:x?}");
                    if is_zero(*value) {
                        zeros_seen += 1;
                        continue;
                    }
                    let (product, top) = join(product.map(|limb| limb[lane]));
                    let one = Fe::from_limbs(join(super::super::field::ONE).0);
                    assert!(Fe::from_limbs_and_top(product, top != 0).equals(&one), "{name}: {value:x?}");
                    inverted += 1;
                }
            }
            std::println!("{name}: {inverted} inverses, and {zeros_seen} zeros, which have none");
            assert!(inverted > 1_000 && zeros_seen >= 5);
        }
    }

    #[test]
    fn inverses_are_inverses() {
        for_each_kind(&mut Inverses);
    }

    struct Quotients;

    impl Run for Quotients {
        fn run<E: Eight>(&mut self, name: &str, proof: E::Proof) {
            let one_less = sub_limbs(&N, &[1, 0, 0, 0]).0;
            // All below n, and some with the largest limbs.
            let value = |limbs: [u64; 4]| Scalar::from_limbs_and_top(limbs, false);
            let mut values: Vec<Scalar> = edges(N).into_iter().step_by(3).chain(random(400)).map(value).collect();
            values.splice(16..16, [one_less; LANES].map(value));
            values.retain(|value| value.limbs() != [0; 4]);
            let mut divided = 0;
            for (i, s) in values.as_chunks::<LANES>().0.iter().enumerate() {
                let e: [Scalar; LANES] = core::array::from_fn(|lane| values[(3 * i + 5 * lane) % values.len()]);
                let r: [Scalar; LANES] =
                    core::array::from_fn(
                        |lane| if lane == i % 9 { value([0; 4]) } else { values[(i + lane) % values.len()] },
                    );
                let integers = [s, &e, &r].map(|scalars| scalars.map(|scalar| scalar.limbs()));
                let [u1, u2] = DivideEach::<E> { proof, s: &integers[0], e: &integers[1], r: &integers[2] }.run();
                for lane in 0..LANES {
                    let quotient = |(limbs, top): ([u64; 4], u64)| Scalar::from_limbs_and_top(limbs, top != 0);
                    assert!(u1[lane].1 < 2 && u2[lane].1 < 2);
                    let one_over_s = s[lane].invert();
                    assert!(quotient(u1[lane]) == e[lane].mul(&one_over_s), "{name}: {:x?}", s[lane].limbs());
                    assert!(quotient(u2[lane]) == r[lane].mul(&one_over_s), "{name}: {:x?}", s[lane].limbs());
                    divided += 2;
                }
            }
            std::println!("{name}: {divided} quotients agree");
            assert!(divided > 2_000);
        }
    }

    #[test]
    fn quotients_are_those_of_scalars() {
        for_each_kind(&mut Quotients);
    }

    /// Such a product is one in 2^26.
    #[test]
    fn products_above_2_to_256_are_inverted() {
        for low in [[0; 4], [5, 0, 0, 0], [MASK, 0, MASK, 7]] {
            let limbs = [low[0], low[1], low[2], low[3], 1 << 48 | low[3]];
            assert!(element(limbs).mul(&element(invert(limbs))).equals(&Fe::ONE), "{limbs:x?}");
        }
    }
}
