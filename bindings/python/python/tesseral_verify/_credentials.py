"""What a credential looks like. Nothing here trusts one."""

from __future__ import annotations

import re


def is_jwt_format(value: str) -> bool:
    """Whether these are three segments of base64url with dots between them."""
    return re.fullmatch(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", value) is not None


def is_api_key_format(value: str) -> bool:
    """Whether these are the characters of API keys."""
    return re.fullmatch(r"[a-z0-9_]+", value) is not None
