"""The public import path of this package's names."""

from __future__ import annotations

from ._types import AnyType


def public(*values: AnyType) -> None:
    """Set the `__module__` of these classes and functions to `helmr`, from which they should be imported.

    scripts/registration.py finds the calls, and generates `_names.py` from them.
    """
    for value in values:
        value.__module__ = "helmr"
