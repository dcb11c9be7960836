//! Structs and constants of the header. The constants are written out because cbindgen does not see what a
//! macro makes; `tests/header.rs` compares them with the Rust side.

use crate::limits;

/// Success.
pub const TESSERAL_OK: u32 = 0;
/// An argument or an option is out of its range, or buffers overlap.
pub const TESSERAL_ERR_INVALID_ARGUMENT: u32 = 1001;
/// The caller's memory is smaller than the size query says.
pub const TESSERAL_ERR_BUFFER_TOO_SMALL: u32 = 1002;
/// Access-token claims were asked of an API key.
pub const TESSERAL_ERR_NOT_AN_ACCESS_TOKEN: u32 = 1003;
/// The configuration document is not the JSON that it should be.
pub const TESSERAL_ERR_CONFIG_MALFORMED: u32 = 1101;
/// The configuration document is over 256 KiB, or has more than 64 usable keys or 128 different key IDs.
pub const TESSERAL_ERR_CONFIG_TOO_LARGE: u32 = 1102;
/// The configuration document has no key that this library can use.
pub const TESSERAL_ERR_CONFIG_NO_USABLE_KEY: u32 = 1103;
/// Neither the configuration document nor the options name the issuer that tokens must have.
pub const TESSERAL_ERR_CONFIG_NO_ISSUER: u32 = 1104;
/// The list of revoked sessions and users is not what it should be, or is not all there.
pub const TESSERAL_ERR_REVOCATIONS_MALFORMED: u32 = 1105;
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
/// alg is not ES256.
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
/// The access token holds, but the caller's list names its session or its user as revoked.
pub const TESSERAL_ERR_TOKEN_REVOKED: u32 = 5006;
/// The API key is malformed, unknown, revoked or expired.
pub const TESSERAL_ERR_API_KEY_INVALID: u32 = 6001;
/// API keys are switched off for the project or the organization.
pub const TESSERAL_ERR_API_KEYS_NOT_PERMITTED: u32 = 6002;
/// The request carries an API key that has to be looked up first: not a refusal.
pub const TESSERAL_ERR_API_KEY_LOOKUP_NEEDED: u32 = 6003;
/// The API-key endpoint gave no usable answer.
pub const TESSERAL_ERR_API_KEY_LOOKUP_FAILED: u32 = 6004;
/// The caller does not have the permission: what a server answers when tesseral_auth_permits() says no.
pub const TESSERAL_ERR_PERMISSION_MISSING: u32 = 7001;
/// The library contradicted itself.
pub const TESSERAL_ERR_INTERNAL_ERROR: u32 = 9001;

/// Version of this interface: it grows when a program built for an older one would no longer work.
pub const TESSERAL_ABI_VERSION: u32 = 6;

/// For servers. The default.
pub const TESSERAL_PROFILE_SERVER: u32 = 0;
/// For gateways with many projects.
pub const TESSERAL_PROFILE_COMPACT: u32 = 1;
/// For devices.
pub const TESSERAL_PROFILE_TINY: u32 = 2;

/// credentials_type of a user's session.
pub const TESSERAL_CREDENTIALS_ACCESS_TOKEN: u32 = 1;
/// credentials_type of an API key.
pub const TESSERAL_CREDENTIALS_API_KEY: u32 = 2;

/// How many profiles there are: they are numbered from 0 to one less.
pub const TESSERAL_PROFILES: usize = 3;
/// Most usable keys of one configuration document.
pub const TESSERAL_MAX_KEYS: usize = 64;
/// Most different key IDs of one configuration document: its usable keys', and those of keys that are not used because their
/// ID occurs with another point.
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
pub const TESSERAL_STATUS_COUNT: usize = 32;
/// Alignment of the memory of a list of revoked sessions and users, in octets.
pub const TESSERAL_REVOKED_ALIGN: usize = 8;
/// At least the octets of such a list without its entries; see TESSERAL_REVOKED_SIZE.
pub const TESSERAL_REVOKED_HEAD_SIZE: usize = 128;
/// Alignment of a cache's memory, in octets.
pub const TESSERAL_CACHE_ALIGN: usize = 8;
/// Alignment of a verifier's memory, in octets.
pub const TESSERAL_VERIFIER_ALIGN: usize = 64;
/// At least the octets of a verifier without its keys and tables; see TESSERAL_VERIFIER_SIZE.
pub const TESSERAL_VERIFIER_HEAD_SIZE: usize = 2048;
/// At least the octets of one key without its table; see TESSERAL_VERIFIER_SIZE.
pub const TESSERAL_VERIFIER_KEY_SIZE: usize = 512;
/// At least the octets of one table of the server profile; see TESSERAL_VERIFIER_SIZE.
pub const TESSERAL_TABLE_SIZE_SERVER: usize = 262144;
/// At least the octets of one table of the compact profile; see TESSERAL_VERIFIER_SIZE.
pub const TESSERAL_TABLE_SIZE_COMPACT: usize = 16384;
/// At least the octets of one table of the tiny profile; see TESSERAL_VERIFIER_SIZE.
pub const TESSERAL_TABLE_SIZE_TINY: usize = 1024;

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

/// Octets that somebody else owns: not NUL-terminated, and any octet may occur, also NUL.
///
/// As a result: ptr is NULL and len 0 when there is none.
/// As an argument: ptr may be NULL when len is 0.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tesseral_str {
    /// First octet.
    pub ptr: *const u8,
    /// Number of octets.
    pub len: usize,
}

/// How a snapshot is loaded and tokens are judged. Start from TESSERAL_OPTIONS_INIT.
///
/// No option skips the signature, exp or the issuer.
#[repr(C)]
pub struct tesseral_options {
    /// sizeof(tesseral_options)
    pub struct_size: u32,
    /// A TESSERAL_PROFILE_ constant.
    pub profile: u32,
    /// Issuer, and audience, that tokens must have: 1 to 256 octets of UTF-8. Empty: derived from the project ID.
    pub issuer: tesseral_str,
    /// Project ID for a document without one, such as a plain JWKS: 1 to 64 octets of UTF-8, or empty.
    pub project_id: tesseral_str,
    /// Seconds by which the issuer's clock may differ: 0 to 300.
    pub leeway_seconds: u32,
    /// Longest token that is looked at, in octets: 1 to 65536; 0 means 16384.
    pub max_token_len: u32,
    /// 1 when requests may carry an API key in place of an access token, else 0.
    pub api_keys: u32,
    /// 0
    pub reserved: u32,
}

/// What of a request may carry a credential. Start from TESSERAL_HEADERS_INIT.
///
/// Give every header of these names, each as one element: the value only, as received. Or give a credential that stands
/// somewhere else.
#[repr(C)]
pub struct tesseral_headers {
    /// sizeof(tesseral_headers)
    pub struct_size: u32,
    /// 1 when this request may not carry an API key, although the options accept them; else 0.
    pub refuse_api_keys: u32,
    /// Values of all Authorization headers; may be NULL when there are none.
    pub authorization: *const tesseral_str,
    /// Number of Authorization headers.
    pub authorization_count: usize,
    /// Values of all Cookie headers; may be NULL when there are none.
    pub cookie: *const tesseral_str,
    /// Number of Cookie headers.
    pub cookie_count: usize,
    /// A credential that stands in none of these headers, such as a query argument or the metadata of a call; ptr is NULL when
    /// there is none. It is judged like what stands behind Bearer, and both counts must be 0.
    pub credential: tesseral_str,
}

/// The claims of an access token.
///
/// The strings are decoded and may hold any UTF-8 text, also NUL, CR and LF: refuse or encode those before
/// you write one into a header. They live as long as those of the tesseral_auth.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tesseral_access_token_claims {
    /// Issuer.
    pub iss: tesseral_str,
    /// Subject: the user's ID.
    pub sub: tesseral_str,
    /// The audience that matched.
    pub aud: tesseral_str,
    /// Expiration time, in seconds since 1970-01-01T00:00:00Z, rounded down.
    pub exp: i64,
    /// Not before, in the same seconds, rounded up.
    pub nbf: i64,
    /// Issued at, in the same seconds, rounded down.
    pub iat: i64,
    /// The session's ID.
    pub session_id: tesseral_str,
    /// The user's ID.
    pub user_id: tesseral_str,
    /// The user's e-mail address: untrusted text.
    pub user_email: tesseral_str,
    /// The user's name, or none: untrusted text.
    pub user_display_name: tesseral_str,
    /// The user's picture, or none: untrusted text.
    pub user_profile_picture_url: tesseral_str,
    /// The organization's ID.
    pub organization_id: tesseral_str,
    /// The organization's name, or none: untrusted text.
    pub organization_display_name: tesseral_str,
    /// Who acts in the user's name, or none: untrusted text.
    pub impersonator_email: tesseral_str,
}

/// Who sent the request. Start from TESSERAL_AUTH_INIT; read it through the tesseral_auth_ functions.
///
/// The strings live in the credential, in the scratch memory, in the API-key endpoint's answer, or in a cache that holds
/// the token: all of those must stay unchanged while this is used, unless tesseral_auth_copy() moves the strings.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tesseral_auth {
    /// sizeof(tesseral_auth)
    pub struct_size: u32,
    /// A TESSERAL_CREDENTIALS_ constant; 0 when nothing was authenticated.
    pub credentials_type: u32,
    /// The credential: a secret. It points into the caller's input.
    pub credentials: tesseral_str,
    /// The organization.
    pub organization_id: tesseral_str,
    /// API keys: the key's ID, which is no secret.
    pub api_key_id: tesseral_str,
    /// The actions' JSON text; see tesseral_auth_next_action().
    pub actions_json: tesseral_str,
    /// Those actions that have escapes, decoded, one after the other.
    pub actions_decoded: tesseral_str,
    /// Access tokens: the payload's JSON text, octet for octet as it was signed.
    pub payload: tesseral_str,
    /// Access tokens: the claims; see tesseral_auth_access_token_claims().
    pub claims: tesseral_access_token_claims,
}

/// A token that is held in a cache. Start from TESSERAL_HOLD_INIT; tesseral_authenticate_held() fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tesseral_hold {
    /// sizeof(tesseral_hold)
    pub struct_size: u32,
    /// 0
    pub reserved: u32,
    /// Where the token is in the cache: less than tesseral_cache_slots().
    pub slot: usize,
    /// Which of all tokens that there have been in the cache it is, counted from 1; 0: nothing is held.
    pub serial: u64,
}

/// Where an iteration over actions stands. Start from TESSERAL_ACTION_CURSOR_INIT.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tesseral_action_cursor {
    /// Octets of the actions' JSON text already used.
    pub json_used: usize,
    /// Octets of the decoded actions already used.
    pub decoded_used: usize,
}

/// A key of the configuration document that is not used.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tesseral_skipped_key {
    /// Its place in the array keys, from 0 on.
    pub index: u32,
    /// Why: see tesseral_skip_reason_slug().
    pub reason: u32,
}

/// What a configuration document holds. Start from TESSERAL_SURVEY_INIT; tesseral_survey_document() fills it.
///
/// It holds no pointer: copy it freely.
#[repr(C)]
pub struct tesseral_survey {
    /// sizeof(tesseral_survey)
    pub struct_size: u32,
    /// How many elements of skipped are filled: the first 64 of keys_skipped.
    pub skipped_count: u32,
    /// How many keys can be used.
    pub keys_usable: usize,
    /// How many keys cannot be used.
    pub keys_skipped: usize,
    /// With TESSERAL_ERR_CONFIG_MALFORMED: octets of the document before the fault. Else 0.
    pub error_offset: usize,
    /// Octets that a verifier of this document needs, for each profile: memory_len\[TESSERAL_PROFILE_SERVER\] and so on. 0 when
    /// no verifier can be made.
    pub memory_len: [usize; TESSERAL_PROFILES],
    /// Octets of project_id; 0 when neither document nor options tell the project ID.
    pub project_id_len: usize,
    /// Octets of issuer; 0 when neither document nor options tell it.
    pub issuer_len: usize,
    /// The project ID of the document or, without one there, of the options; zeros behind.
    pub project_id: [u8; TESSERAL_MAX_PROJECT_ID_LEN],
    /// The issuer, and audience, that tokens must have; zeros behind.
    pub issuer: [u8; TESSERAL_MAX_ISSUER_LEN],
    /// Keys that cannot be used, and why, in the order in which that was found; zeros behind.
    pub skipped: [tesseral_skipped_key; TESSERAL_MAX_SKIPPED_LISTED],
}

impl tesseral_str {
    /// No octets.
    pub const NONE: Self = Self { ptr: core::ptr::null(), len: 0 };

    pub(super) fn new(text: &str) -> Self {
        Self::from_octets(text.as_bytes())
    }

    pub(super) fn from_octets(octets: &[u8]) -> Self {
        Self { ptr: octets.as_ptr(), len: octets.len() }
    }

    #[inline(always)]
    pub(super) fn optional(string: Option<impl AsRef<[u8]>>) -> Self {
        string.map_or(Self::NONE, |string| Self::from_octets(string.as_ref()))
    }
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    use core::mem::offset_of;
    assert!(size_of::<tesseral_str>() == 16);
    assert!(size_of::<tesseral_options>() == 56 && offset_of!(tesseral_options, leeway_seconds) == 40);
    assert!(size_of::<tesseral_headers>() == 56 && offset_of!(tesseral_headers, cookie) == 24);
    assert!(size_of::<tesseral_auth>() == 304 && offset_of!(tesseral_auth, payload) == 88);
    assert!(offset_of!(tesseral_auth, claims) == 104);
    assert!(size_of::<tesseral_access_token_claims>() == 200 && offset_of!(tesseral_access_token_claims, exp) == 48);
    assert!(size_of::<tesseral_hold>() == 24 && offset_of!(tesseral_hold, serial) == 16);
    assert!(size_of::<tesseral_action_cursor>() == 16 && size_of::<tesseral_skipped_key>() == 8);
    assert!(size_of::<tesseral_survey>() == 904 && offset_of!(tesseral_survey, skipped) == 392);
};
