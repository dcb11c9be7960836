"""What ``require_auth`` gives: a function for ``app.before_request``, with the authenticator that it asks."""

from __future__ import annotations

from typing import Any, Callable, Optional, Protocol, Union, cast

from .._sync import SyncAuthenticator

Refusal = tuple[Union[str, bytes], int, dict[str, str]]


class Hook(Protocol):
    """A function for ``app.before_request``."""

    access_token_authenticator: SyncAuthenticator
    """For probes, metrics, and tokens that come another way."""

    def __call__(self) -> Optional[Refusal]:
        """A refusal, or None."""


def with_authenticator(function: Callable[[], Optional[Refusal]], authenticator: SyncAuthenticator) -> Hook:
    """The function, which has the authenticator as an attribute then."""
    hook: Any = function
    hook.access_token_authenticator = authenticator
    return cast(Hook, hook)
