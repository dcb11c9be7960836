package tesseral

import (
	"fmt"
	"net/http"
	"time"

	"tesseral-verify.example/tesseral/internal/core"
)

// Profile says how large a table a verifier makes for each key. A larger table makes verifying faster.
type Profile uint32

const (
	// ProfileServer is the fastest: 256 KiB for each key, and another 256 KiB for each verifier.
	ProfileServer Profile = core.ProfileServer
	// ProfileCompact is for gateways with many projects: 16 KiB.
	ProfileCompact Profile = core.ProfileCompact
	// ProfileTiny takes 1 KiB.
	ProfileTiny Profile = core.ProfileTiny
)

// Options say how a document is read and how tokens are judged. The zero value has the defaults. No option skips the signature,
// exp or the issuer.
type Options struct {
	// Issuer is what tokens have to name as issuer and audience. Empty: derived from the project's ID.
	Issuer string
	// ProjectID is for a document that names none, such as a plain JWKS.
	ProjectID string
	// Leeway is by how much the issuer's clock may differ: whole seconds, up to 300.
	Leeway time.Duration
	// MaxTokenLen is the longest token that is looked at, in octets. 0: 16384; at most 65536.
	MaxTokenLen int
	// APIKeys says whether a request may carry an API key in place of an access token.
	APIKeys bool
	// Profile is ProfileServer unless set.
	Profile Profile
	// CacheTokens is how many accepted tokens are remembered, at about 6 KiB each. 0: 2048; negative: none.
	CacheTokens int
}

const (
	defaultCacheTokens = 2048
	maxLeeway          = 300 * time.Second
)

// Verifier checks credentials against the keys of one configuration document. It never changes, and any number of goroutines
// may use it.
type Verifier struct {
	core   *core.Verifier
	shards *core.Shards
}

// NewVerifier reads a configuration document, or a plain JWKS. The error is a [*ConfigError], or wraps
// [ErrInvalidArgument] when an option is out of its range.
func NewVerifier(document []byte, options *Options) (*Verifier, error) {
	if options == nil {
		options = &Options{}
	}
	given, err := options.core()
	if err != nil {
		return nil, err
	}
	verifier, err := load(document, given)
	if err != nil {
		return nil, err
	}
	shards, err := options.shards()
	if err != nil {
		return nil, err
	}
	return &Verifier{verifier, shards}, nil
}

func load(document []byte, options *core.Options) (*core.Verifier, error) {
	verifier, status, offset := core.NewVerifier(document, options)
	if status != core.OK {
		return nil, &ConfigError{refusal(status), offset}
	}
	return verifier, nil
}

func (o *Options) core() (*core.Options, error) {
	switch {
	case o.Leeway < 0 || o.Leeway > maxLeeway || o.Leeway%time.Second != 0:
		return nil, fmt.Errorf("%w: Leeway is not a whole number of seconds from 0 to 300", ErrInvalidArgument)
	case o.MaxTokenLen < 0 || o.MaxTokenLen > core.MaxTokenLen:
		return nil, fmt.Errorf("%w: MaxTokenLen is not 0 to %d", ErrInvalidArgument, core.MaxTokenLen)
	}
	return &core.Options{
		Issuer: o.Issuer, ProjectID: o.ProjectID, Profile: uint32(o.Profile), LeewaySeconds: uint32(o.Leeway / time.Second),
		MaxTokenLen: uint32(o.MaxTokenLen), APIKeys: o.APIKeys,
	}, nil
}

func (o *Options) shards() (*core.Shards, error) {
	tokens := o.CacheTokens
	if tokens == 0 {
		tokens = defaultCacheTokens
	}
	shards, status := core.NewShards(uint32(o.MaxTokenLen), max(tokens, 0))
	return shards, errorOf(status)
}

// VerifyToken judges one access token by this time. The error is an [*Error].
func (v *Verifier) VerifyToken(token string, now time.Time) (*Auth, error) {
	auth, status := v.shards.VerifyToken(v.core, token, now.Unix())
	return (*Auth)(auth), errorOf(status)
}

// Authenticate finds the credential in a request's headers, and judges it by this time.
//
// With [ErrAPIKeyLookupNeeded], the Auth holds the API key and nothing else. Any other error is a refusal.
func (v *Verifier) Authenticate(header http.Header, now time.Time) (*Auth, error) {
	auth, status := v.shards.Authenticate(v.core, header["Authorization"], header["Cookie"], now.Unix())
	return (*Auth)(auth), errorOf(status)
}

// ProjectID is that of the document, or else of the options. Empty when neither has one.
func (v *Verifier) ProjectID() string { return v.core.ProjectID() }

// Issuer is what tokens have to name as issuer and audience.
func (v *Verifier) Issuer() string { return v.core.Issuer() }

// KeyIDs are the IDs of the keys in use, in the order of the document.
func (v *Verifier) KeyIDs() []string { return v.core.KeyIDs() }

// CacheCounts are how many signature checks the caches have saved, and how many tokens they did not have.
func (v *Verifier) CacheCounts() (hits, misses uint64) { return v.shards.Counts() }
