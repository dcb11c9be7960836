"""What a Tesseral client object says of an API key, as status and body of the service's answer.

So that the library alone judges what an answer means, whoever asked.
"""

from __future__ import annotations

import json


def of_success(response: object) -> tuple[int, bytes]:
    """``response``: a tesseral.types.AuthenticateApiKeyResponse."""
    members = {
        "apiKeyId": getattr(response, "api_key_id", None),
        "organizationId": getattr(response, "organization_id", None),
        "actions": getattr(response, "actions", None),
    }
    return 200, json.dumps(members).encode()


def of_failure(error: Exception) -> tuple[int, bytes]:
    """``error``: a tesseral.core.ApiError, or anything else that prevented an answer."""
    status, body = getattr(error, "status_code", None), getattr(error, "body", None)
    message = body.get("message") if isinstance(body, dict) else getattr(body, "message", None)
    if not isinstance(status, int) or not isinstance(message, str):
        return 0, b""
    return status, json.dumps({"message": message}).encode()
