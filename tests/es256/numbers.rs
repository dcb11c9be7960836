//! Integers of 32 octets, and a generator of ordinary and extreme ones.

use p256::{Scalar, elliptic_curve::ops::Reduce};

/// A small repeatable generator (SplitMix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.below(among.len())]
    }

    pub fn octets(&mut self) -> [u8; 32] {
        std::array::from_fn(|_| self.next() as u8)
    }

    pub fn scalar(&mut self) -> Scalar {
        scalar(&self.octets())
    }

    /// Below 2^126, and so below p − n.
    pub fn small(&mut self) -> [u8; 32] {
        let mut octets = self.octets();
        octets[..16].fill(0);
        octets[16] &= 0x3f;
        octets
    }

    /// At an edge of the arithmetic: 0, n, p, p − n, 2^256 − n, 2^256, a power of two; give or take two.
    pub fn edge(&mut self) -> [u8; 32] {
        let mut power = [0; 32];
        power[self.below(32)] = 1 << self.below(8);
        let among = [[0; 32], ORDER, PRIME, sub(&PRIME, &ORDER), sub(&[0; 32], &ORDER), power];
        let (middle, step) = (self.pick(&among), integer(self.below(3) as u8));
        if self.below(2) == 0 { add(&middle, &step) } else { sub(&middle, &step) }
    }
}

/// n, the order of the curve (SEC 2 section 2.4.2).
pub const ORDER: [u8; 32] = *b"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\
    \xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51";

/// p, the prime of its field.
pub const PRIME: [u8; 32] = *b"\xff\xff\xff\xff\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\
    \x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";

pub fn integer(small: u8) -> [u8; 32] {
    let mut octets = [0; 32];
    octets[31] = small;
    octets
}

/// mod 2^256
pub fn add(a: &[u8; 32], b: &[u8; 32]) -> [u8; 32] {
    sub(a, &sub(&[0; 32], b))
}

/// mod 2^256
pub fn sub(a: &[u8; 32], b: &[u8; 32]) -> [u8; 32] {
    let mut borrow = 0;
    let mut result = [0; 32];
    for i in (0..32).rev() {
        let difference = i16::from(a[i]) - i16::from(b[i]) - borrow;
        result[i] = difference as u8;
        borrow = i16::from(difference < 0);
    }
    result
}

/// mod n
pub fn scalar(octets: &[u8; 32]) -> Scalar {
    <Scalar as Reduce<p256::FieldBytes>>::reduce(&(*octets).into())
}

pub fn octets(scalar: &Scalar) -> [u8; 32] {
    scalar.to_bytes().into()
}

pub fn inverse(scalar: &Scalar) -> Scalar {
    Option::from(scalar.invert()).expect("not zero")
}

pub fn concat(r: &[u8; 32], s: &[u8; 32]) -> [u8; 64] {
    let mut octets = [0; 64];
    octets[..32].copy_from_slice(r);
    octets[32..].copy_from_slice(s);
    octets
}
