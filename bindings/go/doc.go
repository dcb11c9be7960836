// Package tesseral verifies access tokens and API keys of [Tesseral].
//
// A [Verifier] has the keys of one configuration document and no network. An [Authenticator] fetches the document, keeps it
// fresh, and asks the service about API keys. Package auth is the middleware for net/http that most servers want.
//
// The verifier itself is libtesseral_verify, an archive that is part of this module. cgo links it, so that a C compiler is needed.
//
// [Tesseral]: https://tesseral.com
package tesseral
