//! The error type. Variant, number, slug and C constant correspond one to one, and their meaning never changes.

#[cfg(feature = "ffi")]
use core::ffi::CStr;
use core::fmt;

macro_rules! errors {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $slug:literal, $http:literal, $text:literal;)+) => {
        /// Why a credential, a configuration document or a call was refused.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum Error {
            $($(#[$doc])* $variant,)+
        }

        impl Error {
            /// Every variant, in the order of the codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable number, the same in Rust, C, logs and bindings. It is never reused.
            #[must_use]
            pub const fn code(self) -> u32 {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The stable name, for logs and metrics: lower-case letters and underscores.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug,)+ }
            }

            /// A fixed lower-case phrase without a full stop. It never contains anything of a credential.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// [`Self::slug`] for C.
            #[cfg(feature = "ffi")]
            pub(crate) const fn slug_c(self) -> &'static CStr {
                match self { $(Self::$variant => c_string(concat!($slug, "\0")),)+ }
            }

            /// [`Self::text`] for C.
            #[cfg(feature = "ffi")]
            pub(crate) const fn text_c(self) -> &'static CStr {
                match self { $(Self::$variant => c_string(concat!($text, "\0")),)+ }
            }

            /// The HTTP status with which a server answers the request.
            #[must_use]
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$variant => $http,)+ }
            }
        }
    };
}

errors! {
    /// An argument or an option is out of its range, or buffers overlap.
    InvalidArgument = 1001, "invalid_argument", 500, "an argument is out of range";
    /// The caller's memory is smaller than the size query says.
    BufferTooSmall = 1002, "buffer_too_small", 500, "a buffer is smaller than required";
    /// The claims of an access token were requested, but the credential is an API key.
    NotAnAccessToken = 1003, "not_an_access_token", 500, "the credential is not an access token";
    /// The configuration document is not JSON, or not of the required form.
    ConfigMalformed = 1101, "config_malformed", 500, "the configuration document is malformed";
    /// The configuration document is over 256 KiB, or has more than 64 usable keys or 128 different key IDs.
    ConfigTooLarge = 1102, "config_too_large", 500, "the configuration document is too large";
    /// The configuration document has no key that this library can use.
    ConfigNoUsableKey = 1103, "config_no_usable_key", 500, "the configuration document has no usable key";
    /// Neither the configuration document nor the options name the issuer that tokens must have.
    ConfigNoIssuer = 1104, "config_no_issuer", 500, "neither the configuration document nor the options name the issuer";
    /// The list of revoked sessions and users is not of the required form, or incomplete.
    RevocationsMalformed = 1105, "revocations_malformed", 500, "the list of revoked sessions and users is malformed";
    /// The image of a snapshot is damaged, not the expected one, or made for another machine or version of this library.
    ImageMalformed = 1106, "image_malformed", 500, "the image is damaged, not the expected one, or for another machine";
    /// The token is longer than the limit.
    TokenTooLarge = 2001, "token_too_large", 401, "token is longer than the limit";
    /// Not three non-empty strict base64url segments, or the signature is not 64 octets (RFC 7515 section 3.1).
    TokenMalformed = 2002, "token_malformed", 401, "token is not a compact serialization";
    /// The header is not a JSON object with one string `alg` and one string `kid` (RFC 7515 section 4).
    HeaderMalformed = 2003, "header_malformed", 401, "token header is malformed";
    /// The header has a `crit` member (RFC 7515 section 4.1.11).
    CritNotSupported = 2004, "crit_not_supported", 401, "token header has critical extensions";
    /// The request has no credential.
    CredentialsMissing = 2101, "credentials_missing", 401, "request has no credentials";
    /// The request's credential is neither an access token nor an accepted API key; or there is more than one
    /// Authorization value, perhaps joined by a server.
    CredentialsUnrecognized = 2102, "credentials_unrecognized", 401, "credentials are of no accepted kind";
    /// `alg` is not `ES256` (RFC 7518 section 3.1).
    AlgNotAllowed = 3001, "alg_not_allowed", 401, "token algorithm is not allowed";
    /// No usable key of the snapshot has the token's `kid`.
    KeyUnknown = 3002, "key_unknown", 401, "token key is unknown";
    /// There is no snapshot, or the one there is has reached the stale limit or is an image of which the time is over.
    KeysUnavailable = 3003, "keys_unavailable", 503, "no current keys are available";
    /// No usable key of the snapshot has the token's `kid`, and a fetch that may bring it is due or under way. The caller
    /// waits for that fetch and judges the token once more.
    KeyFetchNeeded = 3004, "key_fetch_needed", 401, "token key has to be fetched first";
    /// The signature does not match, or R or S is out of range (RFC 7518 section 3.4).
    SignatureInvalid = 4001, "signature_invalid", 401, "token signature is invalid";
    /// `now` is past `exp` plus the leeway (RFC 7519 section 4.1.4).
    TokenExpired = 5001, "token_expired", 401, "token has expired";
    /// `now` is before `nbf` minus the leeway (RFC 7519 section 4.1.5).
    TokenNotYetValid = 5002, "token_not_yet_valid", 401, "token is not valid yet";
    /// The claims are not a JSON object with all required claims, each once and of its type.
    ClaimsMalformed = 5003, "claims_malformed", 401, "token claims are malformed";
    /// `iss` is not the project's issuer (RFC 7519 section 4.1.1).
    IssuerMismatch = 5004, "issuer_mismatch", 401, "token issuer does not match";
    /// `aud` does not contain the project's audience (RFC 7519 section 4.1.3).
    AudienceMismatch = 5005, "audience_mismatch", 401, "token audience does not match";
    /// The access token is valid, but the caller's list has its session or its user as revoked.
    TokenRevoked = 5006, "token_revoked", 401, "token has been revoked";
    /// The API key is malformed, unknown, revoked or expired.
    ApiKeyInvalid = 6001, "api_key_invalid", 401, "api key is invalid";
    /// API keys are switched off for the project or the organization.
    ApiKeysNotPermitted = 6002, "api_keys_not_permitted", 403, "api keys are not permitted";
    /// The request carries an API key that has to be looked up first.
    ApiKeyLookupNeeded = 6003, "api_key_lookup_needed", 500, "api key has to be looked up";
    /// The service gave no usable response about the API key.
    ApiKeyLookupFailed = 6004, "api_key_lookup_failed", 503, "api key could not be looked up";
    /// The caller does not have the permission.
    PermissionMissing = 7001, "permission_missing", 403, "permission is missing";
    /// A condition that the library guarantees does not hold: a bug in the library, or memory that was overwritten.
    InternalError = 9001, "internal_error", 500, "internal error";
}

impl Error {
    /// The variant with this number.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|error| error.code() == code)
    }

    /// The variant with this name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|error| error.slug() == slug)
    }
}

#[cfg(feature = "ffi")]
const fn c_string(text: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => c"",
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn codes_and_slugs_are_unique_and_ascending() {
        assert!(Error::ALL.is_sorted_by(|a, b| a.code() < b.code()));
        for error in Error::ALL {
            assert_eq!(Error::from_code(error.code()), Some(*error));
            assert_eq!(Error::from_slug(error.slug()), Some(*error));
        }
        assert_eq!(Error::from_code(0), None);
        assert_eq!(Error::from_slug("ok"), None);
    }

    #[test]
    fn texts_are_phrases() {
        for error in Error::ALL {
            assert!(!error.text().contains(['%', '.', '\n']), "{error}");
            assert!(!error.text().starts_with(|c: char| c.is_uppercase()), "{error}");
        }
    }
}
