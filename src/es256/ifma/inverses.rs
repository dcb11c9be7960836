//! 1/x in each of the lanes.

use super::{
    field::{P, multiply, normalize, propagate},
    radix::{join, split},
    sums::one,
    vector::{Eight, LANES, Limbs, from_lanes, to_lanes},
};
use crate::es256::field::Fe;

/// The inverse of the element of each lane; both unmasked. Also gives the lanes with 0, which has no inverse: what they hold has
/// no meaning.
///
/// The product of all eight is inverted, and multiplied in each lane by the seven others (Montgomery's trick). Lanes exchange
/// their products three times: with the neighbour, with the next pair, with the other half.
#[inline(always)]
pub(super) fn invert_each<E: Eight>(proof: E::Proof, elements: &Limbs<E>) -> (Limbs<E>, u8) {
    let tight = normalize(elements);
    let zeros = zeros(&to_lanes(&tight));
    let one = one::<E>(proof);
    let own = each!(i => tight[i].blend(zeros, one[i]));
    let others = each!(i => own[i].move_in_halves::<0b10_11_00_01>());
    let pair = propagate(&multiply(&own, &others));
    let next = each!(i => pair[i].move_in_halves::<0b01_00_11_10>());
    let (four, others) = (propagate(&multiply(&pair, &next)), propagate(&multiply(&others, &next)));
    let next = each!(i => four[i].swap_halves());
    let (all, others) = (normalize(&multiply(&four, &next)), propagate(&multiply(&others, &next)));
    let inverse = invert(to_lanes(&all).map(|limb| limb[0]));
    let inverse = from_lanes(proof, &inverse.map(|limb| [limb; LANES]));
    (propagate(&multiply(&inverse, &others)), zeros)
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
        ifma::{Run, for_each_kind, vector::Work},
    };
    use std::vec::Vec;

    struct Invert<E: Eight>(E::Proof, Limbs<E>);

    impl<E: Eight> Work for Invert<E> {
        type Output = (Limbs<E>, u8);

        #[inline(always)]
        fn run(self) -> Self::Output {
            let Self(proof, elements) = self;
            let (inverses, zeros) = invert_each(proof, &elements);
            (normalize(&multiply(&elements, &inverses)), zeros)
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
}
