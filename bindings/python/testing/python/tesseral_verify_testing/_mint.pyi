from collections.abc import Sequence
from typing import Optional

from typing_extensions import Unpack

from ._claims import ChosenClaims

__version__: str

REFUSALS: list[str]
"""What ``Project.mint_refused_token`` takes: the slugs with which a verifier refuses such tokens."""

class Project:
    """A project with keys of its own, which are in no other process and nowhere on disk. Share it between threads."""

    def __new__(cls) -> Project: ...
    @property
    def project_id(self) -> str: ...
    @property
    def publishable_key(self) -> str: ...
    @property
    def backend_api_key(self) -> str: ...
    @property
    def issuer(self) -> str:
        """``iss`` and ``aud`` of its tokens."""

    @property
    def cookie_name(self) -> str: ...
    @property
    def kid(self) -> str:
        """Of the key that signs."""

    @property
    def document(self) -> bytes:
        """The configuration document, which is also the JWKS."""

    def mint_access_token(self, **claims: Unpack[ChosenClaims]) -> str:
        """A token with these claims; those that are not named are an ordinary user's, the same one each time.

        It is issued now and good for 300 s. The signature's nonce is that of RFC 6979.
        """

    def mint_refused_token(self, slug: str, /, **claims: Unpack[ChosenClaims]) -> str:
        """A token that a verifier refuses for one reason, named by its slug, one of ``REFUSALS``."""

    def sign(self, header: bytes, payload: bytes) -> str:
        """Signs any header and payload, however wrong: a compact serialization (RFC 7515 section 3.1)."""

    def rotate(self, *, published: bool = True) -> str:
        """Signs with a new key from now on; gives its ``kid``. Older keys stay in the document."""

    def publish(self) -> None:
        """Puts all keys into the document, also those of ``rotate(published=False)``."""

    def issue_api_key(
        self,
        *,
        organization_id: Optional[str] = None,
        permissions: Sequence[str] = (),
        api_key_id: Optional[str] = None,
        expires_at: Optional[int] = None,
        permitted: bool = True,
    ) -> str:
        """A new API key: the secret. Without an organization, it is that of the ordinary user.

        ``expires_at`` is in seconds since 1970. When it is not ``permitted``, its organization may have no API keys (403).
        """

    def revoke_api_key(self, secret: str) -> bool:
        """Forgets an API key, at once; False when there is none."""

    def unknown_api_key(self) -> str:
        """A key of the right shape that the project has never issued."""

    def answer_config(self, publishable_key: str) -> Optional[tuple[int, bytes]]:
        """Status and body for a client that asks for the document of this publishable key; None when the connection dies."""

    def answer_api_key(self, secret: str, authorization: Optional[str]) -> Optional[tuple[int, bytes]]:
        """Status and body for a client that asks about an API key; None when the connection dies."""
