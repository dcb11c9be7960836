//! One JSON Web Key (RFC 7517 section 4, RFC 7518 section 6.2): an ES256 public key, or why it is none.

mod skip_reason;

use crate::{
    base64url,
    es256::Point,
    json::{Reader, SyntaxError, Text, Value, members},
    limits::{COORDINATE_LEN, MAX_KID_LEN},
};
pub use skip_reason::SkipReason;

/// A usable key. Its `kid` is still text of the document.
#[derive(Clone, Copy, Debug)]
pub struct Jwk<'j> {
    /// Key ID (RFC 7517 section 4.5): 1 to 128 octets when decoded.
    pub kid: Text<'j>,
    /// The public key.
    pub point: Point,
    pub(crate) offsets: JwkOffsets,
}

/// The offsets of the three strings of a usable key in the document. With them it is read again, without its other members,
/// which may be long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JwkOffsets {
    kid: u32,
    x: u32,
    y: u32,
}

impl JwkOffsets {
    pub(crate) fn kid<'j>(&self, reader: &Reader<'j>) -> Option<Text<'j>> {
        text_at(reader, self.kid)
    }

    pub(crate) fn jwk<'j>(&self, reader: &Reader<'j>) -> Option<Jwk<'j>> {
        let x = coordinate(text_at(reader, self.x)?)?;
        let y = coordinate(text_at(reader, self.y)?)?;
        Some(Jwk { kid: self.kid(reader)?, point: Point::from_coordinates(&x, &y)?, offsets: *self })
    }
}

fn text_at<'j>(reader: &Reader<'j>, offset: u32) -> Option<Text<'j>> {
    let mut reader = reader.clone();
    reader.move_to(usize::try_from(offset).ok()?);
    match reader.value() {
        Ok(Value::String(text)) => Some(text),
        _ => None,
    }
}

impl<'j> Jwk<'j> {
    /// Reads one element of `keys`. It reads to the end of the element even when the key is not usable.
    ///
    /// # Errors
    /// The outer one when the document is not JSON; the inner one says why the key is not used.
    pub fn read(reader: &mut Reader<'j>, element: Value<'j>) -> Result<Result<Self, SkipReason>, SyntaxError> {
        match element {
            Value::Object => Members::read(reader).map(|members| members.key()),
            Value::Array => reader.leave().map(|()| Err(SkipReason::NotAnObject)),
            _ => Ok(Err(SkipReason::NotAnObject)),
        }
    }
}

/// A member that must be a string, or must have a certain value.
#[derive(Clone, Copy)]
enum Field<T> {
    Absent,
    Malformed,
    Present(T),
}

struct Members<'j> {
    repeated: bool,
    has_d: bool,
    kty: Field<bool>,
    crv: Field<bool>,
    alg: Field<bool>,
    usage: Field<bool>,
    key_ops: Field<bool>,
    kid: Field<Placed<'j>>,
    x: Field<Placed<'j>>,
    y: Field<Placed<'j>>,
}

/// A string, and the offset of its opening quote.
#[derive(Clone, Copy)]
struct Placed<'j> {
    text: Text<'j>,
    offset: u32,
}

impl<'j> Members<'j> {
    fn read(reader: &mut Reader<'j>) -> Result<Self, SyntaxError> {
        let mut found = Self {
            repeated: false,
            has_d: false,
            kty: Field::Absent,
            crv: Field::Absent,
            alg: Field::Absent,
            usage: Field::Absent,
            key_ops: Field::Absent,
            kid: Field::Absent,
            x: Field::Absent,
            y: Field::Absent,
        };
        reader.members(|reader, name, repeated| {
            found.repeated |= repeated;
            match name {
                Name::Kty => found.kty = equals(reader, "EC")?,
                Name::Crv => found.crv = equals(reader, "P-256")?,
                Name::Alg => found.alg = equals(reader, "ES256")?,
                Name::Use => found.usage = equals(reader, "sig")?,
                Name::KeyOps => found.key_ops = holds_verify(reader)?,
                Name::Kid => found.kid = string(reader)?,
                Name::X => found.x = string(reader)?,
                Name::Y => found.y = string(reader)?,
                Name::D => {
                    found.has_d = true;
                    reader.skip()?;
                }
            }
            Ok::<_, SyntaxError>(())
        })?;
        Ok(found)
    }

    fn key(&self) -> Result<Jwk<'j>, SkipReason> {
        let required = |field, reason| if matches!(field, Field::Present(true)) { Ok(()) } else { Err(reason) };
        let binding = |field, reason| match field {
            Field::Absent | Field::Present(true) => Ok(()),
            Field::Malformed | Field::Present(false) => Err(reason),
        };
        if self.repeated {
            return Err(SkipReason::MemberRepeated);
        }
        if self.has_d {
            return Err(SkipReason::PrivateKey);
        }
        required(self.kty, SkipReason::KtyUnsupported)?;
        required(self.crv, SkipReason::CrvUnsupported)?;
        binding(self.alg, SkipReason::AlgMismatch)?;
        binding(self.usage, SkipReason::UseMismatch)?;
        binding(self.key_ops, SkipReason::KeyOpsMismatch)?;
        let Field::Present(kid) = self.kid else { return Err(SkipReason::KidMalformed) };
        if !(1..=MAX_KID_LEN).contains(&kid.text.decoded_len()) {
            return Err(SkipReason::KidMalformed);
        }
        let (Field::Present(x), Field::Present(y)) = (self.x, self.y) else {
            return Err(SkipReason::CoordinateMalformed);
        };
        let offsets = JwkOffsets { kid: kid.offset, x: x.offset, y: y.offset };
        let x = coordinate(x.text).ok_or(SkipReason::CoordinateMalformed)?;
        let y = coordinate(y.text).ok_or(SkipReason::CoordinateMalformed)?;
        let point = Point::from_coordinates(&x, &y).ok_or(SkipReason::PointInvalid)?;
        Ok(Jwk { kid: kid.text, point, offsets })
    }
}

members! {
    /// The members in the order in which the issuer writes them; it does not write the last four.
    enum Name {
        Crv = "crv",
        Kid = "kid",
        Kty = "kty",
        X = "x",
        Y = "y",
        Alg = "alg",
        Use = "use",
        KeyOps = "key_ops",
        D = "d",
    }
}

fn string<'j>(reader: &mut Reader<'j>) -> Result<Field<Placed<'j>>, SyntaxError> {
    let before = reader.offset();
    match reader.value()? {
        Value::String(text) => {
            // White space may precede the quote. The offset is that of the quote, so reading the string again skips it.
            let (after, read) = (reader.offset(), reader.between(before, reader.offset()));
            let quote = after.saturating_sub(read.trim_ascii_start().len());
            let offset = u32::try_from(quote).map_err(|_| SyntaxError { offset: quote })?;
            Ok(Field::Present(Placed { text, offset }))
        }
        Value::Array | Value::Object => reader.leave().map(|()| Field::Malformed),
        _ => Ok(Field::Malformed),
    }
}

fn equals(reader: &mut Reader<'_>, expected: &str) -> Result<Field<bool>, SyntaxError> {
    Ok(match string(reader)? {
        Field::Present(string) => Field::Present(string.text.is(expected)),
        Field::Malformed => Field::Malformed,
        Field::Absent => Field::Absent,
    })
}

fn holds_verify(reader: &mut Reader<'_>) -> Result<Field<bool>, SyntaxError> {
    match reader.value()? {
        Value::Array => {}
        Value::Object => return reader.leave().map(|()| Field::Malformed),
        _ => return Ok(Field::Malformed),
    }
    let (mut all_strings, mut verify) = (true, false);
    while let Some(element) = reader.next_element()? {
        match element {
            Value::String(text) => verify |= text.is("verify"),
            Value::Array | Value::Object => {
                reader.leave()?;
                all_strings = false;
            }
            _ => all_strings = false,
        }
    }
    Ok(if all_strings { Field::Present(verify) } else { Field::Malformed })
}

/// Decodes a coordinate and pads it on the left with zeros. RFC 7518 section 6.2.1.2 requires all 32 octets, but the issuer
/// drops leading zero octets: that concerns about one key in 128.
fn coordinate(text: Text<'_>) -> Option<[u8; COORDINATE_LEN]> {
    let mut characters = [0; COORDINATE_LEN.div_ceil(3) * 4];
    let characters = text.decode_into(&mut characters)?.as_bytes();
    let mut padded = [0; COORDINATE_LEN];
    let len = base64url::decoded_len(characters.len());
    let start = COORDINATE_LEN.checked_sub(len)?;
    let octets = base64url::decode(characters, padded.get_mut(start..)?).ok()?;
    if octets.is_empty() { None } else { Some(padded) }
}

#[cfg(test)]
mod tests {
    use super::{Jwk, SkipReason};
    use crate::{es256::Point, json::Reader};

    const X: &str = r#""x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY""#;
    const Y: &str = r#""y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU""#;

    fn read(json: &str) -> Result<Point, SkipReason> {
        let mut reader = Reader::new(json.as_bytes()).unwrap();
        let element = reader.value().unwrap();
        let key = Jwk::read(&mut reader, element).unwrap().map(|key| key.point);
        reader.finish().unwrap();
        key
    }

    #[test]
    fn each_member_decides() {
        let key = |rest: &str| {
            let mut text = [0_u8; 400];
            let mut len = 0;
            for part in ["{", X, ",", Y, rest, "}"] {
                text[len..len + part.len()].copy_from_slice(part.as_bytes());
                len += part.len();
            }
            read(core::str::from_utf8(&text[..len]).unwrap())
        };
        for (rest, expected) in [
            (r#","kty":"EC","crv":"P-256","kid":"k""#, Ok(Point::BASE)),
            (
                r#","kty":"\u0045C","crv":"P-256","kid":"k","use":"sig","alg":"ES256","key_ops":["x","verify"]"#,
                Ok(Point::BASE),
            ),
            (r#","kty":"EC","kty":"EC","crv":"P-256","kid":"k""#, Err(SkipReason::MemberRepeated)),
            (r#","kty":"EC","crv":"P-256","kid":"k","d":null"#, Err(SkipReason::PrivateKey)),
            (r#","kty":"RSA","crv":"P-256","kid":"k""#, Err(SkipReason::KtyUnsupported)),
            (r#","kty":"EC","crv":"P-384","kid":"k""#, Err(SkipReason::CrvUnsupported)),
            (r#","kty":"EC","crv":"P-256","kid":"k","alg":null"#, Err(SkipReason::AlgMismatch)),
            (r#","kty":"EC","crv":"P-256","kid":"k","use":"enc""#, Err(SkipReason::UseMismatch)),
            (r#","kty":"EC","crv":"P-256","kid":"k","key_ops":[]"#, Err(SkipReason::KeyOpsMismatch)),
            (r#","kty":"EC","crv":"P-256","kid":"k","key_ops":["verify",[1]]"#, Err(SkipReason::KeyOpsMismatch)),
            (r#","kty":"EC","crv":"P-256","kid":"""#, Err(SkipReason::KidMalformed)),
            (r#","kty":"EC","crv":"P-256","kid":{"a":[]}"#, Err(SkipReason::KidMalformed)),
        ] {
            assert_eq!(key(rest), expected, "{rest}");
        }
    }

    #[test]
    fn coordinates() {
        let good = r#""kty":"EC","crv":"P-256","kid":"k""#;
        for (x, expected) in [
            ("", SkipReason::CoordinateMalformed),
            ("AA=", SkipReason::CoordinateMalformed),
            ("AB", SkipReason::CoordinateMalformed),
            ("AGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKW", SkipReason::CoordinateMalformed),
            ("AA", SkipReason::PointInvalid),
            ("_____wAAAAEAAAAAAAAAAAAAAAD_______________8", SkipReason::PointInvalid),
        ] {
            let mut text = [0_u8; 300];
            let mut len = 0;
            for part in ["{", good, r#","x":""#, x, r#"","#, Y, "}"] {
                text[len..len + part.len()].copy_from_slice(part.as_bytes());
                len += part.len();
            }
            assert_eq!(read(core::str::from_utf8(&text[..len]).unwrap()), Err(expected), "{x}");
        }
        assert_eq!(read("[1,{}]"), Err(SkipReason::NotAnObject));
        assert_eq!(read("1"), Err(SkipReason::NotAnObject));
    }
}
