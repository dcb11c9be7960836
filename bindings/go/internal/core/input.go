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
	// Memory of this request's own, when the shard has too little.
	own unsafe.Pointer
}

// inputs makes room for so many values of so many octets in all.
func (s *shard) inputs(values, length int) input {
	if values <= C.CORE_INPUT_VALUES && length <= int(s.c.input_capacity) {
		return input{values: s.c.values, octets: s.c.input}
	}
	table := values * C.sizeof_tesseral_str
	own := C.malloc(C.size_t(table + length))
	return input{values: (*C.tesseral_str)(own), octets: (*C.uint8_t)(unsafe.Add(own, table)), own: own}
}

// add copies one value.
func (i *input) add(value string) {
	target := (*C.uint8_t)(unsafe.Add(unsafe.Pointer(i.octets), i.used))
	copy(unsafe.Slice((*byte)(target), len(value)), value)
	element := (*C.tesseral_str)(unsafe.Add(unsafe.Pointer(i.values), i.count*C.sizeof_tesseral_str))
	element.ptr, element.len = target, C.size_t(len(value))
	i.count++
	i.used += len(value)
}
