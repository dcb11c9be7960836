package auth_test

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"sync"
	"testing"

	"tesseral-verify.example/tesseral/auth"
	fake "tesseral-verify.example/tesseral/internal/faketesseral"
)

// application is a handler that tells what the accessors say.
func application() http.Handler {
	mux := http.NewServeMux()
	write := func(w http.ResponseWriter, value any) { json.NewEncoder(w).Encode(value) }
	mux.HandleFunc("/info", func(w http.ResponseWriter, r *http.Request) {
		write(w, map[string]any{
			"type": auth.CredentialsType(r.Context()), "organization": auth.OrganizationID(r.Context()),
			"credentials": auth.Credentials(r.Context()), "reads": auth.HasPermission(r.Context(), "app.posts.read"),
		})
	})
	claims := func(w http.ResponseWriter, r *http.Request) {
		claims, err := auth.AccessTokenClaims(r.Context())
		if errors.Is(err, auth.ErrNotAnAccessToken) {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		write(w, claims)
	}
	for _, path := range []string{"/claims", "/typed", "/dump", "/nested"} {
		mux.HandleFunc(path, claims)
	}
	mux.HandleFunc("/permission", func(w http.ResponseWriter, r *http.Request) {
		if !auth.HasPermission(r.Context(), r.FormValue("action")) {
			w.WriteHeader(http.StatusForbidden)
		}
	})
	return mux
}

// protected serves the application behind the middleware.
func protected(t *testing.T, service *fake.Fake, opts ...auth.Option) *httptest.Server {
	server := httptest.NewServer(auth.RequireAuth(application(), append([]auth.Option{
		auth.WithPublishableKey(service.PublishableKey), auth.WithConfigAPIHostname(service.Host),
		auth.WithBackendAPIHostname(service.Host), auth.WithHTTPClient(service.Client()),
		auth.WithBackendAPIKey(service.BackendAPIKey), auth.WithLogger(slog.New(slog.DiscardHandler)),
	}, opts...)...))
	t.Cleanup(server.Close)
	return server
}

// answer sends a request and returns the status and the body of its answer.
func answer(t *testing.T, server *httptest.Server, r request) (int, http.Header, []byte) {
	t.Helper()
	sent, err := http.NewRequest(r.method, server.URL+r.path, nil)
	if err != nil {
		t.Fatal(err)
	}
	sent.Header = r.header
	received, err := server.Client().Do(sent)
	if err != nil {
		t.Fatalf("%s: %v", r.name, err)
	}
	defer received.Body.Close()
	body, err := io.ReadAll(received.Body)
	if err != nil {
		t.Fatal(err)
	}
	return received.StatusCode, received.Header, body
}

// differences are the rows of README.md's table: the status of each.
func differences(t *testing.T) map[string]int {
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\| .* \\| ([0-9]{3}) \\| .* \\|$").FindAllStringSubmatch(string(page), -1) {
		rows[row[1]], _ = strconv.Atoi(row[2])
	}
	return rows
}

func TestRequestsOfThePythonPackage(t *testing.T) {
	t.Parallel()
	service, signer := fake.Start(t), fake.NewSigner(t)
	service.Command(t, "document", "key", signer.JWK)
	on, off := protected(t, service, auth.WithAPIKeysEnabled(true)), protected(t, service)
	table := &requests{t: t, fake: service, signer: signer}
	table.tokens()
	table.places()
	table.apiKeys()
	rows, seen := differences(t), map[string]bool{}
	names := map[string]bool{}
	for _, r := range table.all {
		if names[r.name] {
			t.Errorf("%s: twice", r.name)
		}
		names[r.name] = true
		server := on
		if r.apiKeysOff {
			server = off
		}
		status, header, body := answer(t, server, r)
		if status != r.status {
			t.Errorf("%s: %d, not %d", r.name, status, r.status)
		}
		if r.difference != "" {
			seen[r.difference] = true
			if rows[r.difference] != r.status {
				t.Errorf("%s: README.md has %d in row %s", r.name, rows[r.difference], r.difference)
			}
		}
		if status == http.StatusUnauthorized && (len(body) != 0 || header.Get("WWW-Authenticate") != "") {
			t.Errorf("%s: a body or a challenge", r.name)
		}
		if status == http.StatusOK && r.claims != nil && r.path != "/info" {
			compareClaims(t, &r, body)
		}
	}
	for name, r := range faulty(t, service) {
		seen[name] = true
		if r != rows[name] {
			t.Errorf("%s: %d, README.md has %d", name, r, rows[name])
		}
	}
	for name := range rows {
		if !seen[name] {
			t.Errorf("README.md has row %s, which no request is about", name)
		}
	}
	t.Logf("compat (Go): %d requests, %d deliberate differences", len(table.all), len(seen))
	if len(table.all) < 150 {
		t.Errorf("%d requests", len(table.all))
	}
}

// compareClaims compares what a handler sees with what the token says, without members that are not read.
func compareClaims(t *testing.T, r *request, body []byte) {
	var found, expected map[string]any
	if err := json.Unmarshal(body, &found); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(fake.JSON(t, r.claims)), &expected); err != nil {
		t.Fatal(err)
	}
	for name, value := range found {
		if number, ok := value.(float64); ok {
			if exact := expected[name].(float64); number-exact >= 1 || exact-number >= 1 {
				t.Errorf("%s: %s is %v, not %v", r.name, name, number, exact)
			}
			continue
		}
		if members, ok := expected[name].(map[string]any); ok {
			for member, within := range members {
				if _, read := value.(map[string]any)[member]; !read || within == nil {
					delete(members, member)
				}
			}
		}
		if !reflect.DeepEqual(value, expected[name]) {
			t.Errorf("%s: %s is %v, not %v", r.name, name, value, expected[name])
		}
	}
	for _, name := range []string{"iss", "sub", "aud", "exp", "nbf", "iat", "session", "user", "organization"} {
		if found[name] == nil {
			t.Errorf("%s: no %s", r.name, name)
		}
	}
}

// faulty are the statuses of requests while the service fails, by the rows of the table.
func faulty(t *testing.T, service *fake.Fake) map[string]int {
	found := map[string]int{}
	note := func(row string, status int) {
		if before, ok := found[row]; ok && before != status {
			t.Errorf("%s: %d and %d", row, before, status)
		}
		found[row] = status
	}
	on := protected(t, service, auth.WithAPIKeysEnabled(true))
	with := func(server *httptest.Server, credential string) int {
		status, _, body := answer(t, server, request{name: credential, method: "GET", path: "/info", header: bearer(credential)})
		if status != 200 && len(body) != 0 {
			t.Errorf("a body: %s", body)
		}
		return status
	}
	if status := with(on, service.Token(t)); status != 200 {
		t.Errorf("a good token: %d", status)
	}
	for _, fault := range [][]string{{"status", "status", "500"}, {"status", "status", "404"}, {"empty-ok"}, {"html"}, {"malformed-json"}, {"reset"}} {
		service.Command(t, "fault/api-keys/"+fault[0], fault[1:]...)
		note("lookup-failed", with(on, service.APIKey))
	}
	service.Command(t, "fault/api-keys/none")
	service.Command(t, "api-keys", "enabled", "0")
	note("permission-denied", with(on, service.Command(t, "api-key")))
	service.Command(t, "api-keys", "enabled", "1")
	if status := with(on, service.APIKey); status != 200 {
		t.Errorf("API keys on again: %d", status)
	}
	// At the same time, since each request waits five seconds for a first document.
	var group sync.WaitGroup
	downs := make(chan int, 8)
	for _, fault := range [][]string{{"status", "status", "500"}, {"reset"}, {"malformed-json"}, {"html"}} {
		down := fake.Start(t)
		down.Command(t, "fault/config/"+fault[0], fault[1:]...)
		server := protected(t, down, auth.WithAPIKeysEnabled(true))
		for _, credential := range []string{down.Token(t), down.APIKey} {
			group.Add(1)
			go func() {
				defer group.Done()
				downs <- with(server, credential)
			}()
		}
	}
	group.Wait()
	for range cap(downs) {
		note("config-down", <-downs)
	}
	service.BackendAPIKey = "tesseral_secret_key_x"
	note("own-key", with(protected(t, service, auth.WithAPIKeysEnabled(true)), service.APIKey))
	return found
}
