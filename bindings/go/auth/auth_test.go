package auth_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	tesseral "tesseral-verify.example/tesseral"
	"tesseral-verify.example/tesseral/auth"
	fake "tesseral-verify.example/tesseral/internal/faketesseral"
)

// Started again by a test, this program is a server that the test can stop and continue.
func TestMain(m *testing.M) {
	if os.Getenv("SERVE_SERVICE") == "" {
		os.Exit(m.Run())
	}
	var service fake.Fake
	if err := json.Unmarshal([]byte(os.Getenv("SERVE_SERVICE")), &service); err != nil {
		panic(err)
	}
	server := httptest.NewServer(auth.RequireAuth(application(), auth.WithPublishableKey(service.PublishableKey),
		auth.WithConfigAPIHostname(service.Host), auth.WithHTTPClient(service.Client())))
	fmt.Println(server.URL)
	io.Copy(io.Discard, os.Stdin)
}

func panics(call func()) (panicked bool) {
	defer func() { panicked = recover() != nil }()
	call()
	return false
}

func TestOptionsThatPanic(t *testing.T) {
	t.Setenv("TESSERAL_BACKEND_API_KEY", "")
	key := auth.WithPublishableKey("publishable_key_1")
	for name, opts := range map[string][]auth.Option{
		"nothing":                        nil,
		"API keys and no way to ask":     {key, auth.WithAPIKeysEnabled(true)},
		"a host with a scheme":           {key, auth.WithConfigAPIHostname("https://a")},
		"a backend host with a path":     {key, auth.WithBackendAPIHostname("a/b")},
		"a backend key with a line feed": {key, auth.WithBackendAPIKey("a\n")},
		"a leeway of an hour":            {key, auth.WithLeeway(time.Hour)},
		"an interval of a year":          {key, auth.WithJWKSRefreshInterval(365 * 24 * time.Hour)},
	} {
		if !panics(func() { auth.RequireAuth(application(), opts...) }) {
			t.Errorf("%s does not panic", name)
		}
	}
	for name, opts := range map[string][]auth.Option{
		"a key": {key}, "an interval of 0": {key, auth.WithJWKSRefreshInterval(0)},
		"a client":      {key, auth.WithAPIKeysEnabled(true), auth.WithTesseralClient(&client{})},
		"a backend key": {key, auth.WithAPIKeysEnabled(true), auth.WithBackendAPIKey("a")},
	} {
		if panics(func() { auth.RequireAuth(application(), opts...) }) {
			t.Errorf("%s panics", name)
		}
	}
	t.Setenv("TESSERAL_BACKEND_API_KEY", "tesseral_secret_key_1")
	if panics(func() { auth.RequireAuth(application(), key, auth.WithAPIKeysEnabled(true)) }) {
		t.Error("the environment variable is not enough")
	}
}

type client struct{ asked int }

func (c *client) AuthenticateAPIKey(context.Context, string) (*tesseral.APIKey, error) {
	c.asked++
	return &tesseral.APIKey{ID: "api_key_1", OrganizationID: "org_of_the_client", Actions: []string{"a.b.c"}}, nil
}

func TestAccessorsOutsidePanic(t *testing.T) {
	ctx := context.Background()
	for name, call := range map[string]func(){
		"CredentialsType": func() { auth.CredentialsType(ctx) }, "OrganizationID": func() { auth.OrganizationID(ctx) },
		"AccessTokenClaims": func() { auth.AccessTokenClaims(ctx) }, "Credentials": func() { auth.Credentials(ctx) },
		"HasPermission": func() { auth.HasPermission(ctx, "a.b.c") },
	} {
		if !panics(call) {
			t.Errorf("%s does not panic", name)
		}
	}
	if found, ok := auth.FromContext(ctx); found != nil || ok {
		t.Error("a sender of no request")
	}
}

func TestOptionsThatChangeAnswers(t *testing.T) {
	t.Parallel()
	service, asked := fake.Start(t), &client{}
	var log bytes.Buffer
	server := protected(t, service, auth.WithWWWAuthenticate(true), auth.WithAPIKeysEnabled(true), auth.WithTesseralClient(asked),
		auth.WithLeeway(5*time.Minute), auth.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	for _, each := range []struct {
		header    http.Header
		status    int
		challenge string
	}{
		{http.Header{}, 401, "Bearer"},
		{bearer("x.y.z"), 401, `Bearer error="invalid_token"`},
		{bearer(service.Token(t, "now-offset", "-400")), 200, ""}, // Expired within the leeway.
		{bearer(service.APIKey), 200, ""},
	} {
		status, header, body := answer(t, server, request{method: "GET", path: "/info", header: each.header})
		if status != each.status || header.Get("WWW-Authenticate") != each.challenge {
			t.Errorf("%d %q", status, header.Get("WWW-Authenticate"))
		}
		if each.header.Get("Authorization") == "Bearer "+service.APIKey && !strings.Contains(string(body), "org_of_the_client") {
			t.Errorf("%s", body)
		}
	}
	if asked.asked != 1 || service.Count(t, "api-keys") != 0 {
		t.Error("the client is not asked")
	}
	if !strings.Contains(log.String(), "slug=credentials_missing") || strings.Contains(log.String(), "x.y.z") {
		t.Error(log.String())
	}
	shared, err := tesseral.NewAuthenticator(tesseral.AuthenticatorOptions{
		PublishableKey: service.PublishableKey, ConfigAPIHostname: service.Host, HTTPClient: service.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		server := httptest.NewServer(auth.RequireAuth(application(), auth.WithAuthenticator(shared)))
		defer server.Close()
		if status, _, _ := answer(t, server, request{method: "GET", path: "/info", header: bearer(service.Token(t))}); status != 200 {
			t.Error(status)
		}
	}
	if counted := shared.Stats().Requests["ok"]; counted != 2 {
		t.Errorf("%d requests", counted)
	}
}

// A request that goes away while the service is silent gets 503, and no handler.
func TestARequestThatGoesAway(t *testing.T) {
	t.Parallel()
	service := fake.Start(t)
	handler := auth.RequireAuth(application(), auth.WithPublishableKey(service.PublishableKey),
		auth.WithConfigAPIHostname(service.SilentHost), auth.WithHTTPClient(service.Client()), auth.WithLogger(slog.New(slog.DiscardHandler)))
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	recorded := httptest.NewRecorder()
	sent := httptest.NewRequest("GET", "/info", nil).WithContext(ctx)
	sent.Header = bearer(service.Token(t))
	handler.ServeHTTP(recorded, sent)
	if recorded.Code != http.StatusServiceUnavailable {
		t.Error(recorded.Code)
	}
}

// A server whose process is stopped and continued accepts good tokens of a key that came meanwhile.
func TestAStoppedProcess(t *testing.T) {
	t.Parallel()
	service := fake.Start(t)
	described, err := json.Marshal(service)
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), "SERVE_SERVICE="+string(described))
	input, _ := process.StdinPipe()
	output, _ := process.StdoutPipe()
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		input.Close()
		process.Wait()
	}()
	url, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{URL: strings.TrimSpace(url)}
	get := func(token string) int {
		sent, _ := http.NewRequest("GET", server.URL+"/info", nil)
		sent.Header = bearer(token)
		received, err := http.DefaultClient.Do(sent)
		if err != nil {
			t.Fatal(err)
		}
		received.Body.Close()
		return received.StatusCode
	}
	if status := get(service.Token(t)); status != 200 {
		t.Fatal(status)
	}
	rounds := 3
	if testing.Short() {
		rounds = 1
	}
	for round := range rounds {
		if round != 0 {
			time.Sleep(10 * time.Second) // The cooldown.
		}
		process.Process.Signal(syscall.SIGSTOP)
		service.Command(t, "rotate")
		token := service.Token(t)
		statuses := make(chan int)
		for range 4 {
			go func() { statuses <- get(token) }()
		}
		time.Sleep(300 * time.Millisecond)
		process.Process.Signal(syscall.SIGCONT)
		for range 4 {
			if status := <-statuses; status != 200 {
				t.Errorf("a good token of a new key: %d", status)
			}
		}
	}
}

// documents answers each fetch with one document, in memory.
type documents []byte

func (d documents) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Body: io.NopCloser(bytes.NewReader(d)), Header: http.Header{}}, nil
}

// Every vector passes through the middleware: nothing panics, and no bad token reaches the handler.
func TestEveryVector(t *testing.T) {
	t.Parallel()
	ran, wrong := 0, 0
	for _, name := range []string{"jwt_hostile_corpus.json", "es256_extreme_scalars.json", "forged_and_bounds.json"} {
		text, err := os.ReadFile(filepath.Join(fake.Root(), "tests/vectors", name))
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Issuer        string
			JWKS          json.RawMessage
			NumberOfTests int
			Tests         []struct {
				ID, Token, Slug string
				TokenB64        []byte `json:"token_b64"`
				JWKS            json.RawMessage
			}
		}
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatal(err)
		}
		handlers := map[string]http.Handler{}
		for _, test := range file.Tests {
			keys := test.JWKS
			if keys == nil {
				keys = file.JWKS
			}
			handler := handlers[string(keys)]
			if handler == nil {
				handler = behind(t, file.Issuer, keys)
				handlers[string(keys)] = handler
			}
			token := test.Token
			if test.TokenB64 != nil {
				token = string(test.TokenB64)
			}
			for _, header := range []http.Header{bearer(token), {"Cookie": {"tesseral_project_x_access_token=" + token}}, {"Authorization": {token}}} {
				ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
				recorded := httptest.NewRecorder()
				sent := httptest.NewRequest("GET", "/info", nil).WithContext(ctx)
				sent.Header = header
				handler.ServeHTTP(recorded, sent)
				cancel()
				// The vectors' times are not ours: a good one may have expired.
				good := throughHeader[test.ID] || test.Slug == "ok" || test.Slug == "token_expired" || test.Slug == "token_not_yet_valid"
				if recorded.Code != 401 && recorded.Code != 503 && !(recorded.Code == 200 && good) {
					wrong++
					t.Errorf("%s: %d", test.ID, recorded.Code)
				}
			}
			ran++
		}
		if len(file.Tests) != file.NumberOfTests {
			t.Errorf("%s: %d tests, %d stated", name, len(file.Tests), file.NumberOfTests)
		}
	}
	t.Logf("vectors through RequireAuth: %d ran, %d wrong", ran, wrong)
	if ran != 902 {
		t.Errorf("%d ran", ran)
	}
}

// throughHeader are bad tokens that make a good header, since Bearer and blanks before and after a credential are part of that.
var throughHeader = map[string]bool{"b64-sig-space": true, "b64-lead-space": true, "b64-bearer-prefix": true}

func behind(t *testing.T, issuer string, keys json.RawMessage) http.Handler {
	var text string
	if json.Unmarshal(keys, &text) != nil {
		text = string(keys)
	}
	authenticator, err := tesseral.NewAuthenticator(tesseral.AuthenticatorOptions{
		PublishableKey: "publishable_key_1", Issuer: issuer, CacheTokens: -1, Profile: tesseral.ProfileCompact,
		HTTPClient: &http.Client{Transport: documents(text)}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return auth.RequireAuth(application(), auth.WithAuthenticator(authenticator), auth.WithLogger(slog.New(slog.DiscardHandler)))
}
