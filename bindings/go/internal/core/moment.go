//go:build cgo && linux && (amd64 || arm64)

package core

/*
#include "core.h"

#cgo noescape core_now
#cgo nocallback core_now
*/
import "C"

// Moment is a time in milliseconds by two clocks: one that is never set and runs through suspend, and the wall clock.
type Moment struct{ Steady, Wall int64 }

// Now reads both clocks.
func Now() Moment {
	var now C.tesseral_moment
	C.core_now(&now)
	return Moment{int64(now.steady), int64(now.wall)}
}

func (m Moment) c() C.tesseral_moment {
	return C.tesseral_moment{steady: C.int64_t(m.Steady), wall: C.int64_t(m.Wall)}
}

func momentOf(m C.tesseral_moment) Moment { return Moment{int64(m.steady), int64(m.wall)} }

// Flight is one fetch of the document. It is reported with Landed, Failed or Abandoned.
type Flight struct {
	Number uint64
	Began  Moment
}

func (f Flight) c() C.tesseral_flight {
	return C.tesseral_flight{number: C.uint64_t(f.Number), began: f.Began.c()}
}

func flightOf(f C.tesseral_flight) Flight { return Flight{uint64(f.number), momentOf(f.began)} }
