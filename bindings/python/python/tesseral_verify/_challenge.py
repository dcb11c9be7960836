"""The header field WWW-Authenticate of a 401 (RFC 6750 section 3)."""

from __future__ import annotations


def challenge(slug: str) -> str:
    """Its value: without an error when the request had no credential at all."""
    return "Bearer" if slug == "credentials_missing" else 'Bearer error="invalid_token"'
