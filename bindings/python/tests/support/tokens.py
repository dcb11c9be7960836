"""Tokens that no honest issuer makes, signed with a key of the tests."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256


def encode(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


class Signer:
    """A P-256 key, its JWK, and anything signed with it."""

    kid = "session_signing_key_of_the_tests"

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        point = self._key.public_key().public_numbers()
        self.jwk = json.dumps(
            {
                "kty": "EC",
                "crv": "P-256",
                "kid": self.kid,
                "x": encode(point.x.to_bytes(32, "big")),
                "y": encode(point.y.to_bytes(32, "big")),
            }
        )

    def sign(self, header: Any, payload: Any) -> str:
        """A compact serialization; ``header`` and ``payload`` are JSON text, octets, or what becomes JSON."""
        signing_input = f"{encode(_octets(header))}.{encode(_octets(payload))}"
        r, s = utils.decode_dss_signature(self._key.sign(signing_input.encode(), ec.ECDSA(SHA256())))
        return f"{signing_input}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def token(self, payload: Any, **header: Any) -> str:
        return self.sign({"kid": self.kid, "alg": "ES256", **header}, payload)


def _octets(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return value.encode() if isinstance(value, str) else json.dumps(value, separators=(",", ":")).encode()


def claims(issuer: str, **changes: Any) -> dict[str, Any]:
    """What the issuer writes; a change to ``...`` leaves the member out."""
    now = int(time.time())
    members: dict[str, Any] = {
        "iss": issuer,
        "sub": "user_1",
        "aud": issuer,
        "exp": now + 300,
        "nbf": now - 1,
        "iat": now - 1,
        "session": {"id": "session_1"},
        "user": {"id": "user_1", "email": "a@example.com", "displayName": "Ada"},
        "organization": {"id": "org_1", "displayName": "Example"},
        "actions": ["app.posts.read", "app.posts.write"],
    }
    members.update(changes)
    return {name: value for name, value in members.items() if value is not ...}
