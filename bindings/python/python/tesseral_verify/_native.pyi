"""Types of the compiled module. A test compares the names with those of the module."""

from collections.abc import Iterable, Sequence
from os import PathLike
from typing import Any, Literal, Optional, Union, final

from ._rulebook import Ask, Document, Landed, Poll, Request, Restored, Taken, Verdict
from .errors import TesseralError

__version__: str

ERRORS: dict[str, tuple[int, int, str]]
"""Slug: number, HTTP status, text."""

def complaint(
    publishable_key: str, config_host: str, backend_host: str, backend_api_key: Optional[str] = None
) -> Optional[str]:
    """Why these settings can never work, in one line; None if they may work."""

def new_handle() -> int:
    """A number that no other call in this process returns, in any thread."""

def unpickled(name: str, members: tuple[object, ...]) -> object:
    """An object of the class ``name`` with these members; what a pickle of claims calls."""

def stay_in_one_interpreter() -> None:
    """Raises ImportError unless this is the interpreter that has loaded the package first."""

def proxy_for(host: str) -> Optional[str]:
    """The URL of the proxy for a host, ``host`` or ``host:port``, from the environment variables, or None."""

def notice(about: Literal["document", "api_keys"], host: str, fault: str, status: int = 0) -> Optional[str]:
    """The text for the operator about a failed exchange with a host. None if no fault has the name ``fault``."""

@final
class Verifier:
    """Decides whether a credential is good, and says who sent it.

    Made from the project's configuration document, or a plain JWKS. Immutable: share it between threads. The
    interpreter's lock is held for one token and released for batches and while the tables are built.
    """

    def __new__(
        cls,
        document: Union[str, bytes],
        *,
        issuer: Optional[str] = None,
        project_id: Optional[str] = None,
        leeway_seconds: int = 0,
        max_token_len: int = 16384,
        profile: Literal["server", "compact", "tiny"] = "server",
        api_keys: bool = False,
    ) -> Verifier:
        """Raises ConfigError."""

    def verify_token(self, token: Union[str, bytes], now: Optional[float] = None) -> Auth:
        """Verifies one access token. ``now``: seconds since 1970, or the system's clock. Raises TesseralError."""

    def verify_batch(
        self, tokens: Iterable[Union[str, bytes]], now: Optional[float] = None
    ) -> list[Union[Auth, TesseralError]]:
        """Verifies many access tokens. The list has an exception of ``verify_token`` in the place of each refused one."""

    def authenticate(
        self,
        headers: Iterable[Union[tuple[Union[str, bytes], Union[str, bytes]], list[bytes]]],
        now: Optional[float] = None,
    ) -> Union[Auth, ApiKey]:
        """Finds the credential among a request's headers, pairs of name and value, and verifies it.

        Returns an ApiKey when API keys are on and the request carries one. The caller has to ask the service about it.
        Raises TesseralError.
        """

    def check_revoked(self, revoked: Revoked, auth: Auth) -> None:
        """Raises TesseralError, ``token_revoked``, when the list names the session or the user of an accepted access token.

        API keys pass: the service says whether they are good.
        """

    def unknown_kids(
        self,
        headers: Iterable[Union[tuple[Union[str, bytes], Union[str, bytes]], list[bytes]]],
        now: Optional[float] = None,
    ) -> Optional[UnknownKids]:
        """The unknown ``kid``s for which a refused request might be accepted with newer keys, or None.

        Call it when ``authenticate`` refused the request, with the same arguments.
        """

    def has_keys_of(self, other: Verifier) -> bool:
        """Whether ``other`` has the same keys, in whatever order."""

    def inspect(self) -> Snapshot:
        """What the verifier was made of."""

@final
class Revoked:
    """Sessions and users that are revoked before their tokens expire.

    Made from a list: the line ``tesseral-revoked 1``, then a project ID, a blank, and the ID of a session or a user on each
    line. Immutable: share it between threads, and put a newer one in its place.
    """

    def __new__(cls, list: Union[str, bytes]) -> Revoked:
        """Raises ListError."""

    def __len__(self) -> int:
        """How many sessions and users are on it."""

@final
class Authenticator:
    """Authenticates requests with keys that it keeps fresh in a background thread, and asks the service about API keys.

    Share it between threads. After a fork, the child's first call makes a thread and connections of its own. A call holds
    the interpreter's lock for one token, and releases it while it waits for the network. It waits at most the total
    time-out for the first document, about a second for an unknown key, and at most twice the total time-out for the answer
    about an API key.
    """

    def __new__(
        cls,
        publishable_key: str,
        *,
        config_api_hostname: str = "config.tesseral.com",
        backend_api_hostname: str = "api.tesseral.com",
        api_keys_enabled: bool = False,
        backend_api_key: Optional[str] = None,
        jwks_refresh_interval_seconds: float = 3600,
        cooldown_seconds: float = 10,
        max_stale_seconds: float = 86400,
        connect_timeout_seconds: float = 2,
        total_timeout_seconds: float = 5,
        api_key_ttl_seconds: float = 0,
        ca_pem: Optional[Union[str, bytes]] = None,
        last_good_file: Optional[Union[str, PathLike[str]]] = None,
        issuer: Optional[str] = None,
        leeway_seconds: int = 0,
        max_token_len: int = 16384,
        profile: Literal["server", "compact", "tiny"] = "server",
    ) -> Authenticator:
        """Starts the first fetch and waits for nothing. Raises TesseralError when an argument is out of range."""

    def authenticate(
        self,
        headers: Iterable[Union[tuple[Union[str, bytes], Union[str, bytes]], list[bytes]]],
        now: Optional[float] = None,
    ) -> Auth:
        """Finds the credential among a request's headers, and says who sent it. Raises TesseralError."""

    def verify_token(self, token: Union[str, bytes], now: Optional[float] = None) -> Auth:
        """Verifies one access token. Raises TesseralError."""

    def check_revoked(self, revoked: Revoked, auth: Auth) -> None:
        """Raises TesseralError, ``token_revoked``, when the list names the session or the user of an accepted access token."""

    def not_ready_reason(self) -> Optional[str]:
        """None when requests can be accepted, else why not: one line of text."""

    def wait_until_ready(self, seconds: float) -> bool:
        """Whether requests can be accepted. Waits at most so long for the first document."""

    def project_id(self) -> Optional[str]:
        """None before the first document."""

    def stats_json(self) -> str:
        """All numbers at this moment, as one JSON object."""

    def stats_prometheus(self) -> str:
        """All numbers at this moment, in the text format of Prometheus, with the label pid."""

@final
class Auth:
    """An authenticated request. It prints neither credential nor claims."""

    def credentials_type(self) -> Literal["access_token", "api_key"]: ...
    def credentials(self) -> str:
        """The credential itself: a secret."""

    def organization_id(self) -> str: ...
    def access_token_claims(self) -> AccessTokenClaims:
        """Raises NotAnAccessTokenError for an API key."""

    def api_key_id(self) -> Optional[str]:
        """The API key's ID, which is not secret; None for an access token."""

    def actions(self) -> tuple[str, ...]: ...
    def has_permission(self, action: str) -> bool:
        """Whether ``action`` is among the actions, character for character."""

@final
class ApiKey:
    """An API key of the right shape. Only the service knows whether it is good."""

    def credentials(self) -> str:
        """The key itself: a secret."""

    def fingerprint(self) -> bytes:
        """SHA-256 of the key, 32 bytes, under which a caller can remember answers."""

    def request(self) -> bytes:
        """The body of ``POST /v1/api-keys/authenticate``, ``Content-Type: application/json``."""

    def response(self, http_status: int, body: Union[str, bytes]) -> Auth:
        """What the service's answer means. Status and body are those that were received. Raises TesseralError."""

@final
class AccessTokenClaims:
    """The claims of an access token whose signature, times, issuer and audience were verified.

    Strings are untrusted Unicode text and may hold NUL, CR and LF.
    """

    @property
    def iss(self) -> str: ...
    @property
    def sub(self) -> str: ...
    @property
    def aud(self) -> Union[str, tuple[str, ...]]: ...
    @property
    def exp(self) -> int:
        """Seconds since 1970-01-01T00:00:00Z, rounded down."""

    @property
    def nbf(self) -> int:
        """Seconds since 1970-01-01T00:00:00Z, rounded up."""

    @property
    def iat(self) -> int:
        """Seconds since 1970-01-01T00:00:00Z, rounded down."""

    @property
    def session(self) -> Session: ...
    @property
    def user(self) -> User: ...
    @property
    def organization(self) -> Organization: ...
    @property
    def actions(self) -> tuple[str, ...]: ...
    @property
    def impersonator(self) -> Optional[Impersonator]: ...
    @property
    def payload(self) -> str:
        """The payload's JSON text, as it was signed."""

@final
class Session:
    @property
    def id(self) -> str: ...

@final
class User:
    @property
    def id(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def display_name(self) -> Optional[str]: ...
    @property
    def profile_picture_url(self) -> Optional[str]: ...

@final
class Organization:
    @property
    def id(self) -> str: ...
    @property
    def display_name(self) -> Optional[str]:
        """None when it is empty: the issuer omits it then."""

@final
class Impersonator:
    @property
    def email(self) -> str: ...

@final
class Snapshot:
    """What a verifier was made of."""

    @property
    def project_id(self) -> Optional[str]: ...
    @property
    def issuer(self) -> str:
        """The only accepted ``iss`` and ``aud``."""

    @property
    def keys(self) -> list[str]:
        """The ``kid`` of each key in use, in the order of the document."""

    @property
    def keys_skipped(self) -> int: ...
    @property
    def skipped(self) -> list[SkippedKey]:
        """The first 64 keys that are not used."""

@final
class SkippedKey:
    @property
    def index(self) -> int:
        """Its place in the array ``keys``, from 0 on."""

    @property
    def reason(self) -> str:
        """The stable name of the reason."""

@final
class RefreshRules:
    """The times that decide when to fetch the document, in milliseconds."""

    def __new__(
        cls,
        *,
        interval_ms: int = ...,
        stale_ms: int = ...,
        cooldown_ms: int = ...,
        timeout_ms: int = ...,
        wait_ms: int = ...,
        waiters: int = ...,
    ) -> RefreshRules:
        """The defaults are the Authenticator's. Raises TesseralError when one is out of range."""

@final
class Counters:
    """Counts of a middleware since the process began. Any thread may count."""

    def __init__(self) -> None: ...
    def authenticate(self, verifier: Verifier, headers: Iterable[Any]) -> Union[Auth, ApiKey]:
        """What ``Verifier.authenticate`` returns or raises. Counts the request if it has an accepted token."""

    def accepted(self) -> None:
        """Counts an accepted request."""

    def refused(self, slug: str) -> None:
        """Counts a request that was refused for the reason of this slug."""

    def event(
        self,
        name: Literal[
            "api_key_cache_hits", "lookups", "lookup_failures", "refreshes", "refresh_failures", "early_refreshes"
        ],
    ) -> None:
        """Counts one of the events."""

    def stats(
        self,
        *,
        verifier: Optional[Verifier],
        age_ms: int,
        usable: bool,
        due_in_ms: int,
        fault: Optional[tuple[str, int, int]],
    ) -> Stats:
        """All numbers at this moment.

        ``verifier``, ``age_ms``: the document in use and its age; ``usable``: whether it is not too old. ``fault``: the
        name, the HTTP status and the age of the last fault on the way to the service.
        """

@final
class Stats:
    """A moment's statistics."""

    def not_ready_reason(self) -> Optional[str]:
        """None when requests can be accepted, else why not: one line of text."""

    def to_json(self) -> str:
        """One JSON object."""

    def to_prometheus(self) -> str:
        """The text format of Prometheus, with the label pid."""

@final
class UnknownKids:
    """The unknown ``kid``s for which one request is refused. It prints none of them."""

@final
class Refresh:
    """Decides when to fetch the document, how long it holds, and what an unknown ``kid`` does.

    It reads no clock and does no I/O. The caller keeps the documents under handles, which are numbers that the caller
    chooses. ``now`` is the time by two clocks, in milliseconds. A fetch is called a flight. Share it between threads.
    """

    def __new__(cls, seed: bytes, now: tuple[int, int]) -> Refresh:
        """A state without a document. The first fetch is due at once. ``seed``: 16 random bytes that cannot be guessed."""

    @staticmethod
    def open(memory: bytes) -> Refresh:
        """The state of which ``memory`` is a copy. Raises TesseralError if another version of this package made it."""

    def memory(self) -> bytes:
        """A copy of the state, for ``open`` in another process."""

    def poll(self, now: tuple[int, int], rules: RefreshRules) -> Poll:
        """What the background has to do now. A caller that is told to fetch begins a flight, and reports how it ends."""

    def landed(
        self,
        flight: tuple[int, tuple[int, int]],
        change: Literal["same", "text", "keys"],
        handle: int,
        length: int,
        now: tuple[int, int],
    ) -> Taken:
        """The flight brought a usable document. It is put to use if its flight is newer than the document in use."""

    def failed(self, flight: tuple[int, tuple[int, int]], now: tuple[int, int]) -> None:
        """The flight brought no usable document. The next one begins after a back-off."""

    def abandoned(self, flight: tuple[int, tuple[int, int]], now: tuple[int, int]) -> None:
        """The flight's worker is gone and will not report, as when an event loop has ended."""

    def restore(
        self, began_wall: int, handle: int, length: int, now: tuple[int, int], rules: RefreshRules
    ) -> Restored:
        """Takes a document from a file, unless a newer one is in use. A fetch stays due at once."""

    def ready(self, now: tuple[int, int], rules: RefreshRules) -> Optional[int]:
        """The handle of the document in use. None if it cannot be used, or if the next request has to call ``request``."""

    def request(
        self,
        now: tuple[int, int],
        rules: RefreshRules,
        *,
        document: bool = False,
        kids: Union[UnknownKids, Sequence[Union[str, bytes]], None] = None,
    ) -> Request:
        """What a request has to do. It lacks nothing, a document, or the keys with these kids."""

    def attention_at(self, now: tuple[int, int], rules: RefreshRules) -> int:
        """Until this time, by the steady clock, a request that lacks nothing need not call ``request``."""

    def waited(self, wait: tuple[int, Optional[int]]) -> None:
        """Gives back the place of a caller that waits no more."""

    def adopt(self, document: tuple[int, tuple[int, int], int, int, int, bool, int]) -> Optional[int]:
        """Takes over the ``Document`` of another state, so that a process begins where another one is.

        ``document._replace(handle=...)`` puts it under a handle of the caller. Returns the handle of the document before.
        """

    def renew(self, seed: bytes) -> None:
        """For a forked child: forgets all flights, waits and absent kids, and takes a new seed."""

    def document(self, now: tuple[int, int], rules: RefreshRules) -> Optional[Document]:
        """The document in use, of any age."""

    def is_fetching(self, now: tuple[int, int], rules: RefreshRules) -> bool:
        """Whether a flight is under way, or begins when the background polls."""

    def is_early(self) -> bool:
        """Whether the flight under way is an early one, which an unknown ``kid`` asked for."""

    def due_in(self, now: tuple[int, int], rules: RefreshRules) -> int:
        """Milliseconds until the next planned fetch is due."""

    def recoveries(self) -> int:
        """How often a call found the state as a call leaves it that has not ended, and mended it."""

@final
class AnswersRules:
    """The times, in milliseconds, and bounds that decide who asks about an API key."""

    def __new__(
        cls,
        *,
        good_ttl_ms: int = ...,
        refused_ttl_ms: int = ...,
        timeout_ms: int = ...,
        questions: int = ...,
        max_answers_len: int = ...,
    ) -> AnswersRules:
        """The defaults are the Authenticator's. Raises TesseralError when one is out of range."""

@final
class Answers:
    """Decides who asks the service about an API key, and remembers what it said.

    The caller keeps the answers under handles, which are numbers that the caller chooses. A key is known by a scope of 16
    bytes and by its fingerprint. Share it between threads.
    """

    def __new__(cls, seed: bytes, *, answers: int = ..., questions: int = ...) -> Answers:
        """A state without answers. ``seed``: 16 random bytes that cannot be guessed."""

    @staticmethod
    def size(answers: int, questions: int) -> int:
        """Bytes of memory for so many answers and questions; 0 when a number is out of range."""

    @staticmethod
    def open(memory: bytes) -> Answers:
        """The state of which ``memory`` is a copy. Raises TesseralError if another version of this package made it."""

    def memory(self) -> bytes:
        """A copy of the state, for ``open`` in another process."""

    def ask(
        self, scope: bytes, fingerprint: bytes, ticket: int, now: tuple[int, int], rules: AnswersRules
    ) -> Ask:
        """What a request with this key has to do. ``ticket``: 0, or the one of ``Ask`` for a request that had to wait."""

    def known(
        self, scope: bytes, fingerprint: bytes, now: tuple[int, int], rules: AnswersRules
    ) -> Optional[Verdict]:
        """The verdict for a request that comes now, if it needs no question."""

    def landed(
        self,
        scope: bytes,
        fingerprint: bytes,
        question: tuple[int, tuple[int, int]],
        verdict: tuple[str, int, int],
        now: tuple[int, int],
        rules: AnswersRules,
    ) -> Landed:
        """The service has answered a question, or failed to. The question's number tells late answers apart."""

    def abandoned(self, scope: bytes, fingerprint: bytes, question: tuple[int, tuple[int, int]]) -> None:
        """The sender of a question is gone and will not report. A request that waits sends the next question."""

    def reclaim(self, now: tuple[int, int], rules: AnswersRules) -> Optional[int]:
        """Drops the answer that is needed least, and returns its handle."""

    def answers_len(self) -> int:
        """The length of the kept answers, in octets."""

    def recoveries(self) -> int:
        """How often a call found the state as a call leaves it that has not ended, and mended it."""
