//! One usable key, with the header segment that the issuer writes for it.

use crate::{base64url, es256::Point, jwk::Jwk, limits::MAX_KID_LEN};
use core::fmt;
use heapless::String;

/// One usable key of a snapshot.
#[derive(Clone)]
pub struct Key {
    pub(super) kid: String<MAX_KID_LEN>,
    pub(super) point: Point,
    /// The header segment that the issuer writes for this key. Empty when JSON would escape its `kid`.
    pub(super) header: String<MAX_HEADER_SEGMENT_LEN>,
}

impl Key {
    /// The value to initialize memory for keys with.
    pub const VACANT: Self = Self { kid: String::new(), point: Point::BASE, header: String::new() };

    /// Key ID (RFC 7517 section 4.5).
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key.
    #[must_use]
    pub fn point(&self) -> &Point {
        &self.point
    }

    #[inline(never)] // kept out of line so that its buffers are not in the frame that has a list of keys
    pub(super) fn new(jwk: &Jwk<'_>) -> Option<Self> {
        let mut decoded = [0; MAX_KID_LEN];
        let kid = String::try_from(jwk.kid.decode_into(&mut decoded)?).ok()?;
        Some(Self::of(kid, jwk.point))
    }

    pub(super) fn of(kid: String<MAX_KID_LEN>, point: Point) -> Self {
        let header = issuer_header(&kid).unwrap_or_default();
        Self { kid, point, header }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// base64url of `{"kid":"…","alg":"ES256"}`; `None` when the `kid` has other characters than letters, digits, `_` and `-`.
fn issuer_header(kid: &str) -> Option<String<MAX_HEADER_SEGMENT_LEN>> {
    if !kid.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-')) {
        return None;
    }
    let mut json = String::<MAX_HEADER_LEN>::new();
    for part in [HEADER_START, kid, HEADER_END] {
        json.push_str(part).ok()?;
    }
    let mut segment = [0; MAX_HEADER_SEGMENT_LEN];
    String::try_from(base64url::encode(json.as_bytes(), &mut segment).ok()?).ok()
}

const HEADER_START: &str = r#"{"kid":""#;
const HEADER_END: &str = r#"","alg":"ES256"}"#;
const MAX_HEADER_LEN: usize = HEADER_START.len() + MAX_KID_LEN + HEADER_END.len();
const MAX_HEADER_SEGMENT_LEN: usize = MAX_HEADER_LEN.div_ceil(3) * 4;
