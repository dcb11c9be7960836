"""The one logger. What it writes holds slugs, statuses and class names, never a credential or a claim."""

import logging

from ._http import FetchError
from .errors import TesseralError

log = logging.getLogger("tesseral_verify")


def reason(error: Exception) -> str:
    """What went wrong, without text from outside: our own words, or a class name."""
    return str(error) if isinstance(error, (TesseralError, FetchError)) else type(error).__name__
