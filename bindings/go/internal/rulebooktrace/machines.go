//go:build cgo && linux && (amd64 || arm64)

// Package rulebooktrace runs the recorded trace of the state machines through the calls that the module makes. The calls that
// the module has no need for are made here.
package rulebooktrace

/*
#cgo CFLAGS: -I${SRCDIR}/../core
#include "tesseral_verify.h"
*/
import "C"

import (
	"unsafe"

	"tesseral-verify.example/tesseral/internal/core"
)

func memory(words []uint64) (*C.uint8_t, C.size_t) {
	return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(words))), C.size_t(8 * len(words))
}

func moment(now core.Moment) *C.tesseral_moment {
	return &C.tesseral_moment{steady: C.int64_t(now.Steady), wall: C.int64_t(now.Wall)}
}

func rulesOf(r *core.RefreshRules) *C.tesseral_refresh_rules {
	return &C.tesseral_refresh_rules{
		struct_size: C.sizeof_tesseral_refresh_rules, waiters: C.uint32_t(r.Waiters), interval_ms: C.uint64_t(r.Interval),
		stale_ms: C.uint64_t(r.Stale), cooldown_ms: C.uint64_t(r.Cooldown), timeout_ms: C.uint64_t(r.Timeout),
		wait_ms: C.uint64_t(r.Wait),
	}
}

func answersRulesOf(r *core.AnswersRules) *C.tesseral_answers_rules {
	return &C.tesseral_answers_rules{
		struct_size: C.sizeof_tesseral_answers_rules, questions: C.uint32_t(r.Questions), good_ttl_ms: C.uint64_t(r.GoodTTL),
		refused_ttl_ms: C.uint64_t(r.RefusedTTL), timeout_ms: C.uint64_t(r.Timeout),
		max_answers_len: C.uint64_t(r.MaxAnswersLen),
	}
}

var restoredNames = map[C.uint32_t]string{
	C.TESSERAL_RESTORED_IN_USE: "in_use", C.TESSERAL_RESTORED_NOT_NEWER: "not_newer",
	C.TESSERAL_RESTORED_TOO_OLD: "too_old", C.TESSERAL_RESTORED_FROM_THE_FUTURE: "from_the_future",
}

func restore(words []uint64, began int64, handle, length uint64, now core.Moment, rules *core.RefreshRules) (string, uint64, core.Status) {
	state, size := memory(words)
	var restored C.uint32_t
	var freed C.uint64_t
	status := C.tesseral_refresh_restore(state, size, C.int64_t(began), C.uint64_t(handle), C.uint64_t(length), moment(now),
		rulesOf(rules), &restored, &freed)
	return restoredNames[restored], uint64(freed), core.Status(status)
}

func attentionAt(words []uint64, now core.Moment, rules *core.RefreshRules) (int64, core.Status) {
	state, size := memory(words)
	var at C.int64_t
	status := C.tesseral_refresh_attention_at(state, size, moment(now), rulesOf(rules), &at)
	return int64(at), core.Status(status)
}

func renew(words []uint64, seed []byte) core.Status {
	state, size := memory(words)
	return core.Status(C.tesseral_refresh_renew(state, size, (*C.uint8_t)(&seed[0]), C.size_t(len(seed))))
}

func isFetching(words []uint64, now core.Moment, rules *core.RefreshRules) bool {
	state, size := memory(words)
	return bool(C.tesseral_refresh_is_fetching(state, size, moment(now), rulesOf(rules)))
}

func recoveries(words []uint64, answers bool) (uint64, core.Status) {
	state, size := memory(words)
	var count C.uint64_t
	if answers {
		return uint64(count), core.Status(C.tesseral_answers_recoveries(state, size, &count))
	}
	status := C.tesseral_refresh_recoveries(state, size, &count)
	return uint64(count), core.Status(status)
}

// adopt takes over the document of another state under another handle. It says false when that has none.
func adopt(words, others []uint64, handle uint64, rules *core.RefreshRules) (bool, uint64, core.Status) {
	state, size := memory(others)
	found := C.tesseral_document{struct_size: C.sizeof_tesseral_document}
	now := moment(core.Moment{})
	if status := C.tesseral_refresh_document(state, size, now, rulesOf(rules), &found); status != C.TESSERAL_OK || found.in_use == 0 {
		return false, 0, core.Status(status)
	}
	found.handle = C.uint64_t(handle)
	state, size = memory(words)
	var freed C.uint64_t
	status := C.tesseral_refresh_adopt(state, size, &found, &freed)
	return true, uint64(freed), core.Status(status)
}

// kidsOf has the hashes of these kids.
func kidsOf(kids []string) *core.Kids {
	found := (*C.tesseral_kid_hashes)(unsafe.Pointer(new(core.Kids)))
	found.struct_size = C.sizeof_tesseral_kid_hashes
	for _, kid := range kids {
		if found.count == C.TESSERAL_KID_HASHES_LEN/C.TESSERAL_KID_HASH_LEN {
			break // The state reads no more than these.
		}
		place := found.count * C.TESSERAL_KID_HASH_LEN
		C.tesseral_kid_hash((*C.uint8_t)(unsafe.StringData(kid)), C.size_t(len(kid)), &found.hashes[place], C.TESSERAL_KID_HASH_LEN)
		found.count++
	}
	return (*core.Kids)(unsafe.Pointer(found))
}

// keyName has octets of one number each.
func keyName(scope, fingerprint byte) *core.KeyName {
	name := new(C.tesseral_api_key_name)
	for place := range name.scope {
		name.scope[place] = C.uint8_t(scope)
	}
	for place := range name.fingerprint {
		name.fingerprint[place] = C.uint8_t(fingerprint)
	}
	return (*core.KeyName)(unsafe.Pointer(name))
}

func abandoned(words []uint64, name *core.KeyName, question core.Question) core.Status {
	state, size := memory(words)
	given := C.tesseral_question{number: C.uint64_t(question.Number), sent: *moment(question.Began)}
	return core.Status(C.tesseral_answers_abandoned(state, size, (*C.tesseral_api_key_name)(unsafe.Pointer(name)), &given))
}

func reclaim(words []uint64, now core.Moment, rules *core.AnswersRules) (uint64, core.Status) {
	state, size := memory(words)
	var freed C.uint64_t
	status := C.tesseral_answers_reclaim(state, size, moment(now), answersRulesOf(rules), &freed)
	return uint64(freed), core.Status(status)
}

func answersLen(words []uint64) (uint64, core.Status) {
	state, size := memory(words)
	var length C.uint64_t
	status := C.tesseral_answers_len(state, size, &length)
	return uint64(length), core.Status(status)
}
