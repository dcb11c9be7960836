"""The signature cache: an entry that a request uses stays until the request ends, and new tokens still find room."""

from client import Connection, bearer, get
from echo import Echo, seen
from nginx import Nginx
from service import Service

# Room for eight tokens, of which four may be held.
SERVER = """
    tesseral_signature_cache 40k;
    proxy_http_version 1.1;
    tesseral_pass_identity claims;
    server {{
        listen 127.0.0.1:{port};
        tesseral_strip_identity off;
        add_header X-Email $tesseral_user_email;
        location /first {{ tesseral_auth on; tesseral_snapshot {dir}/keys; proxy_pass http://127.0.0.1:{echo}; }}
        location /twice {{ tesseral_auth on; tesseral_snapshot {dir}/keys; try_files /- /second; }}
        location /second {{ tesseral_auth on; tesseral_snapshot {dir}/same; tesseral_pass_identity off;
                            proxy_pass http://127.0.0.1:{echo}; }}
        location = /metrics {{ tesseral_metrics; }}
    }}
"""


def counts(nginx):
    lines = get(nginx.port, "/metrics").body.decode().splitlines()
    return [int(line.split()[-1]) for line in lines if line.startswith("tesseral_signature_cache_")]


def test_requests_that_wait():
    """Requests stay open, with incomplete bodies, while more tokens come and go than the cache has room for."""
    with Service() as service, Echo() as echo:
        document = service.document()
        nginx = Nginx(SERVER, files={"keys": document, "same": document}, echo=echo.port)
        people = [f"person{n}@x.com" for n in range(9)] + ["a b@x.com", "\u00e9@x.com"]
        tokens = [service.token(email=email, action=[f"of.{n}.x"]) for n, email in enumerate(people)]
        others = [service.token(email=f"other{n}@x.com") for n in range(40)]
        nginx.secrets = tokens + others
        ran = 0
        with nginx:
            for path in ["/first", "/twice"]:
                waiting = []
                for token in tokens:
                    connection = Connection(nginx.port)
                    connection.send(path, bearer(token) + [("Content-Length", "3")], method="POST")
                    waiting.append(connection)
                for n, token in enumerate(others):
                    response = get(nginx.port, "/first", bearer(token))
                    assert response.get("X-Email") == f"other{n}@x.com", response
                    ran += 1
                hits, _ = counts(nginx)
                for _ in range(3):
                    assert get(nginx.port, "/first", bearer(others[-1])).status == 200
                assert counts(nginx)[0] == hits + 3, "a new token finds no room"
                for n, (connection, email) in enumerate(zip(waiting, people)):
                    connection.socket.sendall(b"abc")
                    response = connection.receive()
                    encoded = email.replace(" ", "%20").replace("\u00e9", "%C3%A9")
                    assert response.get("X-Email") == encoded, response
                    got = dict(seen(response))
                    assert got["x-tesseral-user-email"] == encoded, got
                    assert got["x-tesseral-actions"] == f'["of.{n}.x"]', got
                    connection.close()
                    ran += 1
        return ran


def test_too_small():
    """The least size is accepted, and one byte less refused; the message names the least size."""
    server = "tesseral_signature_cache {size}; server {{ listen 127.0.0.1:{port}; }}"
    good, said = Nginx(server, size="1k").check()
    assert not good
    least = int(said.split("it needs at least ")[1].split()[0])
    assert Nginx(server, size=least).check()[0] and not Nginx(server, size=least - 1).check()[0]
    return 3
