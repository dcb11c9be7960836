"""Types of the compiled half; a test compares the names with the module's own."""

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
    """Why these settings can never work, in one line; None when they may."""

def new_handle() -> int:
    """A number that no other call in this process gives, in whatever thread."""

def unpickled(name: str, members: tuple[object, ...]) -> object:
    """An object of the class ``name`` with these members; what a pickle of claims calls."""

def stay_in_one_interpreter() -> None:
    """Raises ImportError unless this is the interpreter that has loaded the package first."""

def proxy_for(host: str) -> Optional[str]:
    """The URL of the proxy that leads to a host, ``host`` or ``host:port``, by the environment, or None."""

def notice(about: Literal["document", "api_keys"], host: str, fault: str, status: int = 0) -> Optional[str]:
    """What the operator is told when an exchange with a host has failed. ``fault``: its stable name; None if it is none."""

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
        """Verifies many access tokens; in place of what is refused stands the exception that ``verify`` raises."""

    def authenticate(
        self,
        headers: Iterable[Union[tuple[Union[str, bytes], Union[str, bytes]], list[bytes]]],
        now: Optional[float] = None,
    ) -> Union[Auth, ApiKey]:
        """Finds the credential among a request's headers, pairs of name and value, and verifies it.

        Gives an ApiKey when API keys are on and the request carries one: the service has to be asked about it.
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

    Share it between threads. After a fork, the child's first call makes a thread and connections of its own. The
    interpreter's lock is held for one token and released while a call waits for the network: for the first document, or
    for the answer about an API key; each at most the total time-out.
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
        """Waits for a first document at most so long; whether requests can be accepted then."""

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
    """An API key of the right shape; only the service knows whether it is good."""

    def credentials(self) -> str:
        """The key itself: a secret."""

    def fingerprint(self) -> bytes:
        """SHA-256 of the key, to remember answers under: 32 octets."""

    def request(self) -> bytes:
        """The body of ``POST /v1/api-keys/authenticate``, ``Content-Type: application/json``."""

    def response(self, http_status: int, body: Union[str, bytes]) -> Auth:
        """What the service's answer means: status and body as received. Raises TesseralError."""

@final
class AccessTokenClaims:
    """The claims of an access token whose signature, times, issuer and audience hold.

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
    """What a middleware has done since the process began, counted by any thread."""

    def __init__(self) -> None: ...
    def authenticate(self, verifier: Verifier, headers: Iterable[Any]) -> Union[Auth, ApiKey]:
        """What the verifier says of a request with these headers; counts the request when that is an accepted token."""

    def accepted(self) -> None:
        """A request was accepted."""

    def refused(self, slug: str) -> None:
        """A request was refused for the reason of this slug."""

    def event(
        self,
        name: Literal[
            "api_key_cache_hits", "lookups", "lookup_failures", "refreshes", "refresh_failures", "early_refreshes"
        ],
    ) -> None:
        """One of the events has happened."""

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
        name, the HTTP status and the age of what last went wrong on the way to the service.
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
    """The unknown ``kid``s for which one request is refused. Prints none."""

@final
class Refresh:
    """Decides when to fetch the document, how long it holds, and what an unknown ``kid`` does.

    It reads no clock and does no I/O; documents stay with the caller under handles, numbers of its own. ``now`` is the time
    by two clocks, in milliseconds. Share it between threads.
    """

    def __new__(cls, seed: bytes, now: tuple[int, int]) -> Refresh:
        """A state without a document; the first fetch is due at once. ``seed``: 16 octets that nobody can guess."""

    @staticmethod
    def open(memory: bytes) -> Refresh:
        """The state in another one's memory. Raises TesseralError when that is of another version of this package."""

    def memory(self) -> bytes:
        """A copy of the state, for ``open`` in another process."""

    def poll(self, now: tuple[int, int], rules: RefreshRules) -> Poll:
        """What the background does now. Whoever is told to fetch has begun a flight, and reports how it ends."""

    def landed(
        self,
        flight: tuple[int, tuple[int, int]],
        change: Literal["same", "text", "keys"],
        handle: int,
        length: int,
        now: tuple[int, int],
    ) -> Taken:
        """The flight brought a usable document; it is taken when its flight is newer than the document in use."""

    def failed(self, flight: tuple[int, tuple[int, int]], now: tuple[int, int]) -> None:
        """The flight brought no usable document. The next one begins after a back-off."""

    def abandoned(self, flight: tuple[int, tuple[int, int]], now: tuple[int, int]) -> None:
        """Whoever flew is gone and will not report: an event loop ended."""

    def restore(
        self, began_wall: int, handle: int, length: int, now: tuple[int, int], rules: RefreshRules
    ) -> Restored:
        """Takes a document from a file, unless a newer one is in use. A fetch stays due at once."""

    def ready(self, now: tuple[int, int], rules: RefreshRules) -> Optional[int]:
        """The handle of the document in use, when it is usable and no request that lacks nothing has to call ``request`` now."""

    def request(
        self,
        now: tuple[int, int],
        rules: RefreshRules,
        *,
        document: bool = False,
        kids: Union[UnknownKids, Sequence[Union[str, bytes]], None] = None,
    ) -> Request:
        """What a request does. It lacks nothing, a document, or the keys of these kids."""

    def attention_at(self, now: tuple[int, int], rules: RefreshRules) -> int:
        """Before this time, by the steady clock, no request that lacks nothing has to call ``request``."""

    def waited(self, wait: tuple[int, Optional[int]]) -> None:
        """Gives back the place of a caller that waits no more."""

    def adopt(self, document: tuple[int, tuple[int, int], int, int, int, bool, int]) -> Optional[int]:
        """Takes over the ``Document`` of another state, for a process that begins where another one is.

        ``document._replace(handle=...)`` is the same one under a handle of one's own. Returns the handle of the document before.
        """

    def renew(self, seed: bytes) -> None:
        """Forgets all flights, waits and absent kids under a new seed: for a forked child."""

    def document(self, now: tuple[int, int], rules: RefreshRules) -> Optional[Document]:
        """The document in use, however old."""

    def is_fetching(self, now: tuple[int, int], rules: RefreshRules) -> bool:
        """Whether a flight is under way, or begins when the background polls."""

    def is_early(self) -> bool:
        """Whether the flight under way is an early one, which an unknown ``kid`` asked for."""

    def due_in(self, now: tuple[int, int], rules: RefreshRules) -> int:
        """Milliseconds until the next planned fetch is due."""

    def recoveries(self) -> int:
        """How often a call found that another one had not ended."""

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

    Answers stay with the caller under handles, numbers of its own. Keys are known by a scope of 16 octets and their
    fingerprint. Share it between threads.
    """

    def __new__(cls, seed: bytes, *, answers: int = ..., questions: int = ...) -> Answers:
        """A state without answers. ``seed``: 16 octets that nobody can guess."""

    @staticmethod
    def size(answers: int, questions: int) -> int:
        """Octets of memory for so many answers and questions; 0 when a number is out of range."""

    @staticmethod
    def open(memory: bytes) -> Answers:
        """The state in another one's memory. Raises TesseralError when that is of another version of this package."""

    def memory(self) -> bytes:
        """A copy of the state, for ``open`` in another process."""

    def ask(
        self, scope: bytes, fingerprint: bytes, ticket: int, now: tuple[int, int], rules: AnswersRules
    ) -> Ask:
        """What to do about a key. ``ticket``: 0 for a request that comes now, else what ``Ask`` gave it when it had to wait."""

    def known(
        self, scope: bytes, fingerprint: bytes, now: tuple[int, int], rules: AnswersRules
    ) -> Optional[Verdict]:
        """What a request that comes now may be told without a question."""

    def landed(
        self,
        scope: bytes,
        fingerprint: bytes,
        question: tuple[int, tuple[int, int]],
        verdict: tuple[str, int, int],
        now: tuple[int, int],
        rules: AnswersRules,
    ) -> Landed:
        """The service answered a question, or did not. Late answers count by their question's number."""

    def abandoned(self, scope: bytes, fingerprint: bytes, question: tuple[int, tuple[int, int]]) -> None:
        """Who sent a question is gone and will not report: one of those who wait sends the next."""

    def reclaim(self, now: tuple[int, int], rules: AnswersRules) -> Optional[int]:
        """Gives up the answer that is needed least: its handle."""

    def answers_len(self) -> int:
        """Octets of the answers that are kept."""

    def recoveries(self) -> int:
        """How often a call found that another one had not ended."""
