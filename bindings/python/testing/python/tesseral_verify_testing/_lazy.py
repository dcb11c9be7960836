"""Loads what is asked for: the plugin, which is in every run of pytest, loads nothing else of the package."""

from __future__ import annotations

from importlib import import_module

_HOMES = {
    "ChosenClaims": "_claims",
    "Project": "_project",
    "REFUSALS": "_mint",
    "__version__": "_mint",
    "override_auth": "_override",
    "use_project": "_override",
}


def __getattr__(name: str) -> object:
    """The package's, for names that it has not yet."""
    if name not in _HOMES:
        raise AttributeError(f"module {__package__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_HOMES[name]}", __package__), name)
    setattr(import_module(__package__), name, value)
    return value
