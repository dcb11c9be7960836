//go:build cgo && linux && (amd64 || arm64)

package core

/*
#include "core.h"

#cgo noescape core_refresh_ready
#cgo nocallback core_refresh_ready
#cgo noescape tesseral_refresh_request
#cgo noescape tesseral_refresh_document
*/
import "C"

import "unsafe"

// RefreshRules are times in milliseconds; 0 means the default.
type RefreshRules struct {
	Interval, Stale, Cooldown, Timeout, Wait uint64
	Waiters                                  uint32
}

// None stands for zero in rules, where 0 means the default.
const None = C.TESSERAL_RULES_NONE

func (r *RefreshRules) c() C.tesseral_refresh_rules {
	return C.tesseral_refresh_rules{
		struct_size: C.sizeof_tesseral_refresh_rules, waiters: C.uint32_t(r.Waiters), interval_ms: C.uint64_t(r.Interval),
		stale_ms: C.uint64_t(r.Stale), cooldown_ms: C.uint64_t(r.Cooldown), timeout_ms: C.uint64_t(r.Timeout),
		wait_ms: C.uint64_t(r.Wait),
	}
}

// Refresh says when to fetch the document, how long it holds, and what an unknown kid does. It has no lock: one call at a time.
type Refresh struct{ Words []uint64 }

// NewRefresh makes a state without a document. seed: 16 random octets.
func NewRefresh(seed []byte, now Moment) (*Refresh, Status) {
	r := &Refresh{make([]uint64, C.tesseral_refresh_size()/8)}
	moment := now.c()
	return r, Status(C.tesseral_refresh_init(r.memory(), r.len(), bytesOf(seed), C.size_t(len(seed)), &moment))
}

func (r *Refresh) memory() *C.uint8_t {
	return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(r.Words)))
}

func (r *Refresh) len() C.size_t { return C.size_t(len(r.Words) * 8) }

// Ready is the handle of the document in use; 0 if it cannot be used, or if the next request has to call Request.
func (r *Refresh) Ready(now Moment, rules *RefreshRules) uint64 {
	moment, given := now.c(), rules.c()
	return uint64(C.core_refresh_ready(r.memory(), r.len(), &moment, &given))
}

// Acts of a Poll.
const (
	PollFetch    = C.TESSERAL_POLL_FETCH
	PollInFlight = C.TESSERAL_POLL_IN_FLIGHT
	PollAt       = C.TESSERAL_POLL_AT
)

// Poll is what the background has to do.
type Poll struct {
	Act    uint32
	Flight Flight
	Until  int64
}

// Poll says what the background has to do now.
func (r *Refresh) Poll(now Moment, rules *RefreshRules) (Poll, Status) {
	moment, given := now.c(), rules.c()
	poll := C.tesseral_poll{struct_size: C.sizeof_tesseral_poll}
	status := C.tesseral_refresh_poll(r.memory(), r.len(), &moment, &given, &poll)
	return Poll{uint32(poll.act), flightOf(poll.flight), int64(poll.until)}, Status(status)
}

// Differences of a document from the one in use.
const (
	ChangeSame = C.TESSERAL_CHANGE_SAME
	ChangeText = C.TESSERAL_CHANGE_TEXT
	ChangeKeys = C.TESSERAL_CHANGE_KEYS
)

// TakenInUse says that the document that landed is in use now.
const TakenInUse = C.TESSERAL_TAKEN_IN_USE

// Landed reports that a flight brought a usable document. It returns whether that is in use now, and the handle to free.
func (r *Refresh) Landed(f Flight, change uint32, handle, length uint64, now Moment) (taken uint32, freed uint64, _ Status) {
	flight, moment := f.c(), now.c()
	var cTaken C.uint32_t
	var cFreed C.uint64_t
	status := C.tesseral_refresh_landed(r.memory(), r.len(), &flight, C.uint32_t(change), C.uint64_t(handle),
		C.uint64_t(length), &moment, &cTaken, &cFreed)
	return uint32(cTaken), uint64(cFreed), Status(status)
}

// Failed reports that a flight brought no usable document.
func (r *Refresh) Failed(f Flight, now Moment) Status {
	flight, moment := f.c(), now.c()
	return Status(C.tesseral_refresh_failed(r.memory(), r.len(), &flight, &moment))
}

// Abandoned reports that a flight will not end.
func (r *Refresh) Abandoned(f Flight, now Moment) Status {
	flight, moment := f.c(), now.c()
	return Status(C.tesseral_refresh_abandoned(r.memory(), r.len(), &flight, &moment))
}

// What a request lacks.
const (
	NeedNothing  = C.TESSERAL_NEED_NOTHING
	NeedDocument = C.TESSERAL_NEED_DOCUMENT
	NeedKids     = C.TESSERAL_NEED_KIDS
)

// Acts of a Request.
const (
	RequestProceed = C.TESSERAL_REQUEST_PROCEED
	RequestWait    = C.TESSERAL_REQUEST_WAIT
	RequestFetch   = C.TESSERAL_REQUEST_FETCH
)

// NoPlace is the place of a Wait that has none.
const NoPlace = C.TESSERAL_NO_PLACE

// Wait says until when a request may wait. Its place is given back with Waited.
type Wait struct {
	Until int64
	Place uint32
}

// Request is what a request has to do.
type Request struct {
	Act    uint32
	Wake   bool
	Flight Flight
	Wait   Wait
}

// Request says what a request has to do. kids: with NeedKids, else nil.
func (r *Refresh) Request(need uint32, kids *Kids, now Moment, rules *RefreshRules) (Request, Status) {
	moment, given := now.c(), rules.c()
	request := C.tesseral_request{struct_size: C.sizeof_tesseral_request}
	var hashes *C.uint8_t
	length := C.size_t(0)
	if kids != nil {
		hashes, length = &kids.hashes[0], C.size_t(kids.count)*C.TESSERAL_KID_HASH_LEN
	}
	status := C.tesseral_refresh_request(r.memory(), r.len(), C.uint32_t(need), hashes, length, &moment, &given, &request)
	return Request{
		uint32(request.act), request.wake != 0, flightOf(request.flight),
		Wait{int64(request.wait.until), uint32(request.wait.place)},
	}, Status(status)
}

// Waited gives back the place of a request that waits no more.
func (r *Refresh) Waited(w Wait) Status {
	wait := C.tesseral_wait{until: C.int64_t(w.Until), place: C.uint32_t(w.Place)}
	return Status(C.tesseral_refresh_waited(r.memory(), r.len(), &wait))
}

// Document is the document in use.
type Document struct {
	InUse, Usable bool
	Number        uint64
	Began         Moment
	Age           uint64
	Handle        uint64
	Len           uint64
	duePercent    C.uint32_t
}

// Document says which one is in use.
func (r *Refresh) Document(now Moment, rules *RefreshRules) (Document, Status) {
	moment, given := now.c(), rules.c()
	found := C.tesseral_document{struct_size: C.sizeof_tesseral_document}
	status := C.tesseral_refresh_document(r.memory(), r.len(), &moment, &given, &found)
	return Document{
		found.in_use != 0, found.usable != 0, uint64(found.number), momentOf(found.began), uint64(found.age_ms),
		uint64(found.handle), uint64(found.len), found.due_percent,
	}, Status(status)
}

// DueIn is how many milliseconds it is until the next planned fetch.
func (r *Refresh) DueIn(now Moment, rules *RefreshRules) (uint64, Status) {
	moment, given := now.c(), rules.c()
	var due C.uint64_t
	status := C.tesseral_refresh_due_in(r.memory(), r.len(), &moment, &given, &due)
	return uint64(due), Status(status)
}
