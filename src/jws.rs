//! The compact serialization and its header (RFC 7515).

use crate::{
    base64url,
    error::Error,
    es256::Verified,
    json::{Reader, Text, Unexpected, Value, object},
    limits::SIGNATURE_LEN,
};

/// `header.payload.signature` (RFC 7515 section 3.1), split but not decoded.
#[derive(Clone, Copy)]
pub struct CompactJws<'t> {
    header: &'t [u8],
    payload: &'t [u8],
    signature: &'t [u8],
    signing_input: &'t [u8],
}

impl<'t> CompactJws<'t> {
    /// Splits a token at its dots.
    ///
    /// # Errors
    /// [`Error::TokenMalformed`] unless there are exactly three non-empty segments.
    pub fn split(token: &'t [u8]) -> Result<Self, Error> {
        let dot = |octets: &[u8]| octets.iter().position(|octet| *octet == b'.').ok_or(Error::TokenMalformed);
        let malformed = Error::TokenMalformed;
        let (header, rest) = token.split_at_checked(dot(token)?).ok_or(malformed)?;
        let rest = rest.get(1..).ok_or(malformed)?;
        let (payload, signature) = rest.split_at_checked(dot(rest)?).ok_or(malformed)?;
        let signature = signature.get(1..).ok_or(malformed)?;
        let signing_len = header.len().saturating_add(payload.len()).saturating_add(1);
        let signing_input = token.get(..signing_len).ok_or(malformed)?;
        if header.is_empty() || payload.is_empty() || signature.is_empty() || signature.contains(&b'.') {
            return Err(malformed);
        }
        Ok(Self { header, payload, signature, signing_input })
    }

    /// The first segment, as received.
    #[must_use]
    pub fn header(&self) -> &'t [u8] {
        self.header
    }

    /// `header.payload` as received: what the signature covers (RFC 7515 section 5.2 step 8).
    #[must_use]
    pub fn signing_input(&self) -> &'t [u8] {
        self.signing_input
    }

    /// Decodes all three segments; header and payload go to the front of `scratch`.
    ///
    /// # Errors
    /// [`Error::TokenMalformed`] unless all are strict base64url and the signature has 64 octets.
    pub fn decode<'s>(&self, scratch: &'s mut [u8]) -> Result<DecodedJws<'s>, Error> {
        let malformed = |_| Error::TokenMalformed;
        let mut signature = [0; SIGNATURE_LEN];
        // A longer segment does not fit, a shorter one leaves a rest.
        if base64url::decode(self.signature, &mut signature).map_err(malformed)?.len() != SIGNATURE_LEN {
            return Err(Error::TokenMalformed);
        }
        let split = base64url::decoded_len(self.header.len());
        let (header, scratch) = scratch.split_at_mut_checked(split).ok_or(Error::BufferTooSmall)?;
        let split = base64url::decoded_len(self.payload.len());
        let (payload, room) = scratch.split_at_mut_checked(split).ok_or(Error::BufferTooSmall)?;
        let header = base64url::decode(self.header, header).map_err(malformed)?;
        let payload = base64url::decode(self.payload, payload).map_err(malformed)?;
        Ok(DecodedJws { header, payload: UnverifiedPayload { octets: payload, room }, signature })
    }
}

/// The three segments' octets.
pub struct DecodedJws<'s> {
    /// JSON text of the header.
    pub header: &'s [u8],
    /// What the signature is about to decide on.
    pub payload: UnverifiedPayload<'s>,
    /// R ‖ S, big-endian (RFC 7518 section 3.4).
    pub signature: [u8; SIGNATURE_LEN],
}

/// A payload whose signature has not been checked: it cannot be read.
pub struct UnverifiedPayload<'s> {
    octets: &'s [u8],
    room: &'s mut [u8],
}

impl<'s> UnverifiedPayload<'s> {
    /// Makes it readable. The proof can only come from [`crate::es256`].
    #[must_use]
    pub fn verified(self, _proof: Verified) -> SignedPayload<'s> {
        SignedPayload { octets: self.octets, room: self.room }
    }
}

/// A payload whose signature holds.
pub struct SignedPayload<'s> {
    octets: &'s [u8],
    room: &'s mut [u8],
}

impl<'s> SignedPayload<'s> {
    /// The payload's octets, and memory of at least their length for its decoded strings.
    #[must_use]
    pub fn into_parts(self) -> (&'s [u8], &'s mut [u8]) {
        (self.octets, self.room)
    }
}

/// The JOSE header (RFC 7515 section 4), of which this library needs three members.
#[derive(Clone, Copy, Debug)]
pub struct JoseHeader<'s> {
    /// Algorithm (section 4.1.1).
    pub alg: Text<'s>,
    /// Key ID (section 4.1.4).
    pub kid: Text<'s>,
    /// Whether a `crit` member is present (section 4.1.11).
    pub has_crit: bool,
}

impl<'s> JoseHeader<'s> {
    /// Reads the decoded first segment.
    ///
    /// # Errors
    /// [`Error::HeaderMalformed`] unless it is one JSON object with `alg` and `kid` once each, as strings,
    /// and `crit` at most once.
    pub fn parse(octets: &'s [u8]) -> Result<Self, Error> {
        Self::read(octets).map_err(|_| Error::HeaderMalformed)
    }

    fn read(octets: &'s [u8]) -> Result<Self, Unexpected> {
        let mut reader = Reader::new(octets)?;
        let (mut alg, mut kid, mut has_crit) = (None, None, false);
        object(&mut reader)?;
        reader.members(MEMBERS, |reader, member, repeated| {
            if repeated {
                return Err(Unexpected);
            }
            let place = match member {
                Member::Alg => &mut alg,
                Member::Kid => &mut kid,
                Member::Crit => {
                    has_crit = true;
                    return Ok(reader.skip()?);
                }
            };
            match reader.value()? {
                Value::String(text) => *place = Some(text),
                _ => return Err(Unexpected),
            }
            Ok(())
        })?;
        reader.finish()?;
        Ok(Self { alg: alg.ok_or(Unexpected)?, kid: kid.ok_or(Unexpected)?, has_crit })
    }
}

#[derive(Clone, Copy)]
enum Member {
    Alg,
    Kid,
    Crit,
}

const MEMBERS: &[(&str, Member)] = &[("kid", Member::Kid), ("alg", Member::Alg), ("crit", Member::Crit)];

#[cfg(test)]
mod tests {
    use super::{CompactJws, JoseHeader};
    use crate::error::Error;

    #[test]
    fn segments() {
        let jws = CompactJws::split(b"aa.bbb.c").unwrap();
        assert_eq!((jws.header(), jws.signing_input()), (&b"aa"[..], &b"aa.bbb"[..]));
        for token in ["", ".", "..", "a.b", "a.b.", ".b.c", "a..c", "a.b.c.", "a.b.c.d"] {
            assert_eq!(CompactJws::split(token.as_bytes()).err(), Some(Error::TokenMalformed), "{token}");
        }
    }

    #[test]
    fn signature_of_63_64_and_65_octets() {
        for (characters, expected) in [(84, false), (86, true), (87, false), (88, false)] {
            let mut token =
                *b"AA.AA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
            token[6..].fill(b'A');
            let jws = CompactJws::split(&token[..6 + characters]).unwrap();
            assert_eq!(jws.decode(&mut [0; 8]).is_ok(), expected, "{characters}");
        }
    }

    #[test]
    fn header_members() {
        let header = JoseHeader::parse(br#"{"kid":"\u006b","alg":"ES256","typ":["JWT"]}"#).unwrap();
        assert!(header.alg.is("ES256") && header.kid.is("k") && !header.has_crit);
        assert!(JoseHeader::parse(br#"{"kid":"k","alg":"x","crit":null}"#).unwrap().has_crit);
        for json in [
            r#"{"kid":"k"}"#,
            r#"{"alg":"ES256"}"#,
            r#"{"kid":1,"alg":"ES256"}"#,
            r#"{"kid":"k","alg":"ES256","\u0061lg":"ES256"}"#,
            r#"{"kid":"k","alg":"ES256","crit":1,"crit":1}"#,
            r#"["kid","alg"]"#,
            r#"{"kid":"k","alg":"ES256"}x"#,
        ] {
            assert_eq!(JoseHeader::parse(json.as_bytes()).err(), Some(Error::HeaderMalformed), "{json}");
        }
    }
}
