"""The requests that both packages get, and the row of differences.md that they are about, if any."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from ..support.fake import Fake
from ..support.tokens import Signer, claims, encode

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Difference:
    theirs: int
    ours: int


def differences() -> dict[str, Difference]:
    """The table."""
    text = (Path(__file__).parent / "differences.md").read_text()
    rows = re.findall(r"^\| ([a-z0-9-]+) \| .* \| (\d{3}) \| (\d{3}) \| .* \|$", text, re.MULTILINE)
    return {name: Difference(int(theirs), int(ours)) for name, theirs, ours in rows}


@dataclass(frozen=True)
class Case:
    name: str
    headers: Headers = field(default_factory=list)
    path: str = "/info"
    method: str = "GET"
    difference: Optional[str] = None
    api_keys: bool = True


def bearer(token: str) -> Headers:
    return [("Authorization", f"Bearer {token}")]


def token_cases(fake: Fake, signer: Signer) -> Iterator[Case]:
    """Good tokens of all shapes, then what may be wrong with one."""
    good = fake.token()
    for path in ("/info", "/claims", "/typed", "/dump", "/nested"):
        yield Case(f"good {path}", bearer(good), path=path)
        for number, parameters in enumerate(
            (
                {"user": 3, "picture": "https://example.com/a.png", "display_name": "É <b>"},
                {"impersonator": "staff@example.com", "action": ["a.b.c", "a.b.d"]},
                {"display_name": "", "actions": 50},
                {"organization_display_name": "日本 & co"},
            )
        ):
            yield Case(f"honest {number} {path}", bearer(fake.token(**parameters)), path=path)
    for method in ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"):
        yield Case(f"{method} with a token", bearer(good), method=method)
        yield Case(f"{method} without", method=method)
    for path in ("/missing", "/docs", "/openapi.json", "/info?x=1"):
        yield Case(f"{path} with a token", bearer(good), path=path)
        yield Case(f"{path} without", path=path)
    yield Case("expired", bearer(fake.token(expired=1)))
    yield Case("tampered", bearer(fake.token(tampered=1)))
    yield Case("of the future", bearer(fake.token(now_offset=60)))
    yield Case("permission denied by the handler", bearer(fake.token(action="a.b.c")), path="/permission?action=a.b.c")
    yield Case("permission absent", bearer(good), path="/permission?action=a.b.c")
    yield from claims_cases(fake, signer)
    yield from form_cases(signer.token(claims(fake.issuer)), signer)


def claims_cases(fake: Fake, signer: Signer) -> Iterator[Case]:
    now = int(time.time())

    def case(name: str, difference: Optional[str] = None, path: str = "/dump", **changes: Any) -> Case:
        return Case(name, bearer(signer.token(claims(fake.issuer, **changes))), path=path, difference=difference)

    user, organization = {"id": "user_1", "email": "a@example.com"}, {"id": "org_1", "displayName": "O"}
    for path in ("/dump", "/claims", "/typed", "/nested"):
        yield case(f"plain {path}", path=path)
        yield case(f"unknown members {path}", path=path, jti="x", extra={"a": [1, None, {"b": 1.5}]}, flag=True)
        yield case(f"unknown members within {path}", path=path, user={**user, "roles": ["a"], "x": None})
        yield case(f"nulls {path}", path=path, actions=None, impersonator=None, user={**user, "displayName": None})
        yield case(f"no actions {path}", path=path, actions=...)
        yield case(f"empty actions {path}", path=path, actions=[])
        yield case(f"fractions {path}", path=path, exp=now + 300.5, nbf=now - 1.5, iat=now - 1.25)
        other = {"organization": organization, "user": user, "impersonator": {"email": "s@x"}}
        yield case(f"other order {path}", path=path, **other)
    yield case("expired in seconds", exp=now - 2)
    yield case("just begun", nbf=now)
    yield case("not yet", nbf=now + 60)
    for member in ("iss", "sub", "aud", "exp", "nbf", "iat", "session", "user", "organization"):
        yield case(f"without {member}", **{member: ...})
        yield case(f"{member} null", **{member: None})
        yield case(f"{member} an array", **{member: []})
        yield case(f"{member} an object", **{member: {}})
    yield case("user without email", user={"id": "u"})
    yield case("user without id", user={"email": "a@example.com"})
    yield case("user's email a number", user={"id": "u", "email": 1})
    yield case("session's id a number", session={"id": 1})
    yield case("actions a string", actions="a.b.c")
    yield case("actions with a number", actions=[1])
    yield case("impersonator without email", impersonator={})
    yield case("exp null", exp=None)
    yield case("another issuer", "iss", iss="https://project-x.tesseral.app")
    yield case("another audience", "aud", aud="https://project-x.tesseral.app")
    yield case("audience in an array", "aud-array", path="/info", aud=["x", fake.issuer])
    yield case("no display name", "no-display-name", path="/info", organization={"id": "org_1"})
    yield case("nbf zero", "nbf-zero", path="/info", nbf=0)
    yield case("exp zero", "exp-zero", exp=0)
    yield case("nbf a string", "claims-malformed", nbf=str(now))
    yield case("exp a string", "claims-malformed", exp=str(now + 300))
    yield case("exp true", exp=True)
    yield case("sub empty", "claims-malformed", sub="")
    twice = json.dumps(claims(fake.issuer))[:-1] + ',"sub":"user_2"}'
    yield Case("sub twice", bearer(signer.token(twice)), difference="claims-malformed")
    nan = json.dumps(claims(fake.issuer, exp=float("nan")))
    yield Case("exp NaN", bearer(signer.token(nan)), difference="claims-malformed")
    for name, text in (("text", "claims"), ("half", '{"iss":'), ("empty", " ")):
        yield Case(f"claims not JSON: {name}", bearer(signer.token(text)), difference="claims-not-json")
    yield Case("claims an array", bearer(signer.token("[]")))


def form_cases(good: str, signer: Signer) -> Iterator[Case]:
    """Headers, signatures and spellings."""
    header, payload, signature = good.split(".")
    body = json.loads(_decode(payload))
    for alg in ("none", "HS256", "es256", "ES384"):
        yield Case(f"alg {alg}", bearer(signer.token(body, alg=alg)), difference="alg")
    yield Case("crit", bearer(signer.token(body, crit=["exp"])), difference="crit")
    yield Case("typ", bearer(signer.token(body, typ="JWT")))
    yield Case("unknown kid", bearer(signer.token(body, kid="another")))
    yield Case("kid a number", bearer(signer.token(body, kid=1)))
    yield Case("alg absent", bearer(signer.sign({"kid": signer.kid}, body)))
    twice = f'{{"kid":"x","kid":"{signer.kid}","alg":"ES256"}}'
    yield Case("kid twice", bearer(signer.sign(twice, body)), difference="header-malformed")
    yield Case("header text", bearer(signer.sign("x", body)))
    for name, token in (
        ("two segments", f"{header}.{payload}"),
        ("four segments", f"{good}.x"),
        ("no signature", f"{header}.{payload}."),
        ("no payload", f"{header}..{signature}"),
        ("no header", f".{payload}.{signature}"),
        ("dots", ".."),
        ("short signature", good[:-3]),
        ("long signature", good + "AAAA"),
        ("padded", good + "=="),
        ("another alphabet", f"{header}.{payload}.{'+' * 86}"),
        ("zero signature", f"{header}.{payload}.{'A' * 86}"),
        ("other payload", f"{header}.{encode(b'{}')}.{signature}"),
        ("space inside", good.replace(".", ". ", 1)),
        ("a word", "word"),
        ("a long word", "x" * 5000),
        ("long and dotted", "x." * 2000),
        ("capitals", "ABC"),
        ("a minus", "a-b"),
    ):
        yield Case(name, bearer(token))
    yield Case("loose trailing bits", bearer(good[:-1] + _next(good[-1])), difference="base64url")
    # Neither ES256 nor its verification depends on which half s is in; both halves occur among these.
    for number in range(8):
        yield Case(f"another signature {number}", bearer(signer.token(body)))


def place_cases(fake: Fake, cookie_wins: str = "last") -> Iterator[Case]:
    """Where the credential stands. ``cookie_wins``: which of several cookies of one name the framework sees."""
    good, expired, name = fake.token(), fake.token(expired=1), fake.cookie_name

    def cookie(*pairs: str) -> Headers:
        return [("Cookie", "; ".join(pairs))]

    yield Case("no credential")
    yield Case("a cookie", cookie(f"{name}={good}"))
    yield Case("a cookie among others", cookie("a=b", f"{name}={good}", "c=d"))
    yield Case("a quoted cookie", cookie(f'{name}="{good}"'))
    yield Case("an expired cookie", cookie(f"{name}={expired}"))
    yield Case("an empty cookie", cookie(f"{name}="))
    yield Case("a cookie with a word", cookie(f"{name}=word-"))
    yield Case("another project's cookie", cookie(f"tesseral_project_x_access_token={good}"))
    yield Case("the refresh token's cookie", cookie(f"tesseral_{fake.project_id}_refresh_token={good}"))
    yield Case("the cookie in capitals", cookie(f"{name.upper()}={good}"))
    unseen = {"last": "stale cookie last", "first": "stale cookie first"}[cookie_wins]
    for title, values in (("stale cookie last", (good, expired)), ("stale cookie first", (expired, good))):
        pairs = cookie(*(f"{name}={value}" for value in values))
        yield Case(title, pairs, difference="second-cookie" if title == unseen else None)
    yield Case("two stale cookies", cookie(f"{name}={expired}", f"{name}={expired}"))
    yield Case("bad header, good cookie", [*bearer(expired), *cookie(f"{name}={good}")])
    yield Case("good header, bad cookie", [*bearer(good), *cookie(f"{name}={expired}")])
    yield Case("Basic, good cookie", [("Authorization", "Basic eDp5"), *cookie(f"{name}={good}")])
    yield Case("Basic alone", [("Authorization", "Basic eDp5")])
    yield Case("no scheme", [("Authorization", good)])
    yield Case("Bearerx", [("Authorization", f"Bearerx {good}")])
    yield Case("Token", [("Authorization", f"Token {good}")])
    yield Case("bearer", [("Authorization", f"bearer {good}")], difference="bearer-case")
    yield Case("BEARER", [("Authorization", f"BEARER {good}")], difference="bearer-case")
    yield Case("bearer expired", [("Authorization", f"bearer {expired}")])
    yield Case("two spaces", [("Authorization", f"Bearer  {good}")], difference="bearer-spaces")
    yield Case("header name in lower case", [("authorization", f"Bearer {good}")])
    yield Case("long token", bearer(fake.token(actions=400)), difference="oversize")


def api_key_cases(fake: Fake) -> Iterator[Case]:
    """API keys, on and off."""
    key = fake.command("api-key", action="app.posts.read")
    bare, revoked, late = fake.command("api-key"), fake.command("api-key"), fake.command("api-key", expires_in=-1)
    fake.command("revoke", key=revoked)
    for path in ("/info", "/claims", "/permission?action=app.posts.read", "/permission?action=app.posts"):
        yield Case(f"a good key {path}", bearer(key), path=path)
    yield Case("a key without actions", bearer(bare))
    yield Case("a key without actions, permission", bearer(bare), path="/permission?action=app.posts.read")
    yield Case("a revoked key", bearer(revoked))
    yield Case("an expired key", bearer(late))
    yield Case("a key cut short", bearer(key[:-1]))
    yield Case("a key changed", bearer(key[:-1] + ("0" if key[-1] != "0" else "1")))
    yield Case("a word", bearer("word"))
    yield Case("a key in capitals", bearer(key.upper()))
    yield Case("a key in the cookie", [("Cookie", f"{fake.cookie_name}={key}")], difference="cookie-api-key")
    for name, token in (("a good key", key), ("a word", "word"), ("an empty one", "")):
        yield Case(f"API keys off: {name}", bearer(token), api_keys=False)


def _decode(segment: str) -> bytes:
    import base64

    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def _next(letter: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(letter) | 1]
