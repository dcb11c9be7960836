"""What a Tesseral client object says of an API key, as status and body of the service's answer.

So that the library alone judges what an answer means, whoever asked. Doubles in applications' tests say things that the
service never does: the log tells why such an answer is none.
"""

from __future__ import annotations

import json

from ._log import log


def of_success(response: object) -> tuple[int, bytes]:
    """``response``: a tesseral.types.AuthenticateApiKeyResponse."""
    found = {name: getattr(response, python, None) for name, python in _REQUIRED.items()}
    missing = [python for name, python in _REQUIRED.items() if not found[name] or not isinstance(found[name], str)]
    if missing:
        log.warning("the answer of tesseral_client lacks the text %s: it accepts nobody", " and ".join(missing))
        return 0, b""
    actions = getattr(response, "actions", None)
    if not all(isinstance(action, str) for action in actions or ()):
        log.warning("the actions of tesseral_client's answer are not all text: it accepts nobody")
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
    """A key was refused by its shape, and the client, which the application gave, was not asked."""
    log.warning(
        "tesseral_client was not asked: no API key has this shape (56 to 119 octets, the last 55 digits and lower-case letters)"
    )


_REQUIRED = {"apiKeyId": "api_key_id", "organizationId": "organization_id"}
