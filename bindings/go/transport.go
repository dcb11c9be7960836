package tesseral

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"tesseral-verify.example/tesseral/internal/core"
)

// transport sends requests to the service, with bounds of time and length. It never follows a redirect.
type transport struct {
	settings *AuthenticatorOptions
	client   http.Client
}

const connectTimeout = 2 * time.Second

func newTransport(settings *AuthenticatorOptions) *transport {
	t := &transport{settings: settings}
	if settings.HTTPClient != nil {
		// A copy, so that the application's own client goes on following redirects.
		t.client = *settings.HTTPClient
	} else {
		own := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, IdleConnTimeout: 90 * time.Second}
		own.DialContext = (&net.Dialer{Timeout: connectTimeout}).DialContext
		t.client.Transport = own
	}
	t.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return t
}

// httpStatusError says that an answer has another status than it should.
type httpStatusError int

func (e httpStatusError) Error() string { return fmt.Sprintf("HTTP status %d", int(e)) }

var errAnswerTooLarge = errors.New("the answer is too large")

func (t *transport) fetchDocument() ([]byte, error) {
	url := "https://" + t.settings.ConfigAPIHostname + "/v1/config/" + t.settings.PublishableKey
	status, body, err := inTime(func() (int, []byte, error) {
		return t.exchange(http.MethodGet, url, nil, core.MaxDocumentLen)
	})
	if err == nil && status != http.StatusOK {
		err = httpStatusError(status)
	}
	return body, err
}

// ask asks the service about an API key. The status is 0 when there is no answer.
func (t *transport) ask(key string) (int, []byte, error) {
	if t.settings.TesseralClient != nil {
		return inTime(func() (int, []byte, error) { return t.askClient(key) })
	}
	question, status := core.APIKeyRequest(key)
	if status != core.OK {
		return 0, nil, refusal(status)
	}
	url := "https://" + t.settings.BackendAPIHostname + "/v1/api-keys/authenticate"
	return inTime(func() (int, []byte, error) {
		return t.exchange(http.MethodPost, url, question, core.MaxAPIKeyAnswerLen)
	})
}

// askClient asks the application's client, and turns its result into the status and body that the service would send. So the
// library judges both alike.
func (t *transport) askClient(key string) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), totalTimeout)
	defer cancel()
	found, err := t.settings.TesseralClient.AuthenticateAPIKey(ctx, key)
	switch {
	case errors.Is(err, ErrAPIKeyInvalid):
		return http.StatusBadRequest, []byte(`{"message":"unauthenticated_api_key"}`), nil
	case errors.Is(err, ErrAPIKeysNotPermitted):
		return http.StatusForbidden, []byte(`{"message":"permission_denied"}`), nil
	case err != nil:
		return 0, nil, err
	}
	body, err := json.Marshal(found)
	return http.StatusOK, body, err
}

func (t *transport) exchange(method, url string, question []byte, limit int64) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), totalTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(question))
	if err != nil {
		return 0, nil, err
	}
	if question != nil {
		request.Header.Set("Authorization", "Bearer "+t.settings.BackendAPIKey)
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := t.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err == nil && int64(len(body)) > limit {
		err = errAnswerTooLarge
	}
	if err != nil {
		return 0, nil, err
	}
	return response.StatusCode, body, nil
}

// errPanic says that a client of the application's panicked. What it panicked with may hold a secret.
var errPanic = errors.New("the client panicked")

// answered is how an exchange ended.
type answered struct {
	status int
	body   []byte
	err    error
}

// inTime runs an exchange, which may run code of the application. When that panics, ends its goroutine or does not heed its context,
// the exchange has failed, so that neither requests nor the background wait for it.
func inTime(exchange func() (int, []byte, error)) (int, []byte, error) {
	ended := make(chan answered, 1)
	go func() {
		found := answered{err: errPanic}
		defer func() {
			_ = recover()
			ended <- found
		}()
		status, body, err := exchange()
		found = answered{status, body, err}
	}()
	timer := time.NewTimer(totalTimeout)
	defer timer.Stop()
	select {
	case found := <-ended:
		return found.status, found.body, found.err
	case <-timer.C:
		return 0, nil, context.DeadlineExceeded
	}
}
