"""nginx accepts the configurations of the READMEs, recipes.md and docs/nginx.md; the README has each directive."""

import re
from pathlib import Path

from nginx import Nginx
from service import Service

FOLDER = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"```nginx\n(.*?)```", re.S)


def blocks():
    names = ("README.md", "recipes.md", "../../README.md", "../../docs/nginx.md")
    texts = [(FOLDER / name).read_text() for name in names]
    assert all(map(BLOCK.findall, texts)), "a file without a configuration"
    return [block for text in texts for block in BLOCK.findall(text)]


def in_place(block, service, directory):
    """The block with files that exist here, and values in place of dots."""
    block = re.sub(r"(project|session|org|publishable_key|tesseral_secret_key)_…", r"\1_0", block)
    block = block.replace(" project_0;", f" {service.projectId};")
    for path, name in [("/etc/nginx/tesseral/config.json", "keys"), ("/etc/nginx/tesseral/backend-key.conf", "backend"),
                       ("/etc/nginx/tesseral/revoked", "revoked"),
                       ("/etc/nginx/tesseral/new.json", "new"),
                       ("/etc/ssl/certs/ca-certificates.crt", "ca")]:
        block = block.replace(path, f"{directory}/{name}")
    block = re.sub(r"listen [^;]*;", "listen 127.0.0.1:{port};", block.replace("{", "{{").replace("}", "}}"))
    block = block.replace("listen 443 ssl", "listen 127.0.0.1:{port}")
    whole = re.search(r"http \{\{\n(.*)\}\}\n$", block, re.S)
    if whole:
        return whole.group(1)
    if "server {{" in block:
        return block
    outside = "\n".join(line for line in block.splitlines()
                        if re.match(r"(limit_req_zone|limit_conn_zone|log_format|map|tesseral_claim_set) ", line))
    inside = "\n".join(line for line in block.splitlines() if line not in outside.splitlines())
    return f"{outside}\ntesseral_snapshot {directory}/keys;\nserver {{{{ listen 127.0.0.1:{{port}};\n{inside}\n}}}}"


def new_document():
    """A document of another project; its keys do not matter."""
    with Service() as service:
        return service.document().replace(service.projectId.encode(), b"project_0")


def test_configurations():
    with Service("--tls") as service:
        # HTTP/3 is for test_sites: not every nginx has it.
        found = [block for block in blocks() if "quic" not in block]
        for block in found:
            files = {"keys": service.document(), "ca": service.caPem, "revoked": "tesseral-revoked 1\n", "new": new_document(),
                     "backend": 'proxy_set_header Authorization "Bearer x";\n'}
            nginx = Nginx("", files=files)
            http = in_place(block, service, nginx.dir).replace(
                "large_client_header_buffers 4 32k;", "").replace("{dir}", str(nginx.dir))
            nginx.configure(http)
            accepted, said = nginx.check()
            assert accepted, (block, said)
        assert len(found) >= 18
        return len(found)


def test_directives_are_documented():
    code = (FOLDER / "ngx_http_tesseral_commands.c").read_text()
    code += (FOLDER / "ngx_http_tesseral_variables.c").read_text()
    directives = re.findall(r'(?:\{ ngx_string\(|ngx_str_set\(&name, )"(tesseral_\w+)"\)', code)
    text = (FOLDER / "README.md").read_text()
    for name in directives:
        assert f"`{name} " in text or f"`{name};" in text or f"`${name}`" in text, name
    return len(directives)


def listed(word):
    """The names that a loop of the file `config` goes through."""
    found = re.search(rf"for {word} in (.*?)\ndo", (FOLDER / "config").read_text(), re.S)
    return set(found.group(1).replace("\\", "").split())


def test_files_are_listed():
    """The build's lists of files, the folder and the README's list are the same."""
    text = (FOLDER / "README.md").read_text().split("## What is here")[1]
    ran = 0
    for suffix, word in [(".c", "tesseral_file"), (".h", "tesseral_header")]:
        files = {path.stem.removeprefix("ngx_http_tesseral_") for path in FOLDER.glob(f"ngx_http_tesseral_*{suffix}")}
        assert files == listed(word), files ^ listed(word)
        missing = [name for name in files if f"`{name + suffix}`".replace(".c`", "`") not in text]
        assert not missing, missing
        ran += len(files)
    return ran
