"""Access control that a site scripts for nginx, on Debian's modules: a location with the script, and one without.

Lua: peer.lua on ngx_lua, with the packages lua-cjson and lua-luaossl. Debian has neither lua-resty-jwt nor lua-resty-openssl; like
them, it hands OpenSSL a key that was built once. njs: peer.js on WebCrypto, as a subrequest of auth_request, since njs has no
access handler. It imports the key for each request: a CryptoKey does not outlive one.
"""

import os

from measure import HERE, Series, figure, mint, refuses_bad_tokens
from nginx import Nginx

MODULES = "/usr/lib/nginx/modules"

# Name: modules, what the http block loads, what the location does, other locations.
PEERS = {
    "lua": (["ndk_http_module", "ngx_http_lua_module"],
            """init_by_lua_block {{ peer = dofile("{here}/peer.lua") peer.load("{keys}") }}""",
            "access_by_lua_block {{ peer.check() }}", ""),
    "njs": (["ngx_http_js_module"],
            "js_path {here}; js_import peer from peer.js; js_preload_object project from {keys};",
            "auth_request /judge;", "location = /judge {{ internal; js_content peer.check; }}"),
}

SERVER = """
    access_log off;
    keepalive_requests 100000000;
    %s
    server {{
        listen 127.0.0.1:{port};
        location /plain/ {{ alias {dir}/html/; }}
        location /auth/ {{ %s alias {dir}/html/; }}
        %s
    }}
"""


def measure(name, out):
    modules, *parts = PEERS[name]
    keys, tokens = mint(out / name)
    main = "".join(f"load_module {MODULES}/{module}.so;\n" for module in modules)
    if os.cpu_count() > 1:
        main += "worker_cpu_affinity 01;"
    with Nginx(SERVER % tuple(parts), level="crit", main=main, here=HERE, keys=keys) as nginx:
        refuses_bad_tokens(nginx.port, "/auth/ok", keys.parent)
        worker = nginx.pids()[0]
        # As for the module without its cache: client and worker on one processor, and each token once.
        series = Series(without=(worker, nginx.port, "/plain/ok", tokens, 0, 32, 0),
                        peer=(worker, nginx.port, "/auth/ok", tokens, 0, 32, 0)).run()
    figure(f"nginx_{name}_added_us", f"{series.added('peer', 'without'):.2f}")
