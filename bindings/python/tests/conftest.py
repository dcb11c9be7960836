"""One service for a whole run. Each test finds it without faults."""

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
    # A background ends with its application, which the garbage collector may have to find.
    gc.collect()
    service.reset()
