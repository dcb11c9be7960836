package tesseral

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	fake "tesseral-verify.example/tesseral/internal/faketesseral"
)

// Requests of all kinds, while keys come and go and the service fails now and then: each has the answer that it must have, and
// memory stays where it is. TESSERAL_GO_LOAD_SECONDS says how long.
func TestLoad(t *testing.T) {
	t.Parallel()
	seconds, err := strconv.Atoi(os.Getenv("TESSERAL_GO_LOAD_SECONDS"))
	if err != nil {
		seconds = 2
	}
	service := fake.Start(t)
	a, clock, _ := authenticator(t, service)
	// A question that is under way while a clock jumps counts as lost. So API keys have a clock that does not.
	keys, _, _ := authenticator(t, service)
	var good []string
	for user := range 300 {
		good = append(good, service.Token(t, "user", fmt.Sprint(user), "lifetime", "7200"))
	}
	bad := map[string]string{
		service.Token(t, "expired", "1"): "token_expired", service.Token(t, "tampered", "1"): "signature_invalid", "x": "api_key_invalid",
		"": "credentials_missing",
	}
	for _, token := range good {
		expect(t, "before", slug(a, token), "ok")
	}
	var wrong wrongAnswers
	var group sync.WaitGroup
	var requests atomic.Int64
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	for worker := range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for turn := worker; time.Now().Before(end); turn++ {
				wrong.expect("a good token", slug(a, good[turn*7%len(good)]), "ok")
				for token, expected := range bad {
					wrong.expect("a bad token", slug(a, token), expected)
				}
				if turn%50 == 0 {
					wrong.expect("an API key", slug(keys, service.APIKey), "ok")
				}
				requests.Add(int64(1 + len(bad)))
			}
		}()
	}
	measure := func() (int, int) {
		runtime.GC()
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		return int(memory.HeapInuse), runtime.NumGoroutine()
	}
	time.Sleep(500 * time.Millisecond)
	before, goroutines := measure()
	newest := issuer{service: service}
	rotations, outages := 0, 0
	for old := ""; time.Now().Before(end.Add(-500 * time.Millisecond)); rotations++ {
		// Longer than the cooldown ever is.
		clock.pass(2 * time.Minute)
		if rotations%4 == 1 {
			outages++
			service.Command(t, "fault/config/status", "status", "500")
			wrong.expect("a new key in an outage", slug(a, newest.rotate(t)), "key_unknown")
			wrong.expect("a known key in an outage", slug(a, old), "ok")
			service.Command(t, "fault/config/none")
			clock.pass(2 * time.Minute)
		}
		token := newest.rotate(t)
		wrong.expect("a new key", slug(a, token), "ok")
		if old != "" {
			wrong.expect("a withdrawn key", slug(a, old), "key_unknown")
		}
		old = token
		time.Sleep(200 * time.Millisecond)
	}
	after, left := measure()
	group.Wait()
	t.Logf("load: %d requests, %d rotations and %d outages in %d s, heap %d KiB, then %d KiB, goroutines %d, then %d",
		requests.Load(), rotations, outages, seconds, before>>10, after>>10, goroutines, left)
	for answer, times := range wrong.counts {
		t.Errorf("%d times %s", times, answer)
	}
	if after > before+16<<20 || left > goroutines+20 {
		t.Errorf("heap %d KiB, then %d KiB; goroutines %d, then %d", before>>10, after>>10, goroutines, left)
	}
}

// issuer rotates its keys. Beside the first key, it publishes only the newest: a document with over 64 keys is refused.
type issuer struct {
	service *fake.Fake
	kid     string
}

// rotate returns a token of a new key, and withdraws the one that rotate made before.
func (i *issuer) rotate(t testing.TB) string {
	t.Helper()
	if i.kid != "" {
		i.service.Command(t, "withdraw", "kid", i.kid)
	}
	i.kid = i.service.Command(t, "rotate")
	return i.service.Token(t)
}

// wrongAnswers counts each kind of wrong answer: under load there may be millions.
type wrongAnswers struct {
	lock   sync.Mutex
	counts map[string]int
}

func (w *wrongAnswers) expect(what, found, expected string) {
	if found == expected {
		return
	}
	w.lock.Lock()
	defer w.lock.Unlock()
	if w.counts == nil {
		w.counts = map[string]int{}
	}
	w.counts[fmt.Sprintf("%s: %s, not %s", what, found, expected)]++
}
