// A server with chi: PUBLISHABLE_KEY=publishable_key_xxx go run ./chi
// CONFIG_API_HOSTNAME names another host than config.tesseral.com, such as that of fake-tesseral.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/go-chi/chi/v5"
	"tesseral-verify.example/tesseral/auth"
)

func main() {
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", handler(auth.WithPublishableKey(os.Getenv("PUBLISHABLE_KEY")),
		auth.WithConfigAPIHostname(os.Getenv("CONFIG_API_HOSTNAME")))))
}

func handler(opts ...auth.Option) http.Handler {
	router := chi.NewRouter()
	router.Get("/healthz", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
	router.Group(func(private chi.Router) {
		private.Use(func(next http.Handler) http.Handler { return auth.RequireAuth(next, opts...) })
		private.Get("/me", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintln(w, auth.OrganizationID(r.Context()))
		})
		private.With(require("app.posts.read")).Get("/posts", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintln(w, "posts")
		})
	})
	return router
}

// require answers 403 unless the sender may do this.
func require(action string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !auth.HasPermission(r.Context(), action) {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
