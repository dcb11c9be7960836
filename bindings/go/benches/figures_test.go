package benches

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	tesseral "tesseral-verify.example/tesseral"
	"tesseral-verify.example/tesseral/auth"
	fake "tesseral-verify.example/tesseral/internal/faketesseral"
)

// tokens is how many rotate: more than any library remembers, and than a processor predicts.
const tokens = 512

// subject is one project, its tokens, and all verifiers of it.
type subject struct {
	fake     *fake.Fake
	document []byte
	tokens   []string
}

func newSubject(t testing.TB) *subject {
	s := &subject{fake: fake.Start(t)}
	answer, err := s.fake.Client().Get("https://" + s.fake.Host + "/v1/config/" + s.fake.PublishableKey)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if s.document, err = io.ReadAll(answer.Body); err != nil {
		t.Fatal(err)
	}
	for user := range tokens {
		s.tokens = append(s.tokens, s.fake.Token(t, "user", fmt.Sprint(user), "lifetime", "7200"))
	}
	return s
}

// ours is a verifier that remembers so many tokens; negative: none.
func (s *subject) ours(t testing.TB, remembered int) *tesseral.Verifier {
	verifier, err := tesseral.NewVerifier(s.document, &tesseral.Options{CacheTokens: remembered})
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

func verifierOf(v *tesseral.Verifier) verifier {
	return func(token string) (string, error) {
		found, err := v.VerifyToken(token, time.Now())
		if err != nil {
			return "", err
		}
		claims, err := found.AccessTokenClaims()
		if err != nil {
			return "", err
		}
		return claims.User.Email, nil
	}
}

// check asserts that all verifiers accept every token, agree about it, and refuse what is wrong.
func (s *subject) check(t testing.TB, verifiers map[string]verifier) {
	expired, tampered := s.fake.Token(t, "expired", "1"), s.fake.Token(t, "tampered", "1")
	for place, token := range s.tokens {
		expected := ""
		for name, verify := range verifiers {
			email, err := verify(token)
			if err != nil || email == "" || expected != "" && email != expected {
				t.Fatalf("%s: token %d: %q %v", name, place, email, err)
			}
			expected = email
		}
	}
	for name, verify := range verifiers {
		for _, token := range []string{expired, tampered, s.tokens[0] + "A", ""} {
			if _, err := verify(token); err == nil {
				t.Fatalf("%s accepts a bad token", name)
			}
		}
	}
}

// processorTime is what this process has used of the processors, the garbage collector's part included. Other programs on the
// machine do not change it much.
func processorTime() time.Duration {
	var used unix.Timespec
	unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &used)
	return time.Duration(used.Nano())
}

// medians measures the functions in turns of about two milliseconds, and gives the median nanoseconds of a call of each.
func medians(calls map[string]func(place int)) map[string]float64 {
	const rounds, turn = 101, 2 * time.Millisecond
	times, batches := map[string][]float64{}, map[string]int{}
	place := 0
	run := func(name string, batch int) float64 {
		begun := processorTime()
		for range batch {
			place++
			calls[name](place)
		}
		return float64(processorTime()-begun) / float64(batch)
	}
	for name := range calls {
		batches[name] = max(1, int(float64(turn)/run(name, 256)))
	}
	for range rounds {
		for name, batch := range batches {
			times[name] = append(times[name], run(name, batch))
		}
	}
	found := map[string]float64{}
	for name, each := range times {
		slices.Sort(each)
		found[name] = each[len(each)/2]
	}
	return found
}

func TestVerifyFigures(t *testing.T) {
	runtime.GOMAXPROCS(1)
	s := newSubject(t)
	verifiers := map[string]verifier{
		"ours": verifierOf(s.ours(t, -1)), "ours_remembered": verifierOf(s.ours(t, 2*tokens)),
		"golang_jwt": golangJWT(t, s.document, s.fake.Issuer), "go_jose": goJOSE(t, s.document, s.fake.Issuer),
		"jwx": lestrratJWX(t, s.document, s.fake.Issuer),
	}
	s.check(t, verifiers)
	calls := map[string]func(int){}
	for name, verify := range verifiers {
		calls[name] = func(place int) {
			if _, err := verify(s.tokens[place%tokens]); err != nil {
				t.Fatal(err)
			}
		}
	}
	found := medians(calls)
	for _, peer := range []string{"golang_jwt", "go_jose", "jwx"} {
		fmt.Printf("figure go_verify_vs_%s %.2f x\n", peer, found[peer]/found["ours"])
	}
	fmt.Printf("figure go_verify_remembered_vs_golang_jwt %.1f x\n", found["golang_jwt"]/found["ours_remembered"])
	for _, name := range []string{"ours", "ours_remembered", "golang_jwt", "go_jose", "jwx"} {
		fmt.Printf("figure go_verify_%s_us %.2f us\n", name, found[name]/1000)
	}
	for _, name := range []string{"ours", "ours_remembered", "golang_jwt", "go_jose", "jwx"} {
		place := 0
		allocations := testing.AllocsPerRun(1000, func() { place++; calls[name](place) })
		fmt.Printf("figure go_verify_%s_allocations %.0f allocations\n", name, allocations)
	}
	alone := s.ours(t, -1)
	now := time.Now()
	place := 0
	fmt.Printf("figure go_verify_allocations %.0f allocations\n", testing.AllocsPerRun(1000, func() {
		place++
		alone.VerifyToken(s.tokens[place%tokens], now)
	}))
}

// nothing is an answer that nobody reads.
type nothing struct{ header http.Header }

func (n *nothing) Header() http.Header              { return n.header }
func (n *nothing) Write(octets []byte) (int, error) { return len(octets), nil }
func (n *nothing) WriteHeader(status int)           {}

func (s *subject) protect(h http.Handler, opts ...auth.Option) http.Handler {
	return auth.RequireAuth(h, append([]auth.Option{
		auth.WithPublishableKey(s.fake.PublishableKey), auth.WithConfigAPIHostname(s.fake.Host),
		auth.WithHTTPClient(s.fake.Client()), auth.WithLogger(slog.New(slog.DiscardHandler)),
	}, opts...)...)
}

func TestMiddlewareFigures(t *testing.T) {
	s := newSubject(t)
	reached := 0
	bare := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ })
	cold, err := tesseral.NewAuthenticator(tesseral.AuthenticatorOptions{
		PublishableKey: s.fake.PublishableKey, ConfigAPIHostname: s.fake.Host, HTTPClient: s.fake.Client(), CacheTokens: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	handlers := map[string]http.Handler{"none": bare, "cold": s.protect(bare, auth.WithAuthenticator(cold)), "remembered": s.protect(bare)}
	requests := make([]*http.Request, tokens)
	for place, token := range s.tokens {
		requests[place], _ = http.NewRequest(http.MethodGet, "/", nil)
		requests[place].Header.Set("Authorization", "Bearer "+token)
	}
	calls := map[string]func(int){}
	for name, handler := range handlers {
		w := &nothing{http.Header{}}
		calls[name] = func(place int) { handler.ServeHTTP(w, requests[place%tokens]) }
		before := reached
		for place := range tokens {
			calls[name](place)
		}
		if reached-before != tokens {
			t.Fatalf("%s: %d requests reach the handler", name, reached-before)
		}
	}
	runtime.GOMAXPROCS(1)
	found := medians(calls)
	fmt.Printf("figure go_middleware_added_us %.2f us\n", (found["cold"]-found["none"])/1000)
	fmt.Printf("figure go_middleware_added_remembered_us %.2f us\n", (found["remembered"]-found["none"])/1000)
	for _, name := range []string{"cold", "remembered"} {
		place := 0
		fmt.Printf("figure go_middleware_%s_allocations %.0f allocations\n", name, testing.AllocsPerRun(1000, func() { place++; calls[name](place) }))
	}
}

// TestServerFigures runs net/http's server in this process, and wrk beside it.
func TestServerFigures(t *testing.T) {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		fmt.Println("figure go_server_requests_per_second skipped -")
		t.Skip("wrk is not installed")
	}
	s := newSubject(t)
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })
	peer := golangJWT(t, s.document, s.fake.Issuer)
	handlers := map[string]http.Handler{
		"none": hello, "ours": s.protect(hello),
		"golang_jwt": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if _, err := peer(token); err != nil {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			hello(w, r)
		}),
	}
	script := t.TempDir() + "/tokens.lua"
	// wrk knows the host from init on.
	lines := "local requests = {}\ninit = function()\n"
	for _, token := range s.tokens {
		lines += fmt.Sprintf("requests[#requests + 1] = wrk.format('GET', '/', {Authorization = 'Bearer %s'})\n", token)
	}
	lines += "end\nlocal next = 0\nrequest = function() next = next % #requests + 1; return requests[next] end\n"
	if err := os.WriteFile(script, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	urls := map[string]string{}
	for name, handler := range handlers {
		urls[name] = serve(t, handler)
		request, _ := http.NewRequest(http.MethodGet, urls[name], nil)
		for credential, status := range map[string]int{s.tokens[0]: 200, s.tokens[0] + "A": 401} {
			request.Header.Set("Authorization", "Bearer "+credential)
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != status && name != "none" {
				t.Fatalf("%s: %d", name, answer.StatusCode)
			}
		}
	}
	rates, costs := map[string][]float64{}, map[string][]float64{}
	for range 3 {
		for _, name := range []string{"none", "ours", "golang_jwt"} {
			begun := processorTime()
			output, err := exec.Command(wrk, "-t1", "-c32", "-d3s", "-s", script, urls[name]).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, output)
			}
			if strings.Contains(string(output), "Non-2xx") {
				t.Fatalf("%s: %s", name, output)
			}
			var rate float64
			fmt.Sscan(regexp.MustCompile(`Requests/sec: +([0-9.]+)`).FindStringSubmatch(string(output))[1], &rate)
			rates[name] = append(rates[name], rate)
			var requests float64
			fmt.Sscan(regexp.MustCompile(`([0-9]+) requests in`).FindStringSubmatch(string(output))[1], &requests)
			costs[name] = append(costs[name], float64((processorTime()-begun).Microseconds())/requests)
		}
	}
	for _, name := range []string{"none", "ours", "golang_jwt"} {
		slices.Sort(rates[name])
		fmt.Printf("figure go_server_%s_requests_per_second %.0f requests/s\n", name, rates[name][1])
		slices.Sort(costs[name])
		// What the server's process uses of the processors for one request.
		fmt.Printf("figure go_server_%s_us %.1f us\n", name, costs[name][1])
	}
	fmt.Printf("figure go_server_ours_of_none %.3f\n", rates["ours"][1]/rates["none"][1])
}
