package tesseral

import (
	"context"
	"time"

	"tesseral-verify.example/tesseral/internal/core"
)

// authenticate says who sent a request with these headers.
func (k *keeper) authenticate(ctx context.Context, authorization, cookie []string) (*core.Auth, error) {
	auth, err := k.judge(ctx, authorization, cookie)
	return k.counted(auth, err)
}

// authenticateToken says whose access token this is.
func (k *keeper) authenticateToken(ctx context.Context, token string) (*core.Auth, error) {
	verifier := k.ready()
	if verifier == nil {
		var err error
		if verifier, err = k.document(ctx); err != nil {
			return k.counted(nil, err)
		}
	}
	now := time.Now().Unix()
	auth, status := k.shards.VerifyToken(verifier, token, now)
	if status == core.KeyUnknown {
		newer, err := k.newer(ctx, verifier, []string{"Bearer " + token}, nil, now, status)
		if err != nil {
			return k.counted(nil, err)
		}
		auth, status = k.shards.VerifyToken(newer, token, now)
	}
	return k.counted(auth, errorOf(status))
}

func (k *keeper) counted(auth *core.Auth, err error) (*core.Auth, error) {
	if err == nil {
		k.counters.accepted.Add(1)
		return auth, nil
	}
	if refused, ok := err.(*Error); ok {
		k.counters.refused(refused.slug)
	}
	return nil, err
}

func (k *keeper) judge(ctx context.Context, authorization, cookie []string) (*core.Auth, error) {
	verifier := k.ready()
	if verifier == nil {
		var err error
		if verifier, err = k.document(ctx); err != nil {
			return nil, err
		}
	}
	now := time.Now().Unix()
	auth, status := k.shards.Authenticate(verifier, authorization, cookie, now)
	if status != core.OK && status != core.APIKeyLookupNeeded {
		newer, err := k.newer(ctx, verifier, authorization, cookie, now, status)
		if err != nil {
			return nil, err
		}
		auth, status = k.shards.Authenticate(newer, authorization, cookie, now)
	}
	if status == core.APIKeyLookupNeeded {
		return k.lookUp(ctx, auth.String(core.Credentials))
	}
	return auth, errorOf(status)
}

// document is the verifier, for which a request may have to wait.
func (k *keeper) document(ctx context.Context) (*core.Verifier, error) {
	k.background.start()
	now := k.clock()
	for deadline := now.Steady + totalTimeout.Milliseconds(); now.Steady < deadline; now = k.clock() {
		request, landing := k.request(core.NeedDocument, nil, now)
		if request.Wake {
			k.background.wake()
		}
		until := deadline
		switch request.Act {
		case core.RequestFetch:
			k.background.fly(request.Flight)
		case core.RequestWait:
			until = min(until, request.Wait.Until)
		}
		if request.Act == core.RequestProceed {
			break
		}
		err := wait(ctx, landing, until-now.Steady)
		if request.Act == core.RequestWait {
			k.waited(request.Wait)
		}
		if err != nil {
			return nil, err
		}
	}
	if verifier := k.usable(); verifier != nil {
		return verifier, nil
	}
	return nil, ErrKeysUnavailable
}

// newer is the verifier by which a refused request is judged once more, after a fetch that may have brought the keys of its
// unknown kids. Else the error is the refusal.
func (k *keeper) newer(ctx context.Context, verifier *core.Verifier, authorization, cookie []string, at int64, refused core.Status) (*core.Verifier, error) {
	kids := k.shards.UnknownKids(verifier, authorization, cookie, at)
	if kids.Count() == 0 {
		return nil, errorOf(refused)
	}
	k.background.start()
	now := k.clock()
	request, landing := k.request(core.NeedKids, &kids, now)
	if request.Wake {
		k.background.wake()
	}
	var err error
	switch request.Act {
	case core.RequestFetch:
		k.background.fly(request.Flight)
		err = wait(ctx, landing, totalTimeout.Milliseconds())
	case core.RequestWait:
		err = wait(ctx, landing, request.Wait.Until-now.Steady)
		k.waited(request.Wait)
	default:
		return nil, errorOf(refused)
	}
	if err != nil {
		return nil, err
	}
	if newer := k.usable(); newer != nil {
		return newer, nil
	}
	return nil, ErrKeysUnavailable
}

// wait returns when the channel is closed, or after so many milliseconds. The error is that of ctx.
func wait(ctx context.Context, ended <-chan struct{}, milliseconds int64) error {
	timer := time.NewTimer(time.Duration(milliseconds) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
