"""The authored vectors as HTTP requests: the same slug in $tesseral_error."""

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
        tesseral_leeway 0;
        tesseral_auth on;
        tesseral_issuer {issuer};
        tesseral_snapshot {dir}/keys-0;
        {locations}
    }}
"""

LOCATION = "location /{n} {{ tesseral_snapshot {dir}/keys-{n}; try_files /- =204; }}"

SETS = ["jwt_hostile_corpus", "es256_extreme_scalars", "forged_and_bounds"]


def load(name):
    vectors = json.loads((VECTORS / f"{name}.json").read_text())
    assert len(vectors["tests"]) == vectors["numberOfTests"]
    for test in vectors["tests"]:
        test["token"] = (base64.b64decode(test["token_b64"]) if "token_b64" in test
                         else test["token"].encode("utf-8", "surrogatepass"))
        test.setdefault("jwks", vectors.get("jwks"))
        test.setdefault("now", vectors["now_default"])
    return vectors


def document(jwks):
    return jwks if isinstance(jwks, str) else json.dumps(jwks)


def fits_a_header(token):
    """HTTP drops spaces around a value and forbids control octets in it; nginx refuses longer lines by itself."""
    return (token and len(token) < 30000 and token == token.strip()
            and not any(octet < 0x20 or octet == 0x7f for octet in token))


def fits_a_clock(now):
    return 0 < now < 2 ** 33


def test_vectors():
    ran = skipped = 0
    for name in SETS:
        vectors = load(name)
        tests = [test for test in vectors["tests"] if not test["slug"].startswith("config_")]
        usable = [test for test in tests if fits_a_header(test["token"]) and fits_a_clock(test["now"])]
        skipped += len(tests) - len(usable)
        documents = list(dict.fromkeys(document(test["jwks"]) for test in usable))
        files = {f"keys-{n}": text for n, text in enumerate(documents)}
        nginx = Nginx(SERVER, files=files, clock=True, issuer=vectors["issuer"], locations="{locations}")
        nginx.configure(SERVER, issuer=vectors["issuer"],
                        locations="\n".join(LOCATION.format(n=n, dir=nginx.dir) for n in range(len(documents))))
        nginx.secrets = [test["token"].decode("latin-1") for test in usable if len(test["token"]) > 20]
        with nginx, Connection(nginx.port) as connection:
            for test in usable:
                nginx.set_clock(test["now"])
                path = f"/{documents.index(document(test['jwks']))}"
                # Twice: the second time, good tokens come from the signature cache.
                for _ in range(2):
                    response = connection.get(path, [("Authorization", b"Bearer " + test["token"])])
                    # A value without a dot is not a token, and one with a comma may be two joined headers.
                    is_token = b"." in test["token"] and b"," not in test["token"]
                    want = test["slug"] if is_token else "credentials_unrecognized"
                    assert response.get("X-Error") == want, (name, test["id"], want, response)
                    assert response.status == (204 if want == "ok" else 401), (name, test["id"], response)
                ran += 1
    print(f"      {ran} vectors as requests, {skipped} tokens that no header can carry")
    assert ran > 800
    return ran


def test_refused_documents():
    ran = 0
    for name in SETS:
        vectors = load(name)
        for test in vectors["tests"]:
            if not test["slug"].startswith("config_"):
                continue
            nginx = Nginx(SERVER, files={"keys-0": document(test["jwks"])}, issuer=vectors["issuer"], locations="")
            accepted, said = nginx.check()
            assert not accepted and test["slug"] in said and "keys-0" in said, (name, test["id"], said)
            ran += 1
    return ran
