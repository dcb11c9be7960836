from collections.abc import Sequence
from typing import Optional

from typing_extensions import Unpack

from ._claims import ChosenClaims

__version__: str

REFUSALS: list[str]
"""The slugs that ``Project.mint_refused_token`` takes. A verifier refuses such a token with this slug."""

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
        """The ``kid`` of the key that signs."""

    @property
    def document(self) -> bytes:
        """The configuration document, which is also the JWKS."""

    def mint_access_token(self, **claims: Unpack[ChosenClaims]) -> str:
        """A token with these claims. Claims that are not named are those of one ordinary user.

        It is issued now and good for 300 s. The signature's nonce is that of RFC 6979.
        """

    def mint_refused_token(self, slug: str, /, **claims: Unpack[ChosenClaims]) -> str:
        """A token that a verifier refuses for one reason, and would accept otherwise. ``slug``: one of ``REFUSALS``."""

    def sign(self, header: bytes, payload: bytes) -> str:
        """Signs any header and payload, however wrong: a compact serialization (RFC 7515 section 3.1)."""

    def rotate(self, *, published: bool = True) -> str:
        """Signs with a new key from now on, and returns its ``kid``. Older keys stay in the document."""

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
        """Returns the secret of a new API key. The default organization is that of the ordinary user.

        ``expires_at`` is in seconds since 1970. If it is not ``permitted``, API keys are switched off for its organization
        (403).
        """

    def revoke_api_key(self, secret: str) -> bool:
        """Revokes an API key at once; False if there is no such key."""

    def unknown_api_key(self) -> str:
        """A key of the right shape that the project has never issued."""

    def answer_config(self, publishable_key: str) -> Optional[tuple[int, bytes]]:
        """Status and body for a client that asks for the document with this publishable key; None: the connection ends."""

    def answer_api_key(self, secret: str, authorization: Optional[str]) -> Optional[tuple[int, bytes]]:
        """Status and body for a client that asks about an API key; None: the connection ends."""
