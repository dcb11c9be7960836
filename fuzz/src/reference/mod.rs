//! The verdict that the library should give, computed in the plainest way.

pub mod claims;
pub mod document;
pub mod json;
pub mod jws;
pub mod number;
pub mod request;

/// A refusal is its slug.
pub type Slug = &'static str;

/// Strict unpadded base64url, bit by bit.
pub fn base64url(text: &[u8]) -> Option<Vec<u8>> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bits = Vec::new();
    for character in text {
        let value = alphabet.iter().position(|known| known == character)?;
        bits.extend((0..6).rev().map(|bit| value >> bit & 1 == 1));
    }
    let (octets, rest) = bits.as_chunks::<8>();
    if rest.len() >= 6 || rest.contains(&true) {
        return None;
    }
    Some(octets.iter().map(|bits| bits.iter().fold(0, |octet, bit| octet << 1 | u8::from(*bit))).collect())
}
