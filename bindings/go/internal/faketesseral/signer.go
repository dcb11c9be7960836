package faketesseral

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"testing"
	"time"
)

// Signer makes tokens that no honest issuer makes.
type Signer struct {
	key *ecdsa.PrivateKey
	// JWK is the public key.
	JWK string
}

// Kid is the key ID of every Signer.
const Kid = "session_signing_key_of_the_tests"

// NewSigner has a new key.
func NewSigner(t testing.TB) *Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.PublicKey.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	point := public.Bytes()
	jwk := fmt.Sprintf(`{"kty":"EC","crv":"P-256","kid":%q,"x":%q,"y":%q}`, Kid, Encode(point[1:33]), Encode(point[33:]))
	return &Signer{key, jwk}
}

// Encode is unpadded base64url.
func Encode(octets []byte) string { return base64.RawURLEncoding.EncodeToString(octets) }

// Sign makes a compact serialization of these JSON texts.
func (s *Signer) Sign(t testing.TB, header, payload string) string {
	t.Helper()
	input := Encode([]byte(header)) + "." + Encode([]byte(payload))
	digest := sha256.Sum256([]byte(input))
	r, half, err := ecdsa.Sign(rand.Reader, s.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	half.FillBytes(signature[32:])
	return input + "." + Encode(signature)
}

// Token signs claims, with changes to the usual header.
func (s *Signer) Token(t testing.TB, claims any, header ...Members) string {
	t.Helper()
	if len(header) == 0 {
		// As the issuer writes it: a cache keeps only what it writes.
		return s.Sign(t, fmt.Sprintf(`{"kid":%q,"alg":"ES256"}`, Kid), JSON(t, claims))
	}
	members := Members{"kid": Kid, "alg": "ES256"}
	for _, changes := range header {
		maps.Copy(members, changes)
	}
	return s.Sign(t, JSON(t, members), JSON(t, claims))
}

// Members are those of a JSON object. The value Absent leaves a member out.
type Members map[string]any

// Absent stands for a member that is left out.
var Absent = new(struct{ _ int })

// Claims are what the issuer writes, with changes.
func Claims(issuer string, changes Members) Members {
	now := time.Now().Unix()
	members := Members{
		"iss": issuer, "sub": "user_1", "aud": issuer, "exp": now + 300, "nbf": now - 1, "iat": now - 1,
		"session":      Members{"id": "session_1"},
		"user":         Members{"id": "user_1", "email": "a@example.com", "displayName": "Ada"},
		"organization": Members{"id": "org_1", "displayName": "Example"},
		"actions":      []string{"app.posts.read", "app.posts.write"},
	}
	maps.Copy(members, changes)
	maps.DeleteFunc(members, func(_ string, value any) bool { return value == Absent })
	return members
}

// JSON is the text of a value; a string is a text already.
func JSON(t testing.TB, value any) string {
	t.Helper()
	if text, ok := value.(string); ok {
		return text
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
