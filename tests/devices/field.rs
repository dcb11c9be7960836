//! The assembly of the field on the processor that it is for, beside fiat-crypto: sums, differences and products of integers
//! whose words are at an edge.

use fiat_crypto::p256_64::*;
use std::{fmt::Write as _, fs, path::Path};

type Integer = [u64; 4];
type Fiat = fiat_p256_montgomery_domain_field_element;

const P: Integer = [u64::MAX, 0xffff_ffff, 0, 0xffff_ffff_0000_0001];
const INTEGERS: usize = 640;

/// The integers: zero, p, 2^256 − p and 2^256 with their neighbours, then words at an edge or at random.
fn integers() -> Vec<Integer> {
    let centres = [[0; 4], P, less(&[0; 4], &P).0];
    let mut integers: Vec<_> = centres
        .iter()
        .flat_map(|centre| [*centre, less(centre, &[1, 0, 0, 0]).0, less(centre, &[2, 0, 0, 0]).0])
        .collect();
    const EDGES: [u32; 12] = [
        0,
        1,
        2,
        0xffff,
        0x1_0000,
        0x1_ffff,
        0x7fff_ffff,
        0x8000_0000,
        0xfffe_ffff,
        0xffff_0000,
        u32::MAX - 1,
        u32::MAX,
    ];
    let mut state = 7u64;
    let mut next = || {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    while integers.len() < INTEGERS {
        let mut word = |edges: bool| {
            let random = next();
            if edges { EDGES[(random % 12) as usize] } else { (random >> 32) as u32 }
        };
        let edges = integers.len() % 4 != 0;
        integers.push(std::array::from_fn(|_| u64::from(word(edges)) | (u64::from(word(edges)) << 32)));
    }
    integers
}

/// Writes the integers for the firmware, and returns what it has to print.
pub fn write(folder: &Path) -> String {
    let integers = integers();
    let octets: Vec<u8> = integers.iter().flatten().flat_map(|limb| limb.to_le_bytes()).collect();
    fs::write(folder.join("integers"), octets).unwrap();
    let fiat: Vec<_> = integers.iter().map(below_p).collect();
    let mut lines = String::new();
    for (a, c) in fiat.iter().zip(fiat.iter().rev()) {
        let mut checksum = 2_166_136_261u32;
        for b in &fiat {
            let (mut out, mut left, mut right) = (zero(), zero(), zero());
            fiat_p256_add(&mut out, a, b);
            take(&mut checksum, &out);
            fiat_p256_sub(&mut out, a, b);
            take(&mut checksum, &out);
            fiat_p256_mul(&mut left, a, b);
            take(&mut checksum, &left);
            fiat_p256_mul(&mut right, c, b);
            fiat_p256_add(&mut out, &left, &right);
            take(&mut checksum, &out);
        }
        writeln!(lines, "{checksum}").unwrap();
    }
    lines
}

/// What `take` of the firmware does.
fn take(checksum: &mut u32, value: &Fiat) {
    for word in value.0.iter().flat_map(|limb| [*limb as u32, (limb >> 32) as u32]) {
        *checksum = (*checksum ^ word).wrapping_mul(16_777_619);
        *checksum ^= *checksum >> 15;
    }
}

fn zero() -> Fiat {
    fiat_p256_montgomery_domain_field_element([0; 4])
}

fn below_p(value: &Integer) -> Fiat {
    let (difference, borrow) = less(value, &P);
    fiat_p256_montgomery_domain_field_element(if borrow { *value } else { difference })
}

fn less(a: &Integer, b: &Integer) -> (Integer, bool) {
    let mut borrow = false;
    let difference = std::array::from_fn(|i| {
        let word;
        (word, borrow) = a[i].borrowing_sub(b[i], borrow);
        word
    });
    (difference, borrow)
}
