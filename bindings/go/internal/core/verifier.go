//go:build cgo && linux && (amd64 || arm64)

package core

/*
#include <stdlib.h>
#include "core.h"
*/
import "C"

import (
	"runtime"
	"unsafe"
)

// Options say how a document is read and tokens are judged.
type Options struct {
	Issuer, ProjectID                   string
	Profile, LeewaySeconds, MaxTokenLen uint32
	APIKeys                             bool
}

// Verifier checks credentials against the keys of one document. It never changes.
type Verifier struct {
	c           *C.tesseral_verifier
	scratchSize int
}

// NewVerifier builds a verifier in C memory, which is freed when nothing refers to the verifier any more. With a refused
// document, the offset of the fault is returned, too.
func NewVerifier(document []byte, options *Options) (*Verifier, Status, int) {
	var memory unsafe.Pointer
	var c *C.tesseral_verifier
	var offset C.size_t
	apiKeys := C.uint32_t(0)
	if options.APIKeys {
		apiKeys = 1
	}
	issuer, issuerLen := octetsOf(options.Issuer)
	projectID, projectIDLen := octetsOf(options.ProjectID)
	status := C.core_verifier_new(bytesOf(document), C.size_t(len(document)), issuer, issuerLen, projectID, projectIDLen,
		C.uint32_t(options.Profile), C.uint32_t(options.LeewaySeconds), C.uint32_t(options.MaxTokenLen), apiKeys,
		&memory, &c, &offset)
	if status != C.TESSERAL_OK {
		return nil, Status(status), int(offset)
	}
	v := &Verifier{c: c, scratchSize: int(C.tesseral_verifier_scratch_size(c))}
	runtime.AddCleanup(v, func(memory unsafe.Pointer) { C.free(memory) }, memory)
	return v, OK, 0
}

// ProjectID is that of the document, or else of the options.
func (v *Verifier) ProjectID() string {
	var found C.tesseral_str
	C.tesseral_verifier_project_id(v.c, &found)
	defer runtime.KeepAlive(v)
	return stringOf(found)
}

// Issuer is what tokens have to name as issuer and audience.
func (v *Verifier) Issuer() string {
	var found C.tesseral_str
	C.tesseral_verifier_issuer(v.c, &found)
	defer runtime.KeepAlive(v)
	return stringOf(found)
}

// KeyIDs are the kids of the keys in use, in the order of the document.
func (v *Verifier) KeyIDs() []string {
	defer runtime.KeepAlive(v)
	kids := make([]string, C.tesseral_verifier_keys_used(v.c))
	for place := range kids {
		var found C.tesseral_str
		C.tesseral_verifier_kid(v.c, C.size_t(place), &found)
		kids[place] = stringOf(found)
	}
	return kids
}

// stringOf copies a string out of C memory.
func stringOf(found C.tesseral_str) string {
	return string(unsafe.Slice((*byte)(found.ptr), int(found.len)))
}

// octetsOf gives the address of a string's octets, for a call that does not keep it.
func octetsOf(text string) (*C.uint8_t, C.size_t) {
	return (*C.uint8_t)(unsafe.StringData(text)), C.size_t(len(text))
}

func bytesOf(octets []byte) *C.uint8_t {
	return (*C.uint8_t)(unsafe.SliceData(octets))
}
