"""The application that is measured: APP=none, official or ours says what stands before it."""

from __future__ import annotations

import importlib
import os

from fastapi import FastAPI

app = FastAPI()
package = {"none": None, "official": "tesseral_fastapi", "ours": "tesseral_verify.fastapi"}[os.environ["APP"]]
if package is not None:
    app.add_middleware(
        importlib.import_module(package).RequireAuthMiddleware,
        publishable_key=os.environ["FAKE_PUBLISHABLE_KEY"],
        config_api_hostname=os.environ["FAKE_HOST"],
    )


@app.get("/")
async def root() -> dict[str, bool]:
    return {"ok": True}
