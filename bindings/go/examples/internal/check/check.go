// Package check tests that an example lets good credentials through, and nothing else.
package check

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"tesseral-verify.example/tesseral/auth"
	fake "tesseral-verify.example/tesseral/internal/faketesseral"
)

// Handler starts the service and sends requests to the example.
func Handler(t *testing.T, handler func(opts ...auth.Option) http.Handler) {
	t.Helper()
	service := fake.Start(t)
	server := httptest.NewServer(handler(auth.WithPublishableKey(service.PublishableKey), auth.WithConfigAPIHostname(service.Host),
		auth.WithHTTPClient(service.Client())))
	defer server.Close()
	reader, other := service.Token(t, "action", "app.posts.read"), service.Token(t)
	for _, each := range []struct {
		path, token string
		status      int
	}{
		{"/healthz", "", 200}, {"/me", "", 401}, {"/posts", "", 401}, {"/me", other, 200}, {"/posts", other, 403},
		{"/posts", reader, 200}, {"/me", service.Token(t, "expired", "1"), 401}, {"/posts", service.Token(t, "tampered", "1"), 401},
	} {
		request, err := http.NewRequest(http.MethodGet, server.URL+each.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if each.token != "" {
			request.Header.Set("Authorization", "Bearer "+each.token)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != each.status {
			t.Errorf("%s: %d, not %d", each.path, answer.StatusCode, each.status)
		}
	}
}
