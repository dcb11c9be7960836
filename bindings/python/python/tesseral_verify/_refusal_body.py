"""The bodies of refusals, when an application writes them itself."""

from __future__ import annotations

import json
import re
from inspect import iscoroutine, iscoroutinefunction
from typing import Any, Callable, Optional, Union

from ._log import log
from .errors import TesseralError

Body = Union[bytes, str, dict[str, Any], list[Any]]

WriteBody = Callable[[TesseralError], Union[Body, tuple[Body, str]]]


class Refusals:
    """Asks the application's function for the body of a refusal. Without a function, the default body stays.

    write: gets the reason, and returns a body, or a pair of a body and its media type. A dict or a list becomes JSON.
    """

    def __init__(self, write: Optional[WriteBody]) -> None:
        if write is not None and (not callable(write) or iscoroutinefunction(write)):
            raise TypeError("refusal_body is not an ordinary function of one argument, the TesseralError")
        self._write = write

    def written(self, error: TesseralError) -> Optional[tuple[bytes, str]]:
        """Body and media type, or None for the default body: also when the function fails."""
        if self._write is None:
            return None
        try:
            # A new error: the traceback of this one leads to frames that hold the credential.
            return _encoded(self._write(TesseralError(error.slug)))
        except Exception as failure:
            log.warning("refusal_body failed (%s): the refusal has its default body", type(failure).__name__)
            return None


def _encoded(given: Any) -> tuple[bytes, str]:
    body, media_type = given if isinstance(given, tuple) else (given, None)
    if media_type is not None and not _MEDIA_TYPE.fullmatch(media_type):
        raise ValueError("not a media type")
    if isinstance(body, bytes):
        return body, media_type or "application/octet-stream"
    if isinstance(body, str):
        return body.encode(), media_type or "text/plain; charset=utf-8"
    if isinstance(body, (dict, list)):
        return json.dumps(body, allow_nan=False).encode(), media_type or "application/json"
    if iscoroutine(body):
        body.close()
    raise TypeError("not a body")


# Visible ASCII and spaces alone: a line break would let the application's text add header fields.
_MEDIA_TYPE = re.compile(r"[!-.0-~]+/[!-.0-~]+(?: *;[ -~]*)?")
