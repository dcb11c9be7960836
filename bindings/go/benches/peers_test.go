package benches

import (
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	"github.com/golang-jwt/jwt/v5"
	"github.com/lestrrat-go/jwx/v3/jwk"
	jwxjwt "github.com/lestrrat-go/jwx/v3/jwt"
)

// details are the claims that no JWT library knows by itself.
type details struct {
	Session struct {
		ID string `json:"id"`
	} `json:"session"`
	User struct {
		ID          string `json:"id"`
		Email       string `json:"email"`
		DisplayName string `json:"displayName"`
	} `json:"user"`
	Organization struct {
		ID          string `json:"id"`
		DisplayName string `json:"displayName"`
	} `json:"organization"`
	Actions []string `json:"actions"`
}

// verifier gives the user's email address in a good token. Each one looks the key up by its kid, verifies ES256, checks exp, nbf,
// iss and aud, and decodes the claims into types.
type verifier func(token string) (email string, err error)

// golangJWT is github.com/golang-jwt/jwt/v5.
func golangJWT(t testing.TB, document []byte, issuer string) verifier {
	keys := publicKeys(t, document)
	type claims struct {
		jwt.RegisteredClaims
		details
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithIssuer(issuer), jwt.WithAudience(issuer),
		jwt.WithExpirationRequired())
	find := func(token *jwt.Token) (any, error) {
		kid, _ := token.Header["kid"].(string)
		if key := keys[kid]; key != nil {
			return key, nil
		}
		return nil, errors.New("unknown kid")
	}
	return func(token string) (string, error) {
		var found claims
		_, err := parser.ParseWithClaims(token, &found, find)
		return found.User.Email, err
	}
}

// goJOSE is github.com/go-jose/go-jose/v4.
func goJOSE(t testing.TB, document []byte, issuer string) verifier {
	keys := publicKeys(t, document)
	algorithms := []jose.SignatureAlgorithm{jose.ES256}
	return func(token string) (string, error) {
		parsed, err := josejwt.ParseSigned(token, algorithms)
		if err != nil {
			return "", err
		}
		key := keys[parsed.Headers[0].KeyID]
		if key == nil {
			return "", errors.New("unknown kid")
		}
		var registered josejwt.Claims
		var found details
		if err := parsed.Claims(key, &registered, &found); err != nil {
			return "", err
		}
		expected := josejwt.Expected{Issuer: issuer, AnyAudience: josejwt.Audience{issuer}, Time: time.Now()}
		return found.User.Email, registered.ValidateWithLeeway(expected, 0)
	}
}

// lestrratJWX is github.com/lestrrat-go/jwx/v3.
func lestrratJWX(t testing.TB, document []byte, issuer string) verifier {
	set, err := jwk.Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	for place := range set.Len() {
		key, _ := set.Key(place)
		key.Set(jwk.AlgorithmKey, "ES256")
	}
	options := []jwxjwt.ParseOption{
		jwxjwt.WithKeySet(set), jwxjwt.WithIssuer(issuer), jwxjwt.WithAudience(issuer),
		jwxjwt.WithTypedClaim("user", struct {
			ID          string `json:"id"`
			Email       string `json:"email"`
			DisplayName string `json:"displayName"`
		}{}),
	}
	return func(token string) (string, error) {
		parsed, err := jwxjwt.ParseString(token, options...)
		if err != nil {
			return "", err
		}
		var user struct {
			ID          string `json:"id"`
			Email       string `json:"email"`
			DisplayName string `json:"displayName"`
		}
		err = parsed.Get("user", &user)
		return user.Email, err
	}
}

// publicKeys are those of a configuration document, by kid.
func publicKeys(t testing.TB, document []byte) map[string]*ecdsa.PublicKey {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(document, &set); err != nil {
		t.Fatal(err)
	}
	keys := map[string]*ecdsa.PublicKey{}
	for _, key := range set.Keys {
		keys[key.KeyID] = key.Key.(*ecdsa.PublicKey)
	}
	return keys
}
