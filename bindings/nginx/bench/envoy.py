"""Envoy, with its filter jwt_authn and without."""

import json
import subprocess

from measure import Series, figure, mint, pinned, refuses_bad_tokens
from support import free_port, listens, wait_for


def envoy_config(port, keys, filtered):
    document = json.loads(keys.read_text())
    issuer = f"https://{document['projectId'].replace('_', '-')}.tesseral.app"
    filters = [{"name": "envoy.filters.http.router",
                "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}]
    if filtered:
        filters.insert(0, {"name": "envoy.filters.http.jwt_authn", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
            "providers": {"p": {"issuer": issuer, "audiences": [issuer], "forward": True,
                                "local_jwks": {"inline_string": json.dumps({"keys": document["keys"]})}}},
            "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "p"}}]}})
    route = {"name": "r", "virtual_hosts": [{"name": "h", "domains": ["*"], "routes": [
        {"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": {"inline_string": "ok\n"}}}]}]}
    manager = {"@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3."
                        "HttpConnectionManager", "stat_prefix": "s", "codec_type": "HTTP1", "route_config": route,
               "http_filters": filters}
    return {"static_resources": {"listeners": [{
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [{"filters": [{"name": "envoy.filters.network.http_connection_manager",
                                        "typed_config": manager}]}]}]}}


def measure(program, out):
    keys, tokens = mint(out / "envoy")
    processes, ports = [], {}
    try:
        for name, filtered in [("without", False), ("filter", True)]:
            ports[name] = free_port()
            config = out / f"envoy-{name}.json"
            config.write_text(json.dumps(envoy_config(ports[name], keys, filtered)))
            processes.append(subprocess.Popen([*pinned(0), program, "-c", config, "--concurrency", "1",
                                               "--disable-hot-restart", "-l", "critical"], stdin=subprocess.DEVNULL))
        for port in ports.values():
            wait_for("envoy listens", lambda: listens(port), 30)
        refuses_bad_tokens(ports["filter"], "/", keys.parent)
        pids = [process.pid for process in processes]
        series = Series(without=(pids[0], ports["without"], "/", tokens, 0),
                        filter=(pids[1], ports["filter"], "/", tokens, 0)).run()
        figure("envoy_rps_without", round(series.rate("without")))
        figure("envoy_rps_jwt_authn", round(series.rate("filter")))
        figure("envoy_jwt_authn_added_us", f"{series.added('filter', 'without'):.2f}")
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(20)
