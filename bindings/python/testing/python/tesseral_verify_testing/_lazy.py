"""Loads a module of the package when one of its names is used. Each run of pytest loads the plugin, and no more than that."""

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
    """``__getattr__`` of the package. Python calls it for a name that the package does not have yet."""
    if name not in _HOMES:
        raise AttributeError(f"module {__package__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_HOMES[name]}", __package__), name)
    setattr(import_module(__package__), name, value)
    return value
