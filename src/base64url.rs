//! Strict unpadded base64url (RFC 4648 section 5): the only place that knows the alphabet.
//!
//! Refused: characters outside `A-Z a-z 0-9 - _`, padding, a length of 4k + 1, and trailing bits that are
//! not zero (RFC 4648 section 3.5), so that every octet string has exactly one text.

/// The text is not strict unpadded base64url, or does not fit its destination.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Malformed;

/// Octets that `text_len` characters decode to; the length itself may still be impossible.
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
/// [`Malformed`] for text that is not strict base64url, and when `out` is shorter than the result. What
/// `out` holds then is unspecified.
pub fn decode<'o>(text: &[u8], out: &'o mut [u8]) -> Result<&'o mut [u8], Malformed> {
    let (out, _) = out.split_at_mut_checked(decoded_len(text.len())).ok_or(Malformed)?;
    let (quads, tail) = text.as_chunks::<4>();
    let (triples, out_tail) = out.as_chunks_mut::<3>();
    // Bit 24 and up of `seen` is set by the first character outside the alphabet; one test at the end
    // costs less than one per group.
    let mut seen = 0;
    for ([first, second, third, fourth], triple) in quads.iter().zip(triples) {
        let group = FIRST.of(*first) | SECOND.of(*second) | THIRD.of(*third) | FOURTH.of(*fourth);
        seen |= group;
        let [_, a, b, c] = group.to_be_bytes();
        *triple = [a, b, c];
    }
    let trailing_bits = match (tail, out_tail) {
        ([], []) => 0,
        ([a, b], [x]) => {
            let group = FIRST.of(*a) | SECOND.of(*b);
            seen |= group;
            *x = group.to_be_bytes()[1];
            group & 0xffff
        }
        ([a, b, c], [x, y]) => {
            let group = FIRST.of(*a) | SECOND.of(*b) | THIRD.of(*c);
            seen |= group;
            [_, *x, *y, _] = group.to_be_bytes();
            group & 0xff
        }
        _ => return Err(Malformed),
    };
    if seen >= INVALID || trailing_bits != 0 {
        return Err(Malformed);
    }
    Ok(out)
}

/// Encodes `octets` into the front of `out` and returns that front.
///
/// # Errors
/// [`Malformed`] when `out` is too short.
pub fn encode<'o>(octets: &[u8], out: &'o mut [u8]) -> Result<&'o str, Malformed> {
    use base64ct::Encoding as _;
    base64ct::Base64UrlUnpadded::encode(octets, out).map_err(|_| Malformed)
}

/// A character's six bits, shifted to their place in a group of four; [`INVALID`] outside the alphabet.
struct Table([u32; 256]);

impl Table {
    #[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)] // runs while compiling
    const fn new(shift: u32) -> Self {
        let mut table = [INVALID; 256];
        let mut value = 0;
        while value < 64 {
            table[ALPHABET[value] as usize] = (value as u32) << shift;
            value += 1;
        }
        Self(table)
    }

    #[inline(always)]
    #[allow(clippy::indexing_slicing)] // an octet is always below 256
    fn of(&self, character: u8) -> u32 {
        self.0[usize::from(character)]
    }
}

const INVALID: u32 = 1 << 24;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static FIRST: Table = Table::new(18);
static SECOND: Table = Table::new(12);
static THIRD: Table = Table::new(6);
static FOURTH: Table = Table::new(0);

#[cfg(test)]
mod tests {
    use super::{Malformed, decode, decoded_len, encode};

    fn decoded(text: &str) -> Result<([u8; 64], usize), Malformed> {
        let mut out = [0; 64];
        let len = decode(text.as_bytes(), &mut out)?.len();
        Ok((out, len))
    }

    #[test]
    fn every_length_comes_back() {
        let octets: [u8; 48] = core::array::from_fn(|i| (i * 37) as u8);
        for len in 0..=48 {
            let mut text = [0; 64];
            let text = encode(&octets[..len], &mut text).unwrap();
            assert_eq!(decoded_len(text.len()), len);
            let (out, out_len) = decoded(text).unwrap();
            assert_eq!(out[..out_len], octets[..len]);
        }
    }

    #[test]
    fn every_octet_as_a_character() {
        for place in 0..7 {
            for octet in 0..=255_u8 {
                let mut text = *b"AAAAAAA";
                text[place] = octet;
                let in_alphabet = octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
                // The last of seven characters carries two bits that must be zero.
                let expected = in_alphabet && (place != 6 || b"AEIMQUYcgkosw048".contains(&octet));
                assert_eq!(decode(&text, &mut [0; 8]).is_ok(), expected, "{octet:#x} at {place}");
            }
        }
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
