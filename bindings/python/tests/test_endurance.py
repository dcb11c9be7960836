"""Memory stays flat over a million verifications, and a busy thread beside them costs little."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tesseral_verify import TesseralError, Verifier

from .support.tokens import Signer, claims

ROUNDS, ROUND = 100, 10_000
"""A million, in rounds."""


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


@pytest.fixture(scope="module")
def verifier(signer: Signer) -> Verifier:
    return Verifier(f'{{"projectId":"project_1","keys":[{signer.jwk}]}}')


def resident() -> int:
    """Bytes of memory in use."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def test_a_million_verifications_keep_memory_flat(
    signer: Signer, verifier: Verifier, capsys: pytest.CaptureFixture[str]
) -> None:
    token = signer.token(claims(verifier.inspect().issuer, impersonator={"email": "staff@example.com"}))
    refused = token[:-4] + "AAAA"
    header = [(b"authorization", f"Bearer {token}".encode())]

    def refuse(call: Callable[..., object], *arguments: object) -> None:
        try:
            call(*arguments)
        except TesseralError:
            return
        raise AssertionError("accepted")

    def one_round() -> None:
        for _ in range(ROUND // 10):
            verifier.verify_batch([token, refused, token, token])
            auth = verifier.verify_token(token)
            auth.access_token_claims().user.email
            auth.has_permission("a")
            verifier.authenticate(header)
            verifier.verify_token(token.encode())
            refuse(verifier.verify_token, refused)
            refuse(verifier.authenticate, [])
            refuse(verifier.verify_token, "x")

    one_round()
    blocks, size = sys.getallocatedblocks(), resident()
    counts = [sys.getrefcount(thing) for thing in (token, refused, None, verifier)]
    for _ in range(ROUNDS):
        one_round()
    more_blocks, more = sys.getallocatedblocks() - blocks, resident() - size
    now = [sys.getrefcount(thing) for thing in (token, refused, None, verifier)]
    with capsys.disabled():
        print(f"\nmemory: {ROUNDS * ROUND} verifications, {more_blocks:+d} blocks, {more // 1024:+d} KiB resident")
    assert more_blocks < 100
    assert more < 2 * 1024 * 1024
    assert all(after - before <= 2 for before, after in zip(counts, now)), (counts, now)


def test_verifiers_are_freed(signer: Signer) -> None:
    document = f'{{"projectId":"project_1","keys":[{signer.jwk}]}}'
    for _ in range(20):
        Verifier(document)
    size = resident()
    for _ in range(200):
        Verifier(document)
    assert resident() - size < 4 * 1024 * 1024, "200 verifiers have 100 MiB of tables"


def test_a_busy_thread_costs_little(signer: Signer, verifier: Verifier, capsys: pytest.CaptureFixture[str]) -> None:
    """Two threads that share an interpreter get half of it each. More than three times as long would be time spent waiting."""
    token = signer.token(claims(verifier.inspect().issuer))

    def seconds_each() -> float:
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < 0.7:
            verifier.verify_token(token)
            count += 1
        return (time.perf_counter() - start) / count

    ratios = []
    for _ in range(3):
        idle = seconds_each()
        stop = threading.Event()

        def busy() -> None:
            while not stop.is_set():
                sum(range(100))

        thread = threading.Thread(target=busy)
        thread.start()
        try:
            beside = seconds_each()
        finally:
            stop.set()
            thread.join()
        ratios.append(beside / idle)
    with capsys.disabled():
        print(f"\nthreads: beside a busy one, a token takes {min(ratios):.2f} times as long ({idle * 1e6:.1f} us idle)")
    assert min(ratios) <= 3


def test_threads_share_a_verifier(signer: Signer, verifier: Verifier) -> None:
    tokens = [
        signer.token(claims(verifier.inspect().issuer, organization={"id": f"org_{number}"})) for number in range(8)
    ]
    wrong: list[str] = []
    ran = []

    def work(number: int) -> None:
        for round_number in range(300):
            [first, refused] = verifier.verify_batch([tokens[number], tokens[number][:-4] + "AAAA"])
            found = verifier.verify_token(tokens[number]).organization_id()
            if found != f"org_{number}" or not isinstance(refused, TesseralError) or isinstance(first, TesseralError):
                wrong.append(f"{number} {round_number}")
        ran.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ran) == list(range(8)) and not wrong


def test_a_batch_costs_no_more_than_single_calls(
    signer: Signer, verifier: Verifier, capsys: pytest.CaptureFixture[str]
) -> None:
    issuer = verifier.inspect().issuer
    tokens = [signer.token(claims(issuer, sub=f"user_{number}")) for number in range(512)]
    times: dict[str, list[float]] = {"single": [], "batch": []}
    for _ in range(20):
        for name in times:
            start = time.thread_time()
            verdicts = verifier.verify_batch(tokens) if name == "batch" else [verifier.verify_token(token) for token in tokens]
            times[name].append(time.thread_time() - start)
            assert len(verdicts) == len(tokens)
    single, together = (min(times[name]) / len(tokens) * 1e6 for name in ("single", "batch"))
    with capsys.disabled():
        print(f"\na token: {single:.2f} us alone, {together:.2f} us in a batch", end="")
    assert together < 1.1 * single
