"""For tests of applications that use ``tesseral_verify``: nothing here belongs into production.

``Project`` is a throw-away project that mints access tokens and API keys. ``use_project`` lets an application accept those
and no others, and ``override_auth`` says who sends its requests. With pytest, fixtures do the same.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._claims import ChosenClaims
    from ._mint import REFUSALS, __version__
    from ._override import override_auth, use_project
    from ._project import Project

__all__ = ["REFUSALS", "ChosenClaims", "Project", "__version__", "override_auth", "use_project"]

if not TYPE_CHECKING:
    from ._lazy import __getattr__  # noqa: F401
