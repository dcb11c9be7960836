// Package auth is a middleware for net/http that lets only requests with a good credential of Tesseral through. Its names are
// those of the package auth of tesseral-sdk-go.
package auth

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	tesseral "tesseral-verify.example/tesseral"
)

// RequireAuth answers 401 to requests without a good access token or, with [WithAPIKeysEnabled], API key; h gets all others.
//
// It panics without a publishable key, and with options that can never work. It does nothing before its first request.
func RequireAuth(h http.Handler, opts ...Option) http.Handler {
	var options options
	for _, option := range opts {
		option(&options)
	}
	authenticator := options.authenticator
	if authenticator == nil {
		var err error
		if authenticator, err = tesseral.NewAuthenticator(options.AuthenticatorOptions); err != nil {
			panic(err)
		}
	}
	logger := options.Logger
	if logger == nil {
		logger = slog.Default()
	}
	return &middleware{h, authenticator, logger, options.wwwAuthenticate}
}

type middleware struct {
	handler         http.Handler
	authenticator   *tesseral.Authenticator
	logger          *slog.Logger
	wwwAuthenticate bool
}

func (m *middleware) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	auth, err := m.authenticator.Authenticate(r.Context(), r.Header)
	if err != nil {
		m.refuse(w, r, err)
		return
	}
	m.handler.ServeHTTP(w, r.WithContext(NewContext(r.Context(), auth)))
}

// refuse answers with a status and no body.
func (m *middleware) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status, slug := http.StatusServiceUnavailable, "context"
	var refused *tesseral.Error
	if errors.As(err, &refused) {
		status, slug = refused.HTTPStatus(), refused.Slug()
	}
	m.logger.LogAttrs(r.Context(), slog.LevelDebug, "tesseral: request refused", slog.String("slug", slug))
	if status == http.StatusUnauthorized && m.wwwAuthenticate {
		w.Header().Set("WWW-Authenticate", challenge(err))
	}
	w.WriteHeader(status)
}

// challenge has no error when the request had no credential (RFC 6750 section 3.1).
func challenge(err error) string {
	if errors.Is(err, tesseral.ErrCredentialsMissing) {
		return "Bearer"
	}
	return `Bearer error="invalid_token"`
}

// ErrNotAnAccessToken is the error of [AccessTokenClaims] for a request with an API key.
var ErrNotAnAccessToken = tesseral.ErrNotAnAccessToken

type contextKey struct{}

// NewContext returns a context that holds the sender of a request. It is for frameworks that do not use net/http, such as gRPC.
func NewContext(ctx context.Context, auth *tesseral.Auth) context.Context {
	return context.WithValue(ctx, contextKey{}, auth)
}

// FromContext returns the sender that RequireAuth or NewContext put into the context, and whether there is one.
func FromContext(ctx context.Context) (*tesseral.Auth, bool) {
	auth, ok := ctx.Value(contextKey{}).(*tesseral.Auth)
	return auth, ok && auth != nil
}

func sender(ctx context.Context) *tesseral.Auth {
	auth, ok := FromContext(ctx)
	if !ok {
		panic("tesseral: no sender in this context: did RequireAuth let this request through?")
	}
	return auth
}

// CredentialsType is "access_token" or "api_key". It panics outside of RequireAuth.
func CredentialsType(ctx context.Context) string { return sender(ctx).CredentialsType() }

// OrganizationID is the ID of the sender's organization. It panics outside of RequireAuth.
func OrganizationID(ctx context.Context) string { return sender(ctx).OrganizationID() }

// AccessTokenClaims are what the access token says. For an API key, the error is [ErrNotAnAccessToken]. It panics outside of
// RequireAuth.
func AccessTokenClaims(ctx context.Context) (*tesseral.AccessTokenClaims, error) {
	return sender(ctx).AccessTokenClaims()
}

// Credentials is the credential itself, a secret. It panics outside of RequireAuth.
func Credentials(ctx context.Context) string { return sender(ctx).Credentials() }

// HasPermission says whether the sender may do this. It panics outside of RequireAuth.
func HasPermission(ctx context.Context, action string) bool { return sender(ctx).HasPermission(action) }
