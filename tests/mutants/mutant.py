"""What a mutant is."""

from __future__ import annotations

from dataclasses import dataclass

from .planting import Patch


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Args:
        name: Unique in its catalogue.
        says: What is wrong, in one line.
        breaks: The contract's sections that it breaks; their tests are tried first.
        patch: Plants it.
        operations: The operationIds concerned, if the document alone shows the fault.
        tests: For the client: test files to try first.
    """

    name: str
    says: str
    breaks: tuple[str, ...]
    patch: Patch
    operations: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
