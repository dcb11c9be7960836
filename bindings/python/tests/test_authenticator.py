"""The authenticator over TLS: fetching, outages, API keys, threads, fork."""

from __future__ import annotations

import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tesseral_verify import Auth, Authenticator, NotAnAccessTokenError, TesseralError

from .support.fake import Fake


def authenticator(fake: Fake, **options: Any) -> Authenticator:
    return Authenticator(
        fake.publishable_key,
        **{
            "config_api_hostname": fake.host,
            "backend_api_hostname": fake.host,
            "backend_api_key": fake.backend_api_key,
            "ca_pem": Path(fake.ca_file).read_bytes(),
            **options,
        },
    )


def bearer(credential: str) -> list[tuple[str, str]]:
    return [("Authorization", f"Bearer {credential}")]


def slug(call: Any, *arguments: Any) -> str:
    with pytest.raises(TesseralError) as caught:
        call(*arguments)
    return caught.value.slug


def test_tokens(fake: Fake) -> None:
    made, token = authenticator(fake), fake.token(action="a.b.c")
    assert made.verify_token(token).access_token_claims().user.email == "user0@example.com"
    assert made.authenticate(bearer(token)).has_permission("a.b.c")
    assert made.authenticate([(b"cookie", f"{fake.cookie_name}={token}".encode())]).credentials() == token
    assert slug(made.verify_token, fake.token(expired=1)) == "token_expired"
    assert slug(made.authenticate, []) == "credentials_missing"
    assert slug(made.authenticate, bearer(fake.api_key)) == "credentials_unrecognized"
    assert (made.project_id(), made.not_ready_reason()) == (fake.project_id, None)
    assert fake.count("config") == 1


def test_api_keys(fake: Fake) -> None:
    made = authenticator(fake, api_keys_enabled=True)
    auth = made.authenticate(bearer(fake.api_key))
    assert (auth.credentials_type(), auth.credentials()) == ("api_key", fake.api_key)
    with pytest.raises(NotAnAccessTokenError):
        auth.access_token_claims()
    made.authenticate(bearer(fake.api_key))
    assert fake.count("api-keys") == 2
    assert slug(made.authenticate, bearer("word")) == "api_key_invalid"
    revoked = fake.command("api-key")
    fake.command("revoke", key=revoked)
    assert slug(made.authenticate, bearer(revoked)) == "api_key_invalid"
    fake.command("fault/api-keys/status", status=500)
    assert slug(made.authenticate, bearer(fake.api_key)) == "api_key_lookup_failed"
    remembering = authenticator(fake, api_keys_enabled=True, api_key_ttl_seconds=60)
    fake.reset()
    for _ in range(5):
        remembering.authenticate(bearer(fake.api_key))
    assert fake.count("api-keys") == 1


def test_waiting_leaves_other_threads_alone(fake: Fake) -> None:
    """For the first document, and for the answer about an API key."""
    for endpoint, credential in (("config", fake.token()), ("api-keys", fake.api_key)):
        fake.command(f"fault/{endpoint}/delay", ms=700)
        made = authenticator(fake, api_keys_enabled=True)
        if endpoint == "api-keys":
            assert made.wait_until_ready(10)
        found: list[Auth] = []
        thread = threading.Thread(target=lambda: found.append(made.authenticate(bearer(credential))))
        thread.start()
        steps, start = 0, time.monotonic()
        while thread.is_alive():
            steps += 1
            time.sleep(0.01)
        assert time.monotonic() - start > 0.4 and steps > 20, "the interpreter stood still"
        thread.join()
        assert len(found) == 1
        fake.reset()


def test_concurrent_cold_calls_cause_one_fetch(fake: Fake) -> None:
    fake.command("fault/config/delay", ms=200)
    made, token = authenticator(fake), fake.token()
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _: made.verify_token(token).organization_id(), range(20)))
    assert len(set(found)) == 1 and fake.count("config") == 1


def test_the_first_token_of_a_new_key_waits_for_the_fetch_and_is_accepted(fake: Fake) -> None:
    for ask in ("verify_token", "authenticate"):
        made = authenticator(fake)
        made.verify_token(fake.token())
        fake.command("rotate")
        token = fake.token()
        auth = made.verify_token(token) if ask == "verify_token" else made.authenticate(bearer(token))
        assert auth.organization_id().startswith("org_")
        # The next rotation comes within the cooldown.
        fake.command("rotate")
        assert slug(made.verify_token, fake.token()) == "key_unknown"


def test_outages(fake: Fake, tmp_path: Path) -> None:
    file = tmp_path / "last-good.json"
    made, token = authenticator(fake, last_good_file=file), fake.token()
    made.verify_token(token)
    for _ in range(100):
        if file.exists():
            break
        time.sleep(0.02)
    fake.command("fault/config/status", status=500)
    cold = authenticator(fake, total_timeout_seconds=1.0)
    start = time.monotonic()
    assert slug(cold.verify_token, token) == slug(cold.authenticate, bearer(token)) == "keys_unavailable"
    assert time.monotonic() - start < 4
    assert cold.not_ready_reason() is not None and not cold.wait_until_ready(0.01)
    authenticator(fake, last_good_file=str(file)).verify_token(token)
    made.verify_token(token)


def test_numbers(fake: Fake) -> None:
    made, token = authenticator(fake), fake.token()
    for _ in range(3):
        made.authenticate(bearer(token))
    stats = json.loads(made.stats_json())
    assert (stats["ready"], stats["projectId"], stats["requests"]["ok"]) == (True, fake.project_id, 3)
    assert "tesseral" in made.stats_prometheus()
    # Requests about which the service is asked count by how they end, too.
    asking = authenticator(fake, api_keys_enabled=True)
    assert asking.authenticate(bearer(fake.api_key)).credentials_type() == "api_key"
    revoked = fake.command("api-key")
    fake.command("revoke", key=revoked)
    assert slug(asking.authenticate, bearer(revoked)) == "api_key_invalid"
    requests = json.loads(asking.stats_json())["requests"]
    assert (requests["ok"], requests["api_key_invalid"]) == (1, 1)
    for secret in (token, fake.backend_api_key, "user0@example.com"):
        assert secret not in made.stats_json() + made.stats_prometheus() + repr(made)


def test_arguments_that_are_refused(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TESSERAL_BACKEND_API_KEY", raising=False)
    for options in ({"api_keys_enabled": True, "backend_api_key": None}, {"leeway_seconds": 301}, {"ca_pem": b"x"}):
        assert slug(lambda: authenticator(fake, **options)) == "invalid_argument"
    for options in ({"total_timeout_seconds": -1}, {"total_timeout_seconds": float("nan")}, {"profile": "huge"}):
        with pytest.raises(ValueError):
            authenticator(fake, **options)


def test_a_dropped_one_ends_without_stopping_others(fake: Fake) -> None:
    fake.command("fault/config/hang")
    made = authenticator(fake, total_timeout_seconds=2.0)
    fake.command("wait/config", count=1, ms=5000)
    ticks: list[float] = []
    stop = threading.Event()

    def tick() -> None:
        while not stop.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.005)

    thread = threading.Thread(target=tick)
    thread.start()
    start = time.monotonic()
    del made
    took = time.monotonic() - start
    stop.set()
    thread.join()
    assert took < 4
    pauses = [later - earlier for earlier, later in zip(ticks, ticks[1:])]
    assert not pauses or max(pauses) < 0.5, "the interpreter stood still"


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # threads and fork are what this is about
def test_a_forked_child_has_its_own(fake: Fake) -> None:
    made, token = authenticator(fake, api_keys_enabled=True), fake.token()
    made.verify_token(token)
    made.authenticate(bearer(fake.api_key))
    children = []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                made.verify_token(token)
                made.authenticate(bearer(fake.api_key))
                code = 0
            finally:
                os._exit(code)
        children.append(pid)
    for pid in children:
        for _ in range(1000):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                break
            time.sleep(0.01)
        assert done == pid and status == 0
    made.verify_token(token)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"publishable_key": ""}, "publishable key"),
        ({"publishable_key": "'publishable_key_1'"}, "publishable key"),
        ({"publishable_key": "publishable_key_1\n"}, "publishable key"),
        ({"config_api_hostname": "https://config.tesseral.com"}, "config host"),
        ({"config_api_hostname": "config.tesseral.com/"}, "config host"),
        ({"backend_api_hostname": "api.tesseral.com/v1"}, "backend host"),
        ({"backend_api_key": "tesseral_secret_key_1 "}, "backend API key"),
    ],
)
def test_settings_that_can_never_work_are_refused(settings: dict[str, str], reason: str) -> None:
    from tesseral_verify._settings import Settings

    assert Settings("publishable_key_1").publishable_key == "publishable_key_1"
    with pytest.raises(ValueError, match=reason):
        Settings(**{"publishable_key": "publishable_key_1", **settings})
