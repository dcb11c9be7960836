package tesseral

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tesseral-verify.example/tesseral/internal/core"
	fake "tesseral-verify.example/tesseral/internal/faketesseral"
)

// ahead is a clock by which time passes faster.
type ahead struct{ by atomic.Int64 }

func (a *ahead) now() core.Moment {
	now, by := core.Now(), a.by.Load()
	return core.Moment{Steady: now.Steady + by, Wall: now.Wall + by}
}

func (a *ahead) pass(d time.Duration) { a.by.Add(d.Milliseconds()) }

// authenticator of the service, whose log and clock the test has.
func authenticator(t testing.TB, service *fake.Fake, changes ...func(*AuthenticatorOptions)) (*Authenticator, *ahead, *logged) {
	t.Helper()
	log := &logged{}
	options := AuthenticatorOptions{
		PublishableKey: service.PublishableKey, ConfigAPIHostname: service.Host, BackendAPIHostname: service.Host,
		BackendAPIKey: service.BackendAPIKey, APIKeysEnabled: true, HTTPClient: service.Client(),
		Logger: slog.New(slog.NewTextHandler(log, nil)),
	}
	for _, change := range changes {
		change(&options)
	}
	a, err := NewAuthenticator(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	clock := &ahead{}
	a.keeper.clock = clock.now
	return a, clock, log
}

// logged is a log.
type logged struct {
	lock sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(line []byte) (int, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.text.Write(line)
}

func (l *logged) String() string {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.text.String()
}

func slug(a *Authenticator, credential string) string {
	return slugWithin(context.Background(), a, credential)
}

func slugWithin(ctx context.Context, a *Authenticator, credential string) string {
	_, err := a.Authenticate(ctx, http.Header{"Authorization": {"Bearer " + credential}})
	var refused *Error
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &refused):
		return refused.Slug()
	}
	return err.Error()
}

func expect(t testing.TB, what, found, expected string) {
	t.Helper()
	if found != expected {
		t.Errorf("%s: %s, not %s", what, found, expected)
	}
}

// eventually waits up to five seconds for a condition.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within five seconds", what)
		}
	}
}

func TestOneFetchServesAllFirstRequests(t *testing.T) {
	t.Parallel()
	service := fake.Start(t)
	a, _, _ := authenticator(t, service)
	time.Sleep(50 * time.Millisecond)
	if count := service.Count(t, "config"); count != 0 {
		t.Errorf("%d fetches before the first request", count)
	}
	service.Command(t, "fault/config/delay", "ms", "200")
	token := service.Token(t)
	var group sync.WaitGroup
	for range 20 {
		group.Add(1)
		go func() {
			defer group.Done()
			expect(t, "a first request", slug(a, token), "ok")
		}()
	}
	group.Wait()
	if count := service.Count(t, "config"); count != 1 {
		t.Errorf("%d fetches", count)
	}
	id, err := a.ProjectID(context.Background())
	if err != nil || id != service.ProjectID {
		t.Error(id, err)
	}
	stats := a.Stats()
	if !stats.Ready || stats.Requests["ok"] != 20 || stats.Refreshes != 1 || stats.ProjectID != service.ProjectID || stats.NextRefresh < 30*time.Minute {
		t.Errorf("%+v", stats)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	service := fake.Start(t)
	a, clock, _ := authenticator(t, service)
	old := service.Token(t)
	expect(t, "before", slug(a, old), "ok")
	for turn := range 3 {
		service.Command(t, "rotate")
		fresh := service.Token(t)
		expect(t, fmt.Sprint("the first token of new key ", turn), slug(a, fresh), "ok")
		expect(t, "the old key's token", slug(a, old), "ok")
		clock.pass(70 * time.Second)
	}
	before := service.Count(t, "config")
	service.Command(t, "rotate", "published", "0")
	unknown := service.Token(t)
	for range 50 {
		expect(t, "a key that is not published", slug(a, unknown), "key_unknown")
		expect(t, "meanwhile", slug(a, old), "ok")
	}
	if count := service.Count(t, "config") - before; count != 1 {
		t.Errorf("%d fetches in one cooldown", count)
	}
	// Until the cooldown has passed, a key that is published now stays unknown.
	service.Command(t, "publish")
	clock.pass(70 * time.Second)
	expect(t, "published", slug(a, unknown), "ok")
	auth, err := a.VerifyToken(context.Background(), unknown)
	if err != nil || auth.Credentials() != unknown {
		t.Error(err)
	}
	clock.pass(70 * time.Second)
	service.Command(t, "rotate")
	if _, err := a.VerifyToken(context.Background(), service.Token(t)); err != nil {
		t.Error("a token alone, of a new key:", err)
	}
	_, err = a.VerifyToken(context.Background(), service.APIKey)
	if !errors.Is(err, ErrTokenMalformed) {
		t.Error("an API key as a token:", err)
	}
}

func TestPlannedFetchesAndOutage(t *testing.T) {
	t.Parallel()
	service := fake.Start(t)
	a, clock, log := authenticator(t, service)
	token := service.Token(t)
	expect(t, "before", slug(a, token), "ok")
	clock.pass(time.Hour)
	a.keeper.background.wake()
	eventually(t, "a planned fetch", func() bool { return service.Count(t, "config") == 2 })

	service.Command(t, "fault/config/status", "status", "500")
	clock.pass(time.Hour)
	a.keeper.background.wake()
	eventually(t, "a failed fetch", func() bool { return a.Stats().RefreshFailures != 0 })
	begun := time.Now()
	expect(t, "in the outage", slug(a, token), "ok")
	if took := time.Since(begun); took > time.Second {
		t.Errorf("a request took %v in the outage", took)
	}
	clock.pass(25 * time.Hour)
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if found := slugWithin(ctx, a, token); found != "keys_unavailable" && found != context.DeadlineExceeded.Error() {
		t.Error("after a day:", found)
	}
	if a.Stats().Ready {
		t.Error("ready after a day")
	}
	service.Command(t, "fault/config/none")
	clock.pass(2 * time.Minute)
	a.keeper.background.wake()
	expect(t, "after the outage", slug(a, token), "ok")
	for _, words := range []string{"no configuration document from " + service.Host, "HTTP status 500 [http_status]"} {
		if !strings.Contains(log.String(), words) {
			t.Errorf("the log lacks %q: %s", words, log)
		}
	}
}

// A platform for functions stops the process between requests: its goroutines make no progress, and clocks go on.
func TestFrozenBackground(t *testing.T) {
	t.Parallel()
	service := fake.Start(t)
	a, clock, _ := authenticator(t, service)
	token := service.Token(t)
	expect(t, "before", slug(a, token), "ok")
	a.Close()
	for turn := range 3 {
		clock.pass(20 * time.Hour)
		before := service.Count(t, "config")
		for range 5 {
			expect(t, fmt.Sprint("a request after freeze ", turn), slug(a, token), "ok")
		}
		eventually(t, "one request fetches", func() bool { return service.Count(t, "config") == before+1 })
		service.Command(t, "rotate")
		clock.pass(30 * time.Hour)
		expect(t, "a new key after a freeze", slug(a, service.Token(t)), "ok")
	}
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	service := fake.Start(t)
	a, _, log := authenticator(t, service)
	key := service.Command(t, "api-key", "action", "a.b.c")
	auth, err := a.Authenticate(context.Background(), http.Header{"Authorization": {"Bearer " + key}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := auth.AccessTokenClaims(); !errors.Is(err, ErrNotAnAccessToken) || auth.CredentialsType() != "api_key" ||
		auth.Credentials() != key || !strings.HasPrefix(auth.APIKeyID(), "api_key_") || !auth.HasPermission("a.b.c") ||
		auth.HasPermission("a.b") || !strings.HasPrefix(auth.OrganizationID(), "org_") || len(auth.Payload()) != 0 {
		t.Errorf("%s %v %v", auth.APIKeyID(), auth.Actions(), err)
	}
	service.Command(t, "forget")
	service.Command(t, "fault/api-keys/delay", "ms", "300")
	var group sync.WaitGroup
	for range 10 {
		group.Add(1)
		go func() {
			defer group.Done()
			expect(t, "one of many", slug(a, key), "ok")
		}()
	}
	group.Wait()
	if count := service.Count(t, "api-keys"); count > 2 {
		t.Errorf("%d questions about one key", count)
	}
	// A client that goes away leaves its question to others.
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	expect(t, "an impatient client", slugWithin(ctx, a, key), context.DeadlineExceeded.Error())
	cancel()
	service.Command(t, "fault/api-keys/none")
	expect(t, "the next one", slug(a, key), "ok")
	service.Command(t, "revoke", "key", key)
	expect(t, "a revoked key", slug(a, key), "api_key_invalid")
	asked := service.Count(t, "api-keys")
	expect(t, "again", slug(a, key), "api_key_invalid")
	if count := service.Count(t, "api-keys"); count != asked {
		t.Error("a refused key is asked about again at once")
	}
	for _, each := range [][]string{{"status", "status", "500"}, {"redirect", "location", "https://127.0.0.1/"}, {"oversize", "octets", "70000"}, {"reset"}} {
		service.Command(t, "fault/api-keys/"+each[0], each[1:]...)
		expect(t, each[0], slug(a, service.APIKey), "api_key_lookup_failed")
	}
	for _, secret := range []string{key[:20], service.APIKey, service.BackendAPIKey} {
		if strings.Contains(log.String(), secret) {
			t.Error("the log holds a secret")
		}
	}
	remembering, clock, _ := authenticator(t, service, func(o *AuthenticatorOptions) { o.APIKeyTTL = time.Minute })
	service.Command(t, "fault/api-keys/none")
	service.Command(t, "forget")
	for range 5 {
		expect(t, "remembered", slug(remembering, service.APIKey), "ok")
	}
	if count := service.Count(t, "api-keys"); count != 1 {
		t.Errorf("%d questions within the time to live", count)
	}
	clock.pass(2 * time.Minute)
	expect(t, "later", slug(remembering, service.APIKey), "ok")
	if count := service.Count(t, "api-keys"); count != 2 {
		t.Errorf("%d questions after the time to live", count)
	}
}

type client func(secretToken string) (*APIKey, error)

func (c client) AuthenticateAPIKey(_ context.Context, secretToken string) (*APIKey, error) {
	return c(secretToken)
}

func TestTesseralClient(t *testing.T) {
	t.Parallel()
	service := fake.Start(t)
	for name, each := range map[string]struct {
		client   client
		expected string
	}{
		"good":          {func(string) (*APIKey, error) { return &APIKey{"api_key_1", "org_1", []string{"a.b.c"}}, nil }, "ok"},
		"empty":         {func(string) (*APIKey, error) { return &APIKey{}, nil }, "api_key_lookup_failed"},
		"nothing":       {func(string) (*APIKey, error) { return nil, nil }, "api_key_lookup_failed"},
		"refused":       {func(string) (*APIKey, error) { return nil, fmt.Errorf("x: %w", ErrAPIKeyInvalid) }, "api_key_invalid"},
		"not permitted": {func(string) (*APIKey, error) { return nil, ErrAPIKeysNotPermitted }, "api_keys_not_permitted"},
		"failed":        {func(string) (*APIKey, error) { return nil, errors.New("x") }, "api_key_lookup_failed"},
		"panics":        {func(secret string) (*APIKey, error) { panic(secret) }, "api_key_lookup_failed"},
	} {
		a, _, log := authenticator(t, service, func(o *AuthenticatorOptions) { o.TesseralClient = each.client })
		expect(t, name, slug(a, service.APIKey), each.expected)
		if strings.Contains(log.String(), service.APIKey) {
			t.Error("the log holds a secret")
		}
	}
	if count := service.Count(t, "api-keys"); count != 0 {
		t.Errorf("%d questions past the client", count)
	}
}

// failing is a log handler with a fault.
type failing struct{ slog.Handler }

func (failing) Handle(context.Context, slog.Record) error { panic("x") }

func TestClientsThatDoNotReturn(t *testing.T) {
	t.Parallel()
	service := fake.Start(t)
	forever := make(chan struct{})
	t.Cleanup(func() { close(forever) })
	var group sync.WaitGroup
	for name, each := range map[string]struct {
		do     func()
		within time.Duration
	}{
		"does not heed its context": {func() { <-forever }, 7 * time.Second},
		"ends its goroutine":        {runtime.Goexit, time.Second},
		"panics with a bad logger":  {func() { panic("x") }, time.Second},
	} {
		withLogger := func(o *AuthenticatorOptions) { o.Logger = slog.New(failing{slog.Default().Handler()}) }
		group.Add(2)
		go func() {
			defer group.Done()
			a, _, _ := authenticator(t, service, withLogger, func(o *AuthenticatorOptions) {
				o.TesseralClient = client(func(string) (*APIKey, error) { each.do(); return nil, nil })
			})
			if err := a.Ready(context.Background()); err != nil {
				t.Error(name, err)
			}
			ctx, cancel := context.WithTimeout(context.Background(), each.within)
			defer cancel()
			expect(t, "a client that "+name, slugWithin(ctx, a, service.APIKey), "api_key_lookup_failed")
		}()
		// The background goes on after a transport that does so once.
		go func() {
			defer group.Done()
			var calls atomic.Int64
			transport := service.Client().Transport
			a, clock, _ := authenticator(t, service, withLogger, func(o *AuthenticatorOptions) {
				o.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
					if calls.Add(1) == 2 {
						each.do()
					}
					return transport.RoundTrip(r)
				})}
			})
			expect(t, "a first request", slug(a, service.Token(t)), "ok")
			clock.pass(2 * time.Hour)
			a.keeper.background.wake()
			begun := time.Now()
			for a.Stats().RefreshFailures == 0 && time.Since(begun) < each.within {
				time.Sleep(10 * time.Millisecond)
			}
			if a.Stats().RefreshFailures == 0 {
				t.Errorf("a transport that %s: the background waits", name)
			}
		}()
	}
	group.Wait()
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

func TestServicesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	service, other := fake.Start(t), fake.Start(t)
	for name, change := range map[string]func(*AuthenticatorOptions){
		"tls_failed":         func(o *AuthenticatorOptions) { o.HTTPClient = other.Client() },
		"connection_refused": func(o *AuthenticatorOptions) { o.ConfigAPIHostname = "127.0.0.1:1" },
		"host_not_found":     func(o *AuthenticatorOptions) { o.ConfigAPIHostname = "nowhere.invalid" },
		"answer_malformed": func(o *AuthenticatorOptions) {
			o.HTTPClient = &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { panic("x") })}
		},
	} {
		a, _, log := authenticator(t, service, change)
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		if found := slugWithin(ctx, a, service.Token(t)); found != context.DeadlineExceeded.Error() {
			t.Errorf("%s: %s", name, found)
		}
		cancel()
		// A resolver may take its time, or there is none.
		if !strings.Contains(log.String(), "["+name+"]") && name != "host_not_found" {
			t.Errorf("%s: %s", name, log)
		}
	}
	// The host connects and is silent.
	a, _, _ := authenticator(t, service, func(o *AuthenticatorOptions) { o.ConfigAPIHostname = service.SilentHost })
	begun := time.Now()
	expect(t, "a silent host", slug(a, service.Token(t)), "keys_unavailable")
	if took := time.Since(begun); took < 4*time.Second || took > 7*time.Second {
		t.Errorf("a silent host took %v", took)
	}
}

// endless is a body without an end.
type endless struct{ read atomic.Int64 }

func (e *endless) Read(octets []byte) (int, error) {
	e.read.Add(int64(len(octets)))
	return len(octets), nil
}

func (e *endless) Close() error { return nil }

func TestRedirectsAreNotFollowedAndBodiesHaveAnEnd(t *testing.T) {
	t.Parallel()
	service := fake.Start(t)
	var asked atomic.Int64
	body := &endless{}
	for fault, answer := range map[string]*http.Response{
		"http_status":      {StatusCode: 302, Header: http.Header{"Location": {"https://" + service.Host + "/elsewhere"}}, Body: http.NoBody},
		"answer_too_large": {StatusCode: 200, Body: body},
	} {
		a, _, log := authenticator(t, service, func(o *AuthenticatorOptions) {
			o.HTTPClient = &http.Client{Transport: roundTripper(func(request *http.Request) (*http.Response, error) {
				asked.Add(1)
				if strings.Contains(request.URL.Path, "elsewhere") {
					t.Errorf("%s: a redirect is followed", fault)
				}
				return answer, nil
			})}
		})
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		if found := slugWithin(ctx, a, service.Token(t)); found != context.DeadlineExceeded.Error() {
			t.Errorf("%s: %s", fault, found)
		}
		cancel()
		a.Close()
		if !strings.Contains(log.String(), "["+fault+"]") {
			t.Errorf("%s: %s", fault, log)
		}
	}
	if read := body.read.Load(); read > 4<<20 || asked.Load() == 0 {
		t.Errorf("%d octets were read", read)
	}
}

func TestOptionsThatCanNeverWork(t *testing.T) {
	t.Setenv(backendAPIKeyVariable, "")
	good := AuthenticatorOptions{PublishableKey: "publishable_key_1"}
	for name, change := range map[string]func(*AuthenticatorOptions){
		"no key": func(o *AuthenticatorOptions) { o.PublishableKey = "" }, "quotes": func(o *AuthenticatorOptions) { o.PublishableKey = `"a"` },
		"blank":   func(o *AuthenticatorOptions) { o.PublishableKey = "a " },
		"scheme":  func(o *AuthenticatorOptions) { o.ConfigAPIHostname = "https://a" },
		"path":    func(o *AuthenticatorOptions) { o.BackendAPIHostname = "a/b" },
		"port":    func(o *AuthenticatorOptions) { o.ConfigAPIHostname = "a:65536" },
		"backend": func(o *AuthenticatorOptions) { o.APIKeysEnabled = true },
		"break":   func(o *AuthenticatorOptions) { o.APIKeysEnabled, o.BackendAPIKey = true, "a\nb" },
		"leeway":  func(o *AuthenticatorOptions) { o.Leeway = time.Hour },
		"past":    func(o *AuthenticatorOptions) { o.JWKSRefreshInterval = -time.Second },
		"months":  func(o *AuthenticatorOptions) { o.JWKSRefreshInterval = 60 * 24 * time.Hour },
		"ttl":     func(o *AuthenticatorOptions) { o.APIKeyTTL = 2 * time.Hour },
	} {
		options := good
		change(&options)
		if _, err := NewAuthenticator(options); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	for _, host := range []string{"a", "a:443", "[::1]", "[::1]:443", "127.0.0.1:65535"} {
		options := good
		options.ConfigAPIHostname = host
		if _, err := NewAuthenticator(options); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestAuthenticatorsEndByThemselves(t *testing.T) {
	service := fake.Start(t)
	token, begun := service.Token(t), runtime.NumGoroutine()
	for range 5 {
		a, err := NewAuthenticator(AuthenticatorOptions{
			PublishableKey: service.PublishableKey, ConfigAPIHostname: service.Host, CacheTokens: 64,
			HTTPClient: &http.Client{Transport: func() http.RoundTripper {
				transport := service.Client().Transport.(*http.Transport)
				transport.DisableKeepAlives = true
				return transport
			}()},
		})
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "a token", slug(a, token), "ok")
	}
	eventually(t, "all goroutines end", func() bool {
		runtime.GC()
		http.DefaultClient.CloseIdleConnections()
		return runtime.NumGoroutine() <= begun
	})
}
