"""The paths that an application excludes from authentication: whole segments, and regular expressions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Union

Paths = Iterable[Union[str, re.Pattern[str]]]


class Excluded:
    """Says which paths are excluded. It is false when there are none.

    Give it the path by which the framework's router chooses the view, and no other. With another one, a request could
    reach a protected view without authentication.

    exclude: paths, which begin with a slash, and compiled regular expressions. ``"/public"`` covers that path and everything
        beneath it, so ``/public/x`` but not ``/public-admin``. ``"/public/"`` covers only what is beneath. A regular
        expression has to match the whole path.

    Raises TypeError or ValueError for an entry that cannot do what its author expects.
    """

    def __init__(self, exclude: Paths) -> None:
        if isinstance(exclude, (str, bytes, re.Pattern)) or not isinstance(exclude, Iterable):
            raise TypeError(f"exclude is {_kind(exclude)}, not a list of paths and compiled regular expressions")
        given = list(exclude)
        paths = [_checked(path) for path in given if not isinstance(path, re.Pattern)]
        self._patterns = [_checked_pattern(pattern) for pattern in given if isinstance(pattern, re.Pattern)]
        self._paths = frozenset(paths)
        self._beneath = tuple(path if path.endswith("/") else f"{path}/" for path in paths)

    def __bool__(self) -> bool:
        return bool(self._beneath or self._patterns)

    def covers(self, path: str) -> bool:
        """Whether the path is excluded.

        A path with the segment "." or ".." never is. A router takes them as they are, but a view that serves files takes
        ``/public/../private/x`` for ``/private/x``.
        """
        return (
            path in self._paths
            or path.startswith(self._beneath)
            or any(pattern.fullmatch(path) is not None for pattern in self._patterns)
        ) and _DOT_SEGMENT.search(path) is None


# Windows parts segments at backslashes, too.
_DOT_SEGMENT = re.compile(r"(?:^|[/\\])\.\.?(?:[/\\]|\Z)")


def _checked_pattern(pattern: re.Pattern[str]) -> re.Pattern[str]:
    if not isinstance(pattern.pattern, str):
        raise TypeError("exclude has a regular expression for bytes, and paths are text")
    return pattern


def _checked(path: object) -> str:
    if not isinstance(path, str):
        raise TypeError(f"exclude has {_kind(path)}, where it takes paths (str) and compiled regular expressions")
    if path == "/":
        raise ValueError(
            'exclude has "/", which is every path: for the root alone write re.compile("/"), '
            "for an application without authentication leave the middleware out"
        )
    if not path.startswith("/"):
        raise ValueError(f"exclude has {path!r}, and every path begins with a slash")
    if path != path.strip() or not path.isprintable():
        raise ValueError(f"exclude has {path!r}, with white space around it or a character that cannot be printed")
    if any(segment in ("", ".", "..") for segment in path[1:].removesuffix("/").split("/")):
        raise ValueError(f"exclude has {path!r}: write the path without segments that are empty, '.' or '..'")
    for characters, advice in _NEVER_IN_PATHS.items():
        if any(character in path for character in characters):
            raise ValueError(f"exclude has {path!r}: {advice}")
    return path


_NEVER_IN_PATHS = {
    "?#": "write the path alone, the query is not looked at",
    "%": "write the characters themselves, paths are compared after percent-decoding",
    "*{}<>": "a path has no placeholders; it stands for all beneath it, and re.compile() makes what it cannot say",
}


def _kind(value: object) -> str:
    """Names a type, never a value: the wrong argument may be a secret."""
    return f"of the type {type(value).__name__}"
