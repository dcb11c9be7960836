//! Strict unpadded base64url (RFC 4648 section 5). Only this module knows the alphabet.
//!
//! ```text
//! text = *( 4char ) [ 2char / 3char ]
//! char = ALPHA / DIGIT / "-" / "_"
//! ```
//!
//! The bits of the last character that belong to no octet must be zero (RFC 4648 section 3.5). So every sequence of octets has
//! exactly one text.

/// The text is not strict unpadded base64url, or does not fit its destination.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Malformed;

/// How many octets `text_len` characters decode to. No text has 4k + 1 characters; for those the result has no meaning.
#[must_use]
pub const fn decoded_len(text_len: usize) -> usize {
    let rest = match text_len % 4 {
        0 => 0,
        1 | 2 => 1,
        _ => 2,
    };
    (text_len / 4).saturating_mul(3).saturating_add(rest)
}

/// Decodes `text` into the front of `out` and returns that front.
///
/// # Errors
/// [`Malformed`] for text that is not strict base64url, and when `out` is shorter than the result. The contents of `out` are
/// unspecified then.
pub fn decode<'o>(text: &[u8], out: &'o mut [u8]) -> Result<&'o mut [u8], Malformed> {
    let (out, _) = out.split_at_mut_checked(decoded_len(text.len())).ok_or(Malformed)?;
    let (blocks, tail) = text.as_chunks::<BLOCK>();
    let (out_blocks, _) = out.as_chunks_mut::<{ BLOCK / 4 * 3 }>();
    // All words are collected in `seen`: one test at the end costs less than one for each block.
    let mut seen = 0;
    for (block, out) in blocks.iter().zip(out_blocks) {
        decode_block(block, out, &mut seen);
    }
    let out_tail = out.get_mut(blocks.len().wrapping_mul(BLOCK / 4 * 3)..).ok_or(Malformed)?;
    let (fours, rest) = tail.as_chunks::<4>();
    let (threes, out_rest) = out_tail.as_chunks_mut::<3>();
    for (four, three) in fours.iter().zip(threes) {
        let word = word_of(four);
        seen |= word;
        let [first, second, third, _] = word.to_le_bytes();
        *three = [first, second, third];
    }
    // The rest is filled up to four characters with `A`, whose bits are zero. The octet after the decoded ones then has the
    // trailing bits.
    let trailing = match (rest, out_rest) {
        ([], []) => 0,
        ([a, b], [out]) => {
            let word = word_of(&[*a, *b, b'A', b'A']);
            seen |= word;
            let [first, second, ..] = word.to_le_bytes();
            *out = first;
            second
        }
        ([a, b, c], [out, out_last]) => {
            let word = word_of(&[*a, *b, *c, b'A']);
            seen |= word;
            let [first, second, third, _] = word.to_le_bytes();
            (*out, *out_last) = (first, second);
            third
        }
        // A text of 4k + 1 characters.
        _ => return Err(Malformed),
    };
    if seen >= INVALID || trailing != 0 {
        return Err(Malformed);
    }
    Ok(out)
}

/// Characters of one block, which decodes to three 64-bit words.
const BLOCK: usize = 32;

/// Decodes one block. A character outside the alphabet makes `seen` at least [`INVALID`]; `out` is meaningless then.
#[inline(always)]
fn decode_block(block: &[u8; BLOCK], out: &mut [u8; BLOCK / 4 * 3], seen: &mut u32) {
    let mut words = [0; BLOCK / 4];
    for (word, four) in words.iter_mut().zip(block.as_chunks().0) {
        *word = word_of(four);
        *seen |= *word;
    }
    let [a, b, c, d, e, f, g, h] = words.map(u64::from);
    if let ([first, second, third], []) = out.as_chunks_mut::<8>() {
        *first = (a | (b << 24) | (c << 48)).to_le_bytes();
        *second = ((c >> 16) | (d << 8) | (e << 32) | (f << 56)).to_le_bytes();
        *third = ((f >> 8) | (g << 16) | (h << 40)).to_le_bytes();
    }
}

/// The three octets of four characters, the first octet lowest. [`INVALID`] or more when a character is outside the alphabet.
#[cfg(target_pointer_width = "64")]
#[inline(always)]
fn word_of(four: &[u8; 4]) -> u32 {
    let part = |(table, character): (&[u32; 256], &u8)| table.get(usize::from(*character)).copied();
    TABLES.iter().zip(four).fold(0, |word, place| word | part(place).unwrap_or(INVALID))
}

/// The same from one table of 256 bytes: devices have little memory.
#[cfg(not(target_pointer_width = "64"))]
fn word_of(four: &[u8; 4]) -> u32 {
    word_from_values(four)
}

#[cfg(any(test, not(target_pointer_width = "64")))]
fn word_from_values(four: &[u8; 4]) -> u32 {
    let value = |character: u8| VALUES.get(usize::from(character)).map_or(OUTSIDE, |value| u32::from(*value));
    let [a, b, c, d] = four.map(value);
    let word = ((a << 18) | (b << 12) | (c << 6) | d).swap_bytes() >> 8;
    if (a | b | c | d) >= OUTSIDE { word | INVALID } else { word }
}

/// A bit above those of three octets.
const INVALID: u32 = 1 << 24;

/// A bit above those of a character of the alphabet.
#[cfg(any(test, not(target_pointer_width = "64")))]
const OUTSIDE: u32 = 1 << 6;

/// The six bits of each character, or [`OUTSIDE`].
#[cfg(any(test, not(target_pointer_width = "64")))]
static VALUES: [u8; 256] = {
    let mut values = [OUTSIDE as u8; 256];
    let (mut rest, mut character) = (values.as_mut_slice(), 0_u8);
    while let Some((entry, after)) = rest.split_first_mut() {
        if let Some(value) = value_of(character) {
            *entry = value as u8;
        }
        (rest, character) = (after, character.wrapping_add(1));
    }
    values
};

/// For each of the four places, the bits that each character sets in the word. Each table takes 1 KiB, and characters of the
/// alphabet read a third of it.
#[cfg(target_pointer_width = "64")]
static TABLES: [[u32; 256]; 4] = [table(18), table(12), table(6), table(0)];

/// The table for one place: its six bits start at bit `shift` of a big-endian word of 24 bits.
#[cfg(target_pointer_width = "64")]
const fn table(shift: u32) -> [u32; 256] {
    let mut table = [INVALID; 256];
    let (mut rest, mut character) = (table.as_mut_slice(), 0_u8);
    while let Some((entry, after)) = rest.split_first_mut() {
        if let Some(value) = value_of(character) {
            *entry = value.wrapping_shl(shift).swap_bytes() >> 8;
        }
        (rest, character) = (after, character.wrapping_add(1));
    }
    table
}

/// A character's six bits (RFC 4648 table 2).
const fn value_of(character: u8) -> Option<u32> {
    let first = match character {
        b'A'..=b'Z' => b'A',
        b'a'..=b'z' => b'a'.wrapping_sub(26),
        b'0'..=b'9' => b'0'.wrapping_sub(52),
        b'-' => b'-'.wrapping_sub(62),
        b'_' => b'_'.wrapping_sub(63),
        _ => return None,
    };
    Some(character.wrapping_sub(first) as u32)
}

/// Encodes `octets` into the front of `out` and returns that front.
///
/// # Errors
/// [`Malformed`] when `out` is too short.
pub fn encode<'o>(octets: &[u8], out: &'o mut [u8]) -> Result<&'o str, Malformed> {
    use base64ct::Encoding as _;
    base64ct::Base64UrlUnpadded::encode(octets, out).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use super::{Malformed, decode, decoded_len, encode};

    fn decoded(text: &str) -> Result<([u8; 144], usize), Malformed> {
        let mut out = [0; 144];
        let len = decode(text.as_bytes(), &mut out)?.len();
        Ok((out, len))
    }

    #[test]
    fn every_length_comes_back() {
        let octets: [u8; 144] = core::array::from_fn(|i| (i * 37) as u8);
        for len in 0..=144 {
            let mut text = [0; 192];
            let text = encode(&octets[..len], &mut text).unwrap();
            assert_eq!(decoded_len(text.len()), len);
            let (out, out_len) = decoded(text).unwrap();
            assert_eq!(out[..out_len], octets[..len]);
        }
    }

    /// The ways to decode that processors with words of 64 and of 32 bits have.
    #[cfg(target_pointer_width = "64")]
    #[test]
    fn words_are_the_same_from_either_table() {
        for place in 0..4 {
            for octet in 0..=255_u8 {
                for other in [b'A', b'_', b'!'] {
                    let mut four = [other; 4];
                    four[place] = octet;
                    let (fast, small) = (super::word_of(&four), super::word_from_values(&four));
                    assert_eq!(fast >= super::INVALID, small >= super::INVALID, "{four:?}");
                    assert!(fast >= super::INVALID || fast == small, "{four:?}");
                }
            }
        }
    }

    #[test]
    fn every_octet_as_a_character() {
        for place in 0..39 {
            for octet in 0..=255_u8 {
                let mut text = [b'A'; 39];
                text[place] = octet;
                let in_alphabet = octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
                // The last of 39 characters carries two bits that must be zero.
                let expected = in_alphabet && (place != 38 || b"AEIMQUYcgkosw048".contains(&octet));
                let mut out = [0; 29];
                assert_eq!(decode(&text, &mut out).is_ok(), expected, "{octet:#x} at {place}");
                if expected {
                    assert_eq!(encode(&out, &mut [0; 39]).unwrap().as_bytes(), text);
                }
            }
        }
    }

    /// One character at a time.
    fn reference(text: &[u8]) -> Result<std::vec::Vec<u8>, Malformed> {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let (mut octets, mut bits, mut held) = (std::vec::Vec::new(), 0_u32, 0);
        for character in text {
            let value = ALPHABET.iter().position(|known| known == character).ok_or(Malformed)?;
            (bits, held) = (bits << 6 | value as u32, held + 6);
            if held >= 8 {
                held -= 8;
                octets.push((bits >> held) as u8);
                bits &= (1 << held) - 1;
            }
        }
        if held < 6 && bits == 0 { Ok(octets) } else { Err(Malformed) }
    }

    /// Every octet in every place of texts as long as blocks, and a little shorter and longer.
    #[test]
    fn agrees_with_one_character_at_a_time() {
        let (mut accepted, mut refused) = (0, 0);
        for len in (0..=36).chain(60..=68).chain(92..=100) {
            let text: std::vec::Vec<u8> = (0..len).map(|i| b"AQgw-_09azZ8"[(i * 7 + len) % 12]).collect();
            for place in 0..len.max(1) {
                for octet in 0..=255 {
                    let mut text = text.clone();
                    if let Some(character) = text.get_mut(place) {
                        *character = octet;
                    }
                    let mut out = std::vec![0xa5; decoded_len(len) + 3];
                    let decoded = decode(&text, &mut out).map(|octets| octets.to_vec());
                    let expected = reference(&text);
                    *(if expected.is_ok() { &mut accepted } else { &mut refused }) += 1;
                    assert_eq!(decoded, expected, "{octet:#x} at {place} of {len}");
                    assert!(out.ends_with(&[0xa5; 3]), "beyond the end");
                }
            }
        }
        assert!(accepted > 20_000 && refused > 400_000, "{accepted} accepted, {refused} refused");
    }

    #[test]
    fn impossible_lengths_padding_and_trailing_bits() {
        for text in ["A", "AAAAA", "AA==", "AAA=", "AB", "AAB", "AA AA", "+AAA", "/AAA"] {
            assert_eq!(decoded(text).err(), Some(Malformed), "{text}");
        }
        assert!(decoded("AA").is_ok() && decoded("Ag").is_ok() && decoded("AAE").is_ok());
    }

    #[test]
    fn destination_of_the_exact_length_or_one_less() {
        assert!(decode(b"AAAA", &mut [0; 3]).is_ok());
        assert_eq!(decode(b"AAAA", &mut [0; 2]), Err(Malformed));
        assert!(encode(&[0; 3], &mut [0; 4]).is_ok());
        assert_eq!(encode(&[0; 3], &mut [0; 3]), Err(Malformed));
    }
}
