//! Digests of several inputs.

use super::digest;
use core::slice;
use sha2::block_api::compress256;

/// The digest of each of `inputs`: in less time than one after the other, where processors have instructions for SHA-256.
pub fn digest_each<'i>(inputs: impl IntoIterator<Item = &'i [u8]>, digests: &mut [[u8; 32]]) {
    let mut inputs = inputs.into_iter();
    for digests in digests.chunks_mut(2) {
        let Some(input) = inputs.next() else { return };
        match (digests, inputs.next()) {
            ([one, other], Some(next)) if SHA_INSTRUCTIONS => [*one, *other] = digest_two([input, next]),
            ([one, other], Some(next)) => [*one, *other] = [digest(input), digest(next)],
            ([one, ..], _) => *one = digest(input),
            ([], _) => return,
        }
    }
}

/// Whether processors of this kind may have instructions for SHA-256, which wait for one another longer than they work.
const SHA_INSTRUCTIONS: bool = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));

/// The rounds of a block wait for one another. When two inputs take turns block by block, the processor works on both.
fn digest_two(inputs: [&[u8]; 2]) -> [[u8; 32]; 2] {
    let inputs = inputs.map(Padded::new);
    let mut states = [INITIAL_STATE; 2];
    let longest = inputs.iter().map(Padded::len).max().unwrap_or(0);
    for index in 0..longest {
        for (state, input) in states.iter_mut().zip(&inputs) {
            if let Some(block) = input.block(index) {
                compress256(state, slice::from_ref(block));
            }
        }
    }
    states.map(to_octets)
}

type Block = [u8; 64];

/// An input and its padding as blocks (FIPS 180-4 section 5.1.1).
struct Padded<'i> {
    /// The blocks that the input fills.
    filled: &'i [Block],
    /// The rest of the input, one bit, zeros, and the length of the input in bits.
    rest: [Block; 2],
    /// Blocks of `rest`: 1 or 2.
    rest_len: usize,
}

impl<'i> Padded<'i> {
    fn new(octets: &'i [u8]) -> Self {
        let (filled, tail) = octets.as_chunks();
        let mut rest = [[0; 64]; 2];
        let bits = (octets.len() as u64).wrapping_mul(8);
        if let Some((start, [next, ..])) = rest.as_flattened_mut().split_at_mut_checked(tail.len()) {
            start.copy_from_slice(tail);
            *next = 0x80;
        }
        let rest_len = if tail.len() < 56 { 1 } else { 2 };
        let last = rest.iter_mut().take(rest_len).last();
        if let Some(length) = last.and_then(|block| block.last_chunk_mut()) {
            *length = bits.to_be_bytes();
        }
        Self { filled, rest, rest_len }
    }

    fn len(&self) -> usize {
        self.filled.len().wrapping_add(self.rest_len)
    }

    fn block(&self, index: usize) -> Option<&Block> {
        let of_rest = || self.rest.get(..self.rest_len)?.get(index.wrapping_sub(self.filled.len()));
        self.filled.get(index).or_else(of_rest)
    }
}

fn to_octets(state: [u32; 8]) -> [u8; 32] {
    let mut octets = [0; 32];
    for (octets, word) in octets.as_chunks_mut().0.iter_mut().zip(state) {
        *octets = word.to_be_bytes();
    }
    octets
}

/// FIPS 180-4 section 5.3.3.
const INITIAL_STATE: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_digest_is_that_of_its_input() {
        let octets: [u8; 300] = core::array::from_fn(|i| (i * i + 7) as u8);
        for len in 0..300 {
            for other in [0, 1, 55, 56, 63, 64, 65, 119, 120, 299 - len] {
                let inputs = [&octets[..len], &octets[other..], &octets[len..]];
                let mut digests = [[0; 32]; 4];
                digest_each(inputs, &mut digests);
                assert_eq!(digests[..3], inputs.map(digest), "{len} {other}");
                assert_eq!(digests[3], [0; 32]);
            }
        }
    }
}
