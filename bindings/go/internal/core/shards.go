//go:build cgo && linux && (amd64 || arm64)

package core

/*
#include <stdlib.h>
#include "core.h"

#cgo noescape core_unknown_kids
#cgo nocallback core_unknown_kids
#cgo nocallback core_authenticate
#cgo nocallback core_verify_token
*/
import "C"

import (
	"crypto/rand"
	"hash/maphash"
	"runtime"
	"sync"
	"unsafe"
)

// maxCachedTokenLen is the longest token that is remembered, in octets: one with about twenty-five actions.
const maxCachedTokenLen = 2048

// minShardTokens is how many tokens each shard remembers at least.
const minShardTokens = 64

// Shards are memory for calls. They lie in C memory, so that the garbage collector neither moves nor empties them. Each call
// takes one; there are as many as goroutines can run at a time.
type Shards struct {
	seed        maphash.Seed
	shards      []shard
	scratchSize int
}

// shard is padded by a cache line of the processor, so that the locks of two shards do not share one.
type shard struct {
	lock sync.Mutex
	c    *C.core_shard
	// The senders of the tokens that the cache has, by its slots.
	senders []*Auth
	_       [64]byte
}

// NewShards makes shards for tokens of up to maxTokenLen octets, 0 for the default. Together they remember about so many tokens.
func NewShards(maxTokenLen uint32, tokens int) (*Shards, Status) {
	if maxTokenLen == 0 {
		maxTokenLen = DefaultMaxTokenLen
	}
	if maxTokenLen > MaxTokenLen {
		return nil, InvalidArgument
	}
	count := runtime.GOMAXPROCS(0)
	s := &Shards{seed: maphash.MakeSeed(), shards: make([]shard, count)}
	each := 0
	if tokens > 0 {
		each = max((tokens+count-1)/count, minShardTokens)
	}
	memory := make([]*C.core_shard, 0, count)
	free := func(memory []*C.core_shard) {
		for _, c := range memory {
			C.free(unsafe.Pointer(c.serials))
			C.free(unsafe.Pointer(c))
		}
	}
	for place := range s.shards {
		var seed [16]byte
		rand.Read(seed[:])
		c := C.core_shard_new(C.uint32_t(maxTokenLen), C.size_t(each), maxCachedTokenLen, bytesOf(seed[:]), C.size_t(len(seed)))
		if c == nil {
			free(memory)
			return nil, InternalError
		}
		memory = append(memory, c)
		s.shards[place].c = c
		s.shards[place].senders = make([]*Auth, c.slots)
		s.scratchSize = int(c.scratch_len)
	}
	runtime.AddCleanup(s, free, memory)
	return s, OK
}

// VerifyToken judges one access token. now: seconds since 1970.
func (s *Shards) VerifyToken(v *Verifier, token string, now int64) (*Auth, Status) {
	shard := s.take(token)
	request := shard.inputs(1, len(token))
	request.add(token)
	C.core_verify_token(shard.c, v.c, request.values, C.int64_t(now))
	auth, status := shard.result()
	shard.put(request)
	runtime.KeepAlive(v)
	runtime.KeepAlive(s)
	return auth, status
}

// Authenticate finds the credential in the values of these headers, and judges it. With APIKeyLookupNeeded, the result has the
// credential alone.
func (s *Shards) Authenticate(v *Verifier, authorization, cookie []string, now int64) (*Auth, Status) {
	shard, request := s.request(authorization, cookie)
	C.core_authenticate(shard.c, v.c, request.values, C.size_t(len(authorization)), C.size_t(len(cookie)), C.int64_t(now))
	auth, status := shard.result()
	shard.put(request)
	runtime.KeepAlive(v)
	runtime.KeepAlive(s)
	return auth, status
}

// Kids are the unknown kids of a request.
type Kids C.tesseral_kid_hashes

// Count is how many there are.
func (k *Kids) Count() int { return int(k.count) }

// UnknownKids are those for which a refused request might be accepted with newer keys.
func (s *Shards) UnknownKids(v *Verifier, authorization, cookie []string, now int64) Kids {
	kids := Kids{struct_size: C.sizeof_tesseral_kid_hashes}
	shard, request := s.request(authorization, cookie)
	status := C.core_unknown_kids(shard.c, v.c, request.values, C.size_t(len(authorization)), C.size_t(len(cookie)),
		C.int64_t(now), (*C.tesseral_kid_hashes)(&kids))
	shard.put(request)
	runtime.KeepAlive(v)
	runtime.KeepAlive(s)
	if status != C.TESSERAL_OK {
		kids.count = 0
	}
	return kids
}

// Serves says whether calls with this verifier have enough memory in these shards.
func (s *Shards) Serves(v *Verifier) bool { return v.scratchSize <= s.scratchSize }

// Counts are how many signature checks the caches have saved, and how many tokens they did not have.
func (s *Shards) Counts() (hits, misses uint64) {
	for place := range s.shards {
		shard := &s.shards[place]
		shard.lock.Lock()
		hits += uint64(C.tesseral_cache_hits(shard.c.cache))
		misses += uint64(C.tesseral_cache_misses(shard.c.cache))
		shard.lock.Unlock()
	}
	runtime.KeepAlive(s)
	return hits, misses
}

// take locks a shard. It prefers the same shard for the same token, because the cache of that shard has the token. When other
// goroutines use that shard, it takes another one.
func (s *Shards) take(text string) *shard {
	count := uint64(len(s.shards))
	first := maphash.String(s.seed, text[max(0, len(text)-16):]) % count
	for place := range count {
		shard := &s.shards[(first+place)%count]
		if shard.lock.TryLock() {
			return shard
		}
	}
	shard := &s.shards[first]
	shard.lock.Lock()
	return shard
}

func (s *Shards) request(authorization, cookie []string) (*shard, input) {
	length, last := 0, ""
	for _, values := range [2][]string{cookie, authorization} {
		for _, value := range values {
			length += len(value)
			last = value
		}
	}
	shard := s.take(last)
	request := shard.inputs(len(authorization)+len(cookie), length)
	for _, values := range [2][]string{authorization, cookie} {
		for _, value := range values {
			request.add(value)
		}
	}
	return shard, request
}

func (s *shard) result() (*Auth, Status) {
	result := &s.c.result
	status := Status(result.status)
	if status != OK && status != APIKeyLookupNeeded {
		return nil, status
	}
	slot := result.slot
	if result.kept != 0 {
		return s.senders[slot], OK
	}
	auth := newAuth(result)
	if slot != C.CORE_NO_SLOT {
		s.senders[slot] = auth
		unsafe.Slice(s.c.serials, len(s.senders))[slot] = result.serial
	}
	return auth, status
}

// put gives a shard back.
func (s *shard) put(request input) {
	if request.own != nil {
		C.free(request.own)
	}
	s.lock.Unlock()
}
