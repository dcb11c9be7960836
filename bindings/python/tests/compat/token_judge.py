"""Replaces the private functions of tesseral-fastapi that judge a token, when its own tests run: test_upstream.py."""

from __future__ import annotations

from tesseral_verify import TesseralError, Verifier
from tesseral_verify._auth import Auth
from tesseral_verify.models import AccessTokenClaims

InvalidAccessTokenException = TesseralError


class _parse_config:
    def __init__(self, document: str) -> None:
        self.jwks = Verifier(document)


def _authenticate_access_token(jwks: Verifier, access_token: str, now_unix_seconds: float) -> AccessTokenClaims:
    headers = [("authorization", f"Bearer {access_token}")]
    found = jwks.authenticate(headers, now_unix_seconds)
    assert not hasattr(found, "fingerprint"), "API keys are off"
    return Auth(found).access_token_claims()  # type: ignore[arg-type]
