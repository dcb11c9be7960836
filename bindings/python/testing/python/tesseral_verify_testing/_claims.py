"""The claims that a test may choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional, TypedDict


class ChosenClaims(TypedDict, total=False):
    """What an access token says in place of what an ordinary one says. An empty text leaves its member out.

    ``permissions`` is the claim ``actions``. Times are in seconds since 1970: ``issued_at`` moves the other two along, unless
    they are given. ``user_id`` is ``sub``, too, unless ``subject`` is given. With a ``kid`` that is not the project's, the
    signature stays that of the project's key.
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
