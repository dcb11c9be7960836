//! The compact serialization and its header (RFC 7515).
//!
//! ```text
//! JWS = BASE64URL(UTF8(JWS Protected Header)) "." BASE64URL(JWS Payload) "." BASE64URL(JWS Signature)
//! ```

use crate::{
    base64url,
    error::Error,
    es256::Verified,
    json::{Reader, Text, Unexpected, Value, members, object},
    limits::{MAX_KID_LEN, SIGNATURE_LEN, SIGNATURE_SEGMENT_LEN},
    rulebook::KidHash,
    search,
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
    /// Splits a token at its first dot, and at the place of the last one: a signature has 86 characters.
    ///
    /// Any other dot becomes part of the payload or the signature. Decoding refuses it there, since it is not base64url.
    ///
    /// # Errors
    /// [`Error::TokenMalformed`] unless header and payload are not empty and the signature has 86 characters.
    pub fn split(token: &'t [u8]) -> Result<Self, Error> {
        Self::split_at_dots(token).ok_or(Error::TokenMalformed)
    }

    fn split_at_dots(token: &'t [u8]) -> Option<Self> {
        let (signing_input, rest) = token.split_at_checked(token.len().checked_sub(SIGNATURE_SEGMENT_LEN + 1)?)?;
        let signature = rest.strip_prefix(b".")?;
        let (header, rest) = signing_input.split_at_checked(search::first(b'.', signing_input)?)?;
        let payload = rest.get(1..)?;
        if header.is_empty() || payload.is_empty() {
            return None;
        }
        Some(Self { header, payload, signature, signing_input })
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
        let (header, rest) = decode_front(self.header, scratch)?;
        Ok(DecodedJws { header, ..self.decode_known_header(rest)? })
    }

    /// Decodes payload and signature of a token whose header segment is known: it is the one that the issuer writes for a key.
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn decode_known_header<'s>(&self, scratch: &'s mut [u8]) -> Result<DecodedJws<'s>, Error> {
        let mut signature = [0; SIGNATURE_LEN];
        base64url::decode(self.signature, &mut signature).map_err(|_| Error::TokenMalformed)?;
        Ok(DecodedJws { header: &[], payload: self.decode_payload(scratch)?, signature })
    }

    /// Decodes the payload of a token whose other segments are known to be valid: the cache has it.
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn decode_payload<'s>(&self, scratch: &'s mut [u8]) -> Result<UnverifiedPayload<'s>, Error> {
        let (octets, room) = decode_front(self.payload, scratch)?;
        Ok(UnverifiedPayload { octets, room })
    }
}

/// The hash of the `kid` that a token names, whatever else may be wrong with the token. `None` when no usable key can have it.
///
/// A header of over 512 octets, decoded, counts as one without a `kid`: the issuer's have 69.
#[cold]
pub(crate) fn kid_hash_of(token: &[u8]) -> Option<KidHash> {
    let mut room = [0; MAX_KID_LEN];
    let kid = kid_of(token, &mut room)?;
    if kid.is_empty() { None } else { Some(KidHash::of(kid.as_bytes())) }
}

/// The `kid` that a token names, with escapes decoded. `None` for a header of over 512 octets.
#[cold]
pub(crate) fn kid_of<'k>(token: &[u8], room: &'k mut [u8; MAX_KID_LEN]) -> Option<&'k str> {
    let mut header = [0; 512];
    let header = base64url::decode(CompactJws::split(token).ok()?.header, &mut header).ok()?;
    JoseHeader::parse(header).ok()?.kid.decode_into(room)
}

/// Decodes a segment into the front of `scratch`. Gives the octets and the rest of `scratch`.
fn decode_front<'s>(segment: &[u8], scratch: &'s mut [u8]) -> Result<(&'s [u8], &'s mut [u8]), Error> {
    let split = base64url::decoded_len(segment.len());
    let (front, rest) = scratch.split_at_mut_checked(split).ok_or(Error::BufferTooSmall)?;
    let octets = base64url::decode(segment, front).map_err(|_| Error::TokenMalformed)?;
    Ok((octets, rest))
}

/// The three segments' octets.
pub struct DecodedJws<'s> {
    /// JSON text of the header. Empty when the header segment was known, and so was not decoded.
    pub header: &'s [u8],
    /// The payload, which cannot be read before the signature is checked.
    pub payload: UnverifiedPayload<'s>,
    /// R ‖ S, big-endian (RFC 7518 section 3.4).
    pub signature: [u8; SIGNATURE_LEN],
}

/// A payload whose signature has not been checked. It has no function that reads it.
pub struct UnverifiedPayload<'s> {
    octets: &'s [u8],
    room: &'s mut [u8],
}

impl<'s> UnverifiedPayload<'s> {
    /// Makes the payload readable. Only [`crate::es256`] can construct the proof that this needs.
    #[must_use]
    pub fn verified(self, _proof: Verified) -> SignedPayload<'s> {
        SignedPayload { octets: self.octets, room: self.room }
    }
}

/// A payload whose signature is valid.
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

/// The three members of the JOSE header (RFC 7515 section 4) that decide here.
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
        reader.members(|reader, member, repeated| {
            if repeated {
                return Err(Unexpected);
            }
            let place = match member {
                HeaderMember::Alg => &mut alg,
                HeaderMember::Kid => &mut kid,
                HeaderMember::Crit => {
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

members! {
    enum HeaderMember {
        Kid = "kid",
        Alg = "alg",
        Crit = "crit",
    }
}

#[cfg(test)]
mod tests {
    use super::{CompactJws, JoseHeader};
    use crate::error::Error;

    #[test]
    fn segments() {
        let signature = "A".repeat(86);
        let token = std::format!("AA.AAA.{signature}");
        let jws = CompactJws::split(token.as_bytes()).unwrap();
        assert_eq!((jws.header, jws.signing_input()), (&b"AA"[..], &b"AA.AAA"[..]));
        assert!(jws.decode(&mut [0; 8]).is_ok());
        for token in [
            "",
            ".",
            "..",
            "AA.AA",
            "AA.AA.",
            ".AA.$",
            "AA..$",
            "AA.$",
            ".$",
            "$",
            "AA.AA.$.",
            "AA.AA.AA.$",
            "AA.AA.$.AA",
            "AA.AA.A$",
            "AA.AA.$A",
            "..$",
        ] {
            let token = token.replace('$', &signature);
            let result = CompactJws::split(token.as_bytes()).and_then(|jws| jws.decode(&mut [0; 99]).map(drop));
            assert_eq!(result.err(), Some(Error::TokenMalformed), "{token}");
        }
    }

    #[test]
    fn signature_of_63_64_and_65_octets() {
        for (characters, expected) in [(84, false), (85, false), (86, true), (87, false), (88, false)] {
            let token = std::format!("AA.AA.{}", "A".repeat(characters));
            let result = CompactJws::split(token.as_bytes()).and_then(|jws| jws.decode(&mut [0; 8]).map(drop));
            assert_eq!(result.is_ok(), expected, "{characters}");
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
