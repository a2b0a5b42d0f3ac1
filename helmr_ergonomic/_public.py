"""The public path of what this package offers."""

from __future__ import annotations

from ._types import AnyType


def public(*values: AnyType) -> None:
    """Make `helmr` the module that these classes and functions say they are in: the one to import them from.

    scripts/registration.py finds the calls, and makes `_names.py` of them.
    """
    for value in values:
        value.__module__ = "helmr"
