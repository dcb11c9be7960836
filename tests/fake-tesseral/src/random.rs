//! All random octets come from one seed, SHA-256 and a counter.

use std::fmt;

use sha2::{Digest, Sha256};

/// 32 octets from which a whole project follows; as secret as the signing keys made from it.
#[derive(Clone)]
pub struct Seed([u8; 32]);

impl Seed {
    /// A seed for tests: the same number gives the same octets everywhere.
    pub fn from_number(number: u64) -> Self {
        Self(hash(&[b"fake-tesseral", &number.to_be_bytes()]))
    }

    /// A seed from the operating system.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn from_os() -> Result<Self, getrandom::Error> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        Ok(Self(seed))
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        if text.len() != 64 {
            return None;
        }
        let mut seed = [0; 32];
        for (octet, pair) in seed.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let high = char::from(pair[0]).to_digit(16)?;
            let low = char::from(pair[1]).to_digit(16)?;
            *octet = (high << 4 | low) as u8; // two digits: < 256
        }
        Some(Self(seed))
    }

    /// Writes 64 lower-case hexadecimal digits; keep them as secret as the seed.
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    /// The stream of octets for one purpose; different labels give independent streams.
    pub fn random(&self, label: &str) -> Random {
        Random { key: hash(&[&self.0, label.as_bytes()]), counter: 0 }
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

/// A stream of octets: SHA-256(key ‖ counter), counter = 0, 1, … as 8 octets big-endian.
#[derive(Clone)]
pub struct Random {
    key: [u8; 32],
    counter: u64,
}

impl Random {
    /// The next `N` octets; each call starts at a fresh block.
    pub fn octets<const N: usize>(&mut self) -> [u8; N] {
        let mut octets = [0; N];
        for chunk in octets.chunks_mut(32) {
            let block = hash(&[&self.key, &self.counter.to_be_bytes()]);
            self.counter += 1;
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        octets
    }

    /// The next 128 bits.
    pub fn value(&mut self) -> u128 {
        u128::from_be_bytes(self.octets())
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random(..)")
    }
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut sha256 = Sha256::new();
    for part in parts {
        sha256.update(part);
    }
    sha256.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_and_label_same_octets() {
        let octets = |number, label: &str| Seed::from_number(number).random(label).octets::<70>();
        assert_eq!(octets(1, "a"), octets(1, "a"));
        assert_ne!(octets(1, "a"), octets(2, "a"));
        assert_ne!(octets(1, "a"), octets(1, "b"));
        assert_ne!(octets(1, "a")[..32], octets(1, "a")[32..64]);
    }

    #[test]
    fn hex_round_trip() {
        let seed = Seed::from_number(1);
        let again = Seed::from_hex(&seed.to_hex()).expect("64 digits");
        assert_eq!(seed.random("x").value(), again.random("x").value());
        assert!(Seed::from_hex("00").is_none());
        assert!(Seed::from_hex(&"g".repeat(64)).is_none());
        assert!(Seed::from_hex(&"é".repeat(32)).is_none());
    }

    #[test]
    fn seeds_from_the_system_differ() {
        let (a, b) = (Seed::from_os().expect("randomness"), Seed::from_os().expect("randomness"));
        assert_ne!(a.to_hex(), b.to_hex());
    }

    #[test]
    fn secrets_do_not_print() {
        let seed = Seed::from_number(1);
        assert_eq!(format!("{seed:?} {:?}", seed.random("x")), "Seed(..) Random(..)");
    }
}
