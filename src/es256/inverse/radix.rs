//! Integers in signed radix 2^62.

/// An integer in signed radix 2^62: limbs in [0, 2^62), but the last one that is in use carries the sign. Those after it are 0.
pub(super) type Signed = [i64; 5];

/// The 62 bits of a limb.
pub(super) const MASK: u64 = u64::MAX >> 2;

/// a·x + b·y.
pub(super) fn dot(a: i64, x: i64, b: i64, y: i64) -> i128 {
    times(a, x).wrapping_add(times(b, y))
}

pub(super) fn times(a: i64, b: i64) -> i128 {
    i128::from(a).wrapping_mul(i128::from(b))
}

pub(super) fn low_62(a: i128) -> i64 {
    (a as u64 & MASK) as i64
}

/// The lowest 64 bits. When there is one limb only, it has the sign in its upper bits, and the next one is 0.
pub(super) fn low_64(a: &Signed) -> u64 {
    (a[0] as u64) | ((a[1] as u64) << 62)
}

pub(super) const fn to_signed(a: [u64; 4]) -> Signed {
    [
        (a[0] & MASK) as i64,
        (((a[0] >> 62) | (a[1] << 2)) & MASK) as i64,
        (((a[1] >> 60) | (a[2] << 4)) & MASK) as i64,
        (((a[2] >> 58) | (a[3] << 6)) & MASK) as i64,
        (a[3] >> 56) as i64,
    ]
}
