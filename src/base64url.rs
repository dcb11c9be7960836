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
    let (blocks, tail) = text.as_chunks::<BLOCK>();
    let (out_blocks, _) = out.as_chunks_mut::<{ BLOCK / 4 * 3 }>();
    // A set top bit marks a character outside the alphabet; one test at the end costs less than one per block.
    let mut seen = [0; BLOCK];
    for (block, out) in blocks.iter().zip(out_blocks) {
        decode_block(block, out, &mut seen);
    }
    // The rest is filled up with `A`, the value 0: what it decodes to behind its own octets are its trailing bits.
    let mut block = [b'A'; BLOCK];
    block.get_mut(..tail.len()).ok_or(Malformed)?.copy_from_slice(tail);
    let mut octets = [0; BLOCK / 4 * 3];
    decode_block(&block, &mut octets, &mut seen);
    let out_tail = out.get_mut(blocks.len().wrapping_mul(BLOCK / 4 * 3)..).ok_or(Malformed)?;
    let (octets, trailing) = octets.split_at_checked(out_tail.len()).ok_or(Malformed)?;
    out_tail.copy_from_slice(octets);
    let invalid = seen.iter().fold(0, |all, seen| all | seen) & INVALID != 0;
    let impossible = tail.len() % 4 == 1;
    if invalid || impossible || trailing.iter().any(|octet| *octet != 0) {
        return Err(Malformed);
    }
    Ok(out)
}

#[inline(always)]
fn decode_block(block: &[u8; BLOCK], out: &mut [u8; BLOCK / 4 * 3], seen: &mut [u8; BLOCK]) {
    let mut values = [0; BLOCK];
    for ((value, seen), character) in values.iter_mut().zip(seen).zip(block) {
        *value = value_of(*character);
        *seen |= *value;
    }
    pack(&values, out);
}

/// Characters that are decoded at once: two vector registers of the baseline of x86-64 and AArch64.
const BLOCK: usize = 32;

/// Moves 32 values of six bits together: four words of 48 bits, then three of 64.
#[inline(always)]
fn pack(values: &[u8; BLOCK], out: &mut [u8; BLOCK / 4 * 3]) {
    let word = |eight: &[u8; 8]| {
        let word = u64::from_be_bytes(*eight);
        let twelves = ((word & 0x3f00_3f00_3f00_3f00) >> 2) | (word & 0x003f_003f_003f_003f);
        let halves = ((twelves & 0x0fff_0000_0fff_0000) >> 4) | (twelves & 0x0000_0fff_0000_0fff);
        ((halves & 0x00ff_ffff_0000_0000) >> 8) | (halves & 0x0000_0000_00ff_ffff)
    };
    if let ([a, b, c, d], []) = values.as_chunks::<8>()
        && let ([first, second, third], []) = out.as_chunks_mut::<8>()
    {
        let [a, b, c, d] = [word(a), word(b), word(c), word(d)];
        *first = ((a << 16) | (b >> 32)).to_be_bytes();
        *second = ((b << 32) | (c >> 16)).to_be_bytes();
        *third = ((c << 48) | d).to_be_bytes();
    }
}

/// A character's six bits, or [`INVALID`] and more: no branches, so that the compiler makes vector code of a loop.
#[inline(always)]
fn value_of(character: u8) -> u8 {
    let mask = |condition: bool| 0_u8.wrapping_sub(u8::from(condition));
    let upper = mask(character.wrapping_sub(b'A') < 26);
    let lower = mask(character.wrapping_sub(b'a') < 26);
    let digit = mask(character.wrapping_sub(b'0') < 10);
    let minus = mask(character == b'-');
    let underscore = mask(character == b'_');
    let offset = (upper & 0_u8.wrapping_sub(b'A'))
        | (lower & 26_u8.wrapping_sub(b'a'))
        | (digit & 52_u8.wrapping_sub(b'0'))
        | (minus & 62_u8.wrapping_sub(b'-'))
        | (underscore & 63_u8.wrapping_sub(b'_'));
    character.wrapping_add(offset) | !(upper | lower | digit | minus | underscore)
}

const INVALID: u8 = 0x80;

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
