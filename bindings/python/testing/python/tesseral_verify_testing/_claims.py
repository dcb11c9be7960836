"""The claims that a test may choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional, TypedDict


class ChosenClaims(TypedDict, total=False):
    """Claims in place of those of an ordinary access token. With an empty text, a token lacks the member.

    ``permissions`` is the claim ``actions``. Times are in seconds since 1970. ``issued_at`` shifts the other two, unless they
    are given. ``user_id`` is also the claim ``sub``, unless ``subject`` is given. A ``kid`` that is not the project's changes
    the header alone: the project's key signs the token.
    """

    organization_id: str
    organization_display_name: str
    user_id: str
    user_email: str
    user_display_name: str
    user_profile_picture_url: str
    session_id: str
    permissions: Sequence[str]
    impersonator_email: Optional[str]
    issuer: str
    audience: str
    subject: str
    issued_at: int
    not_before: int
    expires_at: int
    kid: str
