//! Reading values of a required type. Strings come out decoded.

use super::{Number, Reader, StringList, SyntaxError, Text, Value};

/// The value is not of the required type, or the text is not JSON.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unexpected;

impl From<SyntaxError> for Unexpected {
    fn from(_: SyntaxError) -> Self {
        Self
    }
}

/// Decodes strings. A string without escapes is borrowed from the text; others are decoded into the caller's memory.
#[derive(Debug)]
pub struct Decoder<'s> {
    room: &'s mut [u8],
}

impl<'s> Decoder<'s> {
    /// `room` that is as long as the JSON text always suffices: decoding never makes a string longer.
    pub fn new(room: &'s mut [u8]) -> Self {
        Self { room }
    }

    /// Reads a string.
    ///
    /// # Errors
    /// Any other value, or no room left.
    pub fn string(&mut self, reader: &mut Reader<'s>) -> Result<&'s str, Unexpected> {
        if let Some(plain) = reader.plain_string() {
            return Ok(plain);
        }
        match reader.value()? {
            Value::String(text) => self.decode(text),
            _ => Err(Unexpected),
        }
    }

    /// Reads a string of at least one octet.
    ///
    /// # Errors
    /// Any other value, or no room left.
    pub fn non_empty_string(&mut self, reader: &mut Reader<'s>) -> Result<&'s str, Unexpected> {
        self.string(reader).and_then(|string| if string.is_empty() { Err(Unexpected) } else { Ok(string) })
    }

    /// Reads a string, or `null` for none.
    ///
    /// # Errors
    /// Any other value, or no room left.
    pub fn optional_string(&mut self, reader: &mut Reader<'s>) -> Result<Option<&'s str>, Unexpected> {
        if let Some(plain) = reader.plain_string() {
            return Ok(Some(plain));
        }
        match reader.value()? {
            Value::Null => Ok(None),
            Value::String(text) => self.decode(text).map(Some),
            _ => Err(Unexpected),
        }
    }

    /// Reads the rest of an array whose opening bracket was just read. Its elements must be strings.
    ///
    /// # Errors
    /// Any other element, or no room left.
    pub fn string_list(&mut self, reader: &mut Reader<'s>) -> Result<StringList<'s>, Unexpected> {
        let start = reader.offset().saturating_sub(1);
        let mut used = 0;
        loop {
            if reader.plain_element().is_some() {
                continue;
            }
            let Some(element) = reader.next_element()? else { break };
            let Value::String(text) = element else { return Err(Unexpected) };
            if text.plain().is_none() {
                let free = self.room.get_mut(used..).ok_or(Unexpected)?;
                used = text.decode_into(free).ok_or(Unexpected)?.len().saturating_add(used);
            }
        }
        let raw = reader.between(start, reader.offset());
        Ok(StringList::new(raw, self.take(used)?))
    }

    /// Reads an array of strings, or `null` for an empty one.
    ///
    /// # Errors
    /// Any other value, or no room left.
    pub fn optional_string_list(&mut self, reader: &mut Reader<'s>) -> Result<StringList<'s>, Unexpected> {
        match reader.value()? {
            Value::Null => Ok(StringList::default()),
            Value::Array => self.string_list(reader),
            _ => Err(Unexpected),
        }
    }

    /// Decodes a string that a reader handed out.
    ///
    /// # Errors
    /// No room left.
    pub fn decode(&mut self, text: Text<'s>) -> Result<&'s str, Unexpected> {
        if let Some(plain) = text.plain() {
            return Ok(plain);
        }
        let len = text.decode_into(self.room).ok_or(Unexpected)?.len();
        self.take(len)
    }

    /// Cuts off the first `len` octets, which hold decoded text.
    fn take(&mut self, len: usize) -> Result<&'s str, Unexpected> {
        let (taken, rest) = core::mem::take(&mut self.room).split_at_mut_checked(len).ok_or(Unexpected)?;
        self.room = rest;
        core::str::from_utf8(taken).map_err(|_| Unexpected)
    }
}

/// Reads a number.
///
/// # Errors
/// Any other value.
pub fn number<'j>(reader: &mut Reader<'j>) -> Result<Number<'j>, Unexpected> {
    if let Some(number) = reader.short_integer() {
        return Ok(number);
    }
    match reader.value()? {
        Value::Number(number) => Ok(number),
        _ => Err(Unexpected),
    }
}

/// Reads the brace that opens an object.
///
/// # Errors
/// Any other value.
pub fn object(reader: &mut Reader<'_>) -> Result<(), Unexpected> {
    if reader.step_into_object() {
        return Ok(());
    }
    match reader.value()? {
        Value::Object => Ok(()),
        _ => Err(Unexpected),
    }
}

#[cfg(test)]
mod tests {
    use super::{Decoder, Reader, Unexpected, Value};

    #[test]
    fn room_for_the_decoded_strings_exactly_or_one_less() {
        let json = br#"["x","\u0061b","\n"]"#;
        let read = |room: &mut [u8]| {
            let mut reader = Reader::new(json).unwrap();
            assert!(matches!(reader.value(), Ok(Value::Array)));
            let list = Decoder::new(room).string_list(&mut reader)?;
            assert!(list.iter().eq(["x", "ab", "\n"]));
            reader.finish().unwrap();
            Ok::<_, Unexpected>(())
        };
        assert_eq!(read(&mut [0; 3]), Ok(()));
        assert_eq!(read(&mut [0; 2]), Err(Unexpected));
    }

    #[test]
    fn types() {
        let read = |json: &'static str| {
            let mut room = [0; 8];
            let mut reader = Reader::new(json.as_bytes()).unwrap();
            let mut decoder = Decoder::new(&mut room);
            decoder.optional_string(&mut reader).map(|string| string.map(str::len))
        };
        assert_eq!(read("null"), Ok(None));
        assert_eq!(read(r#""ab""#), Ok(Some(2)));
        assert_eq!(read("[]"), Err(Unexpected));
        assert_eq!(read("1"), Err(Unexpected));
    }
}
