"""Verifies Tesseral access tokens and API keys.

``Verifier`` judges credentials against a preloaded configuration document; ``Authenticator`` fetches it and keeps it
fresh. ``tesseral_verify.fastapi``, ``tesseral_verify.flask`` and ``tesseral_verify.django`` are for web frameworks.
"""

from ._native import stay_in_one_interpreter

stay_in_one_interpreter()

from ._native import (  # noqa: E402
    AccessTokenClaims,
    ApiKey,
    Auth,
    Authenticator,
    Impersonator,
    Organization,
    Revoked,
    Session,
    SkippedKey,
    Snapshot,
    User,
    Verifier,
    __version__,
)
from .errors import ConfigError, ListError, NotAnAccessTokenError, TesseralError

__all__ = [
    "AccessTokenClaims",
    "ApiKey",
    "Auth",
    "Authenticator",
    "ConfigError",
    "Impersonator",
    "ListError",
    "NotAnAccessTokenError",
    "Organization",
    "Revoked",
    "Session",
    "SkippedKey",
    "Snapshot",
    "TesseralError",
    "User",
    "Verifier",
    "__version__",
]
