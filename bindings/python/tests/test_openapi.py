"""What a FastAPI application's OpenAPI document says of authentication, and that routes run as before."""

from __future__ import annotations

import inspect
import re
from typing import Any, Optional

import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Security, WebSocket
from fastapi.security import APIKeyHeader
from openapi_spec_validator import validate
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient

from tesseral_verify import _http
from tesseral_verify.fastapi import (
    Auth,
    RequireAuthMiddleware,
    auth_responses,
    document_auth,
    get_auth,
    get_auth_or_none,
    require,
)

from .support.fake import Fake

BEARER = {"Tesseral": []}
REFUSED = {"401", "403", "503"}


@pytest.fixture(autouse=True)
def trusted(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", fake.ca_file)


def application(**options: Any) -> FastAPI:
    app = FastAPI(**options)

    @app.get("/me")
    def me(auth: Auth = Depends(get_auth)) -> str:
        return auth.organization_id()

    @app.get("/edit", responses=auth_responses)
    async def edit(auth: Auth = Depends(require("acme.widgets.edit")), again: Auth = Security(get_auth)) -> str:
        assert auth is again
        return auth.organization_id()

    router = APIRouter(prefix="/router", dependencies=[Depends(get_auth)], responses=auth_responses)

    @router.post("/widgets")
    def widgets(name: str, x_trace: str = Header("")) -> str:
        return name + x_trace

    @app.get("/partner")
    def partner(auth: Auth = Depends(get_auth), key: str = Security(APIKeyHeader(name="x-partner"))) -> str:
        return key

    @app.get("/open")
    def everybody() -> str:
        return "open"

    @app.websocket("/socket")
    async def socket(websocket: WebSocket, auth: Auth = Depends(require("acme.widgets.edit"))) -> None:
        await websocket.accept()
        await websocket.send_text(auth.organization_id())
        await websocket.close()

    app.include_router(router)
    return app


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {path: operation for path, item in document["paths"].items() for operation in item.values()}


def test_routes_that_ask_for_the_sender_need_a_token() -> None:
    document = application().openapi()
    validate(document)
    [scheme] = [scheme for name, scheme in document["components"]["securitySchemes"].items() if name == "Tesseral"]
    assert (scheme["type"], scheme["scheme"], scheme["bearerFormat"]) == ("http", "bearer", "JWT")
    found = operations(document)
    for path in ("/me", "/edit", "/router/widgets", "/partner"):
        assert BEARER in found[path]["security"], path
    assert "security" not in found["/open"]
    # The dependency adds no parameter, and removes none.
    assert "parameters" not in found["/me"]
    assert {parameter["name"] for parameter in found["/router/widgets"]["parameters"]} == {"name", "x-trace"}
    for path in ("/edit", "/router/widgets"):
        assert REFUSED < found[path]["responses"].keys()
    assert not REFUSED & found["/me"]["responses"].keys()


@pytest.mark.parametrize("project_id", [None, "project_1"])
def test_a_whole_application_is_declared(project_id: Any) -> None:
    app = application()
    before = operations(application().openapi())
    document_auth(app, project_id=project_id, exclude=["/open"])
    document = app.openapi()
    assert app.openapi() == document, "it is the same each time"
    validate(document)
    schemes = document["components"]["securitySchemes"]
    ours: list[dict[str, Any]] = [BEARER]
    if project_id is None:
        assert "TesseralCookie" not in schemes
    else:
        cookie = schemes["TesseralCookie"]
        assert (cookie["type"], cookie["in"]) == ("apiKey", "cookie")
        assert cookie["name"] == "tesseral_project_1_access_token"
        ours.append({"TesseralCookie": []})
    found = operations(document)
    assert found["/open"] == before["/open"]
    assert found["/partner"]["security"] == [*ours, {"APIKeyHeader": []}]
    for path in ("/me", "/edit", "/router/widgets"):
        assert found[path]["security"] == ours, path
        assert REFUSED < found[path]["responses"].keys(), path


@pytest.fixture
def partly_excluded(fake: Fake) -> FastAPI:
    exclude = ["/public", "/below/", re.compile(r"/posts/\d+"), re.compile(r"/users/[^/]+/picture")]
    app = FastAPI()
    app.add_middleware(
        RequireAuthMiddleware, publishable_key=fake.publishable_key, config_api_hostname=fake.host, exclude=exclude
    )

    @app.get("/public")
    @app.get("/public/deep/{name}")
    @app.get("/public-admin")
    @app.get("/below")
    @app.get("/below/x")
    @app.get("/users/{name}/picture")
    @app.get("/users/{name}")
    def view(name: str = "") -> None: ...

    @app.get("/posts/{number}")
    @app.get("/posts/{number}/text")
    def post(number: int) -> None: ...

    @app.get("/public/maybe")
    @app.get("/maybe")
    async def maybe(auth: Optional[Auth] = Depends(get_auth_or_none)) -> bool:
        return auth is not None

    @app.get("/public/partner")
    async def partner(
        auth: Optional[Auth] = Depends(get_auth_or_none), key: str = Security(APIKeyHeader(name="x-partner"))
    ) -> None: ...

    document_auth(app, exclude=exclude)
    return app


def test_exclude_is_what_the_middleware_has(partly_excluded: FastAPI) -> None:
    """An operation needs a token in the document when the middleware refuses its requests without one."""
    client, needing = TestClient(partly_excluded), 0
    validate(partly_excluded.openapi())
    for path, operation in operations(partly_excluded.openapi()).items():
        refused = client.get(re.sub("{.*?}", "7", path)).json() == {"error": "Unauthorized"}
        declared = BEARER in operation.get("security", ()) and "401" in operation["responses"]
        assert declared == refused, path
        needing += refused
    assert needing == 5


def test_optional_authentication_is_declared(partly_excluded: FastAPI, fake: Fake) -> None:
    for _ in range(2):
        found = operations(partly_excluded.openapi())
        assert found["/public/maybe"]["security"] == [{}, BEARER]
        assert found["/maybe"]["security"] == [BEARER], "the middleware refuses requests without a token there"
        assert found["/public/partner"]["security"] == [BEARER, {"APIKeyHeader": []}]
        assert REFUSED & found["/public/maybe"]["responses"].keys() == {"503"}
    client = TestClient(partly_excluded)
    assert client.get("/public/maybe").json() is False
    assert client.get("/public/maybe", headers={"Authorization": f"Bearer {fake.token()}"}).json() is True


@pytest.mark.parametrize(("wrong", "kind"), [("/public", TypeError), (["public"], ValueError), (["/a/{b}"], ValueError)])
def test_a_wrong_exclude_is_told(wrong: Any, kind: Any) -> None:
    with pytest.raises(kind, match="exclude"):
        document_auth(FastAPI(), exclude=wrong)


def test_the_cookie_is_the_one_that_the_middleware_reads(fake: Fake) -> None:
    app = application()
    document_auth(app, project_id=fake.project_id)
    assert app.openapi()["components"]["securitySchemes"]["TesseralCookie"]["name"] == fake.cookie_name


def test_refusals_look_as_they_are_declared(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    from jsonschema import validate as conforms

    app = application()
    document_auth(app)
    app.add_middleware(
        RequireAuthMiddleware, publishable_key=fake.publishable_key, config_api_hostname=fake.host
    )
    client, token = TestClient(app), fake.token(action="acme.widgets.edit")
    responses = operations(app.openapi())["/edit"]["responses"]

    def check(status: int, authorization: str, example: bool = True) -> None:
        answer = client.get("/edit", headers={"Authorization": authorization})
        assert answer.status_code == status
        declared = responses[str(status)]["content"]["application/json"]
        conforms(answer.json(), declared["schema"])
        assert answer.json() == declared["example"] or not example

    check(401, "Bearer a.b.c")
    check(403, f"Bearer {fake.token()}", example=False)  # of `require`, which raises an HTTPException
    assert client.get("/edit", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    with client.websocket_connect("/socket", headers={"Authorization": f"Bearer {token}"}) as connected:
        assert connected.receive_text().startswith("org_")
    monkeypatch.setattr(_http, "TOTAL_SECONDS", 0.5)
    fake.command("fault/config/status", status=500)
    cold = application()
    cold.add_middleware(RequireAuthMiddleware, publishable_key=fake.publishable_key, config_api_hostname=fake.host)
    client = TestClient(cold)
    check(503, f"Bearer {token}")


def test_the_dependencies_are_called_and_replaced_as_functions_are() -> None:
    assert get_auth.__name__ == "get_auth" and "who sent the request" in (get_auth.__doc__ or "")
    assert list(inspect.signature(get_auth).parameters) == ["request"]
    with pytest.raises(RuntimeError, match="RequireAuthMiddleware"):
        get_auth(HTTPConnection({"type": "http", "headers": []}))

    class Double:
        def organization_id(self) -> str:
            return "org_of_the_test"

    app = application()
    app.dependency_overrides[get_auth] = Double
    assert TestClient(app).get("/me").json() == "org_of_the_test"
