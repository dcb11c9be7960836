//! Finding the first occurrence of an octet: separators of cookies, dots of a token, line feeds of a list.

/// The offset of the first `wanted`.
///
/// The first eight octets are searched as one word: with a close match, as in a text full of separators, a whole block would be
/// wasted work. Then come blocks, for which LLVM generates vector instructions.
pub fn first(wanted: u8, octets: &[u8]) -> Option<usize> {
    if let Some(word) = octets.first_chunk()
        && let Some(place) = first_in_word(wanted, word)
    {
        return Some(place);
    }
    let (blocks, _) = octets.as_chunks::<BLOCK>();
    let has = |block: &&[u8; BLOCK]| block.iter().fold(false, |found, octet| found | (*octet == wanted));
    let mut at = blocks.iter().take_while(|block| !has(block)).count().wrapping_mul(BLOCK);
    while let Some(word) = octets.get(at..).and_then(|rest| rest.first_chunk()) {
        if let Some(place) = first_in_word(wanted, word) {
            return Some(at.wrapping_add(place));
        }
        at = at.wrapping_add(WORD);
    }
    let place = octets.get(at..)?.iter().position(|octet| *octet == wanted)?;
    Some(at.wrapping_add(place))
}

/// The offset of the first `wanted` in a word. The top bit of each octet that matches gets set. A borrow can also set bits of
/// octets above a match, so only the lowest one is certain.
#[inline(always)]
fn first_in_word(wanted: u8, octets: &[u8; WORD]) -> Option<usize> {
    let difference = u64::from_le_bytes(*octets) ^ u64::from_ne_bytes([wanted; WORD]);
    let zero = difference.wrapping_sub(u64::from_ne_bytes([1; WORD])) & !difference & u64::from_ne_bytes([0x80; WORD]);
    if zero == 0 { None } else { Some((zero.trailing_zeros() / 8) as usize) }
}

const WORD: usize = 8;

/// Two 128-bit vector registers, which every x86-64 and AArch64 processor has.
const BLOCK: usize = 32;

#[cfg(test)]
mod tests {
    use super::first;

    /// Every length around the steps, the octet alone and followed by more, among octets that differ in one bit.
    #[test]
    fn every_place_in_every_length() {
        for (wanted, filler) in [(b'.', b'/'), (b'.', 0xae), (b';', b':'), (0x00, 0x01), (0xff, 0x7f), (0x80, 0x00)] {
            for len in 0..=100 {
                assert_eq!(first(wanted, &[filler; 100][..len]), None, "{wanted:#x} in {len}");
                for place in 0..len {
                    let mut octets = [filler; 100];
                    octets[place] = wanted;
                    assert_eq!(first(wanted, &octets[..len]), Some(place), "{wanted:#x} at {place} of {len}");
                    octets[place..].fill(wanted);
                    assert_eq!(first(wanted, &octets[..len]), Some(place), "{wanted:#x} from {place} of {len}");
                }
            }
        }
    }

    #[test]
    fn every_octet_against_every_other() {
        for wanted in 0..=255_u8 {
            for other in (0..=255_u8).filter(|other| *other != wanted) {
                let mut octets = [other; 43];
                octets[41] = wanted;
                assert_eq!(first(wanted, &octets), Some(41), "{wanted:#x} after {other:#x}");
                assert_eq!(first(wanted, &octets[..41]), None, "{wanted:#x} in {other:#x}");
            }
        }
    }
}
