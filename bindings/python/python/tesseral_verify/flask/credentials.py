"""The credentials module of Tesseral's package: what a credential looks like. Nothing here says that one is good."""

from .._credentials import is_api_key_format, is_jwt_format

__all__ = ["is_api_key_format", "is_jwt_format"]
