//! Pairs against the portable arithmetic.

use super::*;
use crate::es256::{
    Engine, Point, Profile, TableEntry,
    field::{self, Fe},
    fill_table,
    ifma::{
        Row, Run, SumEach, for_each_kind,
        radix::split,
        tests::{below, element, generator, masked},
        vector::{from_lanes, to_lanes},
    },
    lanes::to_point,
    point::{Affine, Xyzz},
};

struct Entries<'t> {
    engine: Engine,
    rows: [Row<'t>; 2 * PAIRS],
}

impl Rows for Entries<'_> {
    const COUNT: usize = 2 * PAIRS;

    fn row(&self, step: usize) -> Row<'_> {
        self.rows[step]
    }
}

impl Entries<'_> {
    fn exact(&self, lane: usize) -> Option<Xyzz> {
        let points =
            self.rows.iter().map(|row| self.engine.point(row.entries[lane]).neg_if(row.negate >> lane & 1 == 1));
        points.fold(None, |sum, point| Xyzz::add_exact(&sum, &point))
    }
}

struct Pairs;

impl Run for Pairs {
    fn run<E: Eight>(&mut self, name: &str, proof: E::Proof) {
        let Some(engine) = Engine::all().find(|engine| !engine.is_portable()) else { return };
        let mut table = std::vec![TableEntry::ZERO; Profile::Server.table_entries()];
        assert!(fill_table(engine, &Point::BASE, &mut table));
        let mut seed = 1_u64;
        let mut number = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize
        };
        let mut right = 0;
        for round in 0..12 {
            let mut rows = Entries { engine, rows: [Row { entries: [&table[0]; LANES], negate: 0 }; 2 * PAIRS] };
            for (step, row) in rows.rows.iter_mut().enumerate() {
                // The entries of a pair differ.
                row.entries = core::array::from_fn(|_| &table[(number() % table.len()) & !1 | (step & 1)]);
                row.negate = number() as u8;
            }
            // Lanes 2 and 7 have the same x twice in a pair: first, in the middle, last; with the same sign and the opposite.
            let pair = [0, 13, PAIRS - 1][round % 3];
            for lane in [2, 7] {
                rows.rows[2 * pair + 1].entries[lane] = rows.rows[2 * pair].entries[lane];
            }
            let ratios = SumEach::<E, _> { proof, rows: &rows }.run();
            for (lane, ratio) in ratios.iter().enumerate() {
                let point = to_point(ratio);
                assert_eq!(point.is_none(), [2, 7].contains(&lane), "{name}: round {round}, lane {lane}");
                if let Some(point) = point {
                    let exact = rows.exact(lane).unwrap();
                    assert!(point.x.mul(&exact.zz).equals(&exact.x.mul(&point.zz)), "{name}: lane {lane}");
                    right += 1;
                }
            }
        }
        std::println!("{name}: {right} sums agree, and 24 pairs with one x show");
        assert_eq!(right, 12 * 6);
    }
}

#[test]
fn sums_are_right_and_pairs_with_one_x_show() {
    for_each_kind(&mut Pairs);
}

struct AtTheBounds;

impl Run for AtTheBounds {
    /// Any coordinates below p do: the formulas do not use the equation of the curve.
    fn run<E: Eight>(&mut self, name: &str, proof: E::Proof) {
        let edges = field::tests::edges(field::P);
        let p_minus_1 = [field::P[0] - 1, field::P[1], field::P[2], field::P[3]];
        let mut next = generator();
        for round in 0..500 {
            let mut coordinate = || {
                let edge = |next: u64| Fe::from_limbs(edges[next as usize % edges.len()]).to_limbs();
                let lanes: [_; LANES] =
                    core::array::from_fn(|_| split([[0; 4], p_minus_1, edge(next())][(next() % 3) as usize]));
                core::array::from_fn(|limb| lanes.map(|limbs| limbs[limb]))
            };
            let points: [[_; 2]; 2] = [[coordinate(), coordinate()], [coordinate(), coordinate()]];
            let (inverse, product) = (below(115, &mut next), below(115, &mut next));
            let negate = [next() as u8, next() as u8];
            // Bits above the 52 mean nothing.
            let unmasked = |limbs: &[[u64; LANES]; 5]| {
                from_lanes::<E>(proof, &limbs.map(|limb| limb.map(|limb| limb | 0xa5a << 52)))
            };
            let mut vectors = points.map(|[x, y]| (unmasked(&x), unmasked(&y)));
            let (mut new_inverse, mut new_product) = (unmasked(&inverse), unmasked(&product));
            let x = [vectors[0].0, vectors[1].0];
            for index in 0..E::PARTS {
                let product = &unmasked(&product);
                let points = &mut vectors;
                E::out_of_line(proof, AddPair { inverse: &mut new_inverse, product, points, negate, index });
                E::out_of_line(proof, MultiplyDifference { product: &mut new_product, x: &x, index });
            }
            let [(new_x, new_y), _] = &vectors;
            let [new_x, new_y, new_inverse, new_product] = [new_x, new_y, &new_inverse, &new_product].map(to_lanes);
            for lane in 0..LANES {
                let old = |limbs| element(masked(limbs, lane, 115));
                let [first, second] = [0, 1].map(|k: usize| {
                    let [x, y] = [old(&points[k][0]), old(&points[k][1])];
                    Affine { x, y: if negate[k] >> lane & 1 == 1 { y.neg() } else { y } }
                });
                let sum = second.plus(&first, &old(&inverse).mul(&old(&product)));
                let difference = second.x.sub(&first.x);
                for (what, new, bound, expected) in [
                    ("x", &new_x, 350, sum.x),
                    ("y", &new_y, 350, sum.y),
                    ("inverse", &new_inverse, 115, old(&inverse).mul(&difference)),
                    ("product", &new_product, 115, old(&product).mul(&difference)),
                ] {
                    let new = element(masked(new, lane, bound));
                    assert!(new.equals(&expected), "{name}: {what}, round {round}");
                }
            }
        }
    }
}

#[test]
fn pairs_are_right_up_to_their_bounds() {
    for_each_kind(&mut AtTheBounds);
}

struct Edges;

impl Run for Edges {
    /// Sums of entries with coordinates at their edges. They are on no curve, and so the order of the additions matters.
    fn run<E: Eight>(&mut self, name: &str, proof: E::Proof) {
        let Some(engine) = Engine::all().find(|engine| !engine.is_portable()) else { return };
        let p_minus_1 = [field::P[0] - 1, field::P[1], field::P[2], field::P[3]];
        let edges = field::tests::edges(field::P).into_iter().map(|edge| Fe::from_limbs(edge).to_limbs());
        let x: std::vec::Vec<_> = edges.step_by(9).collect();
        let mut next = generator();
        let table: std::vec::Vec<_> = x
            .iter()
            .map(|x| {
                let [[a, b, c, d], [e, f, g, h]] = [*x, [[0; 4], p_minus_1][(next() % 2) as usize]];
                TableEntry([a, b, c, d, e, f, g, h])
            })
            .collect();
        for round in 0..60 {
            let mut rows = Entries { engine, rows: [Row { entries: [&table[0]; LANES], negate: 0 }; 2 * PAIRS] };
            for (step, row) in rows.rows.iter_mut().enumerate() {
                row.entries =
                    core::array::from_fn(|_| &table[((next() as usize % (table.len() - 1)) & !1) | (step & 1)]);
                row.negate = next() as u8;
            }
            // The pairs that are added first: x near p in the second one, and near 0 in the first. So the first sum's x, raised,
            // would be the larger one by more than 2·p, half of the times.
            let y = [next() % field::P[0], next(), next(), next() >> 32];
            let near = [[p_minus_1[0] - 1, p_minus_1[1], 0, p_minus_1[3]], p_minus_1, [0; 4], [1, 0, 0, 0]];
            let first: std::vec::Vec<_> = near
                .iter()
                .enumerate()
                .map(|(i, [a, b, c, d])| TableEntry([*a, *b, *c, *d, y[i], y[i / 2], y[3 - i], y[3]]))
                .collect();
            for (row, entry) in rows.rows[2 * PAIRS - 4..].iter_mut().zip(&first) {
                row.entries = [entry; LANES];
            }
            let ratios = SumEach::<E, _> { proof, rows: &rows }.run();
            for (lane, ratio) in ratios.iter().enumerate() {
                let point = |row: &Row<'_>| engine.point(row.entries[lane]).neg_if(row.negate >> lane & 1 == 1);
                let exact = rows.rows.as_chunks::<2>().0.iter().rev().fold(None, |sum, [first, second]| {
                    let (first, second) = (point(first), point(second));
                    let pair = second.plus(&first, &second.x.sub(&first.x).invert());
                    Xyzz::add_exact(&sum, &pair)
                });
                let (sum, exact) = (to_point(ratio).unwrap(), exact.unwrap());
                assert!(sum.x.mul(&exact.zz).equals(&exact.x.mul(&sum.zz)), "{name}: round {round}, lane {lane}");
            }
        }
    }
}

#[test]
fn sums_of_coordinates_at_their_edges_are_right() {
    for_each_kind(&mut Edges);
}
