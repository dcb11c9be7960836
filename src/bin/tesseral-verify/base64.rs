//! A lenient base64 decoder of both alphabets, for explanations and test vectors. Verdicts use the library's strict
//! decoder.

/// The octets of `text`, with or without padding; `None` when a character is outside both alphabets.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.iter().take_while(|character| **character != b'=');
    let (mut bits, mut held) = (0_u32, 0_u32);
    let mut octets = Vec::new();
    for character in digits {
        bits = bits.wrapping_shl(6) | u32::from(value(*character)?);
        held = held.saturating_add(6);
        if let Some(left) = held.checked_sub(8) {
            held = left;
            octets.push(bits.wrapping_shr(held).to_be_bytes()[3]);
        }
    }
    Some(octets)
}

/// The six bits that a character of either alphabet stands for (RFC 4648 sections 4 and 5).
pub fn value(character: u8) -> Option<u8> {
    let value = match character {
        b'A'..=b'Z' => character.wrapping_sub(b'A'),
        b'a'..=b'z' => character.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => character.wrapping_sub(b'0').wrapping_add(52),
        b'-' | b'+' => 62,
        b'_' | b'/' => 63,
        _ => return None,
    };
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn both_alphabets() {
        assert_eq!(decode(b"Zm9vYmE=").as_deref(), Some(&b"fooba"[..]));
        assert_eq!(decode(b"-_8").as_deref(), Some(&[0xfb, 0xff][..]));
        assert_eq!(decode(b"+/8=").as_deref(), Some(&[0xfb, 0xff][..]));
        assert_eq!(decode(b"A A"), None);
    }
}
