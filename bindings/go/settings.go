package tesseral

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"tesseral-verify.example/tesseral/internal/core"
)

// AuthenticatorOptions say whose keys are fetched and how. Every option but PublishableKey has a default.
type AuthenticatorOptions struct {
	// PublishableKey names the project: 1 to 128 letters, digits and '_'.
	PublishableKey string
	// ConfigAPIHostname is the host, or host:port, of the configuration document, always over TLS. Empty: config.tesseral.com.
	ConfigAPIHostname string
	// BackendAPIHostname is the host, or host:port, of the service that knows API keys. Empty: api.tesseral.com.
	BackendAPIHostname string
	// HTTPClient sends the requests to both. Redirects are never followed. Nil: one with net/http's defaults, which reads the
	// proxy variables of the environment and trusts the system's authorities.
	HTTPClient *http.Client
	// JWKSRefreshInterval is the age before which a newer document is fetched: up to 30 days. 0: one hour.
	JWKSRefreshInterval time.Duration
	// MaxStale is the age over which a document is not used any more: up to 365 days. 0: 24 hours.
	MaxStale time.Duration
	// APIKeysEnabled says whether a request may carry an API key. Then TesseralClient, BackendAPIKey or the environment variable
	// TESSERAL_BACKEND_API_KEY has to be set.
	APIKeysEnabled bool
	// BackendAPIKey is the secret that the authenticator sends when it asks the service about API keys. Empty:
	// TESSERAL_BACKEND_API_KEY. Printing the options does not show it.
	BackendAPIKey string
	// TesseralClient asks the service about API keys in place of HTTPClient.
	TesseralClient TesseralClient
	// APIKeyTTL is how long a good API key is accepted without asking the service again: up to one hour. 0: every request asks.
	APIKeyTTL time.Duration
	// Issuer, Leeway, MaxTokenLen, Profile and CacheTokens are those of [Options].
	Issuer      string
	Leeway      time.Duration
	MaxTokenLen int
	Profile     Profile
	CacheTokens int
	// Logger gets what goes wrong on the way to the service. No line holds a secret. Nil: slog.Default.
	Logger *slog.Logger
}

// Format prints the options as %v, %+v or %#v, whatever the verb: for other verbs, fmt prints what pointers point to. It prints
// no backend API key, and only the type of the Tesseral client, which may hold secrets too.
func (o AuthenticatorOptions) Format(state fmt.State, _ rune) {
	type plain AuthenticatorOptions
	if o.BackendAPIKey != "" {
		o.BackendAPIKey = "(secret)"
	}
	if o.TesseralClient != nil {
		o.TesseralClient = unprinted{o.TesseralClient}
	}
	fmt.Fprintf(state, fmt.FormatString(state, 'v'), plain(o))
}

// LogValue is what Format prints.
func (o AuthenticatorOptions) LogValue() slog.Value { return slog.StringValue(o.text()) }

// MarshalText is what Format prints. Encoders of JSON, XML and YAML call it.
func (o AuthenticatorOptions) MarshalText() ([]byte, error) { return []byte(o.text()), nil }

func (o AuthenticatorOptions) text() string { return fmt.Sprintf("%+v", o) }

// unprinted wraps a client of the program. Format prints the client's type, and none of its fields.
type unprinted struct{ TesseralClient }

func (u unprinted) Format(state fmt.State, _ rune) { fmt.Fprintf(state, "(%T)", u.TesseralClient) }

// TesseralClient asks the service about an API key, for programs that have a client of their own.
type TesseralClient interface {
	// AuthenticateAPIKey returns what the service answers about a good key. The error is [ErrAPIKeyInvalid] for a key that the
	// service refuses as unauthenticated, and [ErrAPIKeysNotPermitted] where it says that API keys are switched off. Every other
	// error means that the service gave no answer: the request is refused with [ErrAPIKeyLookupFailed].
	AuthenticateAPIKey(ctx context.Context, secretToken string) (*APIKey, error)
}

// APIKey is what the service answers about a good API key. The ID and the organization may not be empty.
type APIKey struct {
	ID             string   `json:"apiKeyId"`
	OrganizationID string   `json:"organizationId"`
	Actions        []string `json:"actions"`
}

const (
	defaultConfigAPIHostname  = "config.tesseral.com"
	defaultBackendAPIHostname = "api.tesseral.com"
	backendAPIKeyVariable     = "TESSERAL_BACKEND_API_KEY"
	// totalTimeout is DEFAULT_TOTAL_TIMEOUT_MS of src/limits.rs.
	totalTimeout = 5 * time.Second
)

// Reasons why settings can never work.
var (
	errPublishableKey     = errors.New("tesseral: the publishable key is not 1 to 128 letters, digits and '_': no quotes, white space or line break around it")
	errConfigAPIHostname  = errors.New("tesseral: the config API hostname is not host or host:port: write no scheme, path or white space")
	errBackendAPIHostname = errors.New("tesseral: the backend API hostname is not host or host:port: write no scheme, path or white space")
	errBackendAPIKey      = errors.New("tesseral: the backend API key is not 1 to 128 letters, digits and '_': no quotes, white space or line break around it")
	errNoBackendAPIKey    = errors.New("tesseral: API keys need a Tesseral client, a backend API key or the environment variable " + backendAPIKeyVariable)
	errTimes              = errors.New("tesseral: JWKSRefreshInterval is not 0 to 30 days, MaxStale is not 0 to 365 days, or APIKeyTTL is not 0 to one hour")
)

// complete checks the options and fills in what they leave open.
func (o AuthenticatorOptions) complete() (AuthenticatorOptions, error) {
	if o.ConfigAPIHostname == "" {
		o.ConfigAPIHostname = defaultConfigAPIHostname
	}
	if o.BackendAPIHostname == "" {
		o.BackendAPIHostname = defaultBackendAPIHostname
	}
	if o.APIKeysEnabled && o.TesseralClient == nil && o.BackendAPIKey == "" {
		o.BackendAPIKey = os.Getenv(backendAPIKeyVariable)
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	switch {
	case !isKey(o.PublishableKey):
		return o, errPublishableKey
	case !isHost(o.ConfigAPIHostname):
		return o, errConfigAPIHostname
	case !isHost(o.BackendAPIHostname):
		return o, errBackendAPIHostname
	case o.APIKeysEnabled && o.TesseralClient == nil && o.BackendAPIKey == "":
		return o, errNoBackendAPIKey
	case o.BackendAPIKey != "" && !isKey(o.BackendAPIKey):
		return o, errBackendAPIKey
	}
	return o, nil
}

func (o *AuthenticatorOptions) options() *Options {
	return &Options{
		Issuer: o.Issuer, Leeway: o.Leeway, MaxTokenLen: o.MaxTokenLen, APIKeys: o.APIKeysEnabled, Profile: o.Profile,
		CacheTokens: o.CacheTokens,
	}
}

func (o *AuthenticatorOptions) refreshRules() core.RefreshRules {
	return core.RefreshRules{
		Interval: milliseconds(o.JWKSRefreshInterval), Stale: milliseconds(o.MaxStale), Timeout: milliseconds(totalTimeout),
	}
}

func (o *AuthenticatorOptions) answersRules() core.AnswersRules {
	return core.AnswersRules{GoodTTL: milliseconds(o.APIKeyTTL), Timeout: milliseconds(totalTimeout)}
}

// milliseconds rounds up, so that a short time does not become 0, which means the default. A negative time is out of range for
// the library.
func milliseconds(d time.Duration) uint64 {
	return uint64((d + time.Millisecond - 1) / time.Millisecond)
}

// isKey says whether a key has only characters that a path and a header may have.
func isKey(text string) bool {
	return 1 <= len(text) && len(text) <= 128 && strings.Trim(text, letters+"_") == ""
}

// isHost says whether a text can be host, host:port, [v6] or [v6]:port.
func isHost(text string) bool {
	if len(text) < 1 || len(text) > 255 || strings.Trim(text, letters+".-:[]") != "" {
		return false
	}
	after := text[strings.LastIndexByte(text, ']')+1:]
	_, port, found := strings.Cut(after, ":")
	number, err := strconv.ParseUint(port, 10, 16)
	return !found || err == nil && number != 0
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
