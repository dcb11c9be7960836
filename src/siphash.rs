//! SipHash (Aumasson and Bernstein, 2012, <https://eprint.iacr.org/2012/351>): a hash under a secret key, without which an
//! attacker cannot choose inputs that collide.

/// The state of one hash. The caller chooses the rounds after each word and at the end.
pub(crate) struct State([u64; 4]);

impl State {
    #[inline(always)]
    pub(crate) fn new([k0, k1]: [u64; 2]) -> Self {
        Self([
            k0 ^ 0x736f_6d65_7073_6575,
            k1 ^ 0x646f_7261_6e64_6f6d,
            k0 ^ 0x6c79_6765_6e65_7261,
            k1 ^ 0x7465_6462_7974_6573,
        ])
    }

    /// Mixes in eight octets as a little-endian word, with so many rounds.
    #[inline(always)]
    pub(crate) fn mix(&mut self, word: u64, rounds: u32) {
        self.0[3] ^= word;
        self.rounds(rounds);
        self.0[0] ^= word;
    }

    #[inline(always)]
    pub(crate) fn rounds(&mut self, rounds: u32) {
        for _ in 0..rounds {
            round(&mut self.0);
        }
    }

    /// XORs a constant into one word of the state, as the finalization begins.
    #[inline(always)]
    pub(crate) fn change(&mut self, word: usize, by: u64) {
        if let Some(word) = self.0.get_mut(word) {
            *word ^= by;
        }
    }

    #[inline(always)]
    pub(crate) fn folded(&self) -> u64 {
        self.0[0] ^ self.0[1] ^ self.0[2] ^ self.0[3]
    }
}

/// SipHash-1-3 with 128 bits of output, under a key of two little-endian words.
#[inline(always)]
pub(crate) fn digest_128(key: [u64; 2], text: &[u8]) -> [u64; 2] {
    let mut state = State::new(key);
    state.change(1, 0xee);
    let (words, rest) = text.as_chunks();
    for word in words {
        state.mix(u64::from_le_bytes(*word), 1);
    }
    let mut last = [0; 8];
    for (place, octet) in last.iter_mut().zip(rest) {
        *place = *octet;
    }
    // The last octet of the last word is the length mod 256; the rest of the text has at most seven octets.
    last[7] = text.len().to_le_bytes()[0];
    state.mix(u64::from_le_bytes(last), 1);
    state.change(2, 0xee);
    state.rounds(3);
    let low = state.folded();
    state.change(1, 0xdd);
    state.rounds(3);
    [low, state.folded()]
}

#[inline(always)]
fn round([a, b, c, d]: &mut [u64; 4]) {
    *a = a.wrapping_add(*b);
    *b = b.rotate_left(13) ^ *a;
    *a = a.rotate_left(32);
    *c = c.wrapping_add(*d);
    *d = d.rotate_left(16) ^ *c;
    *a = a.wrapping_add(*d);
    *d = d.rotate_left(21) ^ *a;
    *c = c.wrapping_add(*b);
    *b = b.rotate_left(17) ^ *c;
    *c = c.rotate_left(32);
}

#[cfg(test)]
mod tests {
    use super::digest_128;

    /// As OpenSSL 3.0 gives them (`openssl mac -macopt c-rounds:1 -macopt d-rounds:3 -macopt size:16 … SIPHASH`).
    #[test]
    fn digests_are_those_of_openssl() {
        let key = [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908];
        for (text, expected) in [
            ("", 0xe77e_bcb2_2788_a5be_fd62_db6a_dd30_3001),
            ("\0", 0xfc6f_3704_60d3_eda8_5e05_73cc_2b2f_f063),
            ("0123456789abcdef", 0xd0bd_3aab_d4aa_1400_2a4f_c8b2_7fcf_d44a),
            (
                "project_45f1ybm4gmdpv8unpbr0h6x4c session_45f1ybm4gmdpv8unpbr0h6x4c",
                0xbd87_41c7_832f_329c_5157_9d06_f7c7_d9c9_u128,
            ),
        ] {
            let [low, high] = digest_128(key, text.as_bytes()).map(|word| u128::from(word.swap_bytes()));
            assert_eq!(low << 64 | high, expected, "{text:?}");
        }
    }
}
