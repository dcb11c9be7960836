package tesseral

import (
	"context"

	"tesseral-verify.example/tesseral/internal/core"
)

// lookUp says what the service answers about an API key. When another request is asking about it, this one waits for that answer.
func (k *keeper) lookUp(ctx context.Context, key string) (*core.Auth, error) {
	fingerprint, status := core.FingerprintOf(key)
	if status != core.OK {
		return nil, errorOf(status)
	}
	name := core.NewKeyName(fingerprint)
	for ticket := uint64(0); ; {
		now := k.clock()
		ask, known, answering := k.ask(fingerprint, &name, ticket, now)
		switch ask.Act {
		case core.AskKnown:
			if err := verdictError(ask.Verdict.Kind); err != nil || known != nil {
				return known, err
			}
			return nil, ErrInternalError
		case core.AskSend:
			answered := make(chan answer, 1)
			// The question goes on when this request ends, since others may wait for the answer.
			go func() { answered <- k.send(key, fingerprint, &name, ask.Question) }()
			select {
			case answer := <-answered:
				return answer.auth, answer.err
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		case core.AskWait:
			if err := wait(ctx, answering, ask.Until-now.Steady); err != nil {
				return nil, err
			}
			ticket = ask.Ticket
		default:
			return nil, ErrAPIKeyLookupFailed
		}
	}
}

// ask says what a request has to do about its API key. The channel is closed when the question that the request waits for ends.
func (k *keeper) ask(fingerprint core.Fingerprint, name *core.KeyName, ticket uint64, now core.Moment) (core.Ask, *core.Auth, <-chan struct{}) {
	k.lock.Lock()
	defer k.lock.Unlock()
	ask, status := k.answers.Ask(name, ticket, now, &k.answersRules)
	if status != core.OK {
		return core.Ask{Act: core.AskBusy}, nil, nil
	}
	if ask.Act != core.AskWait {
		return ask, k.good[ask.Verdict.Handle], nil
	}
	answering := k.answering[fingerprint]
	if answering == nil {
		answering = make(chan struct{})
		k.answering[fingerprint] = answering
	}
	return ask, nil, answering
}

// answer is the sender, or why there is none.
type answer struct {
	auth *core.Auth
	err  error
}

// send asks the service and reports its answer.
func (k *keeper) send(key string, fingerprint core.Fingerprint, name *core.KeyName, question core.Question) answer {
	httpStatus, body, err := k.transport.ask(key)
	auth, status := core.APIKeyResponse(key, httpStatus, body)
	verdict := core.Verdict{Kind: verdictOf(status)}
	now := k.clock()
	k.counters.lookups.Add(1)
	if verdict.Kind == core.VerdictFailed {
		k.counters.lookupFailures.Add(1)
		switch {
		case err != nil:
		case httpStatus == 200:
			err = refusal(status)
		default:
			err = httpStatusError(httpStatus)
		}
		k.notices.tell(aboutAPIKeys, k.settings.BackendAPIHostname, err, now)
	}
	k.lock.Lock()
	if auth != nil {
		verdict.Handle, verdict.Len = k.newHandle(), uint64(len(body))
		k.good[verdict.Handle] = auth
	}
	_, freed, landed := k.answers.Landed(name, question, verdict, now, &k.answersRules)
	if landed != core.OK {
		freed = append(freed, verdict.Handle)
	}
	for _, handle := range freed {
		delete(k.good, handle)
	}
	if answering := k.answering[fingerprint]; answering != nil {
		close(answering)
		delete(k.answering, fingerprint)
	}
	k.lock.Unlock()
	return answer{auth, errorOf(status)}
}

func verdictOf(status core.Status) uint32 {
	switch status {
	case core.OK:
		return core.VerdictGood
	case core.APIKeyInvalid:
		return core.VerdictInvalid
	case core.APIKeysNotPermitted:
		return core.VerdictNotPermitted
	default:
		return core.VerdictFailed
	}
}

func verdictError(kind uint32) error {
	switch kind {
	case core.VerdictGood:
		return nil
	case core.VerdictInvalid:
		return ErrAPIKeyInvalid
	case core.VerdictNotPermitted:
		return ErrAPIKeysNotPermitted
	default:
		return ErrAPIKeyLookupFailed
	}
}
