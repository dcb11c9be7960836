//! JSON numbers (RFC 8259 section 6), read as whole seconds: this library has no other use for them.
//!
//! ```text
//! number = [ "-" ] int [ frac ] [ exp ]
//! int    = "0" / ( digit1-9 *DIGIT )
//! frac   = "." 1*DIGIT
//! exp    = ( "e" / "E" ) [ "-" / "+" ] 1*DIGIT
//! ```

use crate::limits::{MAX_NUMBER_EXPONENT, MAX_NUMERIC_DATE};

/// A number as it stands in the text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Number<'j> {
    text: &'j [u8],
    /// The value, when the text is 1 to 15 digits.
    short: Option<u64>,
}

/// How a fraction of a second is rounded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rounding {
    /// Towards the past: `exp` and `iat`.
    Down,
    /// Towards the future: `nbf`.
    Up,
}

impl Number<'_> {
    /// Length in the text, in octets.
    #[must_use]
    pub fn text_len(&self) -> usize {
        self.text.len()
    }

    /// The number rounded to whole seconds; `None` when it is outside of 0 … 2^53 before rounding.
    ///
    /// The bound is exact, since the decimal digits are read without floating point. An exponent whose magnitude is over 400 is
    /// refused, whatever the digits.
    #[must_use]
    #[inline]
    pub fn whole_seconds(&self, rounding: Rounding) -> Option<i64> {
        match self.short {
            // Less than 2^53.
            Some(seconds) => i64::try_from(seconds).ok(),
            None => scan(self.text).ok()?.whole_seconds(rounding),
        }
    }
}

/// The parts of a number.
#[derive(Clone, Copy, Debug)]
struct Parts<'j> {
    negative: bool,
    integer: &'j [u8],
    fraction: &'j [u8],
    exponent: &'j [u8],
    exponent_negative: bool,
    len: usize,
}

impl Parts<'_> {
    fn whole_seconds(&self, rounding: Rounding) -> Option<i64> {
        let exponent = self.exponent()?;
        let digits = || self.integer.iter().chain(self.fraction).map(|digit| u64::from(digit & 0x0f));
        let Some(leading_zeros) = digits().position(|digit| digit != 0) else {
            return Some(0); // also -0
        };
        if self.negative {
            return None;
        }
        // The number of digits before the decimal point, counted from the first one that is not zero.
        let before_point = i64::try_from(self.integer.len()).ok()?.saturating_add(exponent);
        let before_point = before_point.saturating_sub(i64::try_from(leading_zeros).ok()?);
        if before_point > MAX_DIGITS {
            return None;
        }
        let before_point = usize::try_from(before_point.max(0)).ok()?;
        let mut significant = digits().skip(leading_zeros);
        let mut seconds: u64 = 0;
        for _ in 0..before_point {
            let digit = significant.next().unwrap_or(0);
            seconds = seconds.saturating_mul(10).saturating_add(digit);
        }
        let has_fraction = significant.any(|digit| digit != 0);
        if seconds > MAX_NUMERIC_DATE || (seconds == MAX_NUMERIC_DATE && has_fraction) {
            return None;
        }
        let round_up = u64::from(has_fraction && rounding == Rounding::Up);
        i64::try_from(seconds.saturating_add(round_up)).ok()
    }

    fn exponent(&self) -> Option<i64> {
        let mut magnitude: u32 = 0;
        for digit in self.exponent {
            magnitude = magnitude.saturating_mul(10).saturating_add(u32::from(digit & 0x0f));
        }
        if magnitude > MAX_NUMBER_EXPONENT {
            return None;
        }
        let magnitude = i64::from(magnitude);
        Some(if self.exponent_negative { magnitude.saturating_neg() } else { magnitude })
    }
}

/// Reads the number at the front of `octets`. The error is the offset of the first octet that is not allowed there.
pub(super) fn read(octets: &[u8]) -> Result<Number<'_>, usize> {
    match short_integer(octets) {
        Some(number) => Ok(number),
        None => scan(octets).map(|parts| Number { text: octets.get(..parts.len).unwrap_or(&[]), short: None }),
    }
}

/// Reads the number at the front of `octets` when it is 1 to 15 digits without sign, fraction and exponent.
#[inline]
pub(super) fn short_integer(octets: &[u8]) -> Option<Number<'_>> {
    let (mut value, mut len) = (0_u64, 0_usize);
    // Arithmetic on words of 64 bits, which smaller processors have to imitate.
    if cfg!(target_pointer_width = "64")
        && let Some(eight) = octets.first_chunk().and_then(|eight| eight_digits(u64::from_le_bytes(*eight)))
    {
        (value, len) = (eight, 8);
    }
    loop {
        match octets.get(len) {
            Some(digit @ b'0'..=b'9') if len < MAX_SHORT => {
                value = value.wrapping_mul(10).wrapping_add(u64::from(digit & 0x0f));
                len = len.wrapping_add(1);
            }
            Some(b'0'..=b'9' | b'.' | b'e' | b'E') => return None,
            _ => break,
        }
    }
    let leading_zero = len > 1 && octets.first() == Some(&b'0');
    if len == 0 || leading_zero { None } else { Some(Number { text: octets.get(..len)?, short: Some(value) }) }
}

/// The value of eight digits, the first one lowest in `word`.
#[inline(always)]
fn eight_digits(word: u64) -> Option<u64> {
    let each = |octet: u8| u64::from_ne_bytes([octet; 8]);
    // The high four bits of a digit are 3, also after 6 is added to it; those of other octets are not.
    let highs = (word & each(0xf0)) | ((word.wrapping_add(each(0x06)) & each(0xf0)) >> 4);
    if highs != each(0x33) {
        return None;
    }
    // Adjacent digits are combined: to pairs, to fours, to all eight.
    let pairs = (word & each(0x0f)).wrapping_mul((10 << 8) + 1) >> 8;
    let fours = (pairs & 0x00ff_00ff_00ff_00ff).wrapping_mul((100 << 16) + 1) >> 16;
    Some((fours & 0x0000_ffff_0000_ffff).wrapping_mul((10_000 << 32) + 1) >> 32)
}

/// Most digits of a number on this fast path. With so many, it is less than 2^53.
const MAX_SHORT: usize = 15;

fn scan(octets: &[u8]) -> Result<Parts<'_>, usize> {
    let mut at = 0;
    let negative = octets.first() == Some(&b'-');
    at = usize::from(negative).wrapping_add(at);
    let integer = digits(octets, at).ok_or(at)?;
    at = at.wrapping_add(integer.len());
    if integer.len() > 1 && integer.first() == Some(&b'0') {
        return Err(at.wrapping_sub(integer.len()).wrapping_add(1));
    }
    let mut fraction: &[u8] = &[];
    if octets.get(at) == Some(&b'.') {
        at = at.wrapping_add(1);
        fraction = digits(octets, at).ok_or(at)?;
        at = at.wrapping_add(fraction.len());
    }
    let mut exponent: &[u8] = &[];
    let mut exponent_negative = false;
    if let Some(b'e' | b'E') = octets.get(at) {
        at = at.wrapping_add(1);
        if let Some(sign @ (b'+' | b'-')) = octets.get(at) {
            exponent_negative = *sign == b'-';
            at = at.wrapping_add(1);
        }
        exponent = digits(octets, at).ok_or(at)?;
        at = at.wrapping_add(exponent.len());
    }
    Ok(Parts { negative, integer, fraction, exponent, exponent_negative, len: at })
}

/// One or more digits from `start` on.
fn digits(octets: &[u8], start: usize) -> Option<&[u8]> {
    let octets = octets.get(start..)?;
    let len = octets.iter().position(|octet| !octet.is_ascii_digit()).unwrap_or(octets.len());
    octets.get(..len).filter(|digits| !digits.is_empty())
}

/// Digits of 2^53.
const MAX_DIGITS: i64 = 16;

#[cfg(test)]
mod tests {
    use super::{Rounding, read};

    fn seconds(text: &str, rounding: Rounding) -> Option<i64> {
        let number = read(text.as_bytes()).unwrap();
        assert_eq!(number.text_len(), text.len(), "{text}");
        number.whole_seconds(rounding)
    }

    #[test]
    fn grammar() {
        for (text, expected) in [
            ("0", Ok(1)),
            ("-0", Ok(2)),
            ("10.50e+07", Ok(9)),
            ("1x", Ok(1)),
            ("1.e5", Err(2)),
            ("-", Err(1)),
            ("01", Err(1)),
            ("-01", Err(2)),
            (".5", Err(0)),
            ("1e", Err(2)),
            ("1e+", Err(3)),
            ("+1", Err(0)),
        ] {
            assert_eq!(read(text.as_bytes()).map(|number| number.text_len()), expected, "{text}");
        }
    }

    #[test]
    fn both_roundings() {
        for (text, down, up) in [
            ("0", Some(0), Some(0)),
            ("-0.0e-400", Some(0), Some(0)),
            ("0e400", Some(0), Some(0)),
            ("0e401", None, None),
            ("1e-400", Some(0), Some(1)),
            ("-1e-300", None, None),
            ("-1", None, None),
            ("1750000300", Some(1_750_000_300), Some(1_750_000_300)),
            ("1750000300.25", Some(1_750_000_300), Some(1_750_000_301)),
            ("1.750000300e9", Some(1_750_000_300), Some(1_750_000_300)),
            ("17500003000000e-4", Some(1_750_000_300), Some(1_750_000_300)),
            ("0.00175e12", Some(1_750_000_000), Some(1_750_000_000)),
            ("9007199254740992", Some(1 << 53), Some(1 << 53)),
            ("9007199254740991.5", Some((1 << 53) - 1), Some(1 << 53)),
            ("9007199254740992.0", Some(1 << 53), Some(1 << 53)),
            ("9007199254740992.00000000000000000000001", None, None),
            ("9007199254740993", None, None),
            ("1e16", None, None),
            ("99999999999999999999999999", None, None),
            ("1e308", None, None),
        ] {
            assert_eq!(seconds(text, Rounding::Down), down, "{text}");
            assert_eq!(seconds(text, Rounding::Up), up, "{text}");
        }
    }

    /// Numbers of up to 15 digits are read at once; every octet in every place of shorter and longer ones.
    #[test]
    fn short_integers_agree_with_numbers_in_parts() {
        let mut short = 0;
        for len in 1..20 {
            for place in 0..len {
                for octet in 0..=255 {
                    let mut text: std::vec::Vec<u8> = (0..len).map(|i| b"1234567890"[(i + len) % 10]).collect();
                    text[place] = octet;
                    let (number, parts) = (read(&text), super::scan(&text));
                    assert_eq!(number.map(|number| number.text_len()), parts.map(|parts| parts.len));
                    if let (Ok(number), Ok(parts)) = (number, parts) {
                        short += usize::from(number.short.is_some());
                        for rounding in [Rounding::Down, Rounding::Up] {
                            let seconds = number.whole_seconds(rounding);
                            assert_eq!(seconds, parts.whole_seconds(rounding), "{}", text.escape_ascii());
                        }
                    }
                }
            }
        }
        assert!(short > 5000, "{short}");
    }
}
