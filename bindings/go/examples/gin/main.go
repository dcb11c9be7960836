// A server with gin: PUBLISHABLE_KEY=publishable_key_xxx go run ./gin
// CONFIG_API_HOSTNAME names another host than config.tesseral.com, such as that of fake-tesseral.
package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/gin-gonic/gin"
	"tesseral-verify.example/tesseral/auth"
)

func main() {
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", handler(auth.WithPublishableKey(os.Getenv("PUBLISHABLE_KEY")),
		auth.WithConfigAPIHostname(os.Getenv("CONFIG_API_HOSTNAME")))))
}

func handler(opts ...auth.Option) http.Handler {
	router := gin.New()
	router.GET("/healthz", func(c *gin.Context) { c.String(http.StatusOK, "ok\n") })
	private := router.Group("/", requireAuth(opts...))
	private.GET("/me", func(c *gin.Context) {
		c.String(http.StatusOK, auth.OrganizationID(c.Request.Context())+"\n")
	})
	private.GET("/posts", func(c *gin.Context) {
		if !auth.HasPermission(c.Request.Context(), "app.posts.read") {
			c.AbortWithStatus(http.StatusForbidden)
			return
		}
		c.String(http.StatusOK, "posts\n")
	})
	return router
}

// requireAuth wraps the middleware for net/http as one for gin.
func requireAuth(opts ...auth.Option) gin.HandlerFunc {
	type key struct{}
	// The handler behind RequireAuth sees only accepted requests. It stores each one where the function below finds it.
	protected := auth.RequireAuth(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		*r.Context().Value(key{}).(**http.Request) = r
	}), opts...)
	return func(c *gin.Context) {
		var accepted *http.Request
		protected.ServeHTTP(c.Writer, c.Request.WithContext(context.WithValue(c.Request.Context(), key{}, &accepted)))
		if accepted == nil {
			c.Abort()
			return
		}
		c.Request = accepted
		c.Next()
	}
}
