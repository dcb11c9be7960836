"""One service for a whole run; each test finds it honest."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from .support.fake import Fake


@pytest.fixture(scope="session")
def service() -> Iterator[Fake]:
    with Fake() as running:
        yield running


@pytest.fixture
def fake(service: Fake) -> Iterator[Fake]:
    service.reset()
    yield service
    # Backgrounds end with their applications, which may be parts of cycles.
    gc.collect()
    service.reset()
