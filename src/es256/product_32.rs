//! Products of 512 bits for WebAssembly, which adds words of 64 bits, but has no product of two of them in 128 bits: compilers turn
//! that into a call.

/// a·b, row by row.
// Kept out of line so that the module, which is sent over networks, has one copy.
#[inline(never)]
pub(super) fn product(a: &[u64; 4], b: &[u64; 4]) -> [u64; 8] {
    let (a, b) = (split(a), split(b));
    let mut words = [0u32; 16];
    for (place, a) in a.iter().enumerate() {
        let mut carry = 0;
        let mut row = words.iter_mut().skip(place);
        for (b, word) in b.iter().zip(&mut row) {
            (*word, carry) = a.carrying_mul_add(*b, *word, carry);
        }
        if let Some(word) = row.next() {
            *word = carry;
        }
    }
    join(&words)
}

fn split(limbs: &[u64; 4]) -> [u32; 8] {
    let mut words = [0; 8];
    for (pair, limb) in words.as_chunks_mut().0.iter_mut().zip(limbs) {
        *pair = [*limb as u32, (limb >> 32) as u32];
    }
    words
}

fn join(words: &[u32; 16]) -> [u64; 8] {
    let mut limbs = [0; 8];
    for (limb, [low, high]) in limbs.iter_mut().zip(words.as_chunks().0) {
        *limb = u64::from(*low) | (u64::from(*high) << 32);
    }
    limbs
}

#[cfg(test)]
mod tests {
    use super::super::{field::P, field::tests::edges, product};

    #[test]
    fn the_same_as_with_words_of_64_bits() {
        let values = edges(P);
        let mut ran = 0;
        for a in &values {
            for b in values.iter().step_by(7) {
                assert_eq!(super::product(a, b), product::product(a, b), "{a:x?} {b:x?}");
                ran += 1;
            }
        }
        assert!(ran > 500_000, "{ran}");
    }
}
