//! Vectors of eight 64-bit lanes. Five of them hold eight field elements, one in each lane.

use core::arch::x86_64::__m512i;

pub(in crate::es256) const LANES: usize = 8;

pub(super) type Vector = __m512i;
pub(super) type Limbs = [Vector; 5];

pub(super) fn from_lanes(lanes: &[u64; LANES]) -> Vector {
    // SAFETY: both types have 64 bytes, and every bit pattern is a valid value of each.
    unsafe { core::mem::transmute::<[u64; LANES], Vector>(*lanes) }
}

pub(super) fn to_lanes(limbs: &Limbs) -> [[u64; LANES]; 5] {
    // SAFETY: both types have 64 bytes, and every bit pattern is a valid value of each.
    limbs.map(|limb| unsafe { core::mem::transmute::<Vector, [u64; LANES]>(limb) })
}

pub(super) const MASK: i64 = (1 << 52) - 1;
