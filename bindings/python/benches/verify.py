"""One token: ours beside Tesseral's own function, PyJWT, joserfc and Authlib. Prints `figure` lines.

    verify.py CONFIG TOKENS

Each contestant looks the key up by `kid`, checks ES256, `exp` and `nbf`, and gives the claims; all but Tesseral's check
`iss` and `aud` too. Each must accept every token and refuse one with another signature before it is measured. They take
turns of 20 ms; times are of the processor, so that other programs on the machine disturb little; values are medians.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import authlib.deprecate
import joserfc.jwk
import joserfc.jwt
import jwt as pyjwt
from tesseral_fastapi._access_token_authenticator import _authenticate_access_token, _parse_config

from tesseral_verify import Verifier

# Authlib points to joserfc, which is measured too.
warnings.simplefilter("ignore", authlib.deprecate.AuthlibDeprecationWarning)
import authlib.jose  # noqa: E402

TURN_SECONDS, TURNS = 0.02, 151

Contestant = Callable[[str], Any]


def contestants(document: str) -> dict[str, Contestant]:
    verifier = Verifier(document)
    issuer = verifier.inspect().issuer
    keys = json.loads(document)["keys"]

    theirs = _parse_config(document).jwks
    pyjwt_keys = {key["kid"]: pyjwt.PyJWK({**key, "alg": "ES256"}) for key in keys}
    joserfc_keys = joserfc.jwk.KeySet([joserfc.jwk.ECKey.import_key(key) for key in keys])
    registry = joserfc.jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": issuer}, aud={"essential": True, "value": issuer}, exp={"essential": True}
    )
    authlib_keys = authlib.jose.JsonWebKey.import_key_set({"keys": keys})
    authlib_jwt = authlib.jose.JsonWebToken(["ES256"])
    options = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": issuer}}

    def ours(token: str) -> Any:
        return verifier.verify_token(token).access_token_claims().user.email

    def official(token: str) -> Any:
        return _authenticate_access_token(theirs, token).user.email

    def with_pyjwt(token: str) -> Any:
        key = pyjwt_keys[pyjwt.get_unverified_header(token)["kid"]]
        return pyjwt.decode(token, key, algorithms=["ES256"], issuer=issuer, audience=issuer)["user"]["email"]

    def with_joserfc(token: str) -> Any:
        decoded = joserfc.jwt.decode(token, joserfc_keys, algorithms=["ES256"])
        registry.validate(decoded.claims)
        return decoded.claims["user"]["email"]

    def with_authlib(token: str) -> Any:
        decoded = authlib_jwt.decode(token, authlib_keys, claims_options=options)
        decoded.validate()
        return decoded["user"]["email"]

    return {"ours": ours, "official": official, "pyjwt": with_pyjwt, "joserfc": with_joserfc, "authlib": with_authlib}


def check(contestant: Contestant, tokens: list[str]) -> None:
    assert len({contestant(token) for token in tokens}) == len(tokens)
    forged = tokens[0].rpartition(".")[0] + "." + tokens[1].rpartition(".")[2]
    try:
        contestant(forged)
    except Exception:
        return
    raise AssertionError("a forgery was accepted")


def main() -> None:
    document, tokens = Path(sys.argv[1]).read_text(), Path(sys.argv[2]).read_text().split()
    field = contestants(document)
    for contestant in field.values():
        check(contestant, tokens)
    times: dict[str, list[float]] = {name: [] for name in field}
    times["batch of 64"] = []
    verifier, place = Verifier(document), 0
    for _ in range(TURNS):
        for name, contestant in field.items():
            count, start = 0, time.thread_time()
            while (elapsed := time.thread_time() - start) < TURN_SECONDS:
                contestant(tokens[place])
                place = (place + 1) % len(tokens)
                count += 1
            times[name].append(elapsed / count)
        start = time.thread_time()
        verdicts = verifier.verify_batch(tokens[:64])
        times["batch of 64"].append((time.thread_time() - start) / len(verdicts))
    median = {name: statistics.median(samples) * 1e6 for name, samples in times.items()}
    for name, microseconds in median.items():
        print(f"  {name:<12} {microseconds:8.2f} us a token")
    print(f"figure py_verify_us {median['ours']:.2f} us")
    print(f"figure py_verify_batch_us {median['batch of 64']:.2f} us")
    for peer in ("official", "pyjwt", "joserfc", "authlib"):
        print(f"figure py_verify_vs_{peer} {median[peer] / median['ours']:.1f} x")


main()
