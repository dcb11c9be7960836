package tesseral_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	tesseral "tesseral-verify.example/tesseral"
)

const root = "../.."

// vectorFile is a file of tests/vectors, whose README says what its members mean.
type vectorFile struct {
	Issuer        string
	JWKS          json.RawMessage
	NowDefault    int64 `json:"now_default"`
	NumberOfTests int
	Texts         map[string]string
	Tests         []vector
}

type vector struct {
	ID         string
	Token      string
	TokenB64   *string `json:"token_b64"`
	JWKS       json.RawMessage
	Now        *int64
	Slug       string
	Claims     json.RawMessage
	APIKeys    bool `json:"api_keys"`
	Credential *string

	Authorization, Cookie []string
}

func readVectors(t testing.TB, name string) *vectorFile {
	text, err := os.ReadFile(filepath.Join(root, "tests/vectors", name))
	if err != nil {
		t.Fatal(err)
	}
	file := new(vectorFile)
	if err := json.Unmarshal(text, file); err != nil {
		t.Fatal(err)
	}
	return file
}

// document is the text of a key set, which a file has as a string or as JSON.
func document(t testing.TB, raw json.RawMessage) []byte {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return []byte(text)
	}
	return raw
}

func (v *vector) token(t testing.TB) string {
	if v.TokenB64 == nil {
		return v.Token
	}
	octets, err := base64.StdEncoding.DecodeString(*v.TokenB64)
	if err != nil {
		t.Fatal(err)
	}
	return string(octets)
}

func slugOf(err error) string {
	var refused *tesseral.Error
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &refused):
		return refused.Slug()
	default:
		return err.Error()
	}
}

var authored = map[string]int{"jwt_hostile_corpus.json": 388, "es256_extreme_scalars.json": 160, "forged_and_bounds.json": 354}

func TestAuthoredVectors(t *testing.T) {
	for name, stated := range authored {
		file := readVectors(t, name)
		verifiers := map[string]*tesseral.Verifier{}
		ran, disagree := 0, 0
		for _, test := range file.Tests {
			now := file.NowDefault
			if test.Now != nil {
				now = *test.Now
			}
			keys := test.JWKS
			if keys == nil {
				keys = file.JWKS
			}
			ran++
			check := func(how, found, expected string) {
				if found != expected {
					disagree++
					t.Errorf("%s %s %s: %s, not %s", name, test.ID, how, found, expected)
				}
			}
			verifier := verifiers[string(keys)]
			if verifier == nil {
				var err error
				options := &tesseral.Options{Issuer: file.Issuer, ProjectID: "project_x", CacheTokens: 64}
				if verifier, err = tesseral.NewVerifier(document(t, keys), options); err != nil {
					check("document", slugOf(err), test.Slug)
					continue
				}
				verifiers[string(keys)] = verifier
			}
			token := test.token(t)
			// Twice: the second time, the cache has the tokens that are good.
			for range 2 {
				auth, err := verifier.VerifyToken(token, time.Unix(now, 0))
				check("verify", slugOf(err), test.Slug)
				if err == nil && auth.Credentials() != token {
					t.Errorf("%s %s: another credential", name, test.ID)
				}
				header := http.Header{"Authorization": {"Bearer " + token}}
				_, err = verifier.Authenticate(header, time.Unix(now, 0))
				check("authenticate", slugOf(err), throughHeader(&test, token))
			}
		}
		t.Logf("vectors (Go) %s: %d ran, %d disagree", name, ran, disagree)
		if ran == 0 || ran != stated || ran != file.NumberOfTests {
			t.Errorf("%s: %d ran, %d stated", name, ran, file.NumberOfTests)
		}
	}
}

// throughHeader is the verdict on a token after "Bearer ", where it differs from the verdict on the token alone.
func throughHeader(test *vector, token string) string {
	switch test.ID {
	case "b64-lead-space", "b64-sig-space":
		return "ok"
	case "seg-empty":
		return "credentials_missing"
	}
	if !strings.Contains(token, ".") || strings.Contains(token, ",") {
		return "credentials_unrecognized"
	}
	return test.Slug
}

func TestRequestVectors(t *testing.T) {
	file := readVectors(t, "extraction.json")
	verifiers := map[bool]*tesseral.Verifier{}
	for _, apiKeys := range []bool{false, true} {
		verifier, err := tesseral.NewVerifier(document(t, file.JWKS), &tesseral.Options{APIKeys: apiKeys})
		if err != nil {
			t.Fatal(err)
		}
		verifiers[apiKeys] = verifier
	}
	fill := func(value string) string {
		for name, text := range file.Texts {
			value = strings.ReplaceAll(value, name, text)
		}
		return value
	}
	ran, disagree := 0, 0
	for _, test := range file.Tests {
		header := http.Header{}
		for _, value := range test.Authorization {
			header["Authorization"] = append(header["Authorization"], fill(value))
		}
		for _, value := range test.Cookie {
			header["Cookie"] = append(header["Cookie"], fill(value))
		}
		expected := ""
		if test.Credential != nil {
			expected = fill(*test.Credential)
		}
		ran++
		for range 2 {
			auth, err := verifiers[test.APIKeys].Authenticate(header, time.Unix(file.NowDefault, 0))
			credential := ""
			if auth != nil {
				credential = auth.Credentials()
			}
			if slugOf(err) != test.Slug || credential != expected {
				disagree++
				t.Errorf("%s: %s, not %s", test.ID, slugOf(err), test.Slug)
			}
		}
	}
	t.Logf("vectors (Go) extraction.json: %d ran, %d disagree", ran, disagree)
	if ran == 0 || ran != file.NumberOfTests {
		t.Errorf("%d ran, %d stated", ran, file.NumberOfTests)
	}
}

func TestIssuerVectors(t *testing.T) {
	folder := os.Getenv("TESSERAL_VECTORS")
	if folder == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("CI must set TESSERAL_VECTORS")
		}
		t.Skip("vectors (Go) issuer cases: NOT SEEN, TESSERAL_VECTORS is not set")
	}
	text, err := os.ReadFile(filepath.Join(folder, "tokens/issuer_sdk_authenticate_access_token_tests.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name, JWKS, AccessToken string
		NowUnixSeconds          int64
		Claims                  any
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, test := range cases {
		verifier, err := tesseral.NewVerifier([]byte(test.JWKS), nil)
		if err != nil {
			t.Fatal(err)
		}
		auth, err := verifier.VerifyToken(test.AccessToken, time.Unix(test.NowUnixSeconds, 0))
		if (err == nil) != (test.Claims != nil) {
			t.Errorf("%s: %v", test.Name, err)
		}
		if err != nil {
			continue
		}
		claims, err := auth.AccessTokenClaims()
		if err != nil {
			t.Fatal(err)
		}
		written, _ := json.Marshal(claims)
		for which, text := range map[string][]byte{"payload": auth.Payload(), "claims": written} {
			var found any
			if err := json.Unmarshal(text, &found); err != nil || !reflect.DeepEqual(found, test.Claims) {
				t.Errorf("%s: %s are not those of the case: %s", test.Name, which, text)
			}
		}
	}
	t.Logf("vectors (Go) issuer cases: %d ran", len(cases))
	if len(cases) != 13 {
		t.Errorf("%d cases", len(cases))
	}
}
