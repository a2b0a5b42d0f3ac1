"""The catalogues, assembled from one module per topic."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

from .mutant import Mutant
from .planting import FaultError

SERVER, CLIENT = "server", "client"
BROKEN = "broken"
"""Faults whose own code crashes; each must be detected as invalid."""


def catalogue(kind: str) -> dict[str, dict[str, Mutant]]:
    """Return the mutants of a catalogue, by topic and name.

    Raises:
        FaultError: Two mutants have the same name.
    """
    if kind == CLIENT:
        from . import client

        modules = [client]
    elif kind == BROKEN:
        from . import broken

        modules = [broken]
    else:
        modules = _server_modules()
    found: dict[str, dict[str, Mutant]] = {}
    known: set[str] = set()
    for module in modules:
        topic = module.__name__.rpartition(".")[2]
        for mutant in module.MUTANTS:
            if mutant.name in known:
                raise FaultError(f"two mutants are named {mutant.name}")
            known.add(mutant.name)
            found.setdefault(topic, {})[mutant.name] = mutant
    return found


def _server_modules() -> list[ModuleType]:
    """Import every module with faults of the server. The other modules have side effects on import."""
    folder = Path(__file__).parent
    names = [path.stem for path in sorted(folder.glob("*.py")) if "\nMUTANTS = [" in path.read_text("utf-8")]
    return [
        importlib.import_module(f".{name}", __package__) for name in names if name not in {CLIENT, BROKEN}
    ]


def find(kind: str, name: str) -> Mutant:
    """Return the mutant with a name.

    Raises:
        FaultError: There is none.
    """
    for mutants in catalogue(kind).values():
        if name in mutants:
            return mutants[name]
    raise FaultError(f"no mutant is named {name}")
