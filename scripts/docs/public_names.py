"""A griffe extension for the public names of `helmr`, so that pages show the names that programs import.

The package loads its names lazily, so its source does not show them.
"""

from __future__ import annotations

from typing import Any

import griffe

from helmr_ergonomic._names import HOMES

LAYER = "helmr_ergonomic"
PUBLIC = "helmr"


def source(name: str) -> str:
    """Return the path of the class or function behind a public name: `helmr_ergonomic._sync.runs.Run`."""
    home = HOMES[name]
    home = LAYER + home if home.startswith(".") else home
    return home if home.endswith(f".{name}") else f"{home}.{name}"


class PublicNames(griffe.Extension):
    """Adds the names to `helmr` when griffe reads it."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        if pkg.path == PUBLIC:
            for name in HOMES:
                if name not in pkg.members:  # words: allow
                    pkg.set_member(name, griffe.Alias(name, source(name)))
