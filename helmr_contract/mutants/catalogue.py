"""The two catalogues, put together from the modules by kind."""

from __future__ import annotations

from .mutant import Mutant
from .patching import FaultError

SERVER, CLIENT = "server", "client"


def catalogue(kind: str) -> dict[str, dict[str, Mutant]]:
    """The mutants of a catalogue, by topic and name.

    Raises:
        FaultError: Two have one name.
    """
    if kind == CLIENT:
        from . import client

        topics = {"client": client.MUTANTS}
    else:
        from . import auth, events, runs, sessions, streams, tokens, wire

        modules = (wire, sessions, streams, runs, events, tokens, auth)
        topics = {module.__name__.rpartition(".")[2]: module.MUTANTS for module in modules}
    found: dict[str, dict[str, Mutant]] = {}
    known: set[str] = set()
    for topic, mutants in topics.items():
        for mutant in mutants:
            if mutant.name in known:
                raise FaultError(f"two mutants are named {mutant.name}")
            known.add(mutant.name)
            found.setdefault(topic, {})[mutant.name] = mutant
    return found


def find(kind: str, name: str) -> Mutant:
    """The mutant of that name.

    Raises:
        FaultError: There is none.
    """
    for mutants in catalogue(kind).values():
        if name in mutants:
            return mutants[name]
    raise FaultError(f"no mutant is named {name}")
