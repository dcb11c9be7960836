//! base64url without padding (RFC 4648 section 5, RFC 7515 section 2): the only door to a base64 crate.

use base64ct::{Base64UrlUnpadded, Encoding};

/// Encodes octets; four characters for every three octets, no `=`.
pub fn encode(octets: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(octets)
}

/// Decodes; `None` for padding, foreign characters or non-zero trailing bits.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alphabet_and_strictness() {
        assert_eq!(encode(&[0xfb, 0xff]), "-_8");
        assert_eq!(decode("-_8"), Some(vec![0xfb, 0xff]));
        for refused in ["-_8=", "+/8", "-_9", "A"] {
            assert_eq!(decode(refused), None, "{refused}");
        }
    }
}
