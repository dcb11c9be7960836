package main

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthgrpc "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	tesseral "tesseral-verify.example/tesseral"
	fake "tesseral-verify.example/tesseral/internal/faketesseral"
)

func TestExample(t *testing.T) {
	service := fake.Start(t)
	authenticator, err := tesseral.NewAuthenticator(tesseral.AuthenticatorOptions{
		PublishableKey: service.PublishableKey, ConfigAPIHostname: service.Host, HTTPClient: service.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := server(authenticator)
	go server.Serve(listener)
	defer server.Stop()
	connection, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	client := healthgrpc.NewHealthClient(connection)
	for _, each := range []struct {
		values []string
		code   codes.Code
	}{
		{nil, codes.Unauthenticated},
		{[]string{"Bearer " + service.Token(t, "action", "app.posts.read")}, codes.OK},
		{[]string{"Bearer " + service.Token(t)}, codes.PermissionDenied},
		{[]string{"Bearer " + service.Token(t, "expired", "1")}, codes.Unauthenticated},
		{[]string{"Bearer " + service.Token(t), "Bearer " + service.Token(t)}, codes.Unauthenticated},
	} {
		ctx := metadata.NewOutgoingContext(context.Background(), metadata.MD{"authorization": each.values})
		_, err := client.Check(ctx, &healthgrpc.HealthCheckRequest{})
		if found := status.Code(err); found != each.code {
			t.Errorf("%v: %v, not %v", len(each.values), found, each.code)
		}
		stream, err := client.Watch(ctx, &healthgrpc.HealthCheckRequest{})
		if err == nil {
			_, err = stream.Recv()
		}
		if refused := status.Code(err) == codes.Unauthenticated; refused != (each.code == codes.Unauthenticated) {
			t.Errorf("a stream: %v", err)
		}
	}
}
