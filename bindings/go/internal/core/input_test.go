//go:build cgo && linux && (amd64 || arm64)

package core

import "testing"

func TestValuesThatGrowMeanwhileWriteNowhereElse(t *testing.T) {
	shards, status := NewShards(0, 0)
	if status != OK {
		t.Fatal(status)
	}
	// In the shard's memory, and in memory of the request's own.
	for _, values := range []int{2, 1000} {
		shard := shards.take("")
		request := shard.inputs(values, 3)
		request.add("ab")
		request.add("longer")
		request.add("x")
		if request.used != 3 || request.count != 3 {
			t.Errorf("%d octets of %d values", request.used, request.count)
		}
		shard.put(request)
	}
}
