package auth_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	fake "tesseral-verify.example/tesseral/internal/faketesseral"
)

// request is one request to a protected handler, and the status with which it has to be answered.
type request struct {
	name   string
	status int
	// difference is a row of README.md's table, whose status is this request's.
	difference string
	method     string
	path       string
	header     http.Header
	// claims are those of the token, if the test has made them.
	claims     fake.Members
	apiKeysOff bool
}

// requests are the requests of the Python package's comparison with Tesseral's own packages, bindings/python/tests/compat/cases.py.
type requests struct {
	t      *testing.T
	fake   *fake.Fake
	signer *fake.Signer
	all    []request
}

func (c *requests) add(r request) {
	if r.method == "" {
		r.method = http.MethodGet
	}
	if r.path == "" {
		r.path = "/info"
	}
	c.all = append(c.all, r)
}

func bearer(token string) http.Header {
	return http.Header{"Authorization": {"Bearer " + token}}
}

func (c *requests) bearer(name string, status int, token, difference string) {
	c.add(request{name: name, status: status, header: bearer(token), difference: difference})
}

// tokens are good ones of all shapes, then what may be wrong with one.
func (c *requests) tokens() {
	good := c.fake.Token(c.t)
	honest := [][]string{
		{"user", "3", "picture", "https://example.com/a.png", "display-name", "É <b>"},
		{"impersonator", "staff@example.com", "action", "a.b.c", "action", "a.b.d"},
		{"display-name", "", "actions", "50"},
		{"organization-display-name", "日本 & co"},
	}
	for _, path := range []string{"/info", "/claims", "/typed", "/dump", "/nested"} {
		c.add(request{name: "good " + path, status: 200, header: bearer(good), path: path})
		for number, parameters := range honest {
			name := fmt.Sprintf("honest %d %s", number, path)
			c.add(request{name: name, status: 200, header: bearer(c.fake.Token(c.t, parameters...)), path: path})
		}
	}
	for _, method := range []string{"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"} {
		c.add(request{name: method + " with a token", status: 200, header: bearer(good), method: method})
		c.add(request{name: method + " without", status: 401, method: method})
	}
	for _, path := range []string{"/missing", "/docs", "/openapi.json", "/info?x=1"} {
		status := 404
		if strings.HasPrefix(path, "/info") {
			status = 200
		}
		c.add(request{name: path + " with a token", status: status, header: bearer(good), path: path})
		c.add(request{name: path + " without", status: 401, path: path})
	}
	c.bearer("expired", 401, c.fake.Token(c.t, "expired", "1"), "")
	c.bearer("tampered", 401, c.fake.Token(c.t, "tampered", "1"), "")
	c.bearer("of the future", 401, c.fake.Token(c.t, "now-offset", "60"), "")
	permission := "/permission?action=a.b.c"
	allowed := c.fake.Token(c.t, "action", "a.b.c")
	c.add(request{name: "permission present", status: 200, header: bearer(allowed), path: permission})
	c.add(request{name: "permission absent", status: 403, header: bearer(good), path: permission})
	c.claims()
	c.forms()
}

// claim adds a request with a token of these changed claims.
func (c *requests) claim(name string, status int, changes fake.Members, difference string) {
	claims := fake.Claims(c.fake.Issuer, changes)
	c.add(request{
		name: name, status: status, header: bearer(c.signer.Token(c.t, claims)), difference: difference, claims: claims,
	})
}

func (c *requests) claims() {
	now := float64(time.Now().Unix())
	user := fake.Members{"id": "user_1", "email": "a@example.com"}
	with := func(base fake.Members, name string, value any) fake.Members {
		changed := fake.Members{name: value}
		for name, value := range base {
			changed[name] = value
		}
		return changed
	}
	organization := fake.Members{"id": "org_1", "displayName": "O"}
	for _, path := range []string{"/dump", "/claims", "/typed", "/nested"} {
		for _, each := range []struct {
			name    string
			changes fake.Members
		}{
			{"plain", nil},
			{"unknown members", fake.Members{"jti": "x", "extra": fake.Members{"a": []any{1, nil, fake.Members{"b": 1.5}}}, "flag": true}},
			{"unknown members within", fake.Members{"user": with(with(user, "roles", []string{"a"}), "x", nil)}},
			{"nulls", fake.Members{"actions": nil, "impersonator": nil, "user": with(user, "displayName", nil)}},
			{"no actions", fake.Members{"actions": fake.Absent}},
			{"empty actions", fake.Members{"actions": []string{}}},
			{"fractions", fake.Members{"exp": now + 300.5, "nbf": now - 1.5, "iat": now - 1.25}},
			{"other order", fake.Members{"organization": organization, "user": user, "impersonator": fake.Members{"email": "s@x"}}},
		} {
			c.claim(each.name+" "+path, 200, each.changes, "")
			c.all[len(c.all)-1].path = path
		}
	}
	c.claim("expired in seconds", 401, fake.Members{"exp": now - 2}, "")
	c.claim("just begun", 200, fake.Members{"nbf": now}, "")
	c.claim("not yet", 401, fake.Members{"nbf": now + 60}, "")
	for _, member := range []string{"iss", "sub", "aud", "exp", "nbf", "iat", "session", "user", "organization"} {
		c.claim("without "+member, 401, fake.Members{member: fake.Absent}, "")
		c.claim(member+" null", 401, fake.Members{member: nil}, "")
		c.claim(member+" an array", 401, fake.Members{member: []any{}}, "")
		c.claim(member+" an object", 401, fake.Members{member: fake.Members{}}, "")
	}
	c.claim("user without email", 401, fake.Members{"user": fake.Members{"id": "u"}}, "")
	c.claim("user without id", 401, fake.Members{"user": fake.Members{"email": "a@example.com"}}, "")
	c.claim("user's email a number", 401, fake.Members{"user": fake.Members{"id": "u", "email": 1}}, "")
	c.claim("session's id a number", 401, fake.Members{"session": fake.Members{"id": 1}}, "")
	c.claim("actions a string", 401, fake.Members{"actions": "a.b.c"}, "")
	c.claim("actions with a number", 401, fake.Members{"actions": []int{1}}, "")
	c.claim("impersonator without email", 401, fake.Members{"impersonator": fake.Members{}}, "")
	c.claim("another issuer", 401, fake.Members{"iss": "https://project-x.tesseral.app"}, "iss")
	c.claim("another audience", 401, fake.Members{"aud": "https://project-x.tesseral.app"}, "aud")
	c.claim("audience in an array", 200, fake.Members{"aud": []string{"x", c.fake.Issuer}}, "aud-array")
	c.all[len(c.all)-1].claims = nil // The accessors give the audience that matched.
	c.claim("no display name", 200, fake.Members{"organization": fake.Members{"id": "org_1"}}, "no-display-name")
	c.claim("nbf zero", 200, fake.Members{"nbf": 0}, "nbf-zero")
	c.claim("exp zero", 401, fake.Members{"exp": 0}, "exp-zero")
	c.claim("nbf a string", 401, fake.Members{"nbf": fmt.Sprint(now)}, "claims-malformed")
	c.claim("exp a string", 401, fake.Members{"exp": fmt.Sprint(now + 300)}, "claims-malformed")
	c.claim("exp true", 401, fake.Members{"exp": true}, "")
	c.claim("sub empty", 401, fake.Members{"sub": ""}, "claims-malformed")
	whole := fake.JSON(c.t, fake.Claims(c.fake.Issuer, nil))
	twice := strings.TrimSuffix(whole, "}") + `,"sub":"user_2"}`
	c.bearer("sub twice", 401, c.signer.Token(c.t, twice), "claims-malformed")
	nan := strings.TrimSuffix(fake.JSON(c.t, fake.Claims(c.fake.Issuer, fake.Members{"exp": fake.Absent})), "}") + `,"exp":NaN}`
	c.bearer("exp NaN", 401, c.signer.Token(c.t, nan), "claims-malformed")
	for name, text := range map[string]string{"text": "claims", "half": `{"iss":`, "empty": " "} {
		c.bearer("claims not JSON: "+name, 401, c.signer.Token(c.t, text), "claims-not-json")
	}
	c.bearer("claims an array", 401, c.signer.Token(c.t, "[]"), "")
}

// forms are headers, signatures and spellings.
func (c *requests) forms() {
	claims := fake.Claims(c.fake.Issuer, nil)
	good := c.signer.Token(c.t, claims)
	parts := strings.Split(good, ".")
	header, payload, signature := parts[0], parts[1], parts[2]
	for _, alg := range []string{"none", "HS256", "es256", "ES384"} {
		c.bearer("alg "+alg, 401, c.signer.Token(c.t, claims, fake.Members{"alg": alg}), "alg")
	}
	c.bearer("crit", 401, c.signer.Token(c.t, claims, fake.Members{"crit": []string{"exp"}}), "crit")
	c.bearer("typ", 200, c.signer.Token(c.t, claims, fake.Members{"typ": "JWT"}), "")
	c.bearer("unknown kid", 401, c.signer.Token(c.t, claims, fake.Members{"kid": "another"}), "")
	c.bearer("kid a number", 401, c.signer.Token(c.t, claims, fake.Members{"kid": 1}), "")
	text := fake.JSON(c.t, claims)
	c.bearer("alg absent", 401, c.signer.Sign(c.t, fmt.Sprintf(`{"kid":%q}`, fake.Kid), text), "")
	c.bearer("kid twice", 401, c.signer.Sign(c.t, fmt.Sprintf(`{"kid":"x","kid":%q,"alg":"ES256"}`, fake.Kid), text), "header-malformed")
	c.bearer("header text", 401, c.signer.Sign(c.t, "x", text), "")
	for _, each := range [][2]string{
		{"two segments", header + "." + payload},
		{"four segments", good + ".x"},
		{"no signature", header + "." + payload + "."},
		{"no payload", header + ".." + signature},
		{"no header", "." + payload + "." + signature},
		{"dots", ".."},
		{"short signature", good[:len(good)-3]},
		{"long signature", good + "AAAA"},
		{"padded", good + "=="},
		{"another alphabet", header + "." + payload + "." + strings.Repeat("+", 86)},
		{"zero signature", header + "." + payload + "." + strings.Repeat("A", 86)},
		{"other payload", header + "." + fake.Encode([]byte("{}")) + "." + signature},
		{"space inside", strings.Replace(good, ".", ". ", 1)},
		{"a word", "word"},
		{"a long word", strings.Repeat("x", 5000)},
		{"long and dotted", strings.Repeat("x.", 2000)},
		{"capitals", "ABC"},
		{"a minus", "a-b"},
	} {
		c.bearer(each[0], 401, each[1], "")
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, good[len(good)-1])
	c.bearer("loose trailing bits", 401, good[:len(good)-1]+string(alphabet[last|1]), "base64url")
	for number := range 8 {
		c.bearer(fmt.Sprintf("another signature %d", number), 200, c.signer.Token(c.t, claims), "")
	}
}

// places are where the credential stands.
func (c *requests) places() {
	good, expired, name := c.fake.Token(c.t), c.fake.Token(c.t, "expired", "1"), c.fake.CookieName
	cookie := func(title string, status int, difference string, pairs ...string) {
		c.add(request{
			name: title, status: status, difference: difference, header: http.Header{"Cookie": {strings.Join(pairs, "; ")}},
		})
	}
	c.add(request{name: "no credential", status: 401})
	cookie("a cookie", 200, "", name+"="+good)
	cookie("a cookie among others", 200, "", "a=b", name+"="+good, "c=d")
	cookie("a quoted cookie", 200, "", name+`="`+good+`"`)
	cookie("an expired cookie", 401, "", name+"="+expired)
	cookie("an empty cookie", 401, "", name+"=")
	cookie("a cookie with a word", 401, "", name+"=word-")
	cookie("another project's cookie", 401, "", "tesseral_project_x_access_token="+good)
	cookie("the refresh token's cookie", 401, "", "tesseral_"+c.fake.ProjectID+"_refresh_token="+good)
	cookie("the cookie in capitals", 401, "", strings.ToUpper(name)+"="+good)
	cookie("stale cookie last", 200, "", name+"="+good, name+"="+expired)
	cookie("stale cookie first", 200, "second-cookie", name+"="+expired, name+"="+good)
	cookie("two stale cookies", 401, "", name+"="+expired, name+"="+expired)
	both := func(title string, status int, difference, authorization, token string) {
		c.add(request{name: title, status: status, difference: difference, header: http.Header{
			"Authorization": {authorization}, "Cookie": {name + "=" + token},
		}})
	}
	both("bad header, good cookie", 401, "", "Bearer "+expired, good)
	both("good header, bad cookie", 200, "", "Bearer "+good, expired)
	both("Basic, good cookie", 200, "", "Basic eDp5", good)
	both("Bearer, good cookie", 401, "bearer-empty", "Bearer", good)
	authorization := func(title string, status int, difference string, values ...string) {
		c.add(request{name: title, status: status, difference: difference, header: http.Header{"Authorization": values}})
	}
	authorization("Basic alone", 401, "", "Basic eDp5")
	authorization("no scheme", 401, "", good)
	authorization("Bearerx", 401, "", "Bearerx "+good)
	authorization("Token", 401, "", "Token "+good)
	authorization("bearer", 200, "bearer-case", "bearer "+good)
	authorization("BEARER", 200, "bearer-case", "BEARER "+good)
	authorization("bearer expired", 401, "", "bearer "+expired)
	authorization("two spaces", 200, "bearer-spaces", "Bearer  "+good)
	authorization("two headers", 401, "two-authorizations", "Bearer "+good, "Bearer "+good)
	c.bearer("long token", 401, c.fake.Token(c.t, "actions", "400"), "oversize")
}

// apiKeys are API keys, on and off.
func (c *requests) apiKeys() {
	key := c.fake.Command(c.t, "api-key", "action", "app.posts.read")
	bare, revoked := c.fake.Command(c.t, "api-key"), c.fake.Command(c.t, "api-key")
	late := c.fake.Command(c.t, "api-key", "expires-in", "-1")
	c.fake.Command(c.t, "revoke", "key", revoked)
	for path, status := range map[string]int{
		"/info": 200, "/claims": 400, "/permission?action=app.posts.read": 200, "/permission?action=app.posts": 403,
	} {
		c.add(request{name: "a good key " + path, status: status, header: bearer(key), path: path})
	}
	c.bearer("a key without actions", 200, bare, "")
	c.add(request{name: "a key without actions, permission", status: 403, header: bearer(bare), path: "/permission?action=app.posts.read"})
	c.bearer("a revoked key", 401, revoked, "")
	c.bearer("an expired key", 401, late, "")
	c.bearer("a key cut short", 401, key[:len(key)-1], "")
	changed := "0"
	if strings.HasSuffix(key, changed) {
		changed = "1"
	}
	c.bearer("a key changed", 401, key[:len(key)-1]+changed, "")
	c.bearer("a word as a key", 401, "word", "")
	c.bearer("a key in capitals", 401, strings.ToUpper(key), "")
	c.add(request{
		name: "a key in the cookie", status: 401, difference: "cookie-api-key",
		header: http.Header{"Cookie": {c.fake.CookieName + "=" + key}},
	})
	for name, credential := range map[string]string{"a good key": key, "a word": "word", "an empty one": ""} {
		c.add(request{name: "API keys off: " + name, status: 401, header: bearer(credential), apiKeysOff: true})
	}
}
