"""The README's examples are tests. They pass unchanged, with the fixtures that pytest finds itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

README = (Path(__file__).parents[2] / "testing/README.md").read_text()

FIXTURES = '''
import pytest
from tesseral_verify_testing import Project

seen = []


@pytest.fixture(scope="module")
def of_the_module(tesseral_project):
    return tesseral_project


def test_one_project(of_the_module, tesseral_project, tesseral_token, tesseral_api_key):
    assert isinstance(tesseral_project, Project) and of_the_module is tesseral_project
    assert tesseral_token.count(".") == 2
    answer = tesseral_project.tesseral_client().api_keys.authenticate_api_key(secret_token=tesseral_api_key)
    assert answer.organization_id.startswith("org_")
    seen[:] = [tesseral_project, tesseral_api_key]


def test_keys_end_with_their_test(tesseral_project, tesseral_api_key):
    assert seen[0] is tesseral_project and seen[1] != tesseral_api_key
    assert not tesseral_project.revoke_api_key(seen[1])


def client():
    from test_readme_0 import app
    from fastapi.testclient import TestClient

    return TestClient(app)


def test_override_until_the_test_ends(tesseral_project, tesseral_override_auth):
    from test_readme_0 import app

    assert tesseral_override_auth(app, user_email="a@example.com") is tesseral_project
    assert client().get("/me").json() == "a@example.com"
    tesseral_override_auth(app, user_email="b@example.com")
    assert client().get("/me").json() == "b@example.com"


def test_no_longer(tesseral_use_project):
    from test_readme_0 import app

    tesseral_use_project(app)
    assert client().get("/me").status_code == 401
'''

CONFTEST = """
import django
from django.conf import settings

settings.configure(
    MIDDLEWARE=["tesseral_verify.django.middleware.AuthMiddleware"], TESSERAL_PUBLISHABLE_KEY="publishable_key_xxx"
)
django.setup()
"""


def test_the_readme_and_the_fixtures(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 4
    for number, block in enumerate(blocks):
        (tmp_path / f"test_readme_{number}.py").write_text(block)
    (tmp_path / "test_fixtures.py").write_text(FIXTURES)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", str(tmp_path)]
    # To read the system's certificates takes longer than all the rest.
    environment = {**os.environ, "SSL_CERT_DIR": str(tmp_path)}
    ran = subprocess.run(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert ran.returncode == 0 and "16 passed" in ran.stdout, ran.stdout


def test_the_plugin_loads_nothing_that_no_test_asks_for(tmp_path: Path) -> None:
    """It is in every run of pytest where the package is installed."""
    (tmp_path / "test_plain.py").write_text(
        "import sys\n\n\ndef test_plain() -> None:\n"
        '    assert "tesseral_verify_testing.pytest_plugin" in sys.modules\n'
        '    assert not {"tesseral_verify._native", "tesseral_verify_testing._mint", "httpx"} & set(sys.modules)\n'
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:anyio", str(tmp_path)]
    ran = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert ran.returncode == 0, ran.stdout
