//! JSON strings (RFC 8259 section 7), compared and decoded without allocating.
//!
//! ```text
//! string    = %x22 *char %x22
//! char      = unescaped / %x5C ( %x22 / %x5C / "/" / "b" / "f" / "n" / "r" / "t" / "u" 4HEXDIG )
//! unescaped = %x20-21 / %x23-5B / %x5D-10FFFF
//! ```
//!
//! The grammar of the RFC allows `\u` with one half of a surrogate pair, which encodes no character. It is refused here.

/// A string as it stands in the text, without its quotes. Its escapes are known to be valid.
#[derive(Clone, Copy)]
pub struct Text<'j> {
    raw: &'j str,
    escaped: bool,
}

impl<'j> Text<'j> {
    pub(super) fn new(raw: &'j str, escaped: bool) -> Self {
        Self { raw, escaped }
    }

    /// Whether the decoded string is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Whether the decoded string equals `other`, octet for octet.
    #[inline]
    #[must_use]
    pub fn is(&self, other: &str) -> bool {
        if !self.escaped {
            return self.raw == other;
        }
        let mut expected = other.chars();
        self.chars().all(|c| expected.next() == Some(c)) && expected.next().is_none()
    }

    /// Whether both decode to the same string.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        match (self.escaped, other.escaped) {
            (_, false) => self.is(other.raw),
            (false, true) => other.is(self.raw),
            (true, true) => self.chars().eq(other.chars()),
        }
    }

    /// Length of the decoded string, in octets.
    #[must_use]
    pub fn decoded_len(&self) -> usize {
        if !self.escaped {
            return self.raw.len();
        }
        self.chars().fold(0, |len, c| c.len_utf8().saturating_add(len))
    }

    /// The decoded string, when it has no escapes.
    #[must_use]
    pub fn plain(&self) -> Option<&'j str> {
        if self.escaped { None } else { Some(self.raw) }
    }

    /// Decodes into the front of `out`; `None` when it is too short.
    pub fn decode_into<'o>(&self, out: &'o mut [u8]) -> Option<&'o str> {
        let (out, _) = out.split_at_mut_checked(self.decoded_len())?;
        if let Some(plain) = self.plain() {
            out.copy_from_slice(plain.as_bytes());
        } else {
            let mut rest = &mut *out;
            for c in self.chars() {
                let (place, after) = rest.split_at_mut_checked(c.len_utf8())?;
                c.encode_utf8(place);
                rest = after;
            }
        }
        core::str::from_utf8(out).ok()
    }

    fn chars(&self) -> Chars<'j> {
        Chars { rest: self.raw.chars() }
    }
}

/// Prints no content: strings of a token must not reach a log.
impl core::fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Text").field("len", &self.raw.len()).field("escaped", &self.escaped).finish()
    }
}

/// The characters of a valid string, with escapes decoded.
struct Chars<'j> {
    rest: core::str::Chars<'j>,
}

impl Chars<'_> {
    fn code_unit(&mut self) -> u32 {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.rest.next().and_then(|c| c.to_digit(16)).unwrap_or(0);
            unit = (unit << 4) | digit;
        }
        unit
    }
}

impl Iterator for Chars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        if c != '\\' {
            return Some(c);
        }
        let code = match self.rest.next()? {
            'b' => 0x08,
            'f' => 0x0c,
            'n' => 0x0a,
            'r' => 0x0d,
            't' => 0x09,
            'u' => {
                let unit = self.code_unit();
                if (0xd800..0xdc00).contains(&unit) {
                    // `scan` has checked that `\u` and the low surrogate follow.
                    self.rest.next();
                    self.rest.next();
                    let low = self.code_unit();
                    0x1_0000_u32.wrapping_add(((unit & 0x3ff) << 10) | (low & 0x3ff))
                } else {
                    unit
                }
            }
            other => u32::from(other),
        };
        char::from_u32(code)
    }
}

/// Finds the closing quote of the string that `octets` begins with, after its opening quote. Gives the offset of the quote and
/// whether the string has escapes. The error is the offset of the fault.
#[inline]
pub(super) fn scan(octets: &[u8]) -> Result<(usize, bool), usize> {
    let mut at = 0;
    let mut escaped = false;
    loop {
        at = plain_prefix(octets, at);
        match octets.get(at) {
            Some(b'"') => return Ok((at, escaped)),
            Some(b'\\') => {
                escaped = true;
                at = at.wrapping_add(escape_len(octets.get(at..).unwrap_or(&[])).ok_or(at.wrapping_add(1))?);
            }
            _ => return Err(at),
        }
    }
}

/// The offset of the first quote, backslash or control character from `at` on. It looks at eight octets at a time while at
/// least sixteen are left.
#[inline]
pub(super) fn plain_prefix(octets: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = octets.get(at..).and_then(|rest| rest.first_chunk::<16>()) {
        for word in chunk.as_chunks().0 {
            let special = special_octets(u64::from_le_bytes(*word));
            if special != 0 {
                return at.wrapping_add((special.trailing_zeros() / 8) as usize);
            }
            at = at.wrapping_add(8);
        }
    }
    while let Some(octet) = octets.get(at) {
        if matches!(octet, b'"' | b'\\' | 0..0x20) {
            break;
        }
        at = at.wrapping_add(1);
    }
    at
}

/// Sets the top bit of every octet that is a quote, a backslash or a control character.
///
/// A borrow can also set the bit of an octet above such a one, so only the lowest set bit is certain.
#[inline(always)]
fn special_octets(word: u64) -> u64 {
    let each = |octet: u8| u64::from_ne_bytes([octet; 8]);
    // With the second bit inverted, a quote (0x22) becomes 0x20, and no other octet from 0x20 on becomes less than 0x21.
    let quote_or_control = (word ^ each(0x02)).wrapping_sub(each(0x21));
    let backslash = (word ^ each(b'\\')).wrapping_sub(each(1));
    (quote_or_control | backslash) & !word & each(0x80)
}

/// Length of the escape that `octets` begins with, in octets. A surrogate pair counts as one escape of twelve octets.
fn escape_len(octets: &[u8]) -> Option<usize> {
    match octets.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => match code_unit(octets.get(2..6)?)? {
            0xd800..0xdc00 => {
                let low = octets.get(6..12)?;
                let paired = low.starts_with(b"\\u") && matches!(code_unit(low.get(2..)?)?, 0xdc00..0xe000);
                paired.then_some(12)
            }
            0xdc00..0xe000 => None,
            _ => Some(6),
        },
        _ => None,
    }
}

fn code_unit(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |unit, digit| Some((unit << 4) | char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::{Text, scan};

    fn text(json: &str) -> Text<'_> {
        let (len, escaped) = scan(&json.as_bytes()[1..]).unwrap();
        assert_eq!(len + 2, json.len(), "{json}");
        Text::new(&json[1..=len], escaped)
    }

    #[test]
    fn escapes_decode() {
        for (json, expected) in [
            (r#""""#, ""),
            (r#""plain text, longer than eight""#, "plain text, longer than eight"),
            (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r#""\u0041\u00e9\u2028""#, "Aé\u{2028}"),
            (r#""\u0000""#, "\0"),
            (r#""\uD83D\uDE00""#, "😀"),
            (r#""\ud800\udc00\udbff\udfff""#, "\u{10000}\u{10ffff}"),
            (r#""é😀""#, "é😀"),
        ] {
            let text = text(json);
            let mut out = [0; 64];
            assert_eq!(text.decode_into(&mut out), Some(expected), "{json}");
            assert_eq!(text.decoded_len(), expected.len(), "{json}");
            assert!(text.is(expected), "{json}");
            assert!(!text.is("x") && !(expected.is_empty() ^ text.is("")), "{json}");
            assert!(text.decode_into(&mut out[..expected.len()]).is_some());
            if let Some(short) = expected.len().checked_sub(1) {
                assert_eq!(text.decode_into(&mut out[..short]), None);
            }
        }
    }

    #[test]
    fn strings_that_are_not_json() {
        for (string, read) in [
            (r"abc", 3),
            (r#"\q""#, 1),
            (r#"\u12g4""#, 1),
            (r#"\u12"#, 1),
            (r#"12345678\ud800""#, 9),
            (r#"\ud800\u0041""#, 1),
            (r#"\ud800x\udc00""#, 1),
            (r#"\udc00\ud800""#, 1),
            ("1234567\u{1f}\"", 7),
            ("123456789\n\"", 9),
        ] {
            assert_eq!(scan(string.as_bytes()).err(), Some(read), "{string}");
        }
    }

    /// The search eight octets at a time stops at the same place as a search octet by octet.
    #[test]
    fn every_octet_in_every_place_of_a_word() {
        for octet in 0..=255_u8 {
            for place in 0..40 {
                for filler in [b'a', b' ', b'!', b'#', 0x5b, 0x5d, 0x7f, 0x80, 0xa0, 0xff] {
                    let mut octets = [filler; 41];
                    octets[40] = b'"';
                    octets[place] = octet;
                    let special = |octet: &u8| matches!(octet, b'"' | b'\\' | 0..0x20);
                    for start in [0, 1, 7, 8, 9, 16, 25] {
                        let expected = start + octets[start..].iter().position(special).unwrap();
                        let found = super::plain_prefix(&octets, start);
                        assert_eq!(found, expected, "{octet:#x} at {place} in {filler:#x} from {start}");
                    }
                    assert_eq!(super::plain_prefix(&[filler; 41][..place], 0), place);
                }
            }
        }
    }

    #[test]
    fn equality_of_two_texts() {
        let (plain, escaped, other) = (text(r#""kid""#), text(r#""\u006bid""#), text(r#""\u006bie""#));
        assert!(plain.same_as(&escaped) && escaped.same_as(&plain) && escaped.same_as(&escaped));
        assert!(!plain.same_as(&other) && !other.same_as(&escaped));
    }
}
