//! Identifiers: a prefix and a number of fixed width in base 36.
//!
//! The issuer writes a 128-bit UUID, big-endian, as exactly 25 digits `0-9a-z` padded with `0`, and the
//! 280 random bits of an API key as exactly 55. A suffix past the largest value makes the issuer panic.

use crate::random::Random;

/// Prefix of project ids, 33 octets in all.
pub const PROJECT: &str = "project_";
/// Prefix of organization ids, 29 octets in all.
pub const ORGANIZATION: &str = "org_";
/// Prefix of user ids, 30 octets in all.
pub const USER: &str = "user_";
/// Prefix of session ids, 33 octets in all.
pub const SESSION: &str = "session_";
/// Prefix of signing key ids, the `kid` of tokens and JWKs, 45 octets in all.
pub const SIGNING_KEY: &str = "session_signing_key_";
/// Prefix of API key ids (not secret), 33 octets in all.
pub const API_KEY: &str = "api_key_";
/// Prefix of publishable keys (not secret), 41 octets in all.
pub const PUBLISHABLE_KEY: &str = "publishable_key_";
/// Prefix of Backend API key ids (not secret), 41 octets in all.
pub const BACKEND_API_KEY: &str = "backend_api_key_";
/// Prefix of Backend API key secrets, 45 octets in all.
pub const BACKEND_API_KEY_SECRET: &str = "tesseral_secret_key_";

/// Digits of an id, for 16 octets.
pub const ID_DIGITS: usize = 25;
/// Digits of an API key, for 35 octets.
pub const API_KEY_DIGITS: usize = 55;
/// The largest suffix of an id, 2^128 - 1.
pub const LARGEST_ID: &str = "f5lxx1zz5pnorynqglhzmsp33";
/// The largest suffix of an API key, 2^280 - 1.
pub const LARGEST_API_KEY: &str = "1rqebqrqf0vfcdz5pu5fquov5813iobr29qjm1mf1lrufy1ifr3y8sf";

/// Why a text is no identifier.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// Another prefix, another length, or a character that is no digit.
    Malformed,
    /// The right shape, but a number of too many bits: the issuer panics.
    TooLarge,
}

/// Writes an id: `prefix` and 25 digits.
pub fn render(prefix: &str, value: u128) -> String {
    format!("{prefix}{}", digits(&value.to_be_bytes(), ID_DIGITS))
}

/// Reads an id back; `None` unless it is `prefix` and 25 digits of at most 128 bits.
pub fn parse(prefix: &str, id: &str) -> Option<u128> {
    read(prefix, id).ok()
}

/// Reads an id back, or says why it is none.
///
/// # Errors
/// As [`Refusal`] tells.
pub fn read(prefix: &str, id: &str) -> Result<u128, Refusal> {
    octets::<16>(prefix, id, ID_DIGITS).map(u128::from_be_bytes)
}

/// Writes a caller's API key: the project's `prefix` (`[a-z0-9_]+`, at most 64 octets) and 55 digits.
pub fn render_api_key(prefix: &str, secret: &[u8; 35]) -> String {
    format!("{prefix}{}", digits(secret, API_KEY_DIGITS))
}

/// Reads an API key back; `None` unless it is `prefix` and 55 digits of at most 280 bits.
pub fn parse_api_key(prefix: &str, key: &str) -> Option<[u8; 35]> {
    read_api_key(prefix, key).ok()
}

/// Reads an API key back, or says why it is none.
///
/// # Errors
/// As [`Refusal`] tells.
pub fn read_api_key(prefix: &str, key: &str) -> Result<[u8; 35], Refusal> {
    octets(prefix, key, API_KEY_DIGITS)
}

/// A random UUID of version 4 (RFC 9562 section 5.4), as the issuer uses for everything but sessions.
pub fn uuid_v4(random: &mut Random) -> u128 {
    versioned(random.value(), 4)
}

/// A UUID of version 7 (RFC 9562 section 5.7), as the issuer uses for sessions; `milliseconds` since 1970.
pub fn uuid_v7(milliseconds: u64, random: &mut Random) -> u128 {
    versioned(u128::from(milliseconds) << 80 | random.value() >> 48, 7)
}

/// Puts the version (bits 48-51) and the variant 10 (bits 64-65) into place.
fn versioned(value: u128, version: u128) -> u128 {
    value & !(0xf << 76) & !(0b11 << 62) | version << 76 | 0b10 << 62
}

/// `count` digits of a big-endian number, by long division; the number must fit.
fn digits(number: &[u8], count: usize) -> String {
    let mut number = number.to_vec();
    let mut digits = vec![b'0'; count];
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0u32;
        for octet in &mut number {
            let dividend = remainder << 8 | u32::from(*octet);
            *octet = (dividend / 36) as u8; // < 256, because remainder < 36
            remainder = dividend % 36;
        }
        *digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[remainder as usize];
    }
    digits.into_iter().map(char::from).collect()
}

/// The opposite, after `prefix`; every digit is looked at before the size of the number.
fn octets<const N: usize>(prefix: &str, text: &str, count: usize) -> Result<[u8; N], Refusal> {
    let digits = text.strip_prefix(prefix).filter(|digits| digits.len() == count).ok_or(Refusal::Malformed)?;
    let mut number = [0u8; N];
    let mut fits = true;
    for digit in digits.bytes() {
        let mut carry = match digit {
            b'0'..=b'9' => u32::from(digit - b'0'),
            b'a'..=b'z' => u32::from(digit - b'a') + 10,
            _ => return Err(Refusal::Malformed),
        };
        for octet in number.iter_mut().rev() {
            carry += u32::from(*octet) * 36;
            *octet = carry as u8; // the low eight bits
            carry >>= 8;
        }
        fits &= carry == 0;
    }
    if fits { Ok(number) } else { Err(Refusal::TooLarge) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;

    #[test]
    fn ends_of_the_ranges() {
        assert_eq!(render(USER, 0), "user_0000000000000000000000000");
        assert_eq!(render("", u128::MAX), LARGEST_ID);
        assert_eq!(parse("", LARGEST_ID), Some(u128::MAX));
        assert_eq!(parse("", "f5lxx1zz5pnorynqglhzmsp34"), None);
        assert_eq!(render_api_key("", &[0xff; 35]), LARGEST_API_KEY);
        assert_eq!(parse_api_key("", LARGEST_API_KEY), Some([0xff; 35]));
        assert_eq!(parse_api_key("", &"z".repeat(55)), None);
        assert_eq!(read("", "f5lxx1zz5pnorynqglhzmsp34"), Err(Refusal::TooLarge));
        assert_eq!(read("", "zzzzzzzzzzzzzzzzzzzzzzzzZ"), Err(Refusal::Malformed));
        assert_eq!(read_api_key("", &"z".repeat(55)), Err(Refusal::TooLarge));
        assert_eq!(read_api_key("", &"z".repeat(56)), Err(Refusal::Malformed));
    }

    #[test]
    fn a_project_id_of_the_real_issuer() {
        let value = 0x56bf_a2b3_4f5a_4c68_8fc5_db3b_f207_31a2;
        assert_eq!(render(PROJECT, value), "project_54vwf0clhh0caqe20eujxgpeq");
        assert_eq!(parse(PROJECT, "project_54vwf0clhh0caqe20eujxgpeq"), Some(value));
    }

    #[test]
    fn parse_refuses_other_prefixes_lengths_and_digits() {
        for id in [
            "",
            "user_",
            "org_0000000000000000000000000",
            "user_000000000000000000000000",
            "user_00000000000000000000000000",
            "user_000000000000000000000000A",
            "user_000000000000000000000000é",
        ] {
            assert_eq!(parse(USER, id), None, "{id}");
        }
    }

    #[test]
    fn round_trip_lengths_and_versions() {
        let mut random = Seed::from_number(1).random("ids");
        for (prefix, len) in [
            (PROJECT, 33),
            (ORGANIZATION, 29),
            (USER, 30),
            (SESSION, 33),
            (SIGNING_KEY, 45),
            (API_KEY, 33),
            (PUBLISHABLE_KEY, 41),
            (BACKEND_API_KEY, 41),
            (BACKEND_API_KEY_SECRET, 45),
        ] {
            let value = uuid_v4(&mut random);
            let id = render(prefix, value);
            assert_eq!(id.len(), len);
            assert_eq!(parse(prefix, &id), Some(value));
            assert_eq!((value >> 76 & 0xf, value >> 62 & 0b11), (4, 0b10));
        }
        let session = uuid_v7(0x0195_63f8_fa52, &mut random);
        assert_eq!((session >> 80, session >> 76 & 0xf), (0x0195_63f8_fa52, 7));
        let secret = random.octets();
        let key = render_api_key("acme_sk_", &secret);
        assert_eq!(parse_api_key("acme_sk_", &key), Some(secret));
    }
}
