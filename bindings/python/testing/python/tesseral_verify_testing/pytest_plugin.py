"""Fixtures for pytest. Nothing is loaded before a test asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Callable

import pytest

if TYPE_CHECKING:
    from . import Project


@pytest.fixture(scope="session")
def tesseral_project() -> Project:
    """A throw-away project, one for the whole run, so that fixtures of every scope may use it.

    Tests that share it do not disturb one another. Tokens stay good when it rotates, and each test has its own API key.
    """
    from . import Project

    return Project()


@pytest.fixture
def tesseral_token(tesseral_project: Project) -> str:
    """An access token of the project's ordinary user, minted for this test: good for 300 s."""
    return tesseral_project.mint_access_token()


@pytest.fixture
def tesseral_api_key(tesseral_project: Project) -> Iterator[str]:
    """An API key of the project, good until the test ends."""
    secret = tesseral_project.issue_api_key()
    yield secret
    tesseral_project.revoke_api_key(secret)


@pytest.fixture
def tesseral_use_project(tesseral_project: Project) -> Iterator[Callable[[object], Project]]:
    """``tesseral_use_project(app)``: until the test ends, the application accepts the project's credentials and no others."""
    from . import use_project

    with ExitStack() as stack:
        yield lambda app: stack.enter_context(use_project(app, tesseral_project))


@pytest.fixture
def tesseral_override_auth(tesseral_project: Project) -> Iterator[Callable[..., Project]]:
    """``tesseral_override_auth(app, permissions=[...])``: ``override_auth`` until the test ends."""
    from . import override_auth

    with ExitStack() as stack:

        def override(app: object, **arguments: object) -> Project:
            entered: AbstractContextManager[Project] = override_auth(app, **{"project": tesseral_project, **arguments})  # type: ignore[arg-type]
            return stack.enter_context(entered)

        yield override
