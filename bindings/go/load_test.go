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

// Requests of all kinds, while keys rotate and the service fails now and then: good ones are accepted, bad ones are refused, and
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
	var group sync.WaitGroup
	var requests atomic.Int64
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	for worker := range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for turn := worker; time.Now().Before(end); turn++ {
				expect(t, "a good token", slug(a, good[turn*7%len(good)]), "ok")
				for token, expected := range bad {
					expect(t, "a bad token", slug(a, token), expected)
				}
				if turn%50 == 0 {
					expect(t, "an API key", slug(keys, service.APIKey), "ok")
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
	for turn := 0; time.Now().Before(end.Add(-500 * time.Millisecond)); turn++ {
		clock.pass(2 * time.Minute)
		service.Command(t, "rotate")
		expect(t, "a new key", slug(a, service.Token(t)), "ok")
		time.Sleep(200 * time.Millisecond)
	}
	after, left := measure()
	group.Wait()
	t.Logf("load: %d requests in %d s, heap %d KiB, then %d KiB, goroutines %d, then %d", requests.Load(), seconds, before>>10, after>>10, goroutines, left)
	if after > before+16<<20 || left > goroutines+20 {
		t.Errorf("heap %d KiB, then %d KiB; goroutines %d, then %d", before>>10, after>>10, goroutines, left)
	}
}
