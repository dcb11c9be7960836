package tesseral

import (
	"fmt"

	"tesseral-verify.example/tesseral/internal/core"
)

// Error is why a credential, a configuration document or a setting was refused. Its text holds no octet of a credential.
//
// Each kind of refusal is one value, such as [ErrTokenExpired]: compare with errors.Is, or get at the slug with errors.As.
type Error struct {
	code core.Status
	slug string
	text string
	http int
}

// Slug is the stable name of the refusal, for logs and metrics: "token_expired". It is the same in every language.
func (e *Error) Slug() string { return e.slug }

// Code is its number, which never changes its meaning.
func (e *Error) Code() uint32 { return uint32(e.code) }

// HTTPStatus is the status with which a server answers: 401, 403, 500 or 503.
func (e *Error) HTTPStatus() int { return e.http }

func (e *Error) Error() string { return "tesseral: " + e.text + " (" + e.slug + ")" }

// ConfigError is why a configuration document was refused. It wraps an [Error].
type ConfigError struct {
	reason *Error
	// Offset is the place of the fault in the document, in octets, with [ErrConfigMalformed].
	Offset int
}

func (e *ConfigError) Error() string {
	if e.Offset == 0 {
		return e.reason.Error()
	}
	return fmt.Sprintf("%s at octet %d", e.reason.Error(), e.Offset)
}

// Unwrap returns the [Error].
func (e *ConfigError) Unwrap() error { return e.reason }

// byCode has every status but 0.
var byCode = func() map[core.Status]*Error {
	all := make(map[core.Status]*Error)
	for _, status := range core.Statuses() {
		if status != core.OK {
			all[status] = &Error{status, status.Slug(), status.Text(), status.HTTP()}
		}
	}
	return all
}()

// Errors are all refusals, in the order of their numbers.
func Errors() []*Error {
	var all []*Error
	for _, status := range core.Statuses() {
		if status != core.OK {
			all = append(all, byCode[status])
		}
	}
	return all
}

// errorOf gives the error of a status; nil for 0.
func errorOf(status core.Status) error {
	if status == core.OK {
		return nil
	}
	return refusal(status)
}

func refusal(status core.Status) *Error {
	if known, ok := byCode[status]; ok {
		return known
	}
	return byCode[core.InternalError]
}

// The refusals. Their texts and HTTP statuses come from the library.
var (
	// ErrInvalidArgument: an option is out of its range.
	ErrInvalidArgument = bySlug("invalid_argument")
	// ErrNotAnAccessToken: the claims of an API key were asked for, which has none.
	ErrNotAnAccessToken = bySlug("not_an_access_token")
	// ErrConfigMalformed: the configuration document is not what the service writes.
	ErrConfigMalformed = bySlug("config_malformed")
	// ErrConfigTooLarge: the configuration document is too long, or has too many keys.
	ErrConfigTooLarge = bySlug("config_too_large")
	// ErrConfigNoUsableKey: the configuration document has no key that can be used.
	ErrConfigNoUsableKey = bySlug("config_no_usable_key")
	// ErrConfigNoIssuer: neither the configuration document nor the options name the issuer.
	ErrConfigNoIssuer = bySlug("config_no_issuer")
	// ErrTokenTooLarge: the token is longer than the limit.
	ErrTokenTooLarge = bySlug("token_too_large")
	// ErrTokenMalformed: the token is not three segments of base64url.
	ErrTokenMalformed = bySlug("token_malformed")
	// ErrHeaderMalformed: the token's header is not JSON with one alg and one kid.
	ErrHeaderMalformed = bySlug("header_malformed")
	// ErrCritNotSupported: the token's header has a crit member.
	ErrCritNotSupported = bySlug("crit_not_supported")
	// ErrCredentialsMissing: the request has no credential.
	ErrCredentialsMissing = bySlug("credentials_missing")
	// ErrCredentialsUnrecognized: the credential is neither an access token nor an accepted API key.
	ErrCredentialsUnrecognized = bySlug("credentials_unrecognized")
	// ErrAlgNotAllowed: the token's alg is not ES256.
	ErrAlgNotAllowed = bySlug("alg_not_allowed")
	// ErrKeyUnknown: no key has the token's kid.
	ErrKeyUnknown = bySlug("key_unknown")
	// ErrKeysUnavailable: there is no configuration document, or it is too old.
	ErrKeysUnavailable = bySlug("keys_unavailable")
	// ErrSignatureInvalid: the signature does not match.
	ErrSignatureInvalid = bySlug("signature_invalid")
	// ErrTokenExpired: the time is past exp plus the leeway.
	ErrTokenExpired = bySlug("token_expired")
	// ErrTokenNotYetValid: the time is before nbf minus the leeway.
	ErrTokenNotYetValid = bySlug("token_not_yet_valid")
	// ErrClaimsMalformed: the claims are not what the issuer writes.
	ErrClaimsMalformed = bySlug("claims_malformed")
	// ErrIssuerMismatch: iss is another project's.
	ErrIssuerMismatch = bySlug("issuer_mismatch")
	// ErrAudienceMismatch: aud is another project's.
	ErrAudienceMismatch = bySlug("audience_mismatch")
	// ErrAPIKeyInvalid: the API key is malformed, unknown, revoked or expired.
	ErrAPIKeyInvalid = bySlug("api_key_invalid")
	// ErrAPIKeysNotPermitted: API keys are switched off for the project or the organization.
	ErrAPIKeysNotPermitted = bySlug("api_keys_not_permitted")
	// ErrAPIKeyLookupNeeded: a [Verifier] found an API key, about which the service has to be asked. This is no refusal.
	ErrAPIKeyLookupNeeded = bySlug("api_key_lookup_needed")
	// ErrAPIKeyLookupFailed: the service gave no usable answer about the API key.
	ErrAPIKeyLookupFailed = bySlug("api_key_lookup_failed")
	// ErrPermissionMissing: the sender may not do this. The module never returns it: a server may answer with it.
	ErrPermissionMissing = bySlug("permission_missing")
	// ErrInternalError: a fault of the library, or no memory.
	ErrInternalError = bySlug("internal_error")
)

func bySlug(slug string) *Error {
	for _, known := range byCode {
		if known.slug == slug {
			return known
		}
	}
	panic("tesseral: the library has no status " + slug)
}
