package tesseral

// AccessTokenClaims are what an access token says. The texts are untrusted: a name may hold NUL, CR and LF.
type AccessTokenClaims struct {
	Iss string `json:"iss"`
	Sub string `json:"sub"`
	Aud string `json:"aud"`
	// Exp, Nbf and Iat are seconds since 1970-01-01T00:00:00Z. Exp and Iat are rounded down, Nbf is rounded up.
	Exp          int64                    `json:"exp"`
	Nbf          int64                    `json:"nbf"`
	Iat          int64                    `json:"iat"`
	Session      AccessTokenSession       `json:"session"`
	User         AccessTokenUser          `json:"user"`
	Organization AccessTokenOrganization  `json:"organization"`
	Actions      []string                 `json:"actions,omitempty"`
	Impersonator *AccessTokenImpersonator `json:"impersonator,omitempty"`
}

// AccessTokenSession is the session that the token belongs to.
type AccessTokenSession struct {
	ID string `json:"id"`
}

// AccessTokenUser is the user. DisplayName and ProfilePictureURL are empty when the token has none.
type AccessTokenUser struct {
	ID                string `json:"id"`
	Email             string `json:"email"`
	DisplayName       string `json:"displayName,omitempty"`
	ProfilePictureURL string `json:"profilePictureUrl,omitempty"`
}

// AccessTokenOrganization is the user's organization. DisplayName is empty when the token has none.
type AccessTokenOrganization struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName,omitempty"`
}

// AccessTokenImpersonator is who acts in the user's name.
type AccessTokenImpersonator struct {
	Email string `json:"email"`
}
