"""The rules of fetching, with a clock of the test's own."""

from __future__ import annotations

import pytest

from tesseral_verify._refresh import Refresh


def rules(interval: float = 3600.0, jitter: float = 1.0) -> Refresh:
    return Refresh(interval, jitter=lambda: jitter)


def test_nothing_is_usable_before_the_first_fetch() -> None:
    refresh = rules()
    assert refresh.due(0) and not refresh.usable(0)
    refresh.succeeded(0, changed=True)
    assert refresh.usable(0) and not refresh.due(0)


@pytest.mark.parametrize(("jitter", "due_at"), [(0.0, 2880.0), (1.0, 3420.0)])
def test_fetches_before_expiry(jitter: float, due_at: float) -> None:
    refresh = rules(jitter=jitter)
    refresh.succeeded(0, changed=True)
    assert not refresh.due(due_at - 0.1) and refresh.due(due_at + 0.1)


def test_stale_keys_serve_for_a_day() -> None:
    refresh = rules()
    refresh.succeeded(0, changed=True)
    for now in (3600, 7200, 86_400):
        refresh.failed(now)
        assert refresh.usable(now)
    assert not refresh.usable(86_401)
    refresh.succeeded(90_000, changed=False)
    assert refresh.usable(90_000)


def test_an_interval_of_a_week_is_cut_to_what_may_serve() -> None:
    refresh = rules(7 * 86_400)
    refresh.succeeded(0, changed=True)
    assert refresh.due(86_400 * 0.96) and refresh.usable(86_400 * 0.96)


def test_retries_back_off_to_a_minute() -> None:
    refresh, now, waits = rules(), 0.0, []
    for _ in range(9):
        refresh.failed(now)
        wait = next(seconds for seconds in range(1, 100) if refresh.due(now + seconds))
        waits.append(wait)
        now += wait
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    refresh.succeeded(now, changed=False)
    refresh.failed(now)
    assert refresh.due(now + 1)


def test_unknown_kids_cause_few_fetches() -> None:
    refresh = rules()
    refresh.succeeded(0, changed=True)
    early = [second for second in range(600) for _ in range(20) if refresh.unknown_kid(second)]
    assert early == [0, 10, 30, 70, 130, 190, 250, 310, 370, 430, 490, 550]
    refresh.succeeded(551, changed=False)
    assert not refresh.unknown_kid(600) and refresh.unknown_kid(610)
    refresh.succeeded(611, changed=True)
    assert refresh.unknown_kid(670) and not refresh.unknown_kid(679) and refresh.unknown_kid(680)
