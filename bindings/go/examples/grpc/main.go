// A gRPC server that wants a credential in the metadata of each call: PUBLISHABLE_KEY=publishable_key_xxx go run ./grpc
// CONFIG_API_HOSTNAME names another host than config.tesseral.com, such as that of fake-tesseral.
package main

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthgrpc "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	tesseral "tesseral-verify.example/tesseral"
	"tesseral-verify.example/tesseral/auth"
)

func main() {
	authenticator, err := tesseral.NewAuthenticator(tesseral.AuthenticatorOptions{
		PublishableKey: os.Getenv("PUBLISHABLE_KEY"), ConfigAPIHostname: os.Getenv("CONFIG_API_HOSTNAME"),
	})
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:8080")
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(server(authenticator).Serve(listener))
}

func server(authenticator *tesseral.Authenticator) *grpc.Server {
	server := grpc.NewServer(
		grpc.UnaryInterceptor(func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			ctx, err := authenticate(ctx, authenticator)
			if err != nil {
				return nil, err
			}
			return handler(ctx, request)
		}),
		grpc.StreamInterceptor(func(service any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			ctx, err := authenticate(stream.Context(), authenticator)
			if err != nil {
				return err
			}
			return handler(service, &authenticated{stream, ctx})
		}),
	)
	healthgrpc.RegisterHealthServer(server, &checked{health.NewServer()})
	return server
}

// authenticate puts the sender into the context, where the functions of package auth find it.
func authenticate(ctx context.Context, authenticator *tesseral.Authenticator) (context.Context, error) {
	found, _ := metadata.FromIncomingContext(ctx)
	sender, err := authenticator.Authenticate(ctx, http.Header{"Authorization": found.Get("authorization")})
	var refused *tesseral.Error
	switch {
	case err == nil:
		return auth.NewContext(ctx, sender), nil
	case !errors.As(err, &refused) || refused.HTTPStatus() == http.StatusServiceUnavailable:
		return nil, status.Error(codes.Unavailable, "")
	case refused.HTTPStatus() == http.StatusForbidden:
		return nil, status.Error(codes.PermissionDenied, "")
	default:
		return nil, status.Error(codes.Unauthenticated, "")
	}
}

// authenticated is a stream whose context has the sender.
type authenticated struct {
	grpc.ServerStream
	ctx context.Context
}

func (a *authenticated) Context() context.Context { return a.ctx }

// checked stands in for your own service: it checks a permission.
type checked struct{ *health.Server }

func (c *checked) Check(ctx context.Context, request *healthgrpc.HealthCheckRequest) (*healthgrpc.HealthCheckResponse, error) {
	if !auth.HasPermission(ctx, "app.posts.read") {
		return nil, status.Error(codes.PermissionDenied, "")
	}
	return c.Server.Check(ctx, request)
}
