//! Loading table entries into lanes.

use super::vector::{Eight, LANES, Limbs, Vector};
use crate::es256::entry::TableEntry;

/// Eight entries, one for each lane. Bit k of `negate` says whether lane k adds the negative of its point.
#[derive(Clone, Copy)]
pub(in crate::es256) struct Row<'t> {
    pub(in crate::es256) entries: [&'t TableEntry; LANES],
    pub(in crate::es256) negate: u8,
}

/// Rows in the order in which they are added. The methods are to be inlined always, into the loop of each kind of vectors.
pub(in crate::es256) trait Rows {
    const COUNT: usize;
    fn row(&self, step: usize) -> Row<'_>;
    /// Prefetches a row, if there is one and it may not be in cache.
    fn prefetch(&self, step: usize) {
        let _ = step;
    }
}

/// The points of eight entries, unmasked: an 8 × 8 transposition, then a conversion of 64-bit limbs to 52-bit limbs.
#[inline(always)]
pub(super) fn load_points<E: Eight>(proof: E::Proof, entries: &[&TableEntry; LANES]) -> (Limbs<E>, Limbs<E>) {
    let rows = entries.map(|entry| E::from_lanes(proof, &entry.0));
    let [x0, x1, x2, x3, y0, y1, y2, y3] = E::transpose(rows);
    (split(x0, x1, x2, x3), split(y0, y1, y2, y3))
}

/// One integer for each lane, unmasked.
#[inline(always)]
pub(super) fn load_integers<E: Eight>(proof: E::Proof, integers: &[[u64; 4]; LANES]) -> Limbs<E> {
    let [a, b, c, d, e, f, g, h] = integers;
    let limb = |i: usize| [a[i], b[i], c[i], d[i], e[i], f[i], g[i], h[i]];
    let (first, second, third, fourth) = (limb(0), limb(1), limb(2), limb(3));
    split(
        E::from_lanes(proof, &first),
        E::from_lanes(proof, &second),
        E::from_lanes(proof, &third),
        E::from_lanes(proof, &fourth),
    )
}

#[inline(always)]
fn split<V: Vector>(a: V, b: V, c: V, d: V) -> Limbs<V> {
    [
        a,
        a.shift_right::<52>().or(b.shift_left::<12>()),
        b.shift_right::<40>().or(c.shift_left::<24>()),
        c.shift_right::<28>().or(d.shift_left::<36>()),
        d.shift_right::<16>(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::es256::ifma::{
        Run, for_each_kind, radix,
        vector::{MASK, to_lanes},
    };

    struct Place;

    impl Run for Place {
        fn run<E: Eight>(&mut self, name: &str, proof: E::Proof) {
            let entries: [TableEntry; LANES] = core::array::from_fn(|lane| {
                TableEntry(core::array::from_fn(|i| {
                    0x0123_4567_89ab_cdef_u64.rotate_left((8 * lane + i) as u32) | 1 << 63
                }))
            });
            let (x, y) = load_points::<E>(proof, &core::array::from_fn(|lane| &entries[lane]));
            for lane in 0..LANES {
                let [a, b, c, d, e, f, g, h] = entries[lane].0;
                assert_eq!(to_lanes(&x).map(|limb| limb[lane] & MASK), radix::split([a, b, c, d]), "{name}");
                assert_eq!(to_lanes(&y).map(|limb| limb[lane] & MASK), radix::split([e, f, g, h]), "{name}");
            }
        }
    }

    #[test]
    fn entries_go_into_their_lanes() {
        for_each_kind(&mut Place);
    }
}
