package tesseral

import (
	"fmt"
	"log/slog"
	"slices"

	"tesseral-verify.example/tesseral/internal/core"
)

// The kinds of credentials.
const (
	// CredentialsTypeAccessToken is that of a user's session.
	CredentialsTypeAccessToken = "access_token"
	// CredentialsTypeAPIKey is that of an API key.
	CredentialsTypeAPIKey = "api_key"
)

// Auth says who sent a request. It never changes, and any number of goroutines may use it.
//
// Only a verified credential makes one. Printing it shows no credential and no claim.
type Auth core.Auth

// CredentialsType is "access_token" or "api_key".
func (a *Auth) CredentialsType() string {
	if a.isAccessToken() {
		return CredentialsTypeAccessToken
	}
	return CredentialsTypeAPIKey
}

// OrganizationID is the ID of the organization that the user or the API key belongs to.
func (a *Auth) OrganizationID() string { return a.string(core.OrganizationID) }

// Credentials is the credential itself, a secret.
func (a *Auth) Credentials() string { return a.string(core.Credentials) }

// APIKeyID is the ID of the API key, which is no secret; empty for an access token.
func (a *Auth) APIKeyID() string { return a.string(core.APIKeyID) }

// HasPermission says whether the sender may do this: whether it is one of the actions, octet for octet.
func (a *Auth) HasPermission(action string) bool {
	found := false
	(*core.Auth)(a).Actions(func(each string) bool {
		found = each == action
		return !found
	})
	return found
}

// Actions are what the sender may do.
func (a *Auth) Actions() []string { return slices.Collect((*core.Auth)(a).Actions) }

// Payload is the token's JSON text, octet for octet as it was signed. It is empty for an API key.
func (a *Auth) Payload() []byte { return []byte(a.string(core.Payload)) }

// AccessTokenClaims are what the token says. For an API key, the error is [ErrNotAnAccessToken].
func (a *Auth) AccessTokenClaims() (*AccessTokenClaims, error) {
	if !a.isAccessToken() {
		return nil, ErrNotAnAccessToken
	}
	claims := &AccessTokenClaims{
		Iss: a.string(core.Iss),
		Sub: a.string(core.Sub),
		Aud: a.string(core.Aud),
		Session: AccessTokenSession{
			ID: a.string(core.SessionID),
		},
		User: AccessTokenUser{
			ID:                a.string(core.UserID),
			Email:             a.string(core.UserEmail),
			DisplayName:       a.string(core.UserDisplayName),
			ProfilePictureURL: a.string(core.UserProfilePictureURL),
		},
		Organization: AccessTokenOrganization{
			ID:          a.string(core.OrganizationID),
			DisplayName: a.string(core.OrganizationDisplayName),
		},
		Actions: a.Actions(),
	}
	claims.Exp, claims.Nbf, claims.Iat = (*core.Auth)(a).Times()
	if email := a.string(core.ImpersonatorEmail); email != "" {
		claims.Impersonator = &AccessTokenImpersonator{Email: email}
	}
	return claims, nil
}

func (a *Auth) isAccessToken() bool { return (*core.Auth)(a).Kind() == core.AccessToken }

func (a *Auth) string(which int) string { return (*core.Auth)(a).String(which) }

// Format prints the kind of credential, whatever the verb.
func (a Auth) Format(state fmt.State, _ rune) {
	fmt.Fprintf(state, "tesseral.Auth(%s)", a.CredentialsType())
}

// LogValue is the kind of credential.
func (a Auth) LogValue() slog.Value { return slog.StringValue(a.CredentialsType()) }
