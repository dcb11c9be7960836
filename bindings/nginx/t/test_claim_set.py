"""The variables of tesseral_claim_set, and $tesseral_kid: only verified tokens set them, also those in the signature cache."""

import base64
import json
import urllib.parse

from client import bearer, get
from nginx import Nginx
from service import Service

SERVER = """
    tesseral_signature_cache 64k;
    tesseral_claim_set $user user;
    tesseral_claim_set $email user email;
    tesseral_claim_set $name user displayName;
    tesseral_claim_set $actions actions;
    tesseral_claim_set $end exp;
    tesseral_claim_set $nothing user nothing;
    tesseral_claim_set $too_deep user email x;
    tesseral_claim_set $with_dot user.email;
    map $email $domain {{ ~@(?<d>.*)$ $d; }}
    server {{
        listen 127.0.0.1:{port};
        tesseral_snapshot {dir}/keys;
        add_header X-User $user always;
        add_header X-Email $email always;
        add_header X-Domain $domain always;
        add_header X-Name $name always;
        add_header X-Actions $actions always;
        add_header X-End $end always;
        add_header X-Nothing "$nothing$too_deep$with_dot" always;
        add_header X-Kid $tesseral_kid always;
        location / {{ tesseral_auth on; tesseral_pass_credentials off; try_files /- =204; }}
        location /optional {{ tesseral_auth optional; try_files /- =204; }}
        location /off {{ tesseral_auth off; try_files /- =204; }}
        location /user {{ tesseral_auth on; tesseral_require $nothing; try_files /- =204; }}
    }}
"""
NAMES = ["X-User", "X-Email", "X-Domain", "X-Name", "X-Actions", "X-End", "X-Nothing", "X-Kid"]


def part_of(token, place):
    part = token.split(".")[place]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def plain(text):
    return urllib.parse.quote(text, safe="".join(chr(octet) for octet in range(0x21, 0x7f) if octet != 0x25))


def test_values():
    with Service() as service:
        people = [
            {"email": "a@example.com", "action": ["x.y.z", "u.v.w"]},
            {"email": "\u00e9\"\\ \n%@example.com", "action": ["\u00fc<>&.x"]},
            {"email": "b@example.com"},
        ]
        with Nginx(SERVER, files={"keys": service.document()}) as nginx:
            ran = 0
            for person in people:
                token = service.token(**person)
                payload = part_of(token, 1).decode()
                claims = json.loads(payload)
                # Exactly the octets that were signed.
                begins = payload.index('"user":') + len('"user":')
                _, length = json.JSONDecoder().raw_decode(payload[begins:])
                actions = ""
                if "actions" in claims:
                    start = payload.index('"actions":') + len('"actions":')
                    actions = payload[start:payload.index("]", start) + 1]
                expected = [payload[begins:begins + length], claims["user"]["email"], "example.com",
                            claims["user"].get("displayName", ""), actions, str(claims["exp"]), "",
                            json.loads(part_of(token, 0))["kid"]]
                expected = [plain(text) if name != "X-Domain" else text for name, text in zip(NAMES, expected)]
                # First without the signature cache, then from it.
                for _ in range(3):
                    response = get(nginx.port, "/", bearer(token))
                    assert response.status == 204
                    assert [response.get(name) or "" for name in NAMES] == expected, response
                    ran += 1
                assert get(nginx.port, "/user", bearer(token)).status == 403
            return ran


def test_of_nobody():
    """A credential that was not verified has no claims."""
    with Service() as service:
        tokens = [service.token(expired=1), service.token()[:-4] + "AAAA", "x", ""]
        with Nginx(SERVER, files={"keys": service.document()}) as nginx:
            for token in tokens:
                for path in ["/", "/optional"]:
                    response = get(nginx.port, path, bearer(token))
                    assert response.status == (401 if path == "/" else 204)
                    assert not any(response.get(name) for name in NAMES), response
            response = get(nginx.port, "/off", bearer(service.token()))
            assert response.status == 204 and not any(response.get(name) for name in NAMES), response
            return 2 * len(tokens) + 1
