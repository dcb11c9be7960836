"""The one logger. What it writes holds hosts, slugs, statuses and class names, never a credential or a claim."""

from __future__ import annotations

import logging
from typing import Literal

from ._http import FetchError, fault_of
from ._native import notice
from .errors import TesseralError

log = logging.getLogger("tesseral_verify")


def warn(about: Literal["document", "api_keys"], host: str, error: Exception) -> tuple[str, int]:
    """Tells the operator, in the library's own words, what went wrong on the way to a host, and what to do.

    Returns the library's name for the fault, or an empty text if it has none, and the HTTP status of the answer, or 0.
    """
    status = 0
    if isinstance(error, FetchError):
        name, fault, status = "", error.fault, error.status
    elif isinstance(error, TesseralError):
        name, fault = "", error.slug
    else:
        name, fault = f" ({_name(error)})", fault_of(error) or ""
    told = notice(about, host, fault, status) or f"nothing usable from {host}"
    log.warning("%s%s", told, name)
    return fault, status


def _name(error: BaseException) -> str:
    """Class names, the outermost first; no text, which may come from outside."""
    cause = error.__cause__ or error.__context__
    return type(error).__name__ if cause is None else f"{type(error).__name__} from {_root(cause)}"


def _root(error: BaseException) -> str:
    cause = error.__cause__ or error.__context__
    return type(error).__name__ if cause is None else _root(cause)
