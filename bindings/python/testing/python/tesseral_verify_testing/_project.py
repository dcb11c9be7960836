"""The throw-away project, with what a middleware takes in place of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _mint
from ._client import AsyncTesseral, Tesseral

if TYPE_CHECKING:
    import httpx


class Project(_mint.Project):
    """A project with keys of its own, which are in no other process and nowhere on disk. Share it between threads.

    An application that verifies with the project's document accepts its tokens, with all checks of production::

        RequireAuthMiddleware, publishable_key=project.publishable_key, http_client=project.async_http_client()
        Verifier(project.document)
    """

    __slots__ = ()

    def http_client(self) -> httpx.Client:
        """A client that the project answers as the service does, in this process; for ``http_client=`` in Flask."""
        import httpx

        return httpx.Client(transport=self._transport())

    def async_http_client(self) -> httpx.AsyncClient:
        """A client that the project answers as the service does, in this process; for ``http_client=`` in FastAPI."""
        import httpx

        return httpx.AsyncClient(transport=self._transport())

    def tesseral_client(self) -> Tesseral:
        """Asks the project about API keys; for ``tesseral_client=`` in Flask."""
        return Tesseral(self)

    def async_tesseral_client(self) -> AsyncTesseral:
        """Asks the project about API keys; for ``tesseral_client=`` in FastAPI."""
        return AsyncTesseral(self)

    def _transport(self) -> httpx.MockTransport:
        from ._transport import transport

        return transport(self)
