//go:build cgo && linux && (amd64 || arm64)

package core

/*
#include "core.h"
*/
import "C"

import (
	"encoding/binary"
	"unsafe"
)

// Auth says who sent a request. It never changes, and refers to no C memory.
type Auth struct {
	text          string
	spans         [C.CORE_SPANS]C.core_span
	exp, nbf, iat int64
	kind          uint32
}

// Kinds of credentials.
const (
	AccessToken = C.TESSERAL_CREDENTIALS_ACCESS_TOKEN
	APIKey      = C.TESSERAL_CREDENTIALS_API_KEY
)

// Strings of an Auth.
const (
	Credentials             = C.CORE_CREDENTIALS
	OrganizationID          = C.CORE_ORGANIZATION_ID
	APIKeyID                = C.CORE_API_KEY_ID
	Payload                 = C.CORE_PAYLOAD
	Iss                     = C.CORE_ISS
	Sub                     = C.CORE_SUB
	Aud                     = C.CORE_AUD
	SessionID               = C.CORE_SESSION_ID
	UserID                  = C.CORE_USER_ID
	UserEmail               = C.CORE_USER_EMAIL
	UserDisplayName         = C.CORE_USER_DISPLAY_NAME
	UserProfilePictureURL   = C.CORE_USER_PROFILE_PICTURE_URL
	OrganizationDisplayName = C.CORE_ORGANIZATION_DISPLAY_NAME
	ImpersonatorEmail       = C.CORE_IMPERSONATOR_EMAIL
)

// An Auth and its text are one object, with room for this many octets of text. Most tokens fit into the first or the second size.
type (
	auth1K struct {
		Auth
		room [1344]byte
	}
	auth2K struct {
		Auth
		room [2304]byte
	}
	auth4K struct {
		Auth
		room [4608]byte
	}
)

// newAuth copies a result. It allocates once, unless the text is very long.
func newAuth(result *C.core_result) *Auth {
	length := int(result.text_len)
	var auth *Auth
	var room []byte
	switch {
	case length <= len(auth1K{}.room):
		whole := new(auth1K)
		auth, room = &whole.Auth, whole.room[:length]
	case length <= len(auth2K{}.room):
		whole := new(auth2K)
		auth, room = &whole.Auth, whole.room[:length]
	case length <= len(auth4K{}.room):
		whole := new(auth4K)
		auth, room = &whole.Auth, whole.room[:length]
	default:
		auth, room = new(Auth), make([]byte, length)
	}
	copy(room, unsafe.Slice((*byte)(result.text), length))
	auth.text = unsafe.String(unsafe.SliceData(room), length)
	auth.spans = result.spans
	auth.exp, auth.nbf, auth.iat = int64(result.exp), int64(result.nbf), int64(result.iat)
	auth.kind = uint32(result.credentials_type)
	return auth
}

// Kind is AccessToken or APIKey.
func (a *Auth) Kind() uint32 { return a.kind }

// String is one of the strings; empty when there is none.
func (a *Auth) String(which int) string {
	span := a.spans[which]
	return a.text[span.at : span.at+span.len]
}

// Times are exp, nbf and iat, in seconds since 1970.
func (a *Auth) Times() (exp, nbf, iat int64) { return a.exp, a.nbf, a.iat }

// Actions calls yield for each action, until it returns false.
func (a *Auth) Actions(yield func(action string) bool) {
	for rest := a.String(C.CORE_ACTIONS); rest != ""; {
		length := binary.NativeEndian.Uint32(unsafe.Slice(unsafe.StringData(rest), 4))
		if !yield(rest[4 : 4+length]) {
			return
		}
		rest = rest[4+length:]
	}
}
