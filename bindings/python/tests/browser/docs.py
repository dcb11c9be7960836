"""A user opens /docs in Chromium, pastes a token into "Authorize", and sends a request. run.sh runs this."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Any, Callable

import drf_spectacular_sidecar
import pytest
import uvicorn
from fastapi import Depends, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from tesseral_verify.fastapi import Auth, RequireAuthMiddleware, document_auth, get_auth

from ..support.fake import Fake

BUNDLE = next(Path(drf_spectacular_sidecar.__file__).parent.rglob("swagger-ui-bundle.js")).parent


class WithDocs(RequireAuthMiddleware):
    async def dispatch(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        if request.url.path in ("/docs", "/openapi.json") or request.url.path.startswith("/swagger/"):
            return await call_next(request)
        return await super().dispatch(request, call_next)


def application(fake: Fake, whole: bool) -> FastAPI:
    """With ``whole``, the route does not ask who sent the request, and ``document_auth`` declares it."""
    app = FastAPI(docs_url=None)
    app.add_middleware(WithDocs, publishable_key=fake.publishable_key, config_api_hostname=fake.host)
    app.mount("/swagger", StaticFiles(directory=BUNDLE))

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        at = "/swagger/swagger-ui"
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="docs",
            swagger_js_url=f"{at}-bundle.js",
            swagger_css_url=f"{at}.css",
            swagger_favicon_url="/swagger/favicon-32x32.png",
        )

    if whole:
        app.add_api_route("/me", lambda: "somebody", name="me")
        document_auth(app, project_id=fake.project_id)
    else:

        @app.get("/me")
        def me(auth: Auth = Depends(get_auth)) -> str:
            return auth.organization_id()

    return app


@pytest.fixture(params=[False, True], ids=["get_auth", "document_auth"])
def url(request: pytest.FixtureRequest, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("SSL_CERT_FILE", fake.ca_file)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = uvicorn.Server(uvicorn.Config(application(fake, request.param), log_level="warning", lifespan="off"))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/docs"
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="module")
def chromium() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-proxy-server"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    yield driver
    driver.quit()


class Page:
    def __init__(self, driver: webdriver.Chrome, url: str) -> None:
        self._driver = driver
        driver.get(url)

    def find(self, selector: str) -> WebElement:
        return WebDriverWait(self._driver, 30).until(lambda driver: driver.find_element(By.CSS_SELECTOR, selector), selector)

    def click(self, selector: str) -> None:
        # By a script, which also clicks an element that moves or is covered for a moment.
        self._driver.execute_script("arguments[0].click()", self.find(selector))

    def execute(self) -> str:
        """Sends the request; gives the status of the answer."""
        self.click(".btn.execute")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for found in self._driver.find_elements(By.CSS_SELECTOR, ".live-responses-table td.response-col_status"):
                if found.text[:3].isdigit():
                    return found.text[:3]
            time.sleep(0.1)
        raise AssertionError("no answer")

    def clear(self) -> None:
        self.click(".btn.btn-clear")
        WebDriverWait(self._driver, 30).until(
            lambda driver: not driver.find_elements(By.CSS_SELECTOR, ".live-responses-table")
        )


def test_a_pasted_token_authorizes(chromium: Any, url: str, fake: Fake) -> None:
    page = Page(chromium, url)
    page.click(".opblock-summary-control")
    assert page.find(".opblock .authorization__btn"), "the operation has no padlock"
    page.click(".try-out__btn")
    assert page.execute() == "401"
    page.clear()
    page.click(".btn.authorize")
    page.find("input#auth-bearer-value, .auth-container input[type=text]").send_keys(fake.token())
    page.click(".auth-container .btn.authorize")
    page.click(".auth-container .btn-done, .btn.btn-done")
    assert page.execute() == "200"
