from .mutant import Mutant

ALL_TESTS: tuple[str, ...] = ()
MUTANTS: list[Mutant] = []
