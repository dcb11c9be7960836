"""The requests of the shared vectors: the same slug in $tesseral_error, and the same user."""

import base64
import json

from client import Connection
from nginx import Nginx
from support import VECTORS

SERVER = """
    tesseral_signature_cache 1m;
    server {{
        listen 127.0.0.1:{port};
        add_header X-Error $tesseral_error always;
        add_header X-User $tesseral_user_id always;
        location / {{ tesseral_auth on; tesseral_snapshot {dir}/keys; try_files /- =204; }}
    }}
"""


def fits_a_request(test):
    """HTTP drops blanks around a value, and a line feed ends one. nginx before 1.23 refuses two Authorization headers by itself.
    API keys need a service."""
    values = test["authorization"] + test["cookie"]
    return (len(test["authorization"]) <= 1 and not test.get("api_keys")
            and all(value == value.strip() and "\n" not in value for value in values))


def user_of(token):
    claims = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["user"]["id"]


def test_requests():
    vectors = json.loads((VECTORS / "extraction.json").read_text())
    assert len(vectors["tests"]) == vectors["numberOfTests"]

    def fill(value):
        for name, text in vectors["texts"].items():
            value = value.replace(name, text)
        return value

    nginx = Nginx(SERVER, files={"keys": vectors["jwks"]}, clock=True)
    nginx.secrets = [text for text in vectors["texts"].values() if "." in text]
    ran = 0
    with nginx, Connection(nginx.port) as connection:
        nginx.set_clock(vectors["now_default"])
        for test in filter(fits_a_request, vectors["tests"]):
            headers = [(name, fill(value).encode()) for name in ("Authorization", "Cookie")
                       for value in test[name.lower()]]
            # Twice: the second time, good tokens come from the signature cache.
            for _ in range(2):
                response = connection.get("/", headers)
                assert response.get("X-Error") == test["slug"], (test["id"], response)
                assert response.status == (204 if test["slug"] == "ok" else 401), (test["id"], response)
                user = user_of(fill(test["credential"])) if test["slug"] == "ok" else None
                assert response.get("X-User") == user, (test["id"], user, response)
            ran += 1
    print(f"      {ran} requests, {len(vectors['tests']) - ran} that this nginx cannot be sent")
    assert ran > 100
    return ran
