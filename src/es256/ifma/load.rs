//! Loading table entries into lanes.

use super::lanes::{LANES, Limbs, Vector, from_lanes};
use crate::es256::entry::TableEntry;
use core::arch::x86_64::*;

/// Eight entries, one for each lane. Bit k of `negate` says whether lane k adds the negative of its point.
#[derive(Clone, Copy)]
pub(in crate::es256) struct Row<'t> {
    pub(in crate::es256) entries: [&'t TableEntry; LANES],
    pub(in crate::es256) negate: u8,
}

/// The points of eight entries, unmasked: an 8 × 8 transposition, then a conversion of 64-bit limbs to 52-bit limbs.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
pub(super) fn load_points(entries: &[&TableEntry; LANES]) -> (Limbs, Limbs) {
    let [a, b, c, d, e, f, g, h] = entries.map(|entry| from_lanes(&entry.0));
    // First two rows are interleaved, then two pairs, then two fours.
    let (ab0, ab1) = (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
    let (cd0, cd1) = (_mm512_unpacklo_epi64(c, d), _mm512_unpackhi_epi64(c, d));
    let (ef0, ef1) = (_mm512_unpacklo_epi64(e, f), _mm512_unpackhi_epi64(e, f));
    let (gh0, gh1) = (_mm512_unpacklo_epi64(g, h), _mm512_unpackhi_epi64(g, h));
    let columns = |ab, cd, ef, gh| {
        // Limbs 0 and 4, or 1 and 5, and so on, of the rows in the order of their 128-bit pieces.
        let (low, high) =
            (_mm512_shuffle_i64x2::<0b10_00_10_00>(ab, cd), _mm512_shuffle_i64x2::<0b10_00_10_00>(ef, gh));
        let (odd_low, odd_high) =
            (_mm512_shuffle_i64x2::<0b11_01_11_01>(ab, cd), _mm512_shuffle_i64x2::<0b11_01_11_01>(ef, gh));
        [
            _mm512_shuffle_i64x2::<0b10_00_10_00>(low, high),
            _mm512_shuffle_i64x2::<0b10_00_10_00>(odd_low, odd_high),
            _mm512_shuffle_i64x2::<0b11_01_11_01>(low, high),
            _mm512_shuffle_i64x2::<0b11_01_11_01>(odd_low, odd_high),
        ]
    };
    let [x0, x2, y0, y2] = columns(ab0, cd0, ef0, gh0);
    let [x1, x3, y1, y3] = columns(ab1, cd1, ef1, gh1);
    (split(x0, x1, x2, x3), split(y0, y1, y2, y3))
}

#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn split(a: Vector, b: Vector, c: Vector, d: Vector) -> Limbs {
    [
        a,
        _mm512_or_si512(_mm512_srli_epi64::<52>(a), _mm512_slli_epi64::<12>(b)),
        _mm512_or_si512(_mm512_srli_epi64::<40>(b), _mm512_slli_epi64::<24>(c)),
        _mm512_or_si512(_mm512_srli_epi64::<28>(c), _mm512_slli_epi64::<36>(d)),
        _mm512_srli_epi64::<16>(d),
    ]
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::es256::ifma::{
        HasIfma,
        lanes::{MASK, to_lanes},
    };

    /// Any four limbs, as five.
    pub(in crate::es256::ifma) fn limbs_52([a, b, c, d]: [u64; 4]) -> [u64; 5] {
        let mask = MASK.cast_unsigned();
        [a & mask, (a >> 52 | b << 12) & mask, (b >> 40 | c << 24) & mask, (c >> 28 | d << 36) & mask, d >> 16]
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn load_and_split(entries: &[&TableEntry; LANES]) -> (Limbs, Limbs) {
        load_points(entries)
    }

    #[test]
    fn entries_go_into_their_lanes() {
        if HasIfma::detect().is_none() {
            return;
        }
        let entries: [TableEntry; LANES] = core::array::from_fn(|lane| {
            TableEntry(core::array::from_fn(|i| 0x0123_4567_89ab_cdef_u64.rotate_left((8 * lane + i) as u32) | 1 << 63))
        });
        let references: [&TableEntry; LANES] = core::array::from_fn(|lane| &entries[lane]);
        // SAFETY: the processor has the instructions.
        let (x, y) = unsafe { load_and_split(&references) };
        for lane in 0..LANES {
            let [a, b, c, d, e, f, g, h] = entries[lane].0;
            assert_eq!(to_lanes(&x).map(|limb| limb[lane] & MASK.cast_unsigned()), limbs_52([a, b, c, d]));
            assert_eq!(to_lanes(&y).map(|limb| limb[lane] & MASK.cast_unsigned()), limbs_52([e, f, g, h]));
        }
    }
}
