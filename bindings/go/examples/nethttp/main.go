// A server with net/http: PUBLISHABLE_KEY=publishable_key_xxx go run ./nethttp
// CONFIG_API_HOSTNAME names another host than config.tesseral.com, such as that of fake-tesseral.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"

	"tesseral-verify.example/tesseral/auth"
)

func main() {
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", handler(auth.WithPublishableKey(os.Getenv("PUBLISHABLE_KEY")),
		auth.WithConfigAPIHostname(os.Getenv("CONFIG_API_HOSTNAME")))))
}

func handler(opts ...auth.Option) http.Handler {
	private := http.NewServeMux()
	private.HandleFunc("GET /me", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, auth.OrganizationID(r.Context()))
	})
	private.HandleFunc("GET /posts", func(w http.ResponseWriter, r *http.Request) {
		if !auth.HasPermission(r.Context(), "app.posts.read") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		fmt.Fprintln(w, "posts")
	})
	public := http.NewServeMux()
	public.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
	public.Handle("/", auth.RequireAuth(private, opts...))
	return public
}
