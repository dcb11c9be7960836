package tesseral_test

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tesseral "tesseral-verify.example/tesseral"
	fake "tesseral-verify.example/tesseral/internal/faketesseral"
)

const issuer = "https://project-x.tesseral.app"

// project has a verifier of its own keys, and tokens of different users.
type project struct {
	signer   *fake.Signer
	document []byte
	tokens   []string
}

func newProject(t testing.TB, tokens int) *project {
	signer := fake.NewSigner(t)
	p := &project{signer: signer, document: []byte(`{"projectId":"project_x","keys":[` + signer.JWK + `]}`)}
	for user := range tokens {
		p.tokens = append(p.tokens, signer.Token(t, fake.Claims(issuer, fake.Members{
			"user":         fake.Members{"id": fmt.Sprint("user_", user), "email": "a@example.com"},
			"session":      fake.Members{"id": fmt.Sprint("session_", user)},
			"impersonator": fake.Members{"email": "staff@example.com"},
		})))
	}
	return p
}

func (p *project) verifier(t testing.TB, options *tesseral.Options) *tesseral.Verifier {
	verifier, err := tesseral.NewVerifier(p.document, options)
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

func TestVerifierSaysWhatItHas(t *testing.T) {
	verifier := newProject(t, 0).verifier(t, nil)
	if verifier.ProjectID() != "project_x" || verifier.Issuer() != issuer || fmt.Sprint(verifier.KeyIDs()) != "["+fake.Kid+"]" {
		t.Error(verifier.ProjectID(), verifier.Issuer(), verifier.KeyIDs())
	}
}

func TestRefusedDocumentsAndOptions(t *testing.T) {
	_, err := tesseral.NewVerifier([]byte(`{"keys":[],"keys":[]}`), nil)
	var refused *tesseral.ConfigError
	if !errors.As(err, &refused) || refused.Offset == 0 || !errors.Is(err, tesseral.ErrConfigMalformed) {
		t.Error(err)
	}
	for text, expected := range map[string]error{
		``: tesseral.ErrConfigMalformed, `{"projectId":"p","keys":[]}`: tesseral.ErrConfigNoUsableKey,
		strings.Repeat(" ", 300_000): tesseral.ErrConfigTooLarge,
	} {
		if _, err := tesseral.NewVerifier([]byte(text), nil); !errors.Is(err, expected) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	document := newProject(t, 0).document
	for _, options := range []tesseral.Options{
		{Leeway: 301 * time.Second}, {Leeway: -time.Second}, {Leeway: time.Second / 2}, {MaxTokenLen: 65537}, {MaxTokenLen: -1},
		{Profile: 3}, {Issuer: strings.Repeat("x", 257)},
	} {
		_, err := tesseral.NewVerifier(document, &options)
		if !errors.Is(err, tesseral.ErrInvalidArgument) {
			t.Fatalf("%+v: %v", options, err)
		}
		if said := err.Error(); options.Leeway != 0 && !strings.Contains(said, "Leeway") ||
			options.MaxTokenLen != 0 && !strings.Contains(said, "MaxTokenLen") {
			t.Errorf("%+v: %v", options, err)
		}
	}
}

func TestEveryErrorIsOneValue(t *testing.T) {
	seen := map[string]bool{}
	for _, known := range tesseral.Errors() {
		if seen[known.Slug()] || known.Code() < 1000 || known.HTTPStatus() < 401 || !strings.Contains(known.Error(), known.Slug()) {
			t.Errorf("%+v", known)
		}
		seen[known.Slug()] = true
	}
	_, err := newProject(t, 0).verifier(t, nil).VerifyToken("x", time.Now())
	var refused *tesseral.Error
	if !errors.Is(err, tesseral.ErrTokenMalformed) || errors.Is(err, tesseral.ErrTokenExpired) || !errors.As(err, &refused) ||
		refused.Slug() != "token_malformed" || refused.HTTPStatus() != 401 || refused.Code() != 2002 {
		t.Error(err)
	}
}

func TestHeadersOfAnySize(t *testing.T) {
	p := newProject(t, 1)
	verifier := p.verifier(t, nil)
	many := make([]string, 200)
	for place := range many {
		many[place] = "a=" + strings.Repeat("b", 10_000)
	}
	many[150] = "tesseral_project_x_access_token=" + p.tokens[0]
	for name, header := range map[string]http.Header{
		"many cookies": {"Cookie": many}, "none": {}, "empty": {"Authorization": {""}, "Cookie": {""}},
		"a long one": {"Authorization": {"Bearer " + strings.Repeat("x.", 1<<20)}},
	} {
		_, err := verifier.Authenticate(header, time.Now())
		if (err == nil) != (name == "many cookies") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The strings of a token take the most room when it has as many actions as fit, each of them empty.
func TestTheLongestTokens(t *testing.T) {
	p := newProject(t, 0)
	for _, limit := range []int{0, 1000, 65536} {
		verifier := p.verifier(t, &tesseral.Options{MaxTokenLen: limit})
		most := limit
		if limit == 0 {
			most = 16384
		}
		for name, action := range map[string]string{"empty": "", "escaped": "é<\n", "long": strings.Repeat("a", 200)} {
			count, token := 0, ""
			for step := 1 << 14; step > 0; step /= 2 {
				actions := slices.Repeat([]string{action}, count+step)
				if longer := p.signer.Token(t, fake.Claims(issuer, fake.Members{"actions": actions})); len(longer) <= most {
					token, count = longer, count+step
				}
			}
			auth, err := verifier.VerifyToken(token, time.Now())
			if err != nil || len(auth.Actions()) != count || !auth.HasPermission(action) || auth.Credentials() != token {
				t.Errorf("%d, %s, %d octets, %d actions: %v", limit, name, len(token), count, err)
			}
			more := p.signer.Token(t, fake.Claims(issuer, fake.Members{"actions": slices.Repeat([]string{action}, count+1)}))
			if _, err := verifier.VerifyToken(more, time.Now()); !errors.Is(err, tesseral.ErrTokenTooLarge) {
				t.Errorf("%d, %s, %d octets: %v", limit, name, len(more), err)
			}
		}
	}
}

func TestAllocations(t *testing.T) {
	p := newProject(t, 64)
	now, place := time.Now(), 0
	for _, each := range []struct {
		name    string
		options tesseral.Options
		most    float64
	}{
		// The sender alone, with all its strings.
		{"cold", tesseral.Options{CacheTokens: -1}, 1},
		{"remembered", tesseral.Options{}, 0},
	} {
		verifier := p.verifier(t, &each.options)
		headers := make([]http.Header, len(p.tokens))
		for user, token := range p.tokens {
			headers[user] = http.Header{"Authorization": {"Bearer " + token}}
			verifier.VerifyToken(token, now)
		}
		for how, call := range map[string]func() error{
			"VerifyToken": func() error {
				_, err := verifier.VerifyToken(p.tokens[place%len(p.tokens)], now)
				return err
			},
			"Authenticate": func() error {
				_, err := verifier.Authenticate(headers[place%len(p.tokens)], now)
				return err
			},
		} {
			allocations := testing.AllocsPerRun(1000, func() {
				place++
				if err := call(); err != nil {
					t.Fatal(err)
				}
			})
			if allocations != each.most {
				t.Errorf("%s %s: %v allocations, not %v", each.name, how, allocations, each.most)
			}
		}
		refused := p.tokens[0][:len(p.tokens[0])-10]
		if allocations := testing.AllocsPerRun(1000, func() { verifier.VerifyToken(refused, now) }); allocations != 0 {
			t.Errorf("%s, refused: %v allocations", each.name, allocations)
		}
	}
}

func TestTheCacheSurvivesGarbageCollections(t *testing.T) {
	p := newProject(t, 256)
	verifier, now := p.verifier(t, nil), time.Now()
	verify := func() {
		for _, token := range p.tokens {
			if _, err := verifier.VerifyToken(token, now); err != nil {
				t.Fatal(err)
			}
		}
	}
	verify()
	hits, misses := verifier.CacheCounts()
	if hits != 0 || misses == 0 {
		t.Errorf("%d hits, %d misses before the first", hits, misses)
	}
	for range 100 {
		runtime.GC()
		verify()
	}
	found, absent := verifier.CacheCounts()
	found, absent = found-hits, absent-misses
	t.Logf("%d hits, %d misses over 100 garbage collections", found, absent)
	if rate := float64(found) / float64(found+absent); rate < 0.99 || found+absent < 100*256 {
		t.Errorf("a hit rate of %v", rate)
	}
}

// A slot of the cache is held only during a call, so that new tokens find room for ever.
func TestNewTokensDisplaceOldOnes(t *testing.T) {
	p := newProject(t, 400)
	verifier, now := p.verifier(t, &tesseral.Options{CacheTokens: 1}), time.Now()
	for turn := range 3 {
		for user, token := range p.tokens {
			for range 2 {
				if _, err := verifier.VerifyToken(token, now); err != nil {
					t.Fatal(err)
				}
			}
			if user%40 != 0 {
				continue
			}
			if allocations := testing.AllocsPerRun(50, func() { verifier.VerifyToken(token, now) }); allocations != 0 {
				t.Fatalf("turn %d, user %d: %v allocations", turn, user, allocations)
			}
		}
	}
}

func TestGoroutinesGetTheirOwnSenders(t *testing.T) {
	p := newProject(t, 200)
	verifier := p.verifier(t, &tesseral.Options{CacheTokens: 64})
	now := time.Now()
	var group sync.WaitGroup
	for worker := range 16 {
		group.Add(1)
		go func() {
			defer group.Done()
			for turn := range 500 {
				user := (worker*37 + turn*11) % len(p.tokens)
				auth, err := verifier.VerifyToken(p.tokens[user], now)
				if err != nil {
					t.Error(err)
					return
				}
				claims, _ := auth.AccessTokenClaims()
				if auth.Credentials() != p.tokens[user] || claims.User.ID != fmt.Sprint("user_", user) ||
					claims.Session.ID != fmt.Sprint("session_", user) || !auth.HasPermission("app.posts.write") || auth.HasPermission("app.posts") {
					t.Errorf("user %d got %+v", user, claims)
					return
				}
				if turn%50 == 0 {
					if _, err := verifier.VerifyToken(p.tokens[user][:100], now); err == nil {
						t.Error("a token that was cut off is accepted")
					}
				}
			}
		}()
	}
	group.Wait()
}

// A remembered token is judged by the time of each call, and by the keys of the verifier that is asked.
func TestARememberedTokenExpires(t *testing.T) {
	p := newProject(t, 1)
	verifier, now := p.verifier(t, nil), time.Now()
	for _, each := range []struct {
		after    time.Duration
		expected error
	}{{0, nil}, {0, nil}, {time.Hour, tesseral.ErrTokenExpired}, {0, nil}, {-time.Hour, tesseral.ErrTokenNotYetValid}} {
		if _, err := verifier.VerifyToken(p.tokens[0], now.Add(each.after)); err != each.expected {
			t.Errorf("after %v: %v, not %v", each.after, err, each.expected)
		}
	}
}

// Verifiers lie in C memory, which the garbage collector does not see.
func TestVerifiersAreFreed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes two seconds")
	}
	p := newProject(t, 1)
	now := time.Now()
	turn := func(times int) {
		for range times {
			if _, err := p.verifier(t, &tesseral.Options{CacheTokens: 64}).VerifyToken(p.tokens[0], now); err != nil {
				t.Fatal(err)
			}
			runtime.GC()
		}
	}
	turn(50)
	before := resident(t)
	turn(400)
	debug.FreeOSMemory()
	if grown := resident(t) - before; grown > 20<<20 {
		t.Errorf("400 verifiers leave %d MiB", grown>>20)
	}
}
