// Package faketesseral runs the double of the service for tests: tests/fake-tesseral, over TLS.
package faketesseral

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Fake is a running service.
type Fake struct {
	ProjectID      string
	PublishableKey string
	BackendAPIKey  string
	Issuer         string
	CookieName     string
	Kid            string
	Host           string
	APIKey         string
	SilentHost     string
	CAPEM          string
	Control        string
	// Process is the process ID of the service.
	Process int `json:"pid"`
}

// Root is the root of the repository.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "../../../..")
}

// Program is the path of the service: the value of FAKE_TESSERAL, or what cargo builds.
var Program = sync.OnceValues(func() (string, error) {
	if named := os.Getenv("FAKE_TESSERAL"); named != "" {
		return named, nil
	}
	path, err := exec.Command(filepath.Join(Root(), "tests/fake-tesseral/build.sh")).Output()
	return strings.TrimSpace(string(path)), err
})

// Start runs a service until the test ends.
func Start(t testing.TB) *Fake {
	t.Helper()
	program, err := Program()
	if err != nil {
		t.Fatalf("fake-tesseral cannot be built: %v", err)
	}
	process := exec.Command(program, "serve", "--tls")
	// The program ends with its standard input.
	input, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	process.Stderr = os.Stderr
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		input.Close()
		process.Wait()
	})
	line, err := bufio.NewReader(output).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	fake := new(Fake)
	if err := json.Unmarshal(line, fake); err != nil {
		t.Fatal(err)
	}
	return fake
}

// Client is an HTTP client that trusts the service's authority alone.
func (f *Fake) Client() *http.Client {
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM([]byte(f.CAPEM))
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authorities}}}
}

// Command sends a command of the control interface. Its parameters are pairs of name and value.
func (f *Fake) Command(t testing.TB, path string, parameters ...string) string {
	t.Helper()
	query := url.Values{}
	for place := 0; place < len(parameters); place += 2 {
		query.Add(parameters[place], parameters[place+1])
	}
	answer, err := http.Get(fmt.Sprintf("%s/%s?%s", f.Control, path, query.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s %v", path, answer.StatusCode, text, err)
	}
	return strings.TrimSpace(string(text))
}

// Token is an access token.
func (f *Fake) Token(t testing.TB, parameters ...string) string {
	t.Helper()
	return f.Command(t, "token", parameters...)
}

// Count is how many requests an endpoint got.
func (f *Fake) Count(t testing.TB, endpoint string) int {
	t.Helper()
	count, err := strconv.Atoi(f.Command(t, "count/"+endpoint))
	if err != nil {
		t.Fatal(err)
	}
	return count
}
