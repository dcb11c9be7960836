"""Verifies Tesseral access tokens and API keys.

``Verifier`` judges credentials against a preloaded configuration document. The middlewares, which also fetch it, are
``tesseral_verify.fastapi``, ``tesseral_verify.flask`` and ``tesseral_verify.django``.
"""

from ._native import (
    AccessTokenClaims,
    ApiKey,
    Auth,
    Impersonator,
    Organization,
    Session,
    SkippedKey,
    Snapshot,
    User,
    Verifier,
    __version__,
)
from .errors import ConfigError, NotAnAccessTokenError, TesseralError

__all__ = [
    "AccessTokenClaims",
    "ApiKey",
    "Auth",
    "ConfigError",
    "Impersonator",
    "NotAnAccessTokenError",
    "Organization",
    "Session",
    "SkippedKey",
    "Snapshot",
    "TesseralError",
    "User",
    "Verifier",
    "__version__",
]
