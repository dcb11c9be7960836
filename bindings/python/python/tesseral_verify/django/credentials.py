"""As in Tesseral's package: what a credential looks like, which says nothing about whether it is good."""

from .._credentials import is_api_key_format, is_jwt_format

__all__ = ["is_api_key_format", "is_jwt_format"]
