"""Lets an application under test accept the credentials of a throw-away project, and gives its requests such credentials.

No check is left out. The middlewares authenticate as in production, with a verifier that has the document of the throw-away
project.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Literal, Optional

from . import _asgi, _django, _flask
from ._project import Project
from ._stand_in import Mint

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._claims import ChosenClaims

log = logging.getLogger("tesseral_verify.testing")


@contextmanager
def use_project(app: object, project: Optional[Project] = None) -> Iterator[Project]:
    """Inside, the application accepts the credentials of the project, a new one without an argument, and no others.

    ``app``: a FastAPI, Starlette or other ASGI application, a Flask application, or for Django ``django.conf.settings``.
    Raises ValueError when nothing of ``tesseral_verify`` is in it. Yields the project. Of nested ones, the innermost counts.
    """
    project = project or Project()
    with ExitStack() as stack:
        _stand_in(app, project, None, stack)
        log.warning("%s accepts the credentials of a throw-away project now: for tests alone", _name(app))
        yield project


@contextmanager
def override_auth(
    app: object,
    *,
    project: Optional[Project] = None,
    credentials_type: Literal["access_token", "api_key"] = "access_token",
    **claims: Unpack[ChosenClaims],
) -> Iterator[Project]:
    """Inside, each request to the application gets a good credential in place of the one that it carries.

    ``app`` and ``project`` are those of ``use_project``. The credential is a new access token with these claims; with the
    ``credentials_type`` "api_key", it is an API key, of which ``organization_id`` and ``permissions`` can be chosen. The
    middleware verifies both. What it refuses in production, such as an API key where API keys are off, it refuses here.
    """
    project = project or Project()
    with ExitStack() as stack:
        mint = _minter(project, credentials_type, claims, stack)
        _stand_in(app, project, mint, stack)
        log.warning("authentication of %s is overridden now: for tests alone", _name(app))
        yield project


def _minter(project: Project, credentials_type: str, claims: ChosenClaims, stack: ExitStack) -> Mint:
    if credentials_type == "api_key":
        # This raises TypeError for a claim that API keys do not have.
        secret = project.issue_api_key(**claims)  # type: ignore[misc]
        stack.callback(project.revoke_api_key, secret)
        return lambda: secret
    if credentials_type != "access_token":
        raise ValueError('credentials_type is "access_token" or "api_key"')
    # A claim that no token can have raises here, and not in a request.
    project.mint_access_token(**claims)
    return lambda: project.mint_access_token(**claims)


def _stand_in(app: object, project: Project, mint: Optional[Mint], stack: ExitStack) -> None:
    for framework in (_django, _flask, _asgi):
        if framework.knows(app):
            framework.stand_in(app, project, mint, stack)
            return
    raise ValueError(
        f"{_name(app)} is none of these: a FastAPI, Starlette or other ASGI application, a Flask application, django.conf.settings"
    )


def _name(app: object) -> str:
    return f"{type(app).__module__}.{type(app).__qualname__}"
