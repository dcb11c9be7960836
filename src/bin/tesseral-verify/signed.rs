//! The claims that may be shown when the signature is good: issuer, audience and times.

use crate::base64;
use tesseral_verify::{
    Error,
    json::{Reader, Rounding, Text, Unexpected, Value, check, number, object},
};

/// Claims of a token that the right key has signed.
#[derive(Default)]
pub struct Signed {
    pub iss: String,
    pub aud: Vec<String>,
    pub exp: i64,
    pub nbf: i64,
}

impl Signed {
    /// Reads the claims of a token that was refused because of its claims; `None` for any other refusal.
    pub fn read(token: &[u8], refusal: Error) -> Option<Self> {
        match refusal {
            Error::TokenExpired | Error::TokenNotYetValid | Error::IssuerMismatch | Error::AudienceMismatch => {
                Self::parse(&segment(token, 1)?).ok()
            }
            _ => None,
        }
    }

    fn parse(payload: &[u8]) -> Result<Self, Unexpected> {
        let mut reader = Reader::new(payload)?;
        let mut signed = Self::default();
        object(&mut reader)?;
        while let Some(name) = reader.next_member()? {
            if name.is("iss") {
                let Value::String(text) = reader.value()? else { return Err(Unexpected) };
                signed.iss = decoded(text)?;
            } else if name.is("aud") {
                signed.aud = audience(&mut reader)?;
            } else if name.is("exp") {
                signed.exp = number(&mut reader)?.whole_seconds(Rounding::Down).ok_or(Unexpected)?;
            } else if name.is("nbf") {
                signed.nbf = number(&mut reader)?.whole_seconds(Rounding::Up).ok_or(Unexpected)?;
            } else {
                reader.skip()?;
            }
        }
        Ok(signed)
    }
}

/// Where a segment's content stops being JSON, in octets of the decoded segment.
pub fn json_fault(token: &[u8], place: usize) -> Option<usize> {
    check(&segment(token, place)?).err().map(|error| error.offset)
}

fn segment(token: &[u8], place: usize) -> Option<Vec<u8>> {
    base64::decode(token.split(|octet| *octet == b'.').nth(place)?)
}

fn audience(reader: &mut Reader<'_>) -> Result<Vec<String>, Unexpected> {
    match reader.value()? {
        Value::String(text) => Ok(vec![decoded(text)?]),
        Value::Array => {
            let mut audience = Vec::new();
            while let Some(element) = reader.next_element()? {
                let Value::String(text) = element else { return Err(Unexpected) };
                audience.push(decoded(text)?);
            }
            Ok(audience)
        }
        _ => Err(Unexpected),
    }
}

fn decoded(text: Text<'_>) -> Result<String, Unexpected> {
    let mut octets = vec![0; text.decoded_len()];
    text.decode_into(&mut octets).map(str::to_owned).ok_or(Unexpected)
}
