//! Every bound of this library, each with the reason for its value.

/// Longest access token that is looked at, in octets, unless the options say otherwise.
///
/// The issuer sets no bound; 16 KiB holds about 370 actions of 28 characters.
pub const DEFAULT_MAX_TOKEN_LEN: usize = 16_384;

/// Largest value that the option for the token limit may take, in octets.
pub const MAX_TOKEN_LEN: usize = 65_536;

/// Most levels of arrays and objects in any JSON text; the top-level value is level 1.
///
/// The issuer nests two levels. The bound exists so that the work and the memory per octet stay fixed.
pub const MAX_JSON_DEPTH: u32 = 32;

/// Longest configuration document, in octets.
pub const MAX_DOCUMENT_LEN: usize = 262_144;

/// Longest answer of the API-key endpoint that is looked at, in octets.
pub const MAX_API_KEY_RESPONSE_LEN: usize = 262_144;

/// Longest answer of the API-key endpoint that an authenticator takes, in octets: about 2,000 actions of 28 characters.
///
/// Its strings are copied into the caller's scratch memory, which must have room for any answer.
#[cfg(feature = "std")]
pub const MAX_API_KEY_ANSWER_LEN: usize = 65_536;

/// Most usable keys in one configuration document, and most key IDs that occur with different points.
pub const MAX_KEYS: usize = 64;

/// Most skipped keys whose position and reason a snapshot remembers; the rest are only counted.
pub const MAX_SKIPPED_LISTED: usize = 64;

/// Longest `kid`, in octets after decoding. The issuer's have 45.
pub const MAX_KID_LEN: usize = 128;

/// Longest project ID, in octets. The issuer's have 33.
pub const MAX_PROJECT_ID_LEN: usize = 64;

/// Longest issuer (and audience), in octets.
pub const MAX_ISSUER_LEN: usize = 256;

/// Longest leeway that the options may ask for, in seconds: the lifetime of one access token.
pub const MAX_LEEWAY_SECONDS: u32 = 300;

/// Length of an ES256 signature, in octets (RFC 7518 section 3.4).
pub const SIGNATURE_LEN: usize = 64;

/// Characters of such a signature in base64url, after a token's last dot.
pub(crate) const SIGNATURE_SEGMENT_LEN: usize = 86;

/// Length of one coordinate of a P-256 point, in octets (RFC 7518 section 6.2.1.2).
pub const COORDINATE_LEN: usize = 32;

/// Most cookies of the access token's name that are tried in one request.
pub const MAX_COOKIE_CANDIDATES: usize = 4;

/// Shortest API key, in octets: one octet of prefix and the 55 digits of the secret.
pub const MIN_API_KEY_LEN: usize = 56;

/// Longest API key, in octets: 64 octets of prefix and the 55 digits of the secret.
pub const MAX_API_KEY_LEN: usize = 119;

/// Largest `exp`, `nbf` or `iat`: 2^53, up to which every integer is exact in an IEEE 754 double.
pub const MAX_NUMERIC_DATE: u64 = 1 << 53;

/// Largest magnitude of an exponent in a JSON number that is read as a date.
pub const MAX_NUMBER_EXPONENT: u32 = 400;

/// Octets of scratch that verifying a token of up to `max_token_len` octets needs.
///
/// The decoded header and payload take three quarters of the token, and the strings of the payload, once
/// more without their escapes, at most as much.
#[must_use]
pub const fn scratch_len(max_token_len: usize) -> usize {
    (max_token_len / 4).saturating_add(1).saturating_mul(6)
}
