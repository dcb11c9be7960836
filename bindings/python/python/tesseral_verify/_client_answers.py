"""Turns what a Tesseral client object answers about an API key into the status and body that the service sends.

So the library judges all answers alike, its own transport's and those of an application's client. A double in an
application's tests may answer as the service never does. A log line tells then why that is no answer.
"""

from __future__ import annotations

import json

from ._log import log


def of_success(response: object) -> tuple[int, bytes]:
    """``response``: a tesseral.types.AuthenticateApiKeyResponse."""
    found = {name: getattr(response, python, None) for name, python in _REQUIRED.items()}
    missing = [python for name, python in _REQUIRED.items() if not found[name] or not isinstance(found[name], str)]
    if missing:
        log.warning("the answer of tesseral_client lacks the text %s: the API key is not accepted", " and ".join(missing))
        return 0, b""
    actions = getattr(response, "actions", None)
    if not all(isinstance(action, str) for action in actions or ()):
        log.warning("the actions of tesseral_client's answer are not all text: the API key is not accepted")
        return 0, b""
    return 200, json.dumps({**found, "actions": None if actions is None else list(actions)}).encode()


def of_failure(error: Exception) -> tuple[int, bytes]:
    """``error``: a tesseral.core.ApiError, or anything else that prevented an answer."""
    status, body = getattr(error, "status_code", None), getattr(error, "body", None)
    message = body.get("message") if isinstance(body, dict) else getattr(body, "message", None)
    if not isinstance(status, int) or not isinstance(message, str):
        log.warning(
            "tesseral_client raised %s without a status_code and a message in its body: a refused key is a "
            'BadRequestError with the message "unauthenticated_api_key"',
            type(error).__name__,
        )
        return 0, b""
    return status, json.dumps({"message": message}).encode()


def note_unasked() -> None:
    """Tells that an API key was refused for its shape, and that the application's client was not asked about it."""
    log.warning(
        "tesseral_client was not asked: no API key has this shape (56 to 119 octets, the last 55 digits and lower-case letters)"
    )


_REQUIRED = {"apiKeyId": "api_key_id", "organizationId": "organization_id"}
