// Package accesstoken authenticates access tokens that come without an HTTP request. Its names are those of the package accesstoken of
// tesseral-sdk-go.
package accesstoken

import (
	"context"
	"errors"
	"net/http"
	"time"

	tesseral "tesseral-verify.example/tesseral"
)

// Authenticator says whose access token a text is. Any number of goroutines may use it.
type Authenticator struct {
	core *tesseral.Authenticator
}

// Option changes a default.
type Option func(*tesseral.AuthenticatorOptions)

// WithPublishableKey names the project. It is the only option without a default.
func WithPublishableKey(key string) Option {
	return func(o *tesseral.AuthenticatorOptions) { o.PublishableKey = key }
}

// WithConfigAPIHostname names the host of the configuration document. The default is config.tesseral.com.
func WithConfigAPIHostname(hostname string) Option {
	return func(o *tesseral.AuthenticatorOptions) { o.ConfigAPIHostname = hostname }
}

// WithHTTPClient sets the client that fetches the configuration document.
func WithHTTPClient(client *http.Client) Option {
	return func(o *tesseral.AuthenticatorOptions) { o.HTTPClient = client }
}

// WithJWKSRefreshInterval sets the age before which a newer document is fetched. 0 is the default, one hour.
func WithJWKSRefreshInterval(interval time.Duration) Option {
	return func(o *tesseral.AuthenticatorOptions) { o.JWKSRefreshInterval = interval }
}

// NewAuthenticator panics without a publishable key, and with options that can never work. The first token causes the first fetch.
func NewAuthenticator(opts ...Option) *Authenticator {
	var options tesseral.AuthenticatorOptions
	for _, option := range opts {
		option(&options)
	}
	authenticator, err := tesseral.NewAuthenticator(options)
	if err != nil {
		panic(err)
	}
	return &Authenticator{authenticator}
}

// ProjectID is the project's ID. It may wait for a first document.
func (a *Authenticator) ProjectID(ctx context.Context) (string, error) { return a.core.ProjectID(ctx) }

// ErrInvalidAccessToken: the token itself was refused. Test for it with errors.Is.
var ErrInvalidAccessToken = errors.New("invalid access token")

// AuthenticateAccessToken says what an access token claims. The error is a [*tesseral.Error]. When it refuses the token itself, it
// is ErrInvalidAccessToken, too; not so when the token could not be judged.
func (a *Authenticator) AuthenticateAccessToken(ctx context.Context, accessToken string) (*tesseral.AccessTokenClaims, error) {
	auth, err := a.core.VerifyToken(ctx, accessToken)
	if err != nil {
		var refused *tesseral.Error
		if errors.As(err, &refused) && refused.HTTPStatus() == http.StatusUnauthorized {
			err = &invalid{refused}
		}
		return nil, err
	}
	return auth.AccessTokenClaims()
}

type invalid struct{ reason *tesseral.Error }

func (e *invalid) Error() string { return e.reason.Error() }

func (e *invalid) Unwrap() []error { return []error{e.reason, ErrInvalidAccessToken} }
