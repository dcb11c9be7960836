"""As in Tesseral's package; ``tesseral_verify.errors`` has all."""

from ..errors import NotAnAccessTokenError

__all__ = ["NotAnAccessTokenError"]
