"""tesseral_phase preaccess: limits can use the verdict before access is checked, and satisfy still holds."""

import threading
import time

from client import bearer, get
from nginx import Nginx
from service import Service
from support import wait_for
from test_fetch import fetch

SERVER = """
    limit_req_zone $tesseral_organization_id zone=organization:1m rate=1r/m;
    limit_conn_zone $binary_remote_addr zone=address:1m;
    map $tesseral_session_id $session_ok {{ default 1; volatile; }}
    server {{
        listen 127.0.0.1:{port};
        tesseral_config_request /keys;
        tesseral_api_keys /lookup;
        tesseral_phase {phase};
        add_header X-Error $tesseral_error always;
        location / {{ tesseral_auth on; limit_req zone=organization; try_files /- =204; }}
        location /any/allow {{ satisfy any; allow all; tesseral_auth on; try_files /- =204; }}
        location /any/deny {{ satisfy any; deny all; tesseral_auth on; try_files /- =204; }}
        location /any/basic {{ satisfy any; auth_basic x; auth_basic_user_file {dir}/users; tesseral_token $http_x_token;
                               tesseral_auth on; try_files /- =204; }}
        location /all/basic {{ auth_basic x; auth_basic_user_file {dir}/users; tesseral_token $http_x_token;
                               tesseral_auth on; try_files /- =204; }}
        location /door {{ limit_conn address 1; try_files /- @inside; }}
        location @inside {{ tesseral_auth on; limit_req zone=organization; try_files /- =204; }}
        location = /lookup {{
            internal;
            proxy_pass https://{host}/v1/api-keys/authenticate;
            proxy_set_header Authorization "Bearer {backend}";
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate {ca};
            proxy_ssl_server_name on;
            proxy_ssl_name localhost;
            proxy_ignore_client_abort on;
        }}
        {fetch}
    }}
"""


def start(service, phase):
    nginx = Nginx(SERVER, files={"users": "u:{PLAIN}p\n"}, phase=phase, fetch=fetch(service), host=service.host,
                  backend=service.backendApiKey, ca=service.caFile)
    nginx.secrets = [service.backendApiKey, service.apiKey]
    return nginx


def answers(nginx, credential, path="/", times=3):
    return [get(nginx.port, path, bearer(credential)).status for _ in range(times)]


def test_limits():
    """API keys, and the first request of a cold start, are limited in preaccess, and in access they are not."""
    with Service("--tls") as service:
        service.control("fault/config/delay", ms=300)
        for phase, key, token in [("preaccess", [204, 503, 503], [204, 503, 503]),
                                  ("access", [204, 204, 204], [204, 204, 503])]:
            with start(service, phase) as nginx:
                assert answers(nginx, service.token()) == token, phase
            with start(service, phase) as nginx:
                assert answers(nginx, service.apiKey) == key, phase
            # A refused request has no organization, and counts for none.
            with start(service, phase) as nginx:
                assert answers(nginx, service.token(expired=1)) == [401] * 3, phase
                assert answers(nginx, service.apiKey[:-2] + "qq") == [401] * 3, phase
        return 24


def test_satisfy():
    """No request is refused in preaccess: another module may still let it in."""
    with Service("--tls") as service:
        good, ran = service.token(), 0
        for phase in ["preaccess", "access"]:
            with start(service, phase) as nginx:
                for token, ours in [(good, True), (service.token(expired=1), False), (None, False)]:
                    headers = bearer(token) if token else []
                    assert get(nginx.port, "/any/allow", headers).status == 204, (phase, token)
                    status = get(nginx.port, "/any/deny", headers).status
                    assert status == 204 if ours else status in (401, 403), (phase, token, status)
                    for password, theirs in [("dTpw", True), ("dTp4", False)]:
                        headers = [("Authorization", "Basic " + password)] + ([("X-Token", token)] if token else [])
                        for path, accepted in [("/any/basic", ours or theirs), ("/all/basic", ours and theirs)]:
                            response = get(nginx.port, path, headers)
                            assert response.status == (204 if accepted else 401), (phase, path, token, response)
                            ran += 1
                    ran += 2
        return ran


def test_address_before_look_up():
    """A limit by address in an outer location: the service is not asked about a flood of invented keys."""
    with Service("--tls") as service, start(service, "preaccess") as nginx:
        service.control("fault/api-keys/delay", ms=600)
        assert answers(nginx, service.token(), "/any/allow", 1) == [204]
        got = []
        threads = [threading.Thread(target=lambda n=n: got.append(answers(nginx, service.apiKey[:-2] + f"{n}q", "/door", 1)[0]))
                   for n in range(8)]
        threads[0].start()
        wait_for("the first is asked about", lambda: service.count("api-keys") == 1)
        for thread in threads[1:]:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(got) == [401] + [503] * 7 and service.count("api-keys") == 1, (got, service.count("api-keys"))
        # Inside, the limit by organization holds.
        time.sleep(0.1)
        assert answers(nginx, service.apiKey, "/door") == [204, 503, 503]
        return 11
