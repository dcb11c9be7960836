"""The settings that the middlewares of all frameworks have."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Optional

from . import _revoked
from ._native import Verifier, complaint

BACKEND_API_KEY_VARIABLE = "TESSERAL_BACKEND_API_KEY"


MAX_LEEWAY_SECONDS = 300
"""The lifetime of an access token: MAX_LEEWAY_SECONDS of src/limits.rs."""


@dataclass(frozen=True)
class Settings:
    """Names as in Tesseral's own packages; theirs lack ``backend_api_hostname``, ``leeway_seconds`` and ``revoked``."""

    publishable_key: str
    config_api_hostname: str = "config.tesseral.com"
    backend_api_hostname: str = "api.tesseral.com"
    jwks_refresh_interval_seconds: float = 3600
    api_keys_enabled: bool = False
    # Error reports print the variables of frames, such as these settings.
    backend_api_key: Optional[str] = field(default=None, repr=False)
    leeway_seconds: int = 0
    revoked: Optional[_revoked.RevokedNow] = None

    def __post_init__(self) -> None:
        """Raises ValueError for settings that can never work, such as a key with quotes, or a host with a scheme."""
        reason = complaint(
            self.publishable_key, self.config_api_hostname, self.backend_api_hostname, self.backend_api_key
        )
        if reason is not None:
            raise ValueError(reason)
        if not self.jwks_refresh_interval_seconds >= 1:
            raise ValueError("jwks_refresh_interval_seconds is not at least 1")
        _revoked.check(self.revoked)
        if not isinstance(self.leeway_seconds, int) or not 0 <= self.leeway_seconds <= MAX_LEEWAY_SECONDS:
            raise ValueError(f"leeway_seconds is not a whole number from 0 to {MAX_LEEWAY_SECONDS}")

    @property
    def interval_ms(self) -> int:
        """The refresh interval in the unit of the rulebook."""
        return int(min(self.jwks_refresh_interval_seconds, _MAX_INTERVAL_SECONDS) * 1000)

    @property
    def config_url(self) -> str:
        return f"https://{self.config_api_hostname}/v1/config/{self.publishable_key}"

    @property
    def api_keys_url(self) -> str:
        return f"https://{self.backend_api_hostname}/v1/api-keys/authenticate"

    def load(self, document: bytes) -> Verifier:
        """The verifier that these settings and a configuration document make."""
        return Verifier(document, api_keys=self.api_keys_enabled, leeway_seconds=self.leeway_seconds)


# 30 days: MAX_INTERVAL_MS of src/limits.rs. The rulebook fetches before the document is a day old in any case.
_MAX_INTERVAL_SECONDS = 2_592_000


def backend_api_key(api_keys_enabled: bool, has_client: bool) -> Optional[str]:
    """The key from the environment. Raises RuntimeError when API keys are on and there is no way to ask about them."""
    key = os.environ.get(BACKEND_API_KEY_VARIABLE)
    if api_keys_enabled and not has_client and key is None:
        raise RuntimeError(
            "If you set api_keys_enabled to true, then you must either provide a tesseral_client "
            "or you must set a TESSERAL_BACKEND_API_KEY environment variable."
        )
    return key
