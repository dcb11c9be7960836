"""The trace of the rulebook: both machines say in Python what they say in Rust and C. ``tests/vectors/README.md`` says what a
line means."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Optional, Union

import pytest

from tesseral_verify import TesseralError
from tesseral_verify._native import Answers, AnswersRules, Refresh, RefreshRules
from tesseral_verify._rulebook import Flight, Moment, Question, Verdict, Wait

from .support.fake import ROOT

TRACE = ROOT / "tests/vectors/rulebook.trace"


class Words:
    """The words of an operation."""

    def __init__(self, text: str) -> None:
        self.left = text.split(" ")

    def text(self) -> str:
        return self.left.pop(0)

    def number(self) -> int:
        return int(self.text())

    def octets(self, length: int) -> bytes:
        return bytes([self.number()]) * length

    def moment(self) -> Moment:
        return Moment(self.number(), self.number())

    def flight(self) -> Flight:
        return Flight(self.number(), self.moment())


Machine = Union[Refresh, Answers]


class State:
    """A machine, or the memory that one is opened from."""

    def __init__(self, kind: Callable[[bytes], Machine]) -> None:
        self.open = kind
        self.held: Union[Machine, bytes] = bytes(4096)

    def machine(self) -> Any:
        if isinstance(self.held, bytes):
            self.held = self.open(self.held)
        return self.held

    def change(self, word: int, change: Callable[[int], int]) -> None:
        memory = bytearray(self.held if isinstance(self.held, bytes) else self.held.memory())
        place = slice(8 * word, 8 * word + 8)
        changed = change(int.from_bytes(memory[place], sys.byteorder))
        memory[place] = changed.to_bytes(8, sys.byteorder)
        self.held = bytes(memory)


class Machines:
    """Runs operations. The arguments are before the arrow, the results behind it."""

    def __init__(self) -> None:
        self.states = {"refresh": State(Refresh.open), "answers": State(Answers.open)}
        self.other = State(Refresh.open)
        self.refresh_rules, self.answers_rules = RefreshRules(), AnswersRules()

    def run(self, operation: str) -> str:
        words = Words(operation)
        name = words.text()
        kind, verb = name.split(".")
        try:
            if verb in ("tear", "alien"):
                self.states[kind].change(*((1, lambda word: word | 1) if verb == "tear" else (0, lambda word: word ^ 1)))
                result: Any = None
            else:
                verb = "set_rules" if verb == "rules" else verb
                result = getattr(self, f"{kind}_{verb}")(words)
        except TesseralError as error:
            return error.slug
        assert not words.left, operation
        return "ok" if result is None else str(result)

    @property
    def refresh(self) -> Refresh:
        machine: Refresh = self.states["refresh"].machine()
        return machine

    @property
    def answers(self) -> Answers:
        machine: Answers = self.states["answers"].machine()
        return machine

    def refresh_init(self, words: Words) -> None:
        self.states["refresh"].held = Refresh(words.octets(16), words.moment())

    def refresh_set_rules(self, words: Words) -> None:
        names = ("interval_ms", "stale_ms", "cooldown_ms", "timeout_ms", "wait_ms", "waiters")
        self.refresh_rules = RefreshRules(**{name: words.number() for name in names})

    def refresh_poll(self, words: Words) -> str:
        poll = self.refresh.poll(words.moment(), self.refresh_rules)
        return numbered(poll.act, poll.flight) if poll.flight else f"{poll.act} {poll.until}"

    def refresh_landed(self, words: Words) -> str:
        flight, change, handle, length = words.flight(), words.text(), words.number(), words.number()
        taken = self.refresh.landed(flight, change, handle, length, words.moment())  # type: ignore[arg-type]
        return freed(taken.outcome, taken.freed)

    def refresh_failed(self, words: Words) -> None:
        self.refresh.failed(words.flight(), words.moment())

    def refresh_abandoned(self, words: Words) -> None:
        self.refresh.abandoned(words.flight(), words.moment())

    def refresh_restore(self, words: Words) -> str:
        began, handle, length, now = words.number(), words.number(), words.number(), words.moment()
        restored = self.refresh.restore(began, handle, length, now, self.refresh_rules)
        return freed(restored.outcome, restored.freed)

    def refresh_request(self, words: Words) -> str:
        need, now = words.text(), words.moment()
        lacks: dict[str, Any] = {"nothing": {}, "document": {"document": True}}.get(need, {"kids": need.split(",")})
        request = self.refresh.request(now, self.refresh_rules, **lacks)
        act: str = request.act
        if request.flight:
            act = numbered(act, request.flight)
        elif request.wait:
            act = f"wait {request.wait.until} {'-' if request.wait.place is None else request.wait.place}"
        return f"{act} {'wake' if request.wake else 'sleep'}"

    def refresh_attention_at(self, words: Words) -> int:
        return self.refresh.attention_at(words.moment(), self.refresh_rules)

    def refresh_waited(self, words: Words) -> None:
        until, place = words.number(), words.text()
        self.refresh.waited(Wait(until, None if place == "-" else int(place)))

    def refresh_renew(self, words: Words) -> None:
        self.refresh.renew(words.octets(16))

    def refresh_other(self, words: Words) -> None:
        self.states["refresh"], self.other = self.other, self.states["refresh"]

    def refresh_adopt(self, words: Words) -> str:
        handle, other = words.number(), self.other.machine()
        found = other.document((0, 0), self.refresh_rules)
        if found is None:
            return "none"
        return freed("in_use", self.refresh.adopt(found._replace(handle=handle)))

    def refresh_is_fetching(self, words: Words) -> str:
        return "yes" if self.refresh.is_fetching(words.moment(), self.refresh_rules) else "no"

    def refresh_document(self, words: Words) -> str:
        found = self.refresh.document(words.moment(), self.refresh_rules)
        if found is None:
            return "none"
        usable = "usable" if found.usable else "stale"
        return " ".join(map(str, (found.number, *found.began, found.handle, found.length, found.age, usable)))

    def refresh_due_in(self, words: Words) -> int:
        return self.refresh.due_in(words.moment(), self.refresh_rules)

    def refresh_recoveries(self, words: Words) -> int:
        return self.refresh.recoveries()

    def answers_size(self, words: Words) -> int:
        return Answers.size(words.number(), words.number())

    def answers_init(self, words: Words) -> None:
        answers, questions, seed = words.number(), words.number(), words.octets(16)
        self.states["answers"].held = Answers(seed, answers=answers, questions=questions)

    def answers_set_rules(self, words: Words) -> None:
        names = ("good_ttl_ms", "refused_ttl_ms", "timeout_ms", "questions", "max_answers_len")
        self.answers_rules = AnswersRules(**{name: words.number() for name in names})

    def answers_ask(self, words: Words) -> str:
        scope, fingerprint, ticket = words.octets(16), words.octets(32), words.number()
        ask = self.answers.ask(scope, fingerprint, ticket, words.moment(), self.answers_rules)
        if ask.verdict:
            return f"known {told(ask.verdict)}"
        if ask.question:
            return numbered(ask.act, ask.question)
        return ask.act if ask.until is None else f"{ask.act} {ask.until} {ask.ticket}"

    def answers_known(self, words: Words) -> str:
        scope, fingerprint = words.octets(16), words.octets(32)
        verdict = self.answers.known(scope, fingerprint, words.moment(), self.answers_rules)
        return "nothing" if verdict is None else told(verdict)

    def answers_landed(self, words: Words) -> str:
        scope, fingerprint = words.octets(16), words.octets(32)
        question = Question(words.number(), words.moment())
        verdict = Verdict(words.text(), words.number(), words.number())  # type: ignore[arg-type]
        landed = self.answers.landed(scope, fingerprint, question, verdict, words.moment(), self.answers_rules)
        return " ".join(map(str, ("kept" if landed.kept else "dropped", *landed.freed)))

    def answers_abandoned(self, words: Words) -> None:
        scope, fingerprint = words.octets(16), words.octets(32)
        self.answers.abandoned(scope, fingerprint, Question(words.number(), words.moment()))

    def answers_reclaim(self, words: Words) -> int:
        return self.answers.reclaim(words.moment(), self.answers_rules) or 0

    def answers_len(self, words: Words) -> int:
        return self.answers.answers_len()

    def answers_recoveries(self, words: Words) -> int:
        return self.answers.recoveries()


def numbered(act: str, which: Union[Flight, Question]) -> str:
    number, when = which
    return f"{act} {number} {when.steady} {when.wall}"


def told(verdict: Verdict) -> str:
    return f"{verdict.kind} {verdict.handle} {verdict.length}"


def freed(outcome: str, handle: Optional[int]) -> str:
    return f"{outcome} {handle or 0}" if outcome == "in_use" else outcome


def test_every_operation_of_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    lines = TRACE.read_text().splitlines()
    stated, machines, ran = int(lines[0].split()[1]), Machines(), 0
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            continue
        operation, expected = line.split(" => ")
        assert machines.run(operation) == expected, f"line {number}: {operation}"
        ran += 1
    with capsys.disabled():
        print(f"\ntrace (Python): {ran} operations", end="")
    assert ran == stated
    assert ran


def test_wrong_arguments_are_refused() -> None:
    refresh, answers = Refresh(bytes(16), (0, 0)), Answers(bytes(16))
    rules = AnswersRules()
    question: Any = (1, (0, 0))
    for call in (
        lambda: Refresh(bytes(15), (0, 0)),
        lambda: Answers(bytes(17)),
        lambda: Answers(bytes(16), answers=65537),
        lambda: RefreshRules(interval_ms=0),
        lambda: AnswersRules(questions=0),
        lambda: Refresh.open(refresh.memory()[:-8]),
        lambda: Answers.open(answers.memory()[:-8]),
        lambda: Answers.open(refresh.memory()),
        lambda: refresh.landed(question, "new", 1, 1, (0, 0)),  # type: ignore[arg-type]
        lambda: answers.ask(bytes(15), bytes(32), 0, (0, 0), rules),
        lambda: answers.known(bytes(16), bytes(33), (0, 0), rules),
        lambda: answers.landed(bytes(16), bytes(32), question, ("fine", 0, 0), (0, 0), rules),
    ):
        with pytest.raises(TesseralError):
            call()
    with pytest.raises(TypeError):
        refresh.request((0, 0), RefreshRules(), kids=[1])  # type: ignore[list-item]
