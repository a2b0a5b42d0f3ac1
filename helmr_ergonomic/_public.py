"""The public import path of this package's names."""

from __future__ import annotations

from helmr_api.annotations import resolve_later

from ._types import AnyType


def public(*values: AnyType) -> None:
    """Set the `__module__` of these classes and functions to `helmr`, from which they should be imported.

    scripts/registration.py finds the calls, and generates `_names.py` from them.
    """
    for value in values:
        resolve_later(value)
        value.__module__ = "helmr"
