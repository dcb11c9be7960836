"""For tests of applications that use ``tesseral_verify``. Do not install it in production.

``Project`` is a throw-away project that mints access tokens and API keys. With ``use_project``, an application accepts those
and no others. ``override_auth`` gives its requests a sender. With pytest, fixtures do the same.
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
