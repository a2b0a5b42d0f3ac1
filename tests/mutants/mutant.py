"""The definition of a mutant."""

from __future__ import annotations

from dataclasses import dataclass

from .planting import Patch


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Args:
        name: Name, unique in its catalogue.
        says: The fault, in one line.
        breaks: The sections of the contract that it breaks; their tests run first.
        patch: Plants the fault.
        operations: The affected operationIds, if the schema tests can catch the fault.
        tests: For client faults: the test files to run first.
    """

    name: str
    says: str
    breaks: tuple[str, ...]
    patch: Patch
    operations: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
