//go:build cgo && linux && (amd64 || arm64)

// Package core calls the library: the archive of this platform, which holds no libc, no thread and no global state.
package core

/*
#cgo CFLAGS: -std=c11 -O2
#cgo linux,amd64 LDFLAGS: ${SRCDIR}/libtesseral_verify_linux_amd64.a
#cgo linux,arm64 LDFLAGS: ${SRCDIR}/libtesseral_verify_linux_arm64.a

#include "core.h"
*/
import "C"

import "fmt"

func init() {
	// The archive and the header are files side by side: a merge may take one of them alone.
	if found := C.tesseral_abi_version(); found != C.TESSERAL_ABI_VERSION {
		panic(fmt.Sprintf("tesseral: the archive has interface %d, the header %d: run make go-archives", found, C.TESSERAL_ABI_VERSION))
	}
}

// Status is 0, or the number of a refusal.
type Status uint32

// The statuses that this module itself names. Statuses lists all of them.
const (
	OK                  Status = C.TESSERAL_OK
	InvalidArgument     Status = C.TESSERAL_ERR_INVALID_ARGUMENT
	NotAnAccessToken    Status = C.TESSERAL_ERR_NOT_AN_ACCESS_TOKEN
	TokenMalformed      Status = C.TESSERAL_ERR_TOKEN_MALFORMED
	CredentialsMissing  Status = C.TESSERAL_ERR_CREDENTIALS_MISSING
	KeyUnknown          Status = C.TESSERAL_ERR_KEY_UNKNOWN
	KeysUnavailable     Status = C.TESSERAL_ERR_KEYS_UNAVAILABLE
	APIKeyInvalid       Status = C.TESSERAL_ERR_API_KEY_INVALID
	APIKeysNotPermitted Status = C.TESSERAL_ERR_API_KEYS_NOT_PERMITTED
	APIKeyLookupNeeded  Status = C.TESSERAL_ERR_API_KEY_LOOKUP_NEEDED
	APIKeyLookupFailed  Status = C.TESSERAL_ERR_API_KEY_LOOKUP_FAILED
	InternalError       Status = C.TESSERAL_ERR_INTERNAL_ERROR
)

// Bounds of the library.
const (
	MaxDocumentLen     = C.TESSERAL_MAX_DOCUMENT_LEN
	MaxAPIKeyAnswerLen = C.TESSERAL_MAX_API_KEY_ANSWER_LEN
	DefaultMaxTokenLen = C.TESSERAL_DEFAULT_MAX_TOKEN_LEN
	MaxTokenLen        = C.TESSERAL_MAX_TOKEN_LEN
)

// Profiles are sizes of the tables.
const (
	ProfileServer  = C.TESSERAL_PROFILE_SERVER
	ProfileCompact = C.TESSERAL_PROFILE_COMPACT
	ProfileTiny    = C.TESSERAL_PROFILE_TINY
)

// Statuses are all that the library has.
func Statuses() []Status {
	all := make([]Status, C.tesseral_status_count())
	for place := range all {
		all[place] = Status(C.tesseral_status_at(C.size_t(place)))
	}
	return all
}

// Slug is the stable name of a status.
func (s Status) Slug() string { return C.GoString(C.tesseral_status_slug(C.uint32_t(s))) }

// Text is a fixed phrase for a status.
func (s Status) Text() string { return C.GoString(C.tesseral_status_text(C.uint32_t(s))) }

// HTTP is the HTTP status with which a server answers.
func (s Status) HTTP() int { return int(C.tesseral_status_http(C.uint32_t(s))) }

// Version is that of the library.
func Version() string { return C.GoString(C.tesseral_version()) }
