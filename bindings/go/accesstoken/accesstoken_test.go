package accesstoken_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	tesseral "tesseral-verify.example/tesseral"
	"tesseral-verify.example/tesseral/accesstoken"
	fake "tesseral-verify.example/tesseral/internal/faketesseral"
)

func TestAuthenticator(t *testing.T) {
	service, ctx := fake.Start(t), context.Background()
	authenticator := accesstoken.NewAuthenticator(accesstoken.WithPublishableKey(service.PublishableKey),
		accesstoken.WithConfigAPIHostname(service.Host), accesstoken.WithHTTPClient(service.Client()),
		accesstoken.WithJWKSRefreshInterval(time.Minute))
	if count := service.Count(t, "config"); count != 0 {
		t.Errorf("%d fetches before the first token", count)
	}
	claims, err := authenticator.AuthenticateAccessToken(ctx, service.Token(t, "email", "ada@example.com"))
	if err != nil || claims.User.Email != "ada@example.com" || claims.Iss != service.Issuer {
		t.Errorf("%+v %v", claims, err)
	}
	if id, err := authenticator.ProjectID(ctx); err != nil || id != service.ProjectID {
		t.Error(id, err)
	}
	for token, expected := range map[string]error{
		service.Token(t, "expired", "1"): tesseral.ErrTokenExpired, service.Token(t, "tampered", "1"): tesseral.ErrSignatureInvalid,
		"": tesseral.ErrTokenMalformed, service.APIKey: tesseral.ErrTokenMalformed,
	} {
		claims, err := authenticator.AuthenticateAccessToken(ctx, token)
		if claims != nil || !errors.Is(err, expected) || !errors.Is(err, accesstoken.ErrInvalidAccessToken) {
			t.Errorf("%v, not %v", err, expected)
		}
		var refused *tesseral.Error
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), refused.Slug()) {
			t.Error(err)
		}
	}
}

func TestATokenThatCannotBeJudged(t *testing.T) {
	service := fake.Start(t)
	service.Command(t, "fault/config/reset")
	authenticator := accesstoken.NewAuthenticator(accesstoken.WithPublishableKey(service.PublishableKey),
		accesstoken.WithConfigAPIHostname(service.Host), accesstoken.WithHTTPClient(service.Client()))
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if _, err := authenticator.AuthenticateAccessToken(ctx, service.Token(t)); !errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, accesstoken.ErrInvalidAccessToken) {
		t.Error(err)
	}
}

func TestNoPublishableKeyPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("it does not panic")
		}
	}()
	accesstoken.NewAuthenticator()
}
