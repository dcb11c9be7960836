//! Constants of the header. They are written out because cbindgen does not see what a macro makes; the compiler and
//! `tests/header.rs` compare them with the Rust side.

use crate::limits;

/// Success.
pub const TESSERAL_OK: u32 = 0;
/// An argument or an option is out of its range, or buffers overlap.
pub const TESSERAL_ERR_INVALID_ARGUMENT: u32 = 1001;
/// The caller's memory is smaller than the function that gives its size says.
pub const TESSERAL_ERR_BUFFER_TOO_SMALL: u32 = 1002;
/// Access-token claims were asked of an API key.
pub const TESSERAL_ERR_NOT_AN_ACCESS_TOKEN: u32 = 1003;
/// The configuration document is not a JSON object with an array keys, or a member that is read has the wrong type or
/// occurs twice.
pub const TESSERAL_ERR_CONFIG_MALFORMED: u32 = 1101;
/// The configuration document is over 256 KiB, or has more than 64 usable keys or 128 different key IDs.
pub const TESSERAL_ERR_CONFIG_TOO_LARGE: u32 = 1102;
/// The configuration document has no key that this library can use.
pub const TESSERAL_ERR_CONFIG_NO_USABLE_KEY: u32 = 1103;
/// Neither the configuration document nor the options name the issuer that tokens must have.
pub const TESSERAL_ERR_CONFIG_NO_ISSUER: u32 = 1104;
/// The list of revoked sessions and users does not have its format, or was cut off.
pub const TESSERAL_ERR_REVOCATIONS_MALFORMED: u32 = 1105;
/// The image of a snapshot is damaged, not the expected one, or for another processor or version of this library.
pub const TESSERAL_ERR_IMAGE_MALFORMED: u32 = 1106;
/// The token is longer than the limit.
pub const TESSERAL_ERR_TOKEN_TOO_LARGE: u32 = 2001;
/// Not three non-empty strict base64url segments, or the signature is not 64 octets.
pub const TESSERAL_ERR_TOKEN_MALFORMED: u32 = 2002;
/// The token's header is not a JSON object with one string alg and one string kid.
pub const TESSERAL_ERR_HEADER_MALFORMED: u32 = 2003;
/// The token's header has a crit member.
pub const TESSERAL_ERR_CRIT_NOT_SUPPORTED: u32 = 2004;
/// The request has no credential.
pub const TESSERAL_ERR_CREDENTIALS_MISSING: u32 = 2101;
/// The request's credential is neither an access token nor an accepted API key; or there is more than one
/// Authorization value, perhaps joined by a server.
pub const TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED: u32 = 2102;
/// The token's alg is not ES256.
pub const TESSERAL_ERR_ALG_NOT_ALLOWED: u32 = 3001;
/// No usable key of the snapshot has the token's kid.
pub const TESSERAL_ERR_KEY_UNKNOWN: u32 = 3002;
/// There is no snapshot, or it is too old.
pub const TESSERAL_ERR_KEYS_UNAVAILABLE: u32 = 3003;
/// No usable key has the token's kid, and a fetch that may bring it is due or under way.
pub const TESSERAL_ERR_KEY_FETCH_NEEDED: u32 = 3004;
/// The signature does not match, or R or S is out of range.
pub const TESSERAL_ERR_SIGNATURE_INVALID: u32 = 4001;
/// now is past exp plus the leeway.
pub const TESSERAL_ERR_TOKEN_EXPIRED: u32 = 5001;
/// now is before nbf minus the leeway.
pub const TESSERAL_ERR_TOKEN_NOT_YET_VALID: u32 = 5002;
/// The claims are not the JSON object that the issuer makes.
pub const TESSERAL_ERR_CLAIMS_MALFORMED: u32 = 5003;
/// iss is not the project's issuer.
pub const TESSERAL_ERR_ISSUER_MISMATCH: u32 = 5004;
/// aud does not contain the project's audience.
pub const TESSERAL_ERR_AUDIENCE_MISMATCH: u32 = 5005;
/// The access token is good, but the caller's list names its session or its user as revoked.
pub const TESSERAL_ERR_TOKEN_REVOKED: u32 = 5006;
/// The API key is malformed, unknown, revoked or expired.
pub const TESSERAL_ERR_API_KEY_INVALID: u32 = 6001;
/// API keys are switched off for the project or the organization.
pub const TESSERAL_ERR_API_KEYS_NOT_PERMITTED: u32 = 6002;
/// The request carries an API key that has to be looked up first. This is no refusal.
pub const TESSERAL_ERR_API_KEY_LOOKUP_NEEDED: u32 = 6003;
/// The service gave no usable answer about the API key.
pub const TESSERAL_ERR_API_KEY_LOOKUP_FAILED: u32 = 6004;
/// The sender may not do this. The library never returns it: a server answers with it when tesseral_auth_permits() says no.
pub const TESSERAL_ERR_PERMISSION_MISSING: u32 = 7001;
/// A fault of this library: two of its parts disagree.
pub const TESSERAL_ERR_INTERNAL_ERROR: u32 = 9001;

/// Version of this interface: it grows when a program built for an older one would no longer work.
pub const TESSERAL_ABI_VERSION: u32 = 7;

/// For servers: the fastest, with the largest tables. The default. An archive that was made for one profile alone, to save
/// flash, refuses the others with TESSERAL_ERR_INVALID_ARGUMENT.
pub const TESSERAL_PROFILE_SERVER: u32 = 0;
/// For gateways with many projects: smaller tables.
pub const TESSERAL_PROFILE_COMPACT: u32 = 1;
/// For devices: the smallest tables.
pub const TESSERAL_PROFILE_TINY: u32 = 2;

/// credentials_type of a user's session.
pub const TESSERAL_CREDENTIALS_ACCESS_TOKEN: u32 = 1;
/// credentials_type of an API key.
pub const TESSERAL_CREDENTIALS_API_KEY: u32 = 2;

/// How many profiles there are: they are numbered from 0 to one less.
pub const TESSERAL_PROFILES: usize = 3;
/// Most usable keys of one configuration document.
pub const TESSERAL_MAX_KEYS: usize = 64;
/// The most different key IDs of one configuration document: those of usable keys, and those of keys that are skipped
/// because two different keys have the ID.
pub const TESSERAL_MAX_KIDS: usize = 128;
/// Longest configuration document, in octets.
pub const TESSERAL_MAX_DOCUMENT_LEN: usize = 262144;
/// Longest access token that is looked at by default, in octets.
pub const TESSERAL_DEFAULT_MAX_TOKEN_LEN: usize = 16384;
/// Largest value of the option max_token_len, in octets.
pub const TESSERAL_MAX_TOKEN_LEN: usize = 65536;
/// Longest answer about an API key that tesseral_api_key_response() looks at, in octets.
pub const TESSERAL_MAX_API_KEY_ANSWER_LEN: usize = 65536;
/// Longest body that tesseral_api_key_request() writes, in octets.
pub const TESSERAL_API_KEY_REQUEST_LEN: usize = 137;
/// Octets that tesseral_api_key_fingerprint() writes.
pub const TESSERAL_API_KEY_FINGERPRINT_LEN: usize = 32;

/// Longest project ID, in octets.
pub const TESSERAL_MAX_PROJECT_ID_LEN: usize = 64;
/// Longest kid of a usable key, in octets.
pub const TESSERAL_MAX_KID_LEN: usize = 128;
/// Longest issuer, in octets.
pub const TESSERAL_MAX_ISSUER_LEN: usize = 256;
/// How many of the keys that cannot be used a tesseral_survey lists, each with the reason.
pub const TESSERAL_MAX_SKIPPED_LISTED: usize = 64;
/// How many statuses this header has, TESSERAL_OK among them: those of tesseral_status_at(). A newer library may have more.
pub const TESSERAL_STATUS_COUNT: usize = 33;
/// Alignment of the memory of a list of revoked sessions and users, in bytes.
pub const TESSERAL_REVOKED_ALIGN: usize = 8;
/// An upper bound of the bytes of such a list without its entries; see TESSERAL_REVOKED_SIZE.
pub const TESSERAL_REVOKED_HEAD_SIZE: usize = 128;
/// Alignment of a cache's memory, in bytes.
pub const TESSERAL_CACHE_ALIGN: usize = 8;
/// Alignment of a verifier's memory, in bytes.
pub const TESSERAL_VERIFIER_ALIGN: usize = 64;
/// Octets of the digest of an image: SHA-256.
pub const TESSERAL_IMAGE_DIGEST_LEN: usize = 32;
/// Bytes of one table of the server profile. A verifier has one for each key and, unless it shares a tesseral_base_table, one
/// for the base point.
pub const TESSERAL_TABLE_SIZE_SERVER: usize = 262144;
/// Bytes of one table of the compact profile. A verifier has one for each key.
pub const TESSERAL_TABLE_SIZE_COMPACT: usize = 16384;
/// Bytes of one table of the tiny profile. A verifier has one for each key.
pub const TESSERAL_TABLE_SIZE_TINY: usize = 1024;
/// Bytes of a tesseral_base_table, aligned to TESSERAL_VERIFIER_ALIGN.
pub const TESSERAL_BASE_TABLE_SIZE: usize = 262208;

const _: () = {
    assert!(TESSERAL_MAX_KEYS == limits::MAX_KEYS);
    assert!(TESSERAL_MAX_KIDS == limits::MAX_KIDS);
    assert!(TESSERAL_MAX_KID_LEN == limits::MAX_KID_LEN);
    assert!(TESSERAL_MAX_DOCUMENT_LEN == limits::MAX_DOCUMENT_LEN);
    assert!(TESSERAL_DEFAULT_MAX_TOKEN_LEN == limits::DEFAULT_MAX_TOKEN_LEN);
    assert!(TESSERAL_MAX_TOKEN_LEN == limits::MAX_TOKEN_LEN);
    assert!(TESSERAL_MAX_API_KEY_ANSWER_LEN == limits::MAX_API_KEY_ANSWER_LEN);
    assert!(TESSERAL_API_KEY_REQUEST_LEN == crate::api_key::MAX_REQUEST_LEN);
};
