package tesseral_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	tesseral "tesseral-verify.example/tesseral"
)

func TestPrintingSendersShowsNoSecret(t *testing.T) {
	p := newProject(t, 1)
	auth, err := p.verifier(t, nil).VerifyToken(p.tokens[0], time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range append(printed(t, auth), printed(t, *auth)...) {
		expectNone(t, text, p.tokens[0][:20], "user_0", "a@example.com")
	}
}

func TestPrintingOptionsShowsNoSecret(t *testing.T) {
	for _, client := range []client{keyHolder{"tesseral_secret_x"}, &keyHolder{"tesseral_secret_x"}} {
		options := tesseral.AuthenticatorOptions{
			PublishableKey: "publishable_key_x", BackendAPIKey: "tesseral_secret_x", TesseralClient: client,
			HTTPClient: &http.Client{Transport: client},
		}
		for _, text := range append(printed(t, options), printed(t, &options)...) {
			expectNone(t, text, "tesseral_secret_x")
			// What is no secret is there.
			if !strings.Contains(text, "publishable_key_x") || !strings.Contains(text, "keyHolder") {
				t.Errorf("%s", text)
			}
		}
		authenticator, err := tesseral.NewAuthenticator(options)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(authenticator.Close)
		for _, text := range printed(t, authenticator) {
			expectNone(t, text, "tesseral_secret_x")
		}
	}
}

// client is what a program hands over; it may hold secrets that fmt and encoders see.
type client interface {
	tesseral.TesseralClient
	http.RoundTripper
}

type keyHolder struct{ Key string }

func (keyHolder) AuthenticateAPIKey(context.Context, string) (*tesseral.APIKey, error) {
	return nil, nil
}

func (keyHolder) RoundTrip(*http.Request) (*http.Response, error) { return nil, nil }

// printed are the texts that fmt, encoders and logs make of a value, alone and inside others.
func printed(t *testing.T, value any) []string {
	t.Helper()
	var texts []string
	for _, printed := range []any{value, struct{ O any }{value}, []any{value}} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%#x", "%X", "%t"} {
			texts = append(texts, fmt.Sprintf(format, printed))
		}
		text, err := json.Marshal(printed)
		if err != nil {
			t.Error(err)
		}
		texts = append(texts, string(text), logged(slog.Any("value", printed)))
	}
	text, err := xml.Marshal(value)
	if err != nil {
		t.Error(err)
	}
	return append(texts, string(text))
}

// logged are the lines that slog's handlers write.
func logged(attribute slog.Attr) string {
	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).LogAttrs(context.Background(), slog.LevelInfo, "x", attribute)
	}
	return log.String()
}

func expectNone(t *testing.T, text string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) || strings.Contains(text, fmt.Sprintf("%X", secret)) {
			t.Errorf("%s", text)
		}
	}
}
