//go:build cgo && linux && (amd64 || arm64)

package core

/*
#include <stdlib.h>
#include "core.h"
*/
import "C"

import "unsafe"

// input are the header values of a request, copied into C memory.
type input struct {
	values *C.tesseral_str
	octets *C.uint8_t
	count  int
	used   int
	room   int // for octets
	// Memory of this request's own, when the shard has too little.
	own unsafe.Pointer
}

// inputs makes room for so many values of so many octets in all.
func (s *shard) inputs(values, length int) input {
	if values <= C.CORE_INPUT_VALUES && length <= int(s.c.input_capacity) {
		return input{values: s.c.values, octets: s.c.input, room: length}
	}
	table := values * C.sizeof_tesseral_str
	own := C.malloc(C.size_t(table + length))
	return input{values: (*C.tesseral_str)(own), octets: (*C.uint8_t)(unsafe.Add(own, table)), room: length, own: own}
}

// add copies one value. When another goroutine has put a longer one into the program's headers since they were measured, it is cut
// off, so that this fault of the program writes nowhere else.
func (i *input) add(value string) {
	value = value[:min(len(value), i.room-i.used)]
	target := (*C.uint8_t)(unsafe.Add(unsafe.Pointer(i.octets), i.used))
	copy(unsafe.Slice((*byte)(target), len(value)), value)
	element := (*C.tesseral_str)(unsafe.Add(unsafe.Pointer(i.values), i.count*C.sizeof_tesseral_str))
	element.ptr, element.len = target, C.size_t(len(value))
	i.count++
	i.used += len(value)
}
