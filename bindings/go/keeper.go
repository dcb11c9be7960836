package tesseral

import (
	"bytes"
	"crypto/rand"
	"slices"
	"sync"
	"sync/atomic"

	"tesseral-verify.example/tesseral/internal/core"
)

// keeper holds documents and answers under handles, which are numbers. The library's state machines decide by the handles alone
// when to fetch, what to use and whom to ask.
type keeper struct {
	settings     AuthenticatorOptions
	options      *core.Options
	refreshRules core.RefreshRules
	answersRules core.AnswersRules
	shards       *core.Shards
	transport    *transport
	notices      notices
	background   *background
	counters     counters
	// clock reads the two clocks by which documents and answers age.
	clock func() core.Moment

	// lock is held around each call of a state machine, and never while anything waits.
	lock      sync.Mutex
	refresh   *core.Refresh
	answers   *core.Answers
	documents map[uint64]*document
	good      map[uint64]*core.Auth
	handles   uint64
	// landing is closed when the next flight ends; nil while no request waits for it.
	landing chan struct{}
	// answering has a channel for each API key whose answer a request waits for. It is closed when the question ends.
	answering map[core.Fingerprint]chan struct{}
}

// document is one that was fetched, and the verifier that was made of it.
type document struct {
	text     []byte
	verifier *core.Verifier
	keyIDs   []string
}

func newKeeper(options AuthenticatorOptions) (*keeper, error) {
	settings, err := options.complete()
	if err != nil {
		return nil, err
	}
	given, err := settings.options().core()
	if err != nil {
		return nil, err
	}
	k := &keeper{
		settings: settings, options: given, refreshRules: settings.refreshRules(), answersRules: settings.answersRules(),
		transport: newTransport(&settings), notices: notices{logger: settings.Logger}, clock: core.Now,
		documents: map[uint64]*document{}, good: map[uint64]*core.Auth{}, answering: map[core.Fingerprint]chan struct{}{},
	}
	k.background = newBackground(k)
	seeds := make([]byte, 32)
	rand.Read(seeds)
	var status core.Status
	if k.refresh, status = core.NewRefresh(seeds[:16], k.clock()); status != core.OK {
		return nil, errorOf(status)
	}
	if k.answers, status = core.NewAnswers(core.DefaultAnswers, core.DefaultQuestions, seeds[16:]); status != core.OK {
		return nil, errorOf(status)
	}
	if !k.rulesAreInRange() {
		return nil, errTimes
	}
	k.shards, err = settings.options().shards()
	return k, err
}

// rulesAreInRange asks the state machines, which check their rules in each call.
func (k *keeper) rulesAreInRange() bool {
	_, refresh := k.refresh.Document(k.clock(), &k.refreshRules)
	_, answers := k.answers.Known(&core.KeyName{}, k.clock(), &k.answersRules)
	return refresh == core.OK && answers == core.OK
}

// ready is the verifier in the usual case: it can be used, and the request has nothing to do before.
func (k *keeper) ready() *core.Verifier {
	now := k.clock()
	k.lock.Lock()
	defer k.lock.Unlock()
	if found := k.documents[k.refresh.Ready(now, &k.refreshRules)]; found != nil {
		return found.verifier
	}
	return nil
}

// usable is the verifier; nil when there is none, or its document is too old.
func (k *keeper) usable() *core.Verifier {
	now := k.clock()
	k.lock.Lock()
	defer k.lock.Unlock()
	document, status := k.refresh.Document(now, &k.refreshRules)
	if status != core.OK || !document.Usable {
		return nil
	}
	return k.documents[document.Handle].verifier
}

// request says what a request has to do that lacks a document or, with kids, keys. The channel is closed when a flight ends.
func (k *keeper) request(need uint32, kids *core.Kids, now core.Moment) (core.Request, <-chan struct{}) {
	k.lock.Lock()
	defer k.lock.Unlock()
	request, status := k.refresh.Request(need, kids, now, &k.refreshRules)
	if status != core.OK {
		return core.Request{Act: core.RequestProceed}, nil
	}
	if k.landing == nil {
		k.landing = make(chan struct{})
	}
	return request, k.landing
}

// waited gives back the place of a request that waits no more.
func (k *keeper) waited(wait core.Wait) {
	k.lock.Lock()
	defer k.lock.Unlock()
	k.refresh.Waited(wait)
}

// poll says what the background has to do.
func (k *keeper) poll() core.Poll {
	now := k.clock()
	k.lock.Lock()
	defer k.lock.Unlock()
	poll, _ := k.refresh.Poll(now, &k.refreshRules)
	return poll
}

// fly fetches the document and reports how that ended.
func (k *keeper) fly(flight core.Flight) {
	text, err := k.transport.fetchDocument()
	if err == nil {
		err = k.landed(flight, text)
	}
	if err != nil {
		k.failed(flight, err)
	}
}

// landed takes a document that a flight brought. When the library refuses it, the document in use stays.
func (k *keeper) landed(flight core.Flight, text []byte) error {
	before := k.inUse()
	kept, change := before, uint32(core.ChangeSame)
	if before == nil || !bytes.Equal(before.text, text) {
		verifier, err := load(text, k.options)
		if err != nil {
			return err
		}
		kept, change = &document{text, verifier, verifier.KeyIDs()}, core.ChangeKeys
		if before != nil && slices.Equal(before.keyIDs, kept.keyIDs) {
			change = core.ChangeText
		}
	}
	now := k.clock()
	k.lock.Lock()
	defer k.lock.Unlock()
	handle := k.newHandle()
	k.documents[handle] = kept
	taken, freed, status := k.refresh.Landed(flight, change, handle, uint64(len(text)), now)
	if status != core.OK || taken != core.TakenInUse {
		freed = handle
	}
	delete(k.documents, freed)
	k.counters.refreshes.Add(1)
	k.endFlight()
	return nil
}

func (k *keeper) failed(flight core.Flight, err error) {
	now := k.clock()
	k.lock.Lock()
	k.refresh.Failed(flight, now)
	k.endFlight()
	k.lock.Unlock()
	k.counters.refreshFailures.Add(1)
	k.notices.tell(aboutDocument, k.settings.ConfigAPIHostname, err, now)
}

// endFlight wakes the requests that wait for a flight. The caller has the lock.
func (k *keeper) endFlight() {
	if k.landing != nil {
		close(k.landing)
		k.landing = nil
	}
}

func (k *keeper) inUse() *document {
	now := k.clock()
	k.lock.Lock()
	defer k.lock.Unlock()
	found, _ := k.refresh.Document(now, &k.refreshRules)
	return k.documents[found.Handle]
}

// newHandle is a number that no other call returns. The caller has the lock.
func (k *keeper) newHandle() uint64 {
	k.handles++
	return k.handles
}

// counters count what happens.
type counters struct {
	requests                                            sync.Map // slug: *atomic.Uint64
	accepted                                            atomic.Uint64
	refreshes, refreshFailures, lookups, lookupFailures atomic.Uint64
}

func (c *counters) refused(slug string) {
	count, ok := c.requests.Load(slug)
	if !ok {
		count, _ = c.requests.LoadOrStore(slug, new(atomic.Uint64))
	}
	count.(*atomic.Uint64).Add(1)
}
