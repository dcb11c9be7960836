"""Every directive, accepted and refused, with its whole message."""

import json
import os

from nginx import Nginx
from support import VECTORS

GOOD = json.loads((VECTORS / "forged_and_bounds.json").read_text())
DOCUMENT = GOOD["jwks"] if isinstance(GOOD["jwks"], str) else json.dumps(GOOD["jwks"])
PLAIN = json.dumps({"keys": json.loads(DOCUMENT)["keys"]})
SKIPPED = json.dumps({"projectId": json.loads(DOCUMENT)["projectId"],
                      "keys": json.loads(DOCUMENT)["keys"] + [{"kty": "oct", "kid": "x"}]})
MANY = json.dumps({"keys": json.loads(DOCUMENT)["keys"] + [{"kty": "oct", "kid": "x"}] * 70})
FILES = {"good": DOCUMENT, "plain": PLAIN, "skipped": SKIPPED, "many": MANY, "malformed": '{"keys": 1}',
         "cut": '{"keys": [', "empty": '{"projectId":"project_x","keys":[]}', "large": " " * 300000,
         "revoked": "tesseral-revoked 1\n", "not_revoked": "tesseral-revoked 1\nproject_x session_x\n"}

KEYS = "tesseral_snapshot {dir}/good; "
AT = "in {dir}/nginx.conf"

# Where each line stands: in http, server, location or limit_except; then the line.
ACCEPTED = [
    ("location", "tesseral_auth off;"),
    ("location", KEYS + "tesseral_auth on;"),
    ("location", KEYS + "tesseral_auth optional;"),
    ("location", "tesseral_phase access;"),
    ("http", "tesseral_phase preaccess;"),
    ("server", KEYS + "tesseral_auth on;"),
    ("http", KEYS + "tesseral_auth on;"),
    ("limit_except", KEYS + "tesseral_auth on;"),
    ("location", "tesseral_auth on; tesseral_snapshot {dir}/good refresh=1s;"),
    ("location", "tesseral_auth on; tesseral_snapshot {dir}/good refresh=500ms;"),
    ("location", "tesseral_auth on; tesseral_snapshot good;"),
    ("location", "tesseral_auth on; tesseral_snapshot {dir}/plain; tesseral_issuer https://x;"),
    ("location", "tesseral_auth on; tesseral_snapshot {dir}/plain; tesseral_project_id project_x;"),
    ("location", KEYS + "tesseral_auth on; tesseral_project_id " + GOOD["projectId"] + ";"),
    ("location", "tesseral_auth on; tesseral_config_request /keys;"),
    ("location", "tesseral_auth on; tesseral_config_request /keys refresh=10m stale=2h cooldown=1s;"),
    ("location", KEYS + "tesseral_auth on; tesseral_leeway 300s;"),
    ("location", KEYS + "tesseral_auth on; tesseral_token $http_x_token;"),
    ("location", KEYS + "tesseral_auth on; tesseral_api_keys /lookup;"),
    ("location", KEYS + "tesseral_auth on; tesseral_api_keys /lookup cache=30s negative=1s max=8;"),
    ("location", KEYS + "tesseral_auth on; tesseral_api_keys off;"),
    ("http", "tesseral_also {dir}/good project=" + GOOD["projectId"] + ";"),
    ("location", KEYS + "tesseral_auth on; tesseral_revoked {dir}/revoked;"),
    ("location", KEYS + "tesseral_auth on; tesseral_revoked revoked refresh=1s;"),
    ("location", KEYS + "tesseral_auth on; tesseral_revoked off;"),
    ("http", "tesseral_revoked {dir}/revoked;"),
    ("server", "tesseral_revoked {dir}/revoked;"),
    ("limit_except", "tesseral_revoked {dir}/revoked;"),
    ("location", "tesseral_auth on; tesseral_snapshot {dir}/plain; tesseral_project_id project_x; tesseral_revoked revoked;"),
    ("location", "tesseral_require_permission a.b.c d.e.f;"),
    ("location", "tesseral_require_permission any a.b.c d.e.f; tesseral_require_permission g.h.i;"),
    ("location", "tesseral_require_permission off;"),
    ("location", "tesseral_require $arg_a $arg_b error=401;"),
    ("location", "tesseral_require off;"),
    ("location", "tesseral_require $arg_a; tesseral_require $arg_b error=403;"),
    ("http", "tesseral_claim_set $tier plan tier;"),
    ("http", "tesseral_claim_set $tier plan; tesseral_claim_set $other plan;"),
    ("http", "tesseral_strip_identity off;"),
    ("server", "tesseral_strip_identity on;"),
    ("location", "tesseral_pass_identity off;"),
    ("location", "tesseral_pass_identity on;"),
    ("location", "tesseral_pass_identity claims;"),
    ("location", "tesseral_pass_credentials off;"),
    ("http", "tesseral_zone 4m;"),
    ("http", "tesseral_signature_cache 4m;"),
    ("http", "tesseral_signature_cache 0;"),
    ("location", "tesseral_metrics;"),
    ("location", "tesseral_ready;"),
    ("location", "tesseral_realm 'my API';"),
    ("location", "tesseral_www_authenticate on;"),
    ("location", "tesseral_www_authenticate off;"),
    ("location", "tesseral_www_authenticate 'Basic realm=\"x\"';"),
    ("location", "add_header X-A $tesseral_claim_sub$tesseral_claim_user_display_name;"),
]

REFUSED = [
    ("location", "tesseral_auth maybe;", 'invalid parameter "maybe" in "tesseral_auth" directive ' + AT),
    ("location", "tesseral_auth on off;", 'invalid number of arguments in "tesseral_auth" directive ' + AT),
    ("location", "tesseral_auth on; tesseral_auth on;", '"tesseral_auth" directive is duplicate ' + AT),
    ("location", "tesseral_auth on;", '"tesseral_auth" needs keys: neither "tesseral_snapshot" nor '
     '"tesseral_config_request" is set for it ' + AT),
    ("if", KEYS, '"tesseral_snapshot" directive is not allowed here ' + AT),
    ("if", "tesseral_auth on;", '"tesseral_auth" directive is not allowed here ' + AT),
    ("if", "tesseral_require $uri;", '"tesseral_require" directive is not allowed here ' + AT),
    ("if", "tesseral_also {dir}/good project=project_x;", '"tesseral_also" directive is not allowed here ' + AT),
    ("location", "tesseral_also {dir}/good;", 'invalid number of arguments in "tesseral_also" directive ' + AT),
    ("location", "tesseral_also {dir}/good refresh=1s;", 'invalid parameter "refresh=1s" in "tesseral_also" directive ' + AT),
    ("location", "tesseral_also {dir}/good project=;", 'invalid parameter "project=" in "tesseral_also" directive ' + AT),
    ("location", "tesseral_also '' project=project_x;", 'invalid parameter "" in "tesseral_also" directive ' + AT),
    ("location", "tesseral_also {dir}/good project=x; tesseral_also {dir}/good project=y;",
     '"tesseral_also" directive is duplicate ' + AT),
    ("location", "tesseral_also {dir}/none project=project_x;",
     'tesseral: open() snapshot "{dir}/none" failed (2: No such file or directory)'),
    ("location", KEYS + "tesseral_auth on; tesseral_also {dir}/good project=" + GOOD["projectId"] + ";",
     '"tesseral_also" names the same project as the first source of keys ' + AT),
    ("location", KEYS + "tesseral_auth on; tesseral_also {dir}/plain project=project_x;",
     '"tesseral_also": both projects have a key with the same ID ' + AT),
    ("if", "tesseral_revoked {dir}/revoked;", '"tesseral_revoked" directive is not allowed here ' + AT),
    ("location", "tesseral_revoked;", 'invalid number of arguments in "tesseral_revoked" directive ' + AT),
    ("location", "tesseral_revoked '';", 'invalid parameter "" in "tesseral_revoked" directive ' + AT),
    ("location", "tesseral_revoked revoked refresh=0;",
     'invalid parameter "refresh=0" in "tesseral_revoked" directive ' + AT),
    ("location", "tesseral_revoked revoked refresh=x;",
     'invalid parameter "refresh=x" in "tesseral_revoked" directive ' + AT),
    ("location", "tesseral_revoked revoked stale=1s;",
     'invalid parameter "stale=1s" in "tesseral_revoked" directive ' + AT),
    ("location", "tesseral_revoked revoked; tesseral_revoked off;", '"tesseral_revoked" directive is duplicate ' + AT),
    ("location", "tesseral_revoked off; tesseral_revoked revoked;", '"tesseral_revoked" directive is duplicate ' + AT),
    ("location", "tesseral_revoked {dir}/none;",
     'tesseral: open() list "{dir}/none" failed (2: No such file or directory)'),
    ("location", "tesseral_revoked {dir};", 'tesseral: list "{dir}" is not a file'),
    ("location", "tesseral_revoked {dir}/not_revoked;", 'tesseral: list "{dir}/not_revoked" refused '
     '(1105 revocations_malformed): the list of revoked sessions and users is malformed at line 2'),
    ("location", "tesseral_auth on; tesseral_snapshot {dir}/plain; tesseral_issuer https://x; tesseral_revoked revoked;",
     '"tesseral_revoked" needs "tesseral_project_id": the snapshot does not name its project ' + AT),
    ("server", "tesseral_claim_set $tier plan;", '"tesseral_claim_set" directive is not allowed here ' + AT),
    ("http", "tesseral_claim_set $tier;", 'invalid number of arguments in "tesseral_claim_set" directive ' + AT),
    ("http", "tesseral_claim_set tier plan;", 'invalid parameter "tier" in "tesseral_claim_set" directive ' + AT),
    ("http", "tesseral_claim_set $ plan;", 'invalid parameter "$" in "tesseral_claim_set" directive ' + AT),
    ("http", "tesseral_claim_set $tier plan; tesseral_claim_set $tier other;", 'the duplicate "tier" variable ' + AT),
    ("http", "tesseral_claim_set $tesseral_user_id sub;", 'the duplicate "tesseral_user_id" variable ' + AT),
    ("http", "map $uri $tier {{ default x; }} tesseral_claim_set $tier plan;",
     'variable "$tier" is set by something else ' + AT),
    ("http", "tesseral_claim_set $tier plan; map $uri $tier {{ default x; }}", 'the duplicate "tier" variable ' + AT),
    ("location", "tesseral_phase rewrite;", 'invalid value "rewrite" ' + AT),
    ("if", "tesseral_phase access;", '"tesseral_phase" directive is not allowed here ' + AT),
    ("location", "tesseral_snapshot;", 'invalid number of arguments in "tesseral_snapshot" directive ' + AT),
    ("location", "tesseral_snapshot '';", 'invalid parameter "" in "tesseral_snapshot" directive ' + AT),
    ("location", "tesseral_snapshot {dir}/none;",
     'tesseral: open() snapshot "{dir}/none" failed (2: No such file or directory)'),
    ("location", "tesseral_snapshot {dir};", 'tesseral: snapshot "{dir}" is not a file'),
    ("location", "tesseral_snapshot {dir}/malformed;", 'snapshot "{dir}/malformed" refused (1101 config_malformed): '
     'the configuration document is malformed (after 8 octets) ' + AT),
    ("location", "tesseral_snapshot {dir}/cut;", 'snapshot "{dir}/cut" refused (1101 config_malformed): '
     'the configuration document is malformed (after 10 octets) ' + AT),
    ("location", "tesseral_snapshot {dir}/empty;", 'snapshot "{dir}/empty" refused (1103 config_no_usable_key): '
     'the configuration document has no usable key ' + AT),
    ("location", "tesseral_snapshot {dir}/large;", 'tesseral: snapshot "{dir}/large" refused (1102 config_too_large): '
     'the configuration document is too large'),
    ("location", "tesseral_snapshot {dir}/good refresh=0;",
     'invalid parameter "refresh=0" in "tesseral_snapshot" directive ' + AT),
    ("location", "tesseral_snapshot {dir}/good often=1s;",
     'invalid parameter "often=1s" in "tesseral_snapshot" directive ' + AT),
    ("location", KEYS + KEYS, 'there is another "tesseral_snapshot" or "tesseral_config_request" on this level ' + AT),
    ("location", "tesseral_auth on; tesseral_snapshot {dir}/plain;", 'tesseral: keys of "{dir}/plain" refused '
     '(1104 config_no_issuer): the document has no projectId: set "tesseral_project_id" or "tesseral_issuer"'),
    ("location", KEYS + "tesseral_auth on; tesseral_project_id project_other;", 'tesseral: keys of "{dir}/good" '
     'refused: they are of another project than "tesseral_project_id" says'),
    ("location", "tesseral_config_request keys;",
     'invalid parameter "keys" in "tesseral_config_request" directive ' + AT),
    ("location", "tesseral_config_request /k refresh=x;",
     'invalid parameter "refresh=x" in "tesseral_config_request" directive ' + AT),
    ("location", "tesseral_config_request /k stale=1s;", '"tesseral_config_request" needs "refresh" and "cooldown" '
     'above 0, and "stale" not below "refresh" ' + AT),
    ("location", "tesseral_config_request /k refresh=31d stale=32d;", '"tesseral_config_request" takes at most 30d for '
     '"refresh", 365d for "stale" and 1h for "cooldown" ' + AT),
    ("location", "tesseral_config_request /k stale=366d;", '"tesseral_config_request" takes at most 30d for '
     '"refresh", 365d for "stale" and 1h for "cooldown" ' + AT),
    ("location", "tesseral_config_request /k cooldown=61m;", '"tesseral_config_request" takes at most 30d for '
     '"refresh", 365d for "stale" and 1h for "cooldown" ' + AT),
    ("location", "tesseral_project_id '';", '"tesseral_project_id" takes 1 to 64 octets ' + AT),
    ("location", "tesseral_project_id a; tesseral_project_id b;", '"tesseral_project_id" directive is duplicate ' + AT),
    ("location", "tesseral_issuer " + "x" * 257 + ";", '"tesseral_issuer" takes 1 to 256 octets ' + AT),
    ("location", "tesseral_leeway 301s;", '"tesseral_leeway" is at most 300s ' + AT),
    ("location", "tesseral_leeway x;", '"tesseral_leeway" directive invalid value ' + AT),
    ("location", "tesseral_token token;", 'invalid parameter "token" in "tesseral_token" directive ' + AT),
    ("location", "tesseral_token $nothing_has_this;", 'unknown "nothing_has_this" variable'),
    ("location", "tesseral_api_keys lookup;", 'invalid parameter "lookup" in "tesseral_api_keys" directive ' + AT),
    ("location", "tesseral_api_keys /l max=0;", 'invalid parameter "max=0" in "tesseral_api_keys" directive ' + AT),
    ("location", "tesseral_api_keys /l max=257;",
     'invalid parameter "max=257" in "tesseral_api_keys" directive ' + AT),
    ("location", "tesseral_api_keys /l cache=61m;",
     '"tesseral_api_keys" takes at most 1h for "cache" and "negative" ' + AT),
    ("location", "tesseral_api_keys /l negative=61m;",
     '"tesseral_api_keys" takes at most 1h for "cache" and "negative" ' + AT),
    ("location", "tesseral_require_permission any;",
     '"tesseral_require_permission" directive needs an action after "any" ' + AT),
    ("location", "tesseral_require_permission off a.b.c;",
     'invalid parameter "a.b.c" in "tesseral_require_permission" directive ' + AT),
    ("location", "tesseral_require constant;",
     'invalid parameter "constant" in "tesseral_require" directive ' + AT),
    ("location", "tesseral_require off $uri;", 'invalid parameter "$uri" in "tesseral_require" directive ' + AT),
    ("location", "tesseral_require $uri; tesseral_require off;", '"tesseral_require" directive is duplicate ' + AT),
    ("location", "tesseral_require off; tesseral_require $uri;", '"tesseral_require" directive is duplicate ' + AT),
    ("location", "tesseral_require $uri error=404;",
     'invalid parameter "error=404" in "tesseral_require" directive ' + AT),
    ("location", "tesseral_require error=401;",
     '"tesseral_require" directive needs a variable before "error=" ' + AT),
    ("location", "tesseral_strip_identity off;", '"tesseral_strip_identity" directive is not allowed here ' + AT),
    ("server", "tesseral_strip_identity maybe;",
     'invalid value "maybe" in "tesseral_strip_identity" directive, it must be "on" or "off" ' + AT),
    ("location", "tesseral_pass_identity all;", 'invalid value "all" ' + AT),
    ("location", "tesseral_pass_credentials x;",
     'invalid value "x" in "tesseral_pass_credentials" directive, it must be "on" or "off" ' + AT),
    ("server", "tesseral_zone 4m;", '"tesseral_zone" directive is not allowed here ' + AT),
    ("http", "tesseral_zone 8k;", '"tesseral_zone" is too small: it needs at least 65536 bytes ' + AT),
    ("http", "tesseral_signature_cache 1k;", '"tesseral_signature_cache" is too small: '),
    ("server", "tesseral_metrics;", '"tesseral_metrics" directive is not allowed here ' + AT),
    ("location", "tesseral_metrics; tesseral_ready;",
     '"tesseral_ready" directive is duplicate: the location has a handler ' + AT),
    ("location", "tesseral_realm 'a\"b';",
     '"tesseral_realm" takes printable ASCII without quotes and backslashes ' + AT),
    ("location", "tesseral_www_authenticate '';",
     '"tesseral_www_authenticate" takes "on", "off" or printable ASCII ' + AT),
    ("location", "add_header X-A $tesseral_claim_admin;", 'unknown claim in variable "$tesseral_claim_admin"'),
]

WARNED = [
    ("location", KEYS + "tesseral_auth on; return 204;", '"return" in "/" answers before access is checked: '
     '"tesseral_auth" PROTECTS NOTHING there ' + AT),
    ("location", KEYS + "tesseral_auth on; set $a b; if ($uri = /x) {{ return 200; }} rewrite ^/a/(.*)$ /b/$1; return 301 /$a;",
     '"return" in "/" answers before access is checked'),
    ("server", KEYS + "tesseral_auth on; return 204;", '"return" in "server" answers before access is checked'),
    ("location", KEYS + "tesseral_auth optional; tesseral_require $uri;", '"tesseral_require" has no effect in "/": '
     '"tesseral_auth optional" refuses nothing ' + AT),
    ("location", KEYS + "tesseral_auth optional; tesseral_require_permission a.b.c;",
     '"tesseral_require_permission" has no effect in "/": "tesseral_auth optional" refuses nothing ' + AT),
    ("server", KEYS + "tesseral_auth optional; tesseral_require $uri;", '"tesseral_require" has no effect in "server"'),
    ("location", "tesseral_require $uri;", '"tesseral_require" has no effect: "tesseral_auth" is off wherever it holds '
     + AT),
    ("http", "tesseral_require_permission a.b.c;", '"tesseral_require_permission" has no effect: "tesseral_auth" is off '
     'wherever it holds ' + AT),
    ("server", KEYS + "tesseral_strip_identity off; tesseral_auth optional;", 'without a good credential, identity '
     'headers of the client\'s own pass through "server": "tesseral_strip_identity" is off ' + AT),
    ("location", KEYS + "tesseral_auth on; tesseral_pass_credentials off; tesseral_token $arg_token;",
     '"tesseral_pass_credentials off" in "/" cannot take the token of "$arg_token" out of the request ' + AT),
    ("location", KEYS + "tesseral_auth on; tesseral_pass_credentials off; tesseral_token $http_cookie;",
     'cannot take the token of "$http_cookie" out of the request ' + AT),
    ("location", "tesseral_auth on; tesseral_config_request /keys;", 'the server has no location for "/keys" of '
     '"tesseral_config_request" but "location /" ' + AT),
    ("location", KEYS + "tesseral_auth on; tesseral_api_keys /lookup;", 'the server has no location for "/lookup" of '
     '"tesseral_api_keys" but "location /" ' + AT),
    ("location", KEYS + "tesseral_auth report;", '"tesseral_auth report" PROTECTS NOTHING: requests are judged and '
     'let through ' + AT),
    ("location", KEYS + "tesseral_auth on; satisfy any;", '"satisfy any" in "/" does not hold for subrequests: '
     '"tesseral_auth" alone decides there ' + AT),
    ("location", "tesseral_auth on; tesseral_snapshot {dir}/skipped;",
     'snapshot "{dir}/skipped": key '),
    ("location", "tesseral_auth on; tesseral_config_request /keys;", 'keys of "/keys" may belong to any project, and a '
     'reload drops them: set "tesseral_project_id" ' + AT),
    ("location", "tesseral_auth on; tesseral_project_id project_x; tesseral_snapshot {dir}/many;",
     'snapshot "{dir}/many": 6 more keys are not used ' + AT),
]


# Servers without "location /": the URI, the locations of the server, and whether one of them serves the URI.
URIS = [
    ("/keys", "", False),
    ("/keys", "location = /keys {{ }}", True),
    ("/keys", "location = /key {{ }}", False),
    ("/keys", "location = /keys/ {{ }}", False),
    ("/keys", "location /keys/more {{ }}", False),
    ("/keys", "location /k {{ }}", True),
    ("/keys", "location ^~ /k {{ }}", True),
    ("/keys", "location ~ ^/keys$ {{ }}", True),
    ("/keys", "location ~ ^/key$ {{ }}", False),
    ("/keys", "location ~* ^/KEYS$ {{ }}", True),
    ("/keys", "location @keys {{ }}", False),
    ("/keys", "location /k {{ location = /keys {{ }} }}", True),
    ("/keys", "rewrite ^/keys$ /x last;", True),
]


def http(level, line):
    parts = dict.fromkeys(["http", "server", "location", "limit_except", "if"], "")
    parts[level] = line
    limit = f"limit_except GET {{{{ {parts['limit_except']} deny all; }}}}"
    condition = f"if ($uri) {{{{ {parts['if']} }}}}"
    location = f"location / {{{{ {parts['location']} {limit} {condition} }}}}"
    return f"{parts['http']} server {{{{ listen 127.0.0.1:{{port}}; {parts['server']} {location} }}}}"


def answers(level, line):
    nginx = Nginx(http(level, line), files=FILES)
    accepted, said = nginx.check()
    return accepted, said.replace(str(nginx.dir), "{dir}")


def test_accepted():
    for level, line in ACCEPTED:
        accepted, said = answers(level, line)
        assert accepted, (level, line, said)
    return len(ACCEPTED)


def test_refused():
    wrong = []
    for level, line, message in REFUSED:
        accepted, said = answers(level, line)
        if accepted or "[emerg] " + message not in said:
            wrong.append(f"{level}: {line}\n  expected: {message}\n  said: {said}")
    assert not wrong, "\n".join(wrong)
    return len(REFUSED)


def test_warned():
    for level, line, message in WARNED:
        accepted, said = answers(level, line)
        assert accepted and "[warn]" in said and message in said, (level, line, said)
    return len(WARNED)


# Looks like the cases above, but deserves no warning.
QUIET = [
    ("location", KEYS + "tesseral_auth on; if ($request_method = OPTIONS) {{ return 204; }} set $a b;"),
    ("location", KEYS + "tesseral_auth on; if ($uri = /a) {{ return 204; }} if ($uri = /b) {{ set $a b; return 301 /$a; }}"),
    ("server", KEYS + "tesseral_auth on; location = /health {{ return 200; }}"),
    ("server", KEYS + "tesseral_auth on; tesseral_require $uri; location = /health {{ tesseral_auth off; }}"),
    ("server", KEYS + "tesseral_auth on; tesseral_require $uri; tesseral_require_permission a.b.c; location = /p {{ "
     "tesseral_auth optional; tesseral_require off; tesseral_require_permission off; }}"),
    ("server", KEYS + "tesseral_require $uri; location = /p {{ tesseral_auth on; }}"),
    ("server", KEYS + "tesseral_auth on; tesseral_strip_identity off;"),
    ("server", "tesseral_auth on; tesseral_project_id project_x; tesseral_config_request /keys; "
     "location = /keys {{ internal; }}"),
    ("location", KEYS + "tesseral_auth optional;"),
    ("location", KEYS + "tesseral_auth on; tesseral_pass_credentials off; tesseral_token $http_x_token;"),
    ("location", KEYS + "tesseral_auth on; tesseral_pass_credentials off; tesseral_token $cookie_mine;"),
]


def test_quiet():
    for level, line in QUIET:
        accepted, said = answers(level, line)
        assert accepted and "[warn]" not in said, (level, line, said)
    return len(QUIET)


def test_uris_have_locations():
    for uri, locations, there in URIS:
        text = "server {{ listen 127.0.0.1:{port}; %s location = /on {{ tesseral_auth on; %s }} }}"
        for directive in [f"tesseral_config_request {uri};", f"tesseral_snapshot {{dir}}/good; tesseral_api_keys {uri};"]:
            nginx = Nginx(text % (locations, directive), files=FILES)
            accepted, said = nginx.check()
            assert accepted == there, (uri, locations, directive, said)
            name = directive.split()[-2]
            assert there or f'[emerg] the server has no location for "{uri}" of "{name}" in' in said, said
    return 2 * len(URIS)


def test_unreadable_snapshot():
    """A name that is no file, so that the test also works as root."""
    nginx = Nginx(http("location", "tesseral_auth on; tesseral_snapshot {dir}/loop;"))
    os.symlink("loop", nginx.dir / "loop")
    accepted, said = nginx.check()
    assert not accepted and "Too many levels of symbolic links" in said, said
    return 1
