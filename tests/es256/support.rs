//! Keys with their tables, and a generator of ordinary and extreme numbers.

use p256::ecdsa::VerifyingKey;
use tesseral_verify::es256::{Line, Point, Profile, Tables, fill_table};

pub const PROFILES: [Profile; 3] = [Profile::Server, Profile::Compact, Profile::Tiny];

pub fn table(profile: Profile, point: &Point) -> Vec<Line> {
    let mut lines = vec![Line::ZERO; profile.table_lines()];
    assert!(fill_table(profile, point, &mut lines));
    lines
}

pub fn point_of(key: &VerifyingKey) -> Point {
    let sec1 = key.to_sec1_point(false);
    let octets = sec1.as_bytes();
    Point::from_coordinates(octets[1..33].try_into().unwrap(), octets[33..].try_into().unwrap()).unwrap()
}

/// The tables of one key for every profile.
pub struct Keys(Vec<(Profile, Vec<Line>, Vec<Line>)>);

impl Keys {
    pub fn new(key: &VerifyingKey) -> Self {
        Self::of_point(&point_of(key))
    }

    pub fn of_point(point: &Point) -> Self {
        Self(PROFILES.map(|profile| (profile, table(profile, &Point::BASE), table(profile, point))).into())
    }

    pub fn each(&self) -> impl Iterator<Item = (Profile, Tables<'_>)> {
        self.0.iter().map(|(profile, generator, key)| (*profile, Tables { profile: *profile, generator, key }))
    }
}

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

    pub fn octets<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next() as u8)
    }

    /// 1 to n − 1, near enough: the first octet is not 0xff.
    pub fn scalar(&mut self) -> [u8; 32] {
        let mut octets = self.octets::<32>();
        octets[0] &= 0x7f;
        octets[31] |= 1;
        octets
    }

    /// A value at some edge: 0, 1, n, p, 2^256 and powers of two, each give or take a little.
    pub fn edge(&mut self) -> [u8; 32] {
        let mut octets = match self.below(6) {
            0 => [0; 32],
            1 => [0xff; 32],
            2 => order_be(),
            3 => prime_be(),
            4 => sub_be(&prime_be(), &order_be()),
            _ => {
                let mut power = [0; 32];
                power[self.below(32)] = 1 << self.below(8);
                power
            }
        };
        let mut step = self.below(5) as i16 - 2;
        for octet in octets.iter_mut().rev() {
            let sum = i16::from(*octet) + step;
            *octet = sum as u8;
            step = sum >> 8;
        }
        octets
    }

    pub fn edges(&mut self) -> [u8; 64] {
        let mut octets = [0; 64];
        octets[..32].copy_from_slice(&self.edge());
        octets[32..].copy_from_slice(&self.edge());
        octets
    }
}

impl p256::elliptic_curve::rand_core::TryRng for Random {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(self.next() as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(self.next())
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Self::Error> {
        octets.fill_with(|| self.next() as u8);
        Ok(())
    }
}

impl p256::elliptic_curve::rand_core::TryCryptoRng for Random {}

/// Secrets whose points are small multiples of ±G.
pub fn small_secrets() -> Vec<[u8; 32]> {
    let mut secrets = Vec::new();
    for small in [1u8, 2, 3, 255, 128] {
        let mut secret = [0; 32];
        secret[31] = small;
        secrets.push(secret);
        secrets.push(sub_be(&order_be(), &secret));
    }
    secrets
}

pub fn order_be() -> [u8; 32] {
    hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
}

pub fn prime_be() -> [u8; 32] {
    hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")
}

pub fn sub_be(a: &[u8; 32], b: &[u8; 32]) -> [u8; 32] {
    let mut borrow = 0i16;
    let mut result = [0; 32];
    for i in (0..32).rev() {
        let difference = i16::from(a[i]) - i16::from(b[i]) - borrow;
        result[i] = difference as u8;
        borrow = i16::from(difference < 0);
    }
    result
}

pub fn hex<const N: usize>(text: &str) -> [u8; N] {
    std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
}
