//! Signatures of every kind: ordinary ones, nearly right ones, and those that only an attacker would construct.

use crate::numbers::{ORDER, PRIME, Random, add, concat, integer, inverse, octets, scalar, sub};
use p256::{
    AffinePoint, ProjectivePoint, Scalar,
    elliptic_curve::{point::DecompressPoint as _, sec1::ToSec1Point as _},
};

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Class {
    LowS,
    HighS,
    BitOfR,
    BitOfS,
    BitOfDigest,
    BitOfKey,
    Range,
    DigestEdge,
    ChosenSums,
    ForgedSums,
    Infinity,
    SmallR,
    XFromN,
    PastP,
    NearEdge,
}

impl Class {
    pub const ALL: [Self; 15] = [
        Self::LowS,
        Self::HighS,
        Self::BitOfR,
        Self::BitOfS,
        Self::BitOfDigest,
        Self::BitOfKey,
        Self::Range,
        Self::DigestEdge,
        Self::ChosenSums,
        Self::ForgedSums,
        Self::Infinity,
        Self::SmallR,
        Self::XFromN,
        Self::PastP,
        Self::NearEdge,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::LowS => "valid, s up to n/2",
            Self::HighS => "valid, s over n/2",
            Self::BitOfR => "one bit of r changed",
            Self::BitOfS => "one bit of s changed",
            Self::BitOfDigest => "one bit of the digest changed",
            Self::BitOfKey => "one bit of the key's x changed",
            Self::Range => "r or s at 0, n, p, p - n, 2^256",
            Self::DigestEdge => "digest at 0, n, p, 2^256",
            Self::ChosenSums => "chosen u1, u2; right r",
            Self::ForgedSums => "chosen u1, u2; made-up r",
            Self::Infinity => "u1 G + u2 Q at infinity",
            Self::SmallR => "x = r, r + n < p",
            Self::XFromN => "x = r + n < p",
            Self::PastP => "r + n = x + p or x + 2^256",
            Self::NearEdge => "a neighbour of the last three",
        }
    }

    /// Sums that an ordinary signature never has.
    pub const fn is_special(self) -> bool {
        !matches!(self, Self::LowS | Self::HighS | Self::BitOfR | Self::BitOfS | Self::BitOfDigest | Self::BitOfKey)
    }
}

pub struct Case {
    pub class: Class,
    pub digest: [u8; 32],
    pub signature: [u8; 64],
    /// The verdict that follows from how the case was made.
    pub must: Option<bool>,
}

/// A key, 0x04 ‖ X ‖ Y, with cases under it.
pub struct Block {
    pub key: [u8; 65],
    pub cases: Vec<Case>,
}

impl Block {
    fn add(&mut self, class: Class, digest: [u8; 32], r: &[u8; 32], s: &[u8; 32], must: Option<bool>) {
        self.cases.push(Case { class, digest, signature: concat(r, s), must });
    }
}

/// One run's source of blocks.
pub struct Maker {
    pub random: Random,
    /// k with k·G, another pair each time by one addition.
    nonce: (Scalar, ProjectivePoint),
    steps: Vec<(Scalar, ProjectivePoint)>,
    turn: usize,
}

impl Maker {
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut pair = || {
            let k = random.scalar();
            (k, ProjectivePoint::GENERATOR * k)
        };
        let (nonce, steps) = (pair(), (0..64).map(|_| pair()).collect());
        Self { random, nonce, steps, turn: 0 }
    }

    /// All blocks of one round: a key with many cases, its neighbours, and keys made for one point each.
    pub fn round(&mut self) -> Vec<Block> {
        self.turn += 1;
        let block = self.by_secret();
        let neighbours: Vec<_> = (0..2).map(|_| self.neighbour(&block)).collect();
        let mut blocks = vec![block];
        blocks.extend(neighbours);
        for class in [Class::SmallR, Class::XFromN, Class::XFromN, Class::PastP, Class::PastP] {
            blocks.push(self.by_sum(class));
        }
        blocks
    }

    /// A key whose secret is known: by turns any, and one of a small multiple of ±G.
    fn by_secret(&mut self) -> Block {
        let small = scalar(&integer(self.random.pick(&[1, 1, 2, 3, 4, 5, 7, 8, 127, 128, 129, 255])));
        let d = match self.turn % 4 {
            0 => small,
            1 => -small,
            _ => self.random.scalar(),
        };
        let mut block = Block { key: sec1(&(ProjectivePoint::GENERATOR * d)), cases: Vec::new() };
        for _ in 0..24 {
            self.ordinary(&d, &mut block);
            self.extreme(&d, &mut block);
        }
        block
    }

    /// A signature, valid as it is and then changed in one bit.
    fn ordinary(&mut self, d: &Scalar, block: &mut Block) {
        for _ in 0..3 {
            let digest = self.random.octets();
            let (k, x) = self.nonce();
            let r = octets(&scalar(&x));
            let s = sign(&digest, &r, d, &k);
            let (low, high) = if s <= sub(&ORDER, &s) { (s, sub(&ORDER, &s)) } else { (sub(&ORDER, &s), s) };
            block.add(Class::LowS, digest, &r, &low, Some(true));
            block.add(Class::HighS, digest, &r, &high, Some(true));
            let bit = self.random.below(256);
            block.add(Class::BitOfR, digest, &flip(&r, bit), &s, Some(false));
            block.add(Class::BitOfS, digest, &r, &flip(&s, bit), Some(false));
            block.add(Class::BitOfDigest, flip(&digest, bit), &r, &s, Some(false));
        }
    }

    fn extreme(&mut self, d: &Scalar, block: &mut Block) {
        let digest = self.random.octets();
        let (k, x) = self.nonce();
        let r = octets(&scalar(&x));
        let s = sign(&digest, &r, d, &k);

        let (edge, other) = (self.random.edge(), self.random.edge());
        block.add(Class::Range, digest, &edge, &s, None);
        block.add(Class::Range, digest, &r, &edge, None);
        block.add(Class::Range, digest, &edge, &other, None);

        // Signed for e: any digest that is e mod n has this signature.
        let digest = self.random.edge();
        let s = sign(&digest, &r, d, &k);
        block.add(Class::DigestEdge, digest, &r, &s, Some(true));
        block.add(Class::DigestEdge, octets(&scalar(&digest)), &r, &s, Some(true));
        block.add(Class::DigestEdge, flip(&digest, self.random.below(256)), &r, &s, Some(false));

        // x + p − n in place of x: after n is added again and p is not taken off, both look alike.
        for wrap in [sub(&PRIME, &ORDER), sub(&[0; 32], &ORDER)] {
            let r = add(&x, &wrap);
            if r > x && r < ORDER {
                block.add(Class::PastP, digest, &r, &sign(&digest, &r, d, &k), Some(false));
            }
        }

        for _ in 0..2 {
            let (u1, u2) = (self.factor(), self.factor());
            self.chosen(u1, u2, d, block);
        }
        let u2 = self.factor();
        self.chosen(-u2 * d, u2, d, block);
    }

    /// Signatures that lead a verifier to u1·G + u2·Q. u2 = 0 would need r = 0: see [`Class::Range`].
    fn chosen(&mut self, u1: Scalar, u2: Scalar, d: &Scalar, block: &mut Block) {
        if u2 == Scalar::ZERO {
            return;
        }
        let with = |r: &[u8; 32]| {
            let s = scalar(r) * inverse(&u2);
            (octets(&(u1 * s)), octets(&s))
        };
        let forged = octets(&self.random.scalar());
        let k = u1 + u2 * d;
        if k == Scalar::ZERO {
            let (digest, s) = with(&forged);
            block.add(Class::Infinity, digest, &forged, &s, Some(false));
            return;
        }
        let r = octets(&scalar(&x_of(&(ProjectivePoint::GENERATOR * k))));
        let (digest, s) = with(&r);
        block.add(Class::ChosenSums, digest, &r, &s, Some(true));
        let (digest, s) = with(&forged);
        block.add(Class::ForgedSums, digest, &forged, &s, Some(false));
    }

    /// A factor at which sums of table entries meet: small, around a power of two, or where digits of eight bits change
    /// their parity, with either sign; now and then an ordinary one.
    fn factor(&mut self) -> Scalar {
        let two = |power: usize| scalar(&flip(&[0; 32], power));
        let small = scalar(&integer(self.random.next() as u8));
        let value = match self.random.below(10) {
            0 => Scalar::ZERO,
            1 => Scalar::ONE,
            2 => small,
            3 => scalar(&integer(162)),
            // 510·2^248 − n
            4 => two(256 - 8) * scalar(&integer(255)) * scalar(&integer(2)),
            // n − 2·(n mod 2^128)
            5 => {
                let mut low = ORDER;
                low[..16].fill(0);
                -(scalar(&low) * scalar(&integer(2)))
            }
            6 => two(self.random.below(256)),
            7 => two(self.random.below(256)) + small,
            8 => inverse(&scalar(&integer(2))) + small,
            _ => self.random.scalar(),
        };
        if self.random.below(2) == 0 { value } else { -value }
    }

    /// A key for one sum: R has a wanted x; Q = (s·R − e·G)/r for the r that is claimed, which may be a wrong one.
    fn by_sum(&mut self, class: Class) -> Block {
        let p_minus_n = sub(&PRIME, &ORDER);
        let start = match (class, self.random.below(3)) {
            (Class::XFromN, 0) => add(&ORDER, &integer(1 + self.random.below(64) as u8)),
            (Class::XFromN, 1) => sub(&PRIME, &integer(200)),
            (Class::XFromN, _) => add(&ORDER, &self.random.small()),
            (Class::SmallR, 0) => sub(&p_minus_n, &integer(200)),
            (Class::SmallR, 1) => integer(1 + self.random.below(64) as u8),
            (_, 0) => [0; 32],
            (_, 1) => integer(self.random.below(64) as u8),
            _ => self.random.small(),
        };
        let (x, point) = self.point_from(start);
        let r = match class {
            Class::XFromN => sub(&x, &ORDER),
            Class::SmallR => x,
            _ if self.random.below(2) == 0 => add(&x, &p_minus_n),
            _ => add(&x, &sub(&[0; 32], &ORDER)),
        };
        let (digest, s) = (self.random.octets(), self.random.scalar());
        let key = (point * s - ProjectivePoint::GENERATOR * scalar(&digest)) * inverse(&scalar(&r));
        let mut block = Block { key: sec1(&key), cases: Vec::new() };
        let (must, s) = (Some(class != Class::PastP), octets(&s));
        block.add(class, digest, &r, &s, must);
        block.add(class, digest, &r, &sub(&ORDER, &s), must);
        let bit = self.random.below(256);
        for r in [add(&r, &ORDER), sub(&ORDER, &r), add(&r, &integer(1)), x, add(&x, &integer(1))] {
            block.add(Class::NearEdge, digest, &r, &s, None);
        }
        block.add(Class::NearEdge, digest, &r, &flip(&s, bit), None);
        block.add(Class::NearEdge, flip(&digest, bit), &r, &s, None);
        block
    }

    /// The same signatures under a key whose x differs in one bit.
    fn neighbour(&mut self, block: &Block) -> Block {
        let x: [u8; 32] = block.key[1..33].try_into().expect("32");
        let first = self.random.below(256);
        let near = (0..256).find_map(|i| point_at(&flip(&x, (first + i) % 256), self.random.below(2)));
        let valid = block.cases.iter().filter(|case| matches!(case.class, Class::LowS | Class::HighS));
        let cases = valid.skip(self.random.below(64)).take(16).map(|case| Case {
            class: Class::BitOfKey,
            must: Some(false),
            ..*case
        });
        Block { key: sec1(&near.expect("half of all x are of a point")), cases: cases.collect() }
    }

    /// k, and the x of k·G.
    fn nonce(&mut self) -> (Scalar, [u8; 32]) {
        let (k, point) = self.random.pick(&self.steps);
        self.nonce = (self.nonce.0 + k, self.nonce.1 + point);
        (self.nonce.0, x_of(&self.nonce.1))
    }

    /// The first point from `x` up.
    fn point_from(&mut self, mut x: [u8; 32]) -> ([u8; 32], ProjectivePoint) {
        loop {
            if let Some(point) = point_at(&x, self.random.below(2)) {
                return (x, point);
            }
            x = add(&x, &integer(1));
        }
    }
}

/// s for a nonce k, whatever r is claimed.
fn sign(digest: &[u8; 32], r: &[u8; 32], d: &Scalar, k: &Scalar) -> [u8; 32] {
    octets(&((scalar(digest) + scalar(r) * d) * inverse(k)))
}

/// Bit 0 is the lowest.
fn flip(octets: &[u8; 32], bit: usize) -> [u8; 32] {
    let mut octets = *octets;
    octets[31 - bit / 8] ^= 1 << (bit % 8);
    octets
}

fn point_at(x: &[u8; 32], odd: usize) -> Option<ProjectivePoint> {
    let point = AffinePoint::decompress(&(*x).into(), (odd as u8).into());
    Option::<AffinePoint>::from(point).map(ProjectivePoint::from)
}

/// The y of a point with this x.
pub fn y_of(x: &[u8; 32]) -> Option<[u8; 32]> {
    let key = sec1(&point_at(x, 0)?);
    Some(key[33..].try_into().expect("32"))
}

fn sec1(point: &ProjectivePoint) -> [u8; 65] {
    point.to_affine().to_sec1_point(false).as_bytes().try_into().expect("not infinity")
}

fn x_of(point: &ProjectivePoint) -> [u8; 32] {
    sec1(point)[1..33].try_into().expect("32")
}
