package tesseral

import (
	"sync/atomic"
	"time"
)

func (k *keeper) stats() Stats {
	s := Stats{
		Requests:  map[string]uint64{},
		Refreshes: k.counters.refreshes.Load(), RefreshFailures: k.counters.refreshFailures.Load(),
		Lookups: k.counters.lookups.Load(), LookupFailures: k.counters.lookupFailures.Load(),
	}
	if accepted := k.counters.accepted.Load(); accepted != 0 {
		s.Requests["ok"] = accepted
	}
	k.counters.requests.Range(func(slug, count any) bool {
		s.Requests[slug.(string)] = count.(*atomic.Uint64).Load()
		return true
	})
	s.SignatureCacheHits, s.SignatureCacheMisses = k.shards.Counts()
	now := k.clock()
	k.lock.Lock()
	defer k.lock.Unlock()
	due, _ := k.refresh.DueIn(now, &k.refreshRules)
	s.NextRefresh = time.Duration(due) * time.Millisecond
	if found, _ := k.refresh.Document(now, &k.refreshRules); found.InUse {
		document := k.documents[found.Handle]
		s.Ready, s.SnapshotAge = found.Usable, time.Duration(found.Age)*time.Millisecond
		s.ProjectID, s.KeyIDs = document.verifier.ProjectID(), document.keyIDs
	}
	return s
}
