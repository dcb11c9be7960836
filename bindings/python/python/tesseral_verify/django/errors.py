"""The errors module of Tesseral's package. ``tesseral_verify.errors`` has all exceptions."""

from ..errors import NotAnAccessTokenError

__all__ = ["NotAnAccessTokenError"]
