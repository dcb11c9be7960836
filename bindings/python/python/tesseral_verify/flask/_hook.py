"""What ``require_auth`` returns: a function for ``app.before_request``, with its authenticator as an attribute."""

from __future__ import annotations

from typing import Any, Callable, Optional, Protocol, Union, cast

from .._sync import SyncAuthenticator

Refusal = tuple[Union[str, bytes], int, dict[str, str]]


class Hook(Protocol):
    """A function for ``app.before_request``."""

    access_token_authenticator: SyncAuthenticator
    """For probes, metrics, and tokens that do not come in a request's headers."""

    def __call__(self) -> Optional[Refusal]:
        """A refusal, or None."""


def with_authenticator(function: Callable[[], Optional[Refusal]], authenticator: SyncAuthenticator) -> Hook:
    """Gives the function the authenticator as an attribute."""
    hook: Any = function
    hook.access_token_authenticator = authenticator
    return cast(Hook, hook)
