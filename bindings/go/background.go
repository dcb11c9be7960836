package tesseral

import (
	"sync"
	"time"

	"tesseral-verify.example/tesseral/internal/core"
)

// background keeps the document fresh in a goroutine, which the first request starts.
type background struct {
	keeper *keeper
	once   sync.Once
	bell   chan struct{}
	ending chan struct{}
	ended  sync.Once
}

// maxSleep is MAX_SLEEP_MS of src/limits.rs. A timer does not run while the machine is suspended, so that the clocks are read at
// least this often.
const maxSleep = time.Minute

func newBackground(k *keeper) *background {
	return &background{keeper: k, bell: make(chan struct{}, 1), ending: make(chan struct{})}
}

func (b *background) start() {
	b.once.Do(func() { go b.run() })
}

func (b *background) stop() {
	b.ended.Do(func() { close(b.ending) })
}

// wake has the goroutine ask what it has to do now.
func (b *background) wake() {
	select {
	case b.bell <- struct{}{}:
	default:
	}
}

// fly runs a flight that a request began. It goes on when the request does not wait any more.
func (b *background) fly(flight core.Flight) {
	go func() {
		b.keeper.fly(flight)
		// What the goroutine has to do next may have changed.
		b.wake()
	}()
}

func (b *background) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		poll := b.keeper.poll()
		if poll.Act == core.PollFetch {
			b.keeper.fly(poll.Flight)
			continue
		}
		sleep := time.Duration(poll.Until-b.keeper.clock().Steady) * time.Millisecond
		timer.Reset(min(max(sleep, time.Millisecond), maxSleep))
		select {
		case <-b.ending:
			return
		case <-b.bell:
		case <-timer.C:
		}
	}
}
