"""The catalogues of faults are sound: large enough, each fault can be planted, and planting it is undone.

Whether every fault is caught takes minutes: `make mutants`. Here three are, to know that the way is open.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from helmr_contract.behaviour_tests import PACKAGE
from helmr_contract.mutants import runner
from helmr_contract.mutants.catalogue import CLIENT, SERVER, catalogue
from helmr_contract.mutants.judge import BEHAVIOUR, _sections_by_module
from helmr_contract.mutants.mutant import Mutant
from helmr_contract.mutants.patching import FaultError, all_of, constant, replaced, rewritten

ALL = {
    kind: [mutant for mutants in catalogue(kind).values() for mutant in mutants.values()]
    for kind in (SERVER, CLIENT)
}


def _state() -> Iterator[tuple[str, Any]]:
    """Every function, class and constant that a fault could have changed."""
    for name, module in sorted(sys.modules.items()):
        if name.split(".")[0] in ("helmr_local", "helmr_ergonomic", "helmr_api"):
            yield from _members(name, module)


def _members(name: str, owner: ModuleType | type) -> Iterator[tuple[str, Any]]:
    for key, value in list(vars(owner).items()):
        if key == "endpoints":
            yield from ((f"{name}.{key}.{operation}", item) for operation, item in value.items())
        elif isinstance(value, type) and value.__module__ == name:
            yield from _members(f"{name}.{key}", value)
        elif not key.startswith("__") or callable(value):
            yield f"{name}.{key}", value


def _identities() -> dict[str, int]:
    return {name: id(value) for name, value in _state()}


@pytest.mark.parametrize(("kind", "least"), [(SERVER, 80), (CLIENT, 25)])
def test_the_catalogues_are_large_and_in_words(kind: str, least: int) -> None:
    mutants = ALL[kind]
    assert len(mutants) >= least
    assert len({mutant.name for mutant in mutants}) == len(mutants)
    assert len({mutant.says for mutant in mutants}) == len(mutants)
    assert all(
        mutant.says and "\n" not in mutant.says and not mutant.says.endswith(".") for mutant in mutants
    )


def test_each_fault_of_the_server_names_sections_that_tests_cite() -> None:
    cited = frozenset().union(*_sections_by_module().values())
    uncited = {mutant.name: mutant.breaks for mutant in ALL[SERVER] if cited.isdisjoint(mutant.breaks)}
    assert not uncited
    assert PACKAGE == BEHAVIOUR


@pytest.mark.parametrize("kind", [SERVER, CLIENT])
def test_each_fault_can_be_planted_and_is_undone(kind: str) -> None:
    for mutant in ALL[kind][::20]:
        with mutant.patch():  # which imports what it changes
            pass
    before = _identities()
    with ALL[kind][0].patch():
        assert _identities() != before, "what is planted is not seen here"
    for mutant in ALL[kind]:
        with mutant.patch():
            pass
    after = _identities()  # more has been imported meanwhile
    assert {name: after.get(name) for name in before} == before


@pytest.mark.parametrize(
    "patch",
    [
        rewritten("helmr_local.engine.streams:Streams.no_such", ("a", "b")),
        rewritten("helmr_local.no_such:f", ("a", "b")),
        rewritten("helmr_local.engine.streams:Streams.append", ("no such text", "b")),
        rewritten("helmr_local.engine.streams:Streams.append", ("stream", "b")),  # not unique
        replaced("helmr_local.engine.starts:MAX_TAGS", lambda old: old),
        constant("helmr_local.engine.starts:MAX_TAGS", 10),  # what it is already
        all_of(constant("helmr_local.engine.starts:NO_SUCH", 10)),
    ],
)
def test_a_fault_without_ground_is_refused(patch: Any) -> None:
    with pytest.raises(FaultError), patch():
        pass


def test_some_faults_are_caught(capsys: pytest.CaptureFixture[str], tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(runner, "MEMORY", tmp_path / "mutants.json")
    assert runner.main(["sequence-gaps", "health-other-word", "start-key-hashed-escaped", "--jobs", "2"]) == 0
    told = capsys.readouterr().out
    assert "test_health::test_healthz_says_ok_to_anybody" in told
    assert "tests/unit/layer/test_idempotency.py::" in told
    assert told.count("\ncaught ") + told.startswith("caught ") == 3


def test_a_fault_that_nobody_notices_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    """Also the catalogue's own mistakes: a fault whose code fails is no fault."""
    verdict = runner.Verdict("quiet")
    job = runner._Job(SERVER, "wire", "quiet", "nothing is wrong", runner.judge.try_mutant, ())
    assert not runner._good(job, verdict)
    runner._print_verdict(job, verdict)
    assert capsys.readouterr().out.startswith("SURVIVED")
    broken = runner.Verdict("broken", caught_by="test_x::test_y", error="the server met an error of its own")
    assert not runner._good(job, broken)
    assert isinstance(ALL[SERVER][0], Mutant)
