package tesseral

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"time"
)

// Authenticator authenticates requests with keys that it keeps fresh, and asks the service about API keys. Any number of
// goroutines may use it.
//
// NewAuthenticator starts nothing. The first request starts a goroutine that fetches the configuration document, and waits for
// it. When fetches fail, the last good document stays in use for MaxStale. The goroutine ends some time after nothing refers to
// the Authenticator any more, or with Close.
type Authenticator struct {
	keeper *keeper
}

// NewAuthenticator refuses options that can never work. It does not wait for the network, nor fail because of it.
func NewAuthenticator(options AuthenticatorOptions) (*Authenticator, error) {
	keeper, err := newKeeper(options)
	if err != nil {
		return nil, err
	}
	a := &Authenticator{keeper}
	runtime.AddCleanup(a, (*background).stop, keeper.background)
	return a, nil
}

// Format prints the publishable key and no secret, whatever the verb.
func (a Authenticator) Format(state fmt.State, _ rune) {
	fmt.Fprintf(state, "tesseral.Authenticator(%s)", a.keeper.settings.PublishableKey)
}

// Authenticate says who sent a request with these headers. The error is an [*Error] for every refusal.
//
// It may wait at most five seconds for a first document, at most one second for the keys of a token whose key is unknown, and at
// most five seconds for the service's answer about an API key, or twice that when another request had asked before. When ctx ends
// meanwhile, the error is ctx.Err(). The fetch or the question goes on, because other requests may wait for it.
func (a *Authenticator) Authenticate(ctx context.Context, header http.Header) (*Auth, error) {
	auth, err := a.keeper.authenticate(ctx, header["Authorization"], header["Cookie"])
	runtime.KeepAlive(a)
	return (*Auth)(auth), err
}

// VerifyToken says whose access token this is, and may wait as Authenticate does. An API key is [ErrTokenMalformed].
func (a *Authenticator) VerifyToken(ctx context.Context, token string) (*Auth, error) {
	auth, err := a.keeper.authenticateToken(ctx, token)
	runtime.KeepAlive(a)
	return (*Auth)(auth), err
}

// ProjectID is the project's ID, from the document. It may wait for a first document.
func (a *Authenticator) ProjectID(ctx context.Context) (string, error) {
	verifier, err := a.keeper.document(ctx)
	runtime.KeepAlive(a)
	if err != nil {
		return "", err
	}
	return verifier.ProjectID(), nil
}

// Ready returns nil when requests can be accepted: there is a document, and it is not too old. It may wait for a first document.
func (a *Authenticator) Ready(ctx context.Context) error {
	_, err := a.keeper.document(ctx)
	runtime.KeepAlive(a)
	return err
}

// Close ends the goroutine. After that, one request in each refresh interval fetches the document itself.
func (a *Authenticator) Close() { a.keeper.background.stop() }

// Stats are an Authenticator's numbers at one moment.
type Stats struct {
	// Requests by slug: "ok", and those of refusals. Slugs that did not occur are left out.
	Requests map[string]uint64
	// ProjectID and KeyIDs are those of the document in use.
	ProjectID string
	KeyIDs    []string
	// Ready says whether requests can be accepted.
	Ready bool
	// SnapshotAge is the time since the fetch of the document in use began; 0 when there is none.
	SnapshotAge time.Duration
	// NextRefresh is the time until the next planned fetch.
	NextRefresh time.Duration
	// Refreshes are fetches that brought a usable document, RefreshFailures those that did not.
	Refreshes, RefreshFailures uint64
	// Lookups are questions to the service about API keys, LookupFailures those without a usable answer.
	Lookups, LookupFailures uint64
	// SignatureCacheHits are signature checks that the caches have saved, SignatureCacheMisses tokens that they did not have.
	SignatureCacheHits, SignatureCacheMisses uint64
}

// Stats says what happened so far.
func (a *Authenticator) Stats() Stats {
	defer runtime.KeepAlive(a)
	return a.keeper.stats()
}
