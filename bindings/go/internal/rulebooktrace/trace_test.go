package rulebooktrace

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"tesseral-verify.example/tesseral/internal/core"
)

// machines run operations. tests/vectors/README.md says what a line means.
type machines struct {
	words          []string
	refresh, other *core.Refresh
	answers        *core.Answers
	rules          core.RefreshRules
	answersRules   core.AnswersRules
}

func (m *machines) text() string {
	word := m.words[0]
	m.words = m.words[1:]
	return word
}

func (m *machines) signed() int64 {
	number, err := strconv.ParseInt(m.text(), 10, 64)
	if err != nil {
		panic(err)
	}
	return number
}

func (m *machines) number() uint64 {
	number, err := strconv.ParseUint(m.text(), 10, 64)
	if err != nil {
		panic(err)
	}
	return number
}

// rule is a number of a rules struct, in which 0 means the default.
func (m *machines) rule() uint64 {
	if number := m.number(); number != 0 {
		return number
	}
	return core.None
}

func (m *machines) seed() []byte { return bytes.Repeat([]byte{byte(m.number())}, 16) }

func (m *machines) moment() core.Moment { return core.Moment{Steady: m.signed(), Wall: m.signed()} }

func (m *machines) flight() core.Flight { return core.Flight{Number: m.number(), Began: m.moment()} }

func (m *machines) name() *core.KeyName { return keyName(byte(m.number()), byte(m.number())) }

func numbered(act string, f core.Flight) string {
	return fmt.Sprintf("%s %d %d %d", act, f.Number, f.Began.Steady, f.Began.Wall)
}

var kinds = map[string]uint32{
	"good": core.VerdictGood, "invalid": core.VerdictInvalid, "not_permitted": core.VerdictNotPermitted,
	"failed": core.VerdictFailed,
}

func told(v core.Verdict) string {
	for name, kind := range kinds {
		if kind == v.Kind {
			return fmt.Sprintf("%s %d %d", name, v.Handle, v.Len)
		}
	}
	return "nothing"
}

// run gives the result of an operation.
func (m *machines) run(operation string) string {
	m.words = strings.Split(operation, " ")
	result, status := m.operations()[m.text()]()
	if len(m.words) != 0 {
		panic(operation)
	}
	if status != core.OK {
		return status.Slug()
	}
	return result
}

func (m *machines) operations() map[string]func() (string, core.Status) {
	ok := func(status core.Status) (string, core.Status) { return "ok", status }
	return map[string]func() (string, core.Status){
		"refresh.init": func() (string, core.Status) {
			var status core.Status
			m.refresh, status = core.NewRefresh(m.seed(), m.moment())
			return ok(status)
		},
		"refresh.rules": func() (string, core.Status) {
			rules := core.RefreshRules{
				Interval: m.number(), Stale: m.number(), Cooldown: m.number(), Timeout: m.number(), Wait: m.rule(),
				Waiters: uint32(m.rule()),
			}
			state, _ := core.NewRefresh(make([]byte, 16), core.Moment{})
			_, status := state.Document(core.Moment{}, &rules)
			if status == core.OK {
				m.rules = rules
			}
			return ok(status)
		},
		"refresh.poll": func() (string, core.Status) {
			poll, status := m.refresh.Poll(m.moment(), &m.rules)
			switch poll.Act {
			case core.PollFetch:
				return numbered("fetch", poll.Flight), status
			case core.PollInFlight:
				return fmt.Sprint("in_flight ", poll.Until), status
			}
			return fmt.Sprint("at ", poll.Until), status
		},
		"refresh.landed": func() (string, core.Status) {
			changes := map[string]uint32{"same": core.ChangeSame, "text": core.ChangeText, "keys": core.ChangeKeys}
			flight, change := m.flight(), changes[m.text()]
			taken, freed, status := m.refresh.Landed(flight, change, m.number(), m.number(), m.moment())
			if taken != core.TakenInUse {
				return "late", status
			}
			return fmt.Sprint("in_use ", freed), status
		},
		"refresh.failed":    func() (string, core.Status) { return ok(m.refresh.Failed(m.flight(), m.moment())) },
		"refresh.abandoned": func() (string, core.Status) { return ok(m.refresh.Abandoned(m.flight(), m.moment())) },
		"refresh.restore": func() (string, core.Status) {
			outcome, freed, status := restore(m.refresh.Words, m.signed(), m.number(), m.number(), m.moment(), &m.rules)
			if outcome == "in_use" {
				outcome = fmt.Sprint("in_use ", freed)
			}
			return outcome, status
		},
		"refresh.request": func() (string, core.Status) {
			need, kids := map[string]uint32{"nothing": core.NeedNothing, "document": core.NeedDocument}, (*core.Kids)(nil)
			text := m.text()
			lacks, known := need[text]
			if !known {
				lacks, kids = core.NeedKids, kidsOf(strings.Split(text, ","))
			}
			request, status := m.refresh.Request(lacks, kids, m.moment(), &m.rules)
			act := "proceed"
			switch request.Act {
			case core.RequestFetch:
				act = numbered("fetch", request.Flight)
			case core.RequestWait:
				place := fmt.Sprint(request.Wait.Place)
				if request.Wait.Place == core.NoPlace {
					place = "-"
				}
				act = fmt.Sprintf("wait %d %s", request.Wait.Until, place)
			}
			return act + map[bool]string{true: " wake", false: " sleep"}[request.Wake], status
		},
		"refresh.waited": func() (string, core.Status) {
			wait := core.Wait{Until: m.signed(), Place: core.NoPlace}
			if text := m.text(); text != "-" {
				place, _ := strconv.Atoi(text)
				wait.Place = uint32(place)
			}
			return ok(m.refresh.Waited(wait))
		},
		"refresh.attention_at": func() (string, core.Status) {
			at, status := attentionAt(m.refresh.Words, m.moment(), &m.rules)
			return fmt.Sprint(at), status
		},
		"refresh.due_in": func() (string, core.Status) {
			due, status := m.refresh.DueIn(m.moment(), &m.rules)
			return fmt.Sprint(due), status
		},
		"refresh.renew": func() (string, core.Status) { return ok(renew(m.refresh.Words, m.seed())) },
		"refresh.document": func() (string, core.Status) {
			found, status := m.refresh.Document(m.moment(), &m.rules)
			if !found.InUse {
				return "none", status
			}
			usable := map[bool]string{true: "usable", false: "stale"}[found.Usable]
			return fmt.Sprint(found.Number, " ", found.Began.Steady, " ", found.Began.Wall, " ", found.Handle, " ", found.Len, " ",
				found.Age, " ", usable), status
		},
		"refresh.is_fetching": func() (string, core.Status) {
			return map[bool]string{true: "yes", false: "no"}[isFetching(m.refresh.Words, m.moment(), &m.rules)], core.OK
		},
		"refresh.other": func() (string, core.Status) {
			m.refresh, m.other = m.other, m.refresh
			return ok(core.OK)
		},
		"refresh.adopt": func() (string, core.Status) {
			found, freed, status := adopt(m.refresh.Words, m.other.Words, m.number(), &m.rules)
			if !found {
				return "none", status
			}
			return fmt.Sprint("in_use ", freed), status
		},
		"refresh.recoveries": func() (string, core.Status) {
			count, status := recoveries(m.refresh.Words, false)
			return fmt.Sprint(count), status
		},
		"refresh.tear":  func() (string, core.Status) { m.refresh.Words[1] |= 1; return ok(core.OK) },
		"refresh.alien": func() (string, core.Status) { m.refresh.Words[0] ^= 1; return ok(core.OK) },
		"answers.size": func() (string, core.Status) {
			return fmt.Sprint(core.AnswersSize(m.number(), m.number())), core.OK
		},
		"answers.init": func() (string, core.Status) {
			made, status := core.NewAnswers(m.number(), m.number(), m.seed())
			if status == core.OK {
				m.answers = made
			}
			return ok(status)
		},
		"answers.rules": func() (string, core.Status) {
			rules := core.AnswersRules{
				GoodTTL: m.rule(), RefusedTTL: m.rule(), Timeout: m.number(), Questions: uint32(m.number()), MaxAnswersLen: m.number(),
			}
			state, _ := core.NewAnswers(1, 1, make([]byte, 16))
			_, status := state.Known(keyName(0, 0), core.Moment{}, &rules)
			if status == core.OK {
				m.answersRules = rules
			}
			return ok(status)
		},
		"answers.ask": func() (string, core.Status) {
			ask, status := m.answers.Ask(m.name(), m.number(), m.moment(), &m.answersRules)
			switch ask.Act {
			case core.AskKnown:
				return "known " + told(ask.Verdict), status
			case core.AskSend:
				return numbered("send", ask.Question), status
			case core.AskWait:
				return fmt.Sprintf("wait %d %d", ask.Until, ask.Ticket), status
			}
			return "busy", status
		},
		"answers.known": func() (string, core.Status) {
			verdict, status := m.answers.Known(m.name(), m.moment(), &m.answersRules)
			return told(verdict), status
		},
		"answers.landed": func() (string, core.Status) {
			name, question := m.name(), m.flight()
			verdict := core.Verdict{Kind: kinds[m.text()], Handle: m.number(), Len: m.number()}
			kept, freed, status := m.answers.Landed(name, question, verdict, m.moment(), &m.answersRules)
			result := map[bool]string{true: "kept", false: "dropped"}[kept]
			for _, handle := range freed {
				result += fmt.Sprint(" ", handle)
			}
			return result, status
		},
		"answers.abandoned": func() (string, core.Status) { return ok(abandoned(m.answers.Words, m.name(), m.flight())) },
		"answers.reclaim": func() (string, core.Status) {
			freed, status := reclaim(m.answers.Words, m.moment(), &m.answersRules)
			return fmt.Sprint(freed), status
		},
		"answers.len": func() (string, core.Status) {
			length, status := answersLen(m.answers.Words)
			return fmt.Sprint(length), status
		},
		"answers.recoveries": func() (string, core.Status) {
			count, status := recoveries(m.answers.Words, true)
			return fmt.Sprint(count), status
		},
		"answers.tear":  func() (string, core.Status) { m.answers.Words[1] |= 1; return ok(core.OK) },
		"answers.alien": func() (string, core.Status) { m.answers.Words[0] ^= 1; return ok(core.OK) },
	}
}

func TestEveryOperationOfTheTrace(t *testing.T) {
	text, err := os.ReadFile("../../../../tests/vectors/rulebook.trace")
	if err != nil {
		t.Fatal(err)
	}
	m := &machines{
		refresh: &core.Refresh{Words: make([]uint64, 512)}, other: &core.Refresh{Words: make([]uint64, 512)},
		answers: &core.Answers{Words: make([]uint64, 512)},
	}
	stated, ran := 0, 0
	for number, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			if number == 0 {
				fmt.Sscanf(line, "# %d", &stated)
			}
			continue
		}
		operation, expected, _ := strings.Cut(line, " => ")
		if found := m.run(operation); found != expected {
			t.Errorf("line %d: %s: %s, not %s", number+1, operation, found, expected)
		}
		ran++
	}
	t.Logf("trace (Go): %d operations", ran)
	if ran == 0 || ran != stated {
		t.Errorf("%d operations of %d", ran, stated)
	}
}
