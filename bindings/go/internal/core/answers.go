//go:build cgo && linux && (amd64 || arm64)

package core

/*
#include <stdlib.h>
#include "core.h"
*/
import "C"

import "unsafe"

// AnswersRules are times in milliseconds and bounds; 0 means the default.
type AnswersRules struct {
	GoodTTL, RefusedTTL, Timeout, MaxAnswersLen uint64
	Questions                                   uint32
}

func (r *AnswersRules) c() C.tesseral_answers_rules {
	return C.tesseral_answers_rules{
		struct_size: C.sizeof_tesseral_answers_rules, questions: C.uint32_t(r.Questions), good_ttl_ms: C.uint64_t(r.GoodTTL),
		refused_ttl_ms: C.uint64_t(r.RefusedTTL), timeout_ms: C.uint64_t(r.Timeout),
		max_answers_len: C.uint64_t(r.MaxAnswersLen),
	}
}

// Answers says which request asks the service about an API key, and how long answers hold. It has no lock: one call at a time.
type Answers struct{ Words []uint64 }

// The sizes that the library takes itself.
const (
	DefaultAnswers   = 4096
	DefaultQuestions = 64
)

// AnswersSize is how many bytes a state takes; 0 when a number is out of range.
func AnswersSize(answers, questions uint64) uint64 {
	return uint64(C.tesseral_answers_size(C.size_t(answers), C.size_t(questions)))
}

// NewAnswers makes a state without answers. seed: 16 random octets.
func NewAnswers(answers, questions uint64, seed []byte) (*Answers, Status) {
	a := &Answers{make([]uint64, AnswersSize(answers, questions)/8)}
	return a, Status(C.tesseral_answers_init(a.memory(), a.len(), C.size_t(answers), C.size_t(questions), bytesOf(seed),
		C.size_t(len(seed))))
}

func (a *Answers) memory() *C.uint8_t {
	return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(a.Words)))
}

func (a *Answers) len() C.size_t { return C.size_t(len(a.Words) * 8) }

// Fingerprint is the SHA-256 of an API key.
type Fingerprint [C.TESSERAL_API_KEY_FINGERPRINT_LEN]byte

// KeyName names an API key, and the scope in which answers are shared.
type KeyName = C.tesseral_api_key_name

// NewKeyName names an API key in the scope of zeros. An Authenticator has one project, so that it needs no other scope.
func NewKeyName(fingerprint Fingerprint) KeyName {
	var name KeyName
	copy(unsafe.Slice((*byte)(&name.fingerprint[0]), len(name.fingerprint)), fingerprint[:])
	return name
}

// Kinds of a Verdict.
const (
	VerdictNone         = C.TESSERAL_VERDICT_NONE
	VerdictGood         = C.TESSERAL_VERDICT_GOOD
	VerdictInvalid      = C.TESSERAL_VERDICT_INVALID
	VerdictNotPermitted = C.TESSERAL_VERDICT_NOT_PERMITTED
	VerdictFailed       = C.TESSERAL_VERDICT_FAILED
)

// Verdict is what the service said about an API key.
type Verdict struct {
	Kind        uint32
	Handle, Len uint64
}

func verdictOf(v C.tesseral_verdict) Verdict {
	return Verdict{uint32(v.kind), uint64(v.handle), uint64(v.len)}
}

// Acts of an Ask.
const (
	AskKnown = C.TESSERAL_ASK_KNOWN
	AskSend  = C.TESSERAL_ASK_SEND
	AskWait  = C.TESSERAL_ASK_WAIT
	AskBusy  = C.TESSERAL_ASK_BUSY
)

// Question is one question to the service. It is reported with Landed or Abandoned.
type Question = Flight

// Ask is what a request has to do about its API key.
type Ask struct {
	Act      uint32
	Verdict  Verdict
	Question Question
	Until    int64
	Ticket   uint64
}

// Ask says what a request has to do. ticket: 0, or that of the Ask that made the request wait.
func (a *Answers) Ask(name *KeyName, ticket uint64, now Moment, rules *AnswersRules) (Ask, Status) {
	moment, given := now.c(), rules.c()
	ask := C.tesseral_ask{struct_size: C.sizeof_tesseral_ask}
	status := C.tesseral_answers_ask(a.memory(), a.len(), name, C.uint64_t(ticket), &moment, &given, &ask)
	return Ask{
		uint32(ask.act), verdictOf(ask.verdict), Question{uint64(ask.question.number), momentOf(ask.question.sent)},
		int64(ask.until), uint64(ask.ticket),
	}, Status(status)
}

// Landed reports how a question ended. It returns whether the answer's handle is kept, and the handles to free.
func (a *Answers) Landed(name *KeyName, q Question, v Verdict, now Moment, rules *AnswersRules) (bool, []uint64, Status) {
	moment, given := now.c(), rules.c()
	question := C.tesseral_question{number: C.uint64_t(q.Number), sent: q.Began.c()}
	verdict := C.tesseral_verdict{kind: C.uint32_t(v.Kind), handle: C.uint64_t(v.Handle), len: C.uint64_t(v.Len)}
	landed := C.tesseral_landed{struct_size: C.sizeof_tesseral_landed}
	status := C.tesseral_answers_landed(a.memory(), a.len(), name, &question, &verdict, &moment, &given, &landed)
	freed := make([]uint64, landed.freed_count)
	for place := range freed {
		freed[place] = uint64(landed.freed[place])
	}
	return landed.kept != 0, freed, Status(status)
}

// FingerprintOf says of which API key an answer is. It refuses a key of the wrong shape.
func FingerprintOf(key string) (Fingerprint, Status) {
	var fingerprint Fingerprint
	octets, length := octetsOf(key)
	status := C.tesseral_api_key_fingerprint(octets, length, (*C.uint8_t)(&fingerprint[0]), C.size_t(len(fingerprint)))
	return fingerprint, Status(status)
}

// APIKeyRequest is the body of the question about an API key.
func APIKeyRequest(key string) ([]byte, Status) {
	body := make([]byte, C.TESSERAL_API_KEY_REQUEST_LEN)
	var length C.size_t
	octets, keyLength := octetsOf(key)
	status := C.tesseral_api_key_request(octets, keyLength, bytesOf(body), C.size_t(len(body)), &length)
	return body[:length], Status(status)
}

// APIKeyResponse reads the service's answer. httpStatus: 0 when there was none.
func APIKeyResponse(key string, httpStatus int, body []byte) (*Auth, Status) {
	octets, length := octetsOf(key)
	result := C.core_api_key_response(octets, length, C.uint32_t(httpStatus), bytesOf(body), C.size_t(len(body)))
	if result == nil {
		return nil, InternalError
	}
	defer C.free(unsafe.Pointer(result))
	if result.status != C.TESSERAL_OK {
		return nil, Status(result.status)
	}
	return newAuth(result), OK
}

// Known is the remembered answer about an API key, for a request that may not wait.
func (a *Answers) Known(name *KeyName, now Moment, rules *AnswersRules) (Verdict, Status) {
	moment, given := now.c(), rules.c()
	var verdict C.tesseral_verdict
	status := C.tesseral_answers_known(a.memory(), a.len(), name, &moment, &given, &verdict)
	return verdictOf(verdict), Status(status)
}
