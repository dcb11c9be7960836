//! Structs of the header.

use super::constants::{
    TESSERAL_MAX_ISSUER_LEN, TESSERAL_MAX_PROJECT_ID_LEN, TESSERAL_MAX_SKIPPED_LISTED, TESSERAL_PROFILES,
};
use crate::es256::BaseTable;

/// A borrowed string of octets: not NUL-terminated, and any octet may occur in it, also NUL.
///
/// As a result: ptr is NULL and len 0 when there is no string.
/// As an argument: ptr may be NULL when len is 0.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tesseral_str {
    /// First octet.
    pub ptr: *const u8,
    /// Number of octets.
    pub len: usize,
}

/// The base point's table for the server profile, which several verifiers share through their options.
///
/// A verifier of that profile without it has a table of its own, which takes TESSERAL_TABLE_SIZE_SERVER bytes and half of the
/// time to load one key. The other profiles have theirs as constant data, and ignore this one. It never changes: any number of
/// threads may share one.
pub struct tesseral_base_table {
    pub(super) table: BaseTable,
    /// Bytes that it covers in the caller's memory; 0 when the library owns the memory.
    pub(super) memory_len: usize,
}

/// How a document is read and how tokens are judged. Start from TESSERAL_OPTIONS_INIT.
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
    /// A table that verifiers of the server profile share, or NULL: then each such verifier has a table of its own. It must
    /// stay as it is until the last verifier that was made with it is not used any more. Other profiles ignore it.
    pub base_table: *const tesseral_base_table,
}

/// The parts of a request that may carry a credential. Start from TESSERAL_HEADERS_INIT.
///
/// Give every header of these names, each as one element: the value only, as received. Or give one credential from
/// elsewhere.
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
    /// A credential from elsewhere, such as a query argument or the metadata of a call; ptr is NULL when there is none. It
    /// is judged like a Bearer credential, and both counts must be 0.
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
    /// The e-mail address of the person who acts in the user's name, or none: untrusted text.
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
    /// The decoded actions that have escapes in the JSON text, one after the other.
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
    /// The token's serial number in this cache, counted from 1; 0: nothing is held.
    pub serial: u64,
}

/// The position of an iteration over actions. Start from TESSERAL_ACTION_CURSOR_INIT.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tesseral_action_cursor {
    /// Bytes of the actions' JSON text already used.
    pub json_used: usize,
    /// Bytes of the decoded actions already used.
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
/// It holds no pointer, and may be copied.
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
    /// With TESSERAL_ERR_CONFIG_MALFORMED: the offset of the fault in the document. Else 0.
    pub error_offset: usize,
    /// Bytes that a verifier of this document needs, for each profile: memory_len\[TESSERAL_PROFILE_SERVER\] and so on. 0
    /// when no verifier can be made, and for a profile that the library was made without.
    pub memory_len: [usize; TESSERAL_PROFILES],
    /// Octets of project_id; 0 when neither document nor options have a project ID.
    pub project_id_len: usize,
    /// Octets of issuer; 0 when it cannot be derived from document and options.
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
    assert!(size_of::<tesseral_options>() == 64 && offset_of!(tesseral_options, base_table) == 56);
    assert!(size_of::<tesseral_headers>() == 56 && offset_of!(tesseral_headers, cookie) == 24);
    assert!(size_of::<tesseral_auth>() == 304 && offset_of!(tesseral_auth, payload) == 88);
    assert!(offset_of!(tesseral_auth, claims) == 104);
    assert!(size_of::<tesseral_access_token_claims>() == 200 && offset_of!(tesseral_access_token_claims, exp) == 48);
    assert!(size_of::<tesseral_hold>() == 24 && offset_of!(tesseral_hold, serial) == 16);
    assert!(size_of::<tesseral_action_cursor>() == 16 && size_of::<tesseral_skipped_key>() == 8);
    assert!(size_of::<tesseral_survey>() == 904 && offset_of!(tesseral_survey, skipped) == 392);
};
