//! A strict, bounded, zero-copy JSON reader (RFC 8259).
//!
//! ```text
//! JSON-text = ws value ws
//! value     = false / null / true / object / array / number / string
//! object    = begin-object [ member *( value-separator member ) ] end-object
//! member    = string name-separator value
//! array     = begin-array [ value *( value-separator value ) ] end-array
//! ```
//!
//! The reader is a cursor that validates as it goes. It keeps one bit for each open array or object, never recurses and never
//! allocates. A text is valid only if the reader reached its end: see [`Reader::finish`]. A string is handed out as it stands
//! in the text, with a mark when it has escapes; [`Text`] compares and decodes it. The reader refuses a byte order mark,
//! escapes of lone surrogates, and anything that is not UTF-8.

mod compact;
mod decode;
mod list;
mod members;
mod number;
mod text;

pub use decode::{Decoder, Unexpected, number, object};
pub use list::{StringList, StringListIter};
pub use members::Member;
pub(crate) use members::members;
pub use number::{Number, Rounding};
pub use text::Text;

use crate::limits::MAX_JSON_DEPTH;

/// Where a text stops being JSON.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SyntaxError {
    /// Octets before the fault.
    pub offset: usize,
}

/// One JSON value; of arrays and objects only the opening bracket has been read.
#[derive(Clone, Copy, Debug)]
pub enum Value<'j> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as text.
    Number(Number<'j>),
    /// A string, as text.
    String(Text<'j>),
    /// `[`: read on with [`Reader::next_element`] or [`Reader::leave`].
    Array,
    /// `{`: read on with [`Reader::next_member`] or [`Reader::leave`].
    Object,
}

/// A cursor over one JSON text.
#[derive(Clone, Debug)]
pub struct Reader<'j> {
    text: &'j str,
    at: usize,
    /// Open arrays and objects.
    depth: u32,
    /// Bit i is set when level i + 1 is an object; 32 levels are the limit.
    objects: u32,
    /// Whether nothing has been read yet in the innermost array or object.
    fresh: bool,
}

impl<'j> Reader<'j> {
    /// Starts before the top-level value.
    ///
    /// # Errors
    /// The first octet that is not UTF-8.
    pub fn new(octets: &'j [u8]) -> Result<Self, SyntaxError> {
        match core::str::from_utf8(octets) {
            Ok(text) => Ok(Self { text, at: 0, depth: 0, objects: 0, fresh: true }),
            Err(error) => Err(SyntaxError { offset: error.valid_up_to() }),
        }
    }

    /// Octets read so far.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Moves the cursor to an offset right before a value. Only that value may be read afterwards.
    pub fn move_to(&mut self, offset: usize) {
        self.at = offset;
    }

    /// The text between two offsets that this reader was at.
    #[must_use]
    pub fn between(&self, start: usize, end: usize) -> &'j str {
        self.text.get(start..end).unwrap_or("")
    }

    /// Reads the next value: the top-level one, or that of the member whose name was just read.
    ///
    /// # Errors
    /// Where the text is not JSON, or nests too deeply.
    #[inline]
    pub fn value(&mut self) -> Result<Value<'j>, SyntaxError> {
        self.skip_whitespace();
        match self.peek() {
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b'{') => self.open(true).map(|()| Value::Object),
            Some(b'[') => self.open(false).map(|()| Value::Array),
            Some(b'-' | b'0'..=b'9') => {
                let number = number::read(self.rest()).map_err(|read| self.fault_after(read))?;
                self.advance(number.text_len());
                Ok(Value::Number(number))
            }
            Some(b't') => self.literal("true", Value::Bool(true)),
            Some(b'f') => self.literal("false", Value::Bool(false)),
            Some(b'n') => self.literal("null", Value::Null),
            _ => Err(self.fault()),
        }
    }

    /// Reads the next member's name and colon, or the closing brace: then `None`.
    ///
    /// # Errors
    /// Where the text is not JSON.
    #[inline]
    pub fn next_member(&mut self) -> Result<Option<Text<'j>>, SyntaxError> {
        if !self.continues(b'}')? {
            return Ok(None);
        }
        if self.peek() != Some(b'"') {
            return Err(self.fault());
        }
        let name = self.string()?;
        self.skip_whitespace();
        if self.peek() != Some(b':') {
            return Err(self.fault());
        }
        self.advance(1);
        Ok(Some(name))
    }

    /// Reads the next element, or the closing bracket: then `None`.
    ///
    /// # Errors
    /// Where the text is not JSON, or nests too deeply.
    #[inline]
    pub fn next_element(&mut self) -> Result<Option<Value<'j>>, SyntaxError> {
        if self.continues(b']')? { self.value().map(Some) } else { Ok(None) }
    }

    /// Reads a whole value and discards it.
    ///
    /// # Errors
    /// Where the text is not JSON, or nests too deeply.
    pub fn skip(&mut self) -> Result<(), SyntaxError> {
        match self.value()? {
            Value::Array | Value::Object => self.leave(),
            _ => Ok(()),
        }
    }

    /// Reads on to the end of the innermost open array or object.
    ///
    /// # Errors
    /// Where the text is not JSON, or nests too deeply.
    pub fn leave(&mut self) -> Result<(), SyntaxError> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            if self.in_object() {
                if self.next_member()?.is_some() {
                    self.value()?;
                }
            } else {
                self.next_element()?;
            }
        }
        Ok(())
    }

    /// Ends the text: only white space may be left.
    ///
    /// # Errors
    /// The first octet after the top-level value.
    pub fn finish(mut self) -> Result<(), SyntaxError> {
        self.skip_whitespace();
        if self.rest().is_empty() && self.depth == 0 { Ok(()) } else { Err(self.fault()) }
    }

    /// Reads the comma before the next member or element, or the closing bracket: then it gives false.
    #[inline]
    fn continues(&mut self, closing: u8) -> Result<bool, SyntaxError> {
        self.skip_whitespace();
        match self.peek() {
            Some(octet) if octet == closing => {
                self.advance(1);
                self.depth = self.depth.saturating_sub(1);
                self.fresh = false;
                Ok(false)
            }
            Some(b',') if !self.fresh => {
                self.advance(1);
                self.skip_whitespace();
                // After a comma there must be a member or an element: the caller refuses a closing bracket.
                Ok(true)
            }
            Some(_) if self.fresh => {
                self.fresh = false;
                Ok(true)
            }
            _ => Err(self.fault()),
        }
    }

    fn open(&mut self, object: bool) -> Result<(), SyntaxError> {
        if self.depth >= MAX_JSON_DEPTH {
            return Err(self.fault());
        }
        let bit = 1_u32.wrapping_shl(self.depth);
        self.objects = if object { self.objects | bit } else { self.objects & !bit };
        self.depth = self.depth.saturating_add(1);
        self.fresh = true;
        self.advance(1);
        Ok(())
    }

    fn in_object(&self) -> bool {
        self.objects & 1_u32.wrapping_shl(self.depth.wrapping_sub(1)) != 0
    }

    fn literal(&mut self, word: &str, value: Value<'j>) -> Result<Value<'j>, SyntaxError> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(self.fault());
        }
        self.advance(word.len());
        Ok(value)
    }

    #[inline]
    fn string(&mut self) -> Result<Text<'j>, SyntaxError> {
        self.advance(1);
        let (len, escaped) = text::scan(self.rest()).map_err(|read| self.fault_after(read))?;
        let start = self.at;
        self.advance(len);
        let text = Text::new(self.between(start, self.at), escaped);
        self.advance(1);
        Ok(text)
    }

    #[inline(always)]
    fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.advance(1);
        }
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline(always)]
    fn rest(&self) -> &'j [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or(&[])
    }

    #[inline(always)]
    fn advance(&mut self, octets: usize) {
        self.at = self.at.wrapping_add(octets);
    }

    #[cold]
    fn fault(&self) -> SyntaxError {
        self.fault_after(0)
    }

    #[cold]
    fn fault_after(&self, read: usize) -> SyntaxError {
        SyntaxError { offset: self.at.saturating_add(read).min(self.text.len()) }
    }
}

/// Checks that a text is JSON.
///
/// # Errors
/// Where the text is not JSON, or nests too deeply.
pub fn check(octets: &[u8]) -> Result<(), SyntaxError> {
    let mut reader = Reader::new(octets)?;
    reader.skip()?;
    reader.finish()
}

#[cfg(test)]
mod tests {
    use super::{Reader, Value, check};
    use crate::limits::MAX_JSON_DEPTH;

    #[test]
    fn grammar() {
        for good in ["0", " [ ] ", "{}", r#"{"a":[1,{"b":null}],"c":true}"#, "\t\r\n\"x\"", "[[],{}]"] {
            assert!(check(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in [
            "",
            " ",
            "[",
            "{",
            "]",
            "[1",
            "[1,",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{,}",
            "{1:2}",
            "{\"a\":1 \"b\":2}",
            "[}",
            "{]",
            "nul",
            "truex",
            "0 0",
            "[]]",
            "\u{feff}{}",
            "[\u{a0}]",
        ] {
            assert!(check(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn depth_at_the_limit_and_one_past_it() {
        let mut text = [0; 2 * (MAX_JSON_DEPTH as usize + 1)];
        for (depth, expected) in [(MAX_JSON_DEPTH as usize, true), (MAX_JSON_DEPTH as usize + 1, false)] {
            text[..depth].fill(b'[');
            text[depth..2 * depth].fill(b']');
            assert_eq!(check(&text[..2 * depth]).is_ok(), expected, "{depth}");
        }
    }

    #[test]
    fn offsets_name_the_fault() {
        assert_eq!(check(b"[1,x]").unwrap_err().offset, 3);
        assert_eq!(check(b"[\"\xff\"]").unwrap_err().offset, 2);
        assert_eq!(check(b"{} x").unwrap_err().offset, 3);
        assert_eq!(check(b"[01]").unwrap_err().offset, 2);
        assert_eq!(check(b"[\"a\\q\"]").unwrap_err().offset, 4);
        assert_eq!(check(b"[").unwrap_err().offset, 1);
    }

    #[test]
    fn a_value_left_early_is_still_read_to_its_end() {
        let mut reader = Reader::new(br#"{"a":[1,{"b":[2]},3],"c":4}"#).unwrap();
        assert!(matches!(reader.value(), Ok(Value::Object)));
        assert!(reader.next_member().unwrap().is_some_and(|name| name.is("a")));
        assert!(matches!(reader.value(), Ok(Value::Array)));
        assert!(matches!(reader.next_element(), Ok(Some(Value::Number(_)))));
        reader.leave().unwrap();
        assert!(reader.next_member().unwrap().is_some_and(|name| name.is("c")));
        reader.skip().unwrap();
        assert!(reader.next_member().unwrap().is_none());
        reader.finish().unwrap();
    }
}
