//! Products of 512 bits, for processors that multiply 64-bit words.

/// a·b, row by row.
#[inline(always)]
pub(super) fn product(a: &[u64; 4], b: &[u64; 4]) -> [u64; 8] {
    let (t0, c) = a[0].carrying_mul(b[0], 0);
    let (t1, c) = a[0].carrying_mul(b[1], c);
    let (t2, c) = a[0].carrying_mul(b[2], c);
    let (t3, t4) = a[0].carrying_mul(b[3], c);
    let (t1, c) = a[1].carrying_mul_add(b[0], t1, 0);
    let (t2, c) = a[1].carrying_mul_add(b[1], t2, c);
    let (t3, c) = a[1].carrying_mul_add(b[2], t3, c);
    let (t4, t5) = a[1].carrying_mul_add(b[3], t4, c);
    let (t2, c) = a[2].carrying_mul_add(b[0], t2, 0);
    let (t3, c) = a[2].carrying_mul_add(b[1], t3, c);
    let (t4, c) = a[2].carrying_mul_add(b[2], t4, c);
    let (t5, t6) = a[2].carrying_mul_add(b[3], t5, c);
    let (t3, c) = a[3].carrying_mul_add(b[0], t3, 0);
    let (t4, c) = a[3].carrying_mul_add(b[1], t4, c);
    let (t5, c) = a[3].carrying_mul_add(b[2], t5, c);
    let (t6, t7) = a[3].carrying_mul_add(b[3], t6, c);
    [t0, t1, t2, t3, t4, t5, t6, t7]
}

/// a². The six products of two different limbs are computed once and doubled.
#[cfg(not(target_arch = "aarch64"))]
#[inline(always)]
pub(super) fn square(a: &[u64; 4]) -> [u64; 8] {
    let (t1, h) = a[0].carrying_mul(a[1], 0);
    let (l, h2) = a[0].carrying_mul(a[2], 0);
    let (t2, c) = l.carrying_add(h, false);
    let (l, h3) = a[0].carrying_mul(a[3], 0);
    let (t3, c) = l.carrying_add(h2, c);
    let (t4, _) = h3.carrying_add(0, c);
    let (l, h) = a[1].carrying_mul(a[2], 0);
    let (t3, c) = t3.carrying_add(l, false);
    let (t4, c) = t4.carrying_add(h, c);
    let (l, h) = a[2].carrying_mul(a[3], 0);
    let (t5, c) = l.carrying_add(0, c);
    let (t6, _) = h.carrying_add(0, c);
    let (l, h) = a[1].carrying_mul(a[3], 0);
    let (t4, c) = t4.carrying_add(l, false);
    let (t5, c) = t5.carrying_add(h, c);
    let (t6, _) = t6.carrying_add(0, c);

    let t7 = t6 >> 63;
    let t6 = (t6 << 1) | (t5 >> 63);
    let t5 = (t5 << 1) | (t4 >> 63);
    let t4 = (t4 << 1) | (t3 >> 63);
    let t3 = (t3 << 1) | (t2 >> 63);
    let t2 = (t2 << 1) | (t1 >> 63);
    let t1 = t1 << 1;

    let (t0, h) = a[0].carrying_mul(a[0], 0);
    let (t1, c) = t1.carrying_add(h, false);
    let (l, h) = a[1].carrying_mul(a[1], 0);
    let (t2, c) = t2.carrying_add(l, c);
    let (t3, c) = t3.carrying_add(h, c);
    let (l, h) = a[2].carrying_mul(a[2], 0);
    let (t4, c) = t4.carrying_add(l, c);
    let (t5, c) = t5.carrying_add(h, c);
    let (l, h) = a[3].carrying_mul(a[3], 0);
    let (t6, c) = t6.carrying_add(l, c);
    let (t7, _) = t7.carrying_add(h, c);
    [t0, t1, t2, t3, t4, t5, t6, t7]
}
