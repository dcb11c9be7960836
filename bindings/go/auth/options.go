package auth

import (
	"log/slog"
	"net/http"
	"time"

	tesseral "tesseral-verify.example/tesseral"
)

// Option changes a default.
type Option func(*options)

type options struct {
	tesseral.AuthenticatorOptions
	authenticator   *tesseral.Authenticator
	wwwAuthenticate bool
}

// WithPublishableKey names the project. It is the only option without a default.
func WithPublishableKey(key string) Option {
	return func(o *options) { o.PublishableKey = key }
}

// WithConfigAPIHostname names the host, or host:port, of the configuration document. The default is config.tesseral.com.
func WithConfigAPIHostname(hostname string) Option {
	return func(o *options) { o.ConfigAPIHostname = hostname }
}

// WithHTTPClient sets the client that fetches the configuration document, and asks about API keys when there is no Tesseral
// client. The default has net/http's defaults: proxies from the environment, the system's authorities.
func WithHTTPClient(client *http.Client) Option {
	return func(o *options) { o.HTTPClient = client }
}

// WithJWKSRefreshInterval sets the age before which a newer document is fetched. 0 is the default, one hour.
func WithJWKSRefreshInterval(interval time.Duration) Option {
	return func(o *options) { o.JWKSRefreshInterval = interval }
}

// WithAPIKeysEnabled says whether requests may carry an API key. It needs a Tesseral client, or the environment variable
// TESSERAL_BACKEND_API_KEY. The default is false.
func WithAPIKeysEnabled(enabled bool) Option {
	return func(o *options) { o.APIKeysEnabled = enabled }
}

// WithTesseralClient sets what asks the service about API keys.
func WithTesseralClient(client tesseral.TesseralClient) Option {
	return func(o *options) { o.TesseralClient = client }
}

// WithBackendAPIHostname names the host that the middleware asks about API keys without a Tesseral client. The default is
// api.tesseral.com.
func WithBackendAPIHostname(hostname string) Option {
	return func(o *options) { o.BackendAPIHostname = hostname }
}

// WithBackendAPIKey sets the backend API key, the secret that the middleware sends when it asks the service about API keys. The
// default is the value of the environment variable TESSERAL_BACKEND_API_KEY.
func WithBackendAPIKey(key string) Option {
	return func(o *options) { o.BackendAPIKey = key }
}

// WithLeeway sets by how much the issuer's clock may differ: whole seconds, up to 300. The default is 0.
func WithLeeway(leeway time.Duration) Option {
	return func(o *options) { o.Leeway = leeway }
}

// WithLogger sets what gets log lines: what goes wrong on the way to the service as warnings, each refusal at level debug. No line
// holds a secret. The default is slog.Default.
func WithLogger(logger *slog.Logger) Option {
	return func(o *options) { o.Logger = logger }
}

// WithWWWAuthenticate says whether a 401 has the header field WWW-Authenticate, which HTTP asks for. The default is false.
func WithWWWAuthenticate(enabled bool) Option {
	return func(o *options) { o.wwwAuthenticate = enabled }
}

// WithAuthenticator sets an authenticator that the application has made, for example to see its readiness and its numbers. Then
// only WithLogger and WithWWWAuthenticate of the options above still count.
func WithAuthenticator(authenticator *tesseral.Authenticator) Option {
	return func(o *options) { o.authenticator = authenticator }
}
