//! Claims as the cache stores them: their text, and the place of each string in it. So a token that comes again need not be
//! parsed again.

use super::{
    AccessTokenClaims, Audience, Impersonator, Organization, Session, User,
    strings::{ClaimStrings, STRINGS},
};
#[cfg(feature = "ffi")]
use crate::{error::Error, policy::Policy};
use crate::{es256::Verified, json::StringList};
use core::ops::Range;

/// Claims as [`AccessTokenClaims::keep`] wrote them.
///
/// Reading them needs the proof that their token's signature is valid, which only [`crate::es256`] can construct.
#[derive(Clone, Copy)]
pub(crate) struct Kept<'k> {
    places: &'k [u8; PLACES_LEN],
    /// The payload, then the strings that had to be decoded.
    text: &'k [u8],
}

impl<'k> Kept<'k> {
    #[inline(always)]
    pub(crate) fn new(places: &'k [u8; PLACES_LEN], text: &'k [u8]) -> Self {
        Self { places, text }
    }

    /// Copies the text to the front of `scratch`, and gives the claims in it. They are not compared with any policy.
    ///
    /// `None` when `scratch` is too short, or when the memory is not as [`AccessTokenClaims::keep`] wrote it.
    pub(crate) fn read_into<'a>(&self, proof: Verified, scratch: &'a mut [u8]) -> Option<AccessTokenClaims<'a>> {
        let text = scratch.get_mut(..self.text.len())?;
        text.copy_from_slice(self.text);
        let text = core::str::from_utf8(text).ok()?;
        AccessTokenClaims::from_parts(self.times(proof)?, self.strings(proof, |range| text.get(range))?)
    }

    /// Checks the claims against the policy, and gives them where they are. They were valid UTF-8 when they were written, which
    /// is not checked again.
    ///
    /// # Errors
    /// As [`AccessTokenClaims::check`]; [`Error::InternalError`] when the memory is not as it was written.
    #[cfg(feature = "ffi")]
    #[inline(always)]
    pub(crate) fn check(&self, proof: Verified, policy: &Policy, now: i64) -> Result<InPlace<'k>, Error> {
        let times = self.times(proof).ok_or(Error::InternalError)?;
        let strings = self.strings(proof, |range| self.text.get(range)).ok_or(Error::InternalError)?;
        let aud = strings.aud.unwrap_or(&[]);
        let matching = |audience: &str| match strings.aud_decoded {
            None => Some(aud).filter(|aud| *aud == audience.as_bytes()),
            Some(decoded) => {
                let text = |octets| core::str::from_utf8(octets).ok();
                StringList::new(text(aud)?, text(decoded)?).iter().find(|one| *one == audience).map(str::as_bytes)
            }
        };
        let [exp, nbf, _] = times;
        let audience = policy.check((exp, nbf), strings.iss.unwrap_or(&[]), matching, now)?;
        Ok(InPlace { times, strings, audience })
    }

    /// `exp`, `nbf` and `iat`.
    #[inline(always)]
    fn times(&self, _proof: Verified) -> Option<[i64; TIMES]> {
        Some(self.places.as_chunks().0.first_chunk()?.map(i64::from_le_bytes))
    }

    /// All strings, each as what `find` gives for its range of the text.
    #[inline(always)]
    fn strings<T: Copy>(
        &self,
        _proof: Verified,
        find: impl Fn(Range<usize>) -> Option<T>,
    ) -> Option<ClaimStrings<Option<T>>> {
        let (_, places) = self.places.split_first_chunk::<TIMES_LEN>()?;
        let mut strings = [None; STRINGS];
        for (string, place) in strings.iter_mut().zip(places.as_chunks().0) {
            if *place != ABSENT {
                let [start, start_high, len, len_high] = *place;
                let start = usize::from(u16::from_le_bytes([start, start_high]));
                let len = usize::from(u16::from_le_bytes([len, len_high]));
                *string = Some(find(start..start.wrapping_add(len))?);
            }
        }
        Some(ClaimStrings::from_array(strings))
    }
}

/// Stored claims that agree with a policy.
#[cfg(feature = "ffi")]
pub(crate) struct InPlace<'k> {
    pub(crate) times: [i64; TIMES],
    pub(crate) strings: ClaimStrings<Option<&'k [u8]>>,
    /// The audience that matched.
    pub(crate) audience: &'k [u8],
}

impl<'a> AccessTokenClaims<'a> {
    /// Writes the text of the claims to the front of `room`, and the place of each string to `places`. Gives the length of the
    /// text.
    ///
    /// `None` when `room` is too short, or the text longer than 65,535 octets. What was written is unspecified then.
    pub(crate) fn keep(&self, places: &mut [u8; PLACES_LEN], room: &mut [u8]) -> Option<usize> {
        let (times, place) = places.split_first_chunk_mut::<TIMES_LEN>()?;
        for (octets, time) in times.as_chunks_mut().0.iter_mut().zip(self.times()) {
            *octets = time.to_le_bytes();
        }
        let mut writer = Writer { payload: self.payload, room, used: 0 };
        writer.append(self.payload)?;
        for (place, string) in place.as_chunks_mut().0.iter_mut().zip(self.strings().into_array()) {
            *place = string.map_or(Some(ABSENT), |string| writer.place(string))?;
        }
        Some(writer.used)
    }

    /// `exp`, `nbf` and `iat`.
    pub(crate) fn times(&self) -> [i64; TIMES] {
        [self.exp, self.nbf, self.iat]
    }

    /// All strings.
    pub(crate) fn strings(&self) -> ClaimStrings<Option<&'a str>> {
        let (aud, aud_decoded) = match self.aud {
            Audience::One(one) => (one, None),
            Audience::Many(many) => (many.as_json(), Some(many.decoded())),
        };
        ClaimStrings {
            payload: Some(self.payload),
            iss: Some(self.iss),
            sub: Some(self.sub),
            aud: Some(aud),
            aud_decoded,
            session_id: Some(self.session.id),
            user_id: Some(self.user.id),
            user_email: Some(self.user.email),
            user_display_name: self.user.display_name,
            user_profile_picture_url: self.user.profile_picture_url,
            organization_id: Some(self.organization.id),
            organization_display_name: self.organization.display_name,
            actions: Some(self.actions.as_json()),
            actions_decoded: Some(self.actions.decoded()),
            impersonator_email: self.impersonator.map(|impersonator| impersonator.email),
        }
    }

    fn from_parts([exp, nbf, iat]: [i64; TIMES], strings: ClaimStrings<Option<&'a str>>) -> Option<Self> {
        let aud = match strings.aud_decoded {
            None => Audience::One(strings.aud?),
            Some(decoded) => Audience::Many(StringList::new(strings.aud?, decoded)),
        };
        Some(Self {
            iss: strings.iss?,
            sub: strings.sub?,
            aud,
            exp,
            nbf,
            iat,
            session: Session { id: strings.session_id? },
            user: User {
                id: strings.user_id?,
                email: strings.user_email?,
                display_name: strings.user_display_name,
                profile_picture_url: strings.user_profile_picture_url,
            },
            organization: Organization {
                id: strings.organization_id?,
                display_name: strings.organization_display_name,
            },
            actions: StringList::new(strings.actions?, strings.actions_decoded?),
            impersonator: strings.impersonator_email.map(|email| Impersonator { email }),
            payload: strings.payload?,
        })
    }
}

/// Writes the text: the payload, and behind it the decoded strings, which are not part of it.
struct Writer<'w> {
    payload: &'w str,
    room: &'w mut [u8],
    used: usize,
}

impl Writer<'_> {
    /// The place of a string. The string is appended unless it is a piece of the payload.
    fn place(&mut self, string: &str) -> Option<[u8; PLACE_LEN]> {
        let start = string.as_ptr().addr().wrapping_sub(self.payload.as_ptr().addr());
        let in_payload = start.checked_add(string.len()).is_some_and(|end| end <= self.payload.len());
        let start = if in_payload { start } else { self.append(string)? };
        let [start, start_high] = u16::try_from(start).ok()?.to_le_bytes();
        let [len, len_high] = u16::try_from(string.len()).ok()?.to_le_bytes();
        Some([start, start_high, len, len_high])
    }

    fn append(&mut self, string: &str) -> Option<usize> {
        let start = self.used;
        let end = start.checked_add(string.len())?;
        self.room.get_mut(start..end)?.copy_from_slice(string.as_bytes());
        self.used = end;
        Some(start)
    }
}

/// `exp`, `nbf` and `iat`.
pub(crate) const TIMES: usize = 3;
const TIMES_LEN: usize = 8 * TIMES;
/// A place is start and length, 16 bits each.
const PLACE_LEN: usize = 4;
/// The place of an absent string. No string has that start and length: the text is too short for it.
const ABSENT: [u8; PLACE_LEN] = [0xff; PLACE_LEN];

/// Bytes for the times and for the places of all strings.
pub(crate) const PLACES_LEN: usize = TIMES_LEN + STRINGS * PLACE_LEN;

#[cfg(test)]
mod tests {
    use super::{ABSENT, AccessTokenClaims, Kept, PLACES_LEN, TIMES_LEN};
    use crate::es256::{Engine, Point, Profile, TableEntry, Tables, Verified, fill_table, verify};
    use std::{format, string::String, vec, vec::Vec};

    /// What the issuer writes at least.
    const LEAST: &str = r#"{"iss":"i","sub":"s","aud":"i","exp":2,"nbf":1,"iat":1,"session":{"id":"x"},
        "user":{"id":"s","email":"e"},"organization":{"id":"o"}}"#;
    /// All that it knows, with an escape in each string, and lists of both kinds.
    const MOST: &str = r#"{"iss":"\u0069","sub":"\u0073","aud":["i","\u00e9"],"exp":2.5,"nbf":1,"iat":0,"session":{"id":"\n"},
        "user":{"id":"\u0073","email":"\ud83d\ude00","displayName":"\"","profilePictureUrl":"\/"},
        "organization":{"id":"\t","displayName":""},"actions":["a.b","\u0061","",""],"impersonator":{"email":"é\\"}}"#;

    /// The proof for a signature by the private key 1, whose public key is the base point. Its nonce is 1 too, so that R is the
    /// base point's x, and S is R plus the digest of the text.
    fn proof() -> Verified {
        const S: &[u8; 32] = b"\x11\x2f\xda\xf2\x22\x2a\xfa\xfa\x3b\xf4\x5f\xa1\x26\x91\x2d\xbd\
              \x5e\x99\x0f\x1b\x82\xe9\xed\x0c\x55\xa9\xa8\x72\xb0\x26\x86\xc9";
        let engine = Engine::portable(Profile::Tiny);
        let mut table = vec![TableEntry::ZERO; Profile::Tiny.table_entries()];
        assert!(fill_table(engine, &Point::BASE, &mut table));
        let tables = Tables { engine, generator: &table, key: &table };
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(Point::BASE.x());
        signature[32..].copy_from_slice(S);
        verify(&tables, b"claims", &signature).unwrap()
    }

    fn with_claims<T>(payload: &str, test: impl FnOnce(AccessTokenClaims<'_>) -> T) -> T {
        let mut room = vec![0; payload.len()];
        test(AccessTokenClaims::read(payload.as_bytes(), &mut room).unwrap())
    }

    fn keep(claims: &AccessTokenClaims<'_>, room: usize) -> Option<([u8; PLACES_LEN], Vec<u8>)> {
        let (mut places, mut text) = ([0xaa; PLACES_LEN], vec![0; room]);
        let len = claims.keep(&mut places, &mut text)?;
        text.truncate(len);
        Some((places, text))
    }

    #[test]
    fn what_was_kept_comes_back() {
        for payload in [LEAST, MOST, &MOST.replace(r#"["i","\u00e9"]"#, r#""\u0069""#)] {
            with_claims(payload, |claims| {
                let (places, text) = keep(&claims, 2 * payload.len()).unwrap();
                let mut scratch = vec![0xff; text.len() + 1];
                let back = Kept { places: &places, text: &text }.read_into(proof(), &mut scratch).unwrap();
                assert_eq!(back.strings().into_array(), claims.strings().into_array());
                assert_eq!((back.exp, back.nbf, back.iat), (claims.exp, claims.nbf, claims.iat));
                let text = |claims: &AccessTokenClaims<'_>| serde_json::to_string(claims).unwrap();
                assert_eq!(text(&back), text(&claims));
            });
        }
    }

    #[test]
    fn only_decoded_strings_need_room_besides_the_payload() {
        with_claims(LEAST, |claims| assert_eq!(keep(&claims, LEAST.len()).unwrap().1, LEAST.as_bytes()));
        with_claims(MOST, |claims| {
            let needed = keep(&claims, 2 * MOST.len()).unwrap().1.len();
            assert!(needed > MOST.len());
            for room in 0..needed {
                assert!(keep(&claims, room).is_none(), "{room} of {needed}");
            }
            assert!(keep(&claims, needed).is_some());
        });
    }

    /// A place has 16 bits: the last octet that one can name, and the next.
    #[test]
    fn texts_of_65_535_octets_or_one_more() {
        let payload = |len: usize| LEAST.replace(r#""e""#, &format!(r#""{}""#, "e".repeat(len + 1 - LEAST.len())));
        for (len, expected) in [(65_534, true), (65_535, true), (65_536, false)] {
            let payload: String = payload(len);
            assert_eq!(payload.len(), len);
            with_claims(&payload, |claims| assert_eq!(keep(&claims, len).is_some(), expected, "{len}"));
        }
    }

    /// Memory that was overwritten gives no claims, and no panic.
    #[test]
    fn places_outside_the_text() {
        with_claims(LEAST, |claims| {
            let (places, text) = keep(&claims, LEAST.len()).unwrap();
            let proof = proof();
            let read = |places: &[u8; PLACES_LEN], text: &[u8], scratch: usize| {
                Kept { places, text }.read_into(proof, &mut vec![0; scratch]).is_some()
            };
            assert!(read(&places, &text, text.len()));
            assert!(!read(&places, &text, text.len() - 1));
            assert!(!read(&places, &text[1..], text.len()));
            assert!(!read(&places, b"\xff", text.len()));
            let mut absent = places;
            absent[TIMES_LEN..TIMES_LEN + ABSENT.len()].fill(0xff);
            assert!(!read(&absent, &text, text.len()));
        });
    }
}
