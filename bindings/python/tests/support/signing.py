"""Finds in a wheel code that signs with P-256 or writes tokens, and functions for that which Python can call."""

from __future__ import annotations

import re

_CODE = re.compile(
    # Sources of the double of the service, and of the crates with which it signs, which panics name; and their symbols.
    rb"fake-tesseral/src/\w+\.rs"
    rb"|(?:crypto-bigint|ecdsa|elliptic-curve|p256|primefield|primeorder|rfc6979|sec1|signature)-\d[^\0 ]*?\.rs"
    # What the TLS library signs with, when a client has a certificate.
    rb"|_(?:ZN|R)[\w.$]*(?:fake_tesseral|rfc6979)[\w.$]*"
    rb"|[^\0 /]*/src/[^\0 ]*sign(?:er|ing)?\.rs|(?:Ecdsa|Ed25519|Rsa)(?:Signer|KeyPair)"
)

_NAMES = re.compile(rb"\b(?:def |fn )?(_?(?:mint|sign|issue|forge)(?:_\w+)?)\(")


def signing_code(wheel: dict[str, bytes]) -> set[str]:
    """Marks in the machine code. Mostly texts: a wheel is stripped of its symbols."""
    [native] = [content for path, content in wheel.items() if path.endswith(".so")]
    return {found.decode() for found in _CODE.findall(native)}


def signing_functions(wheel: dict[str, bytes]) -> set[str]:
    """Names of functions, in the texts of the extension, where their signatures stand, and in the Python beside it."""
    return {name.decode() for path, content in wheel.items() if _is_code(path) for name in _NAMES.findall(content)}


def _is_code(path: str) -> bool:
    return path.endswith((".so", ".py", ".pyi"))
