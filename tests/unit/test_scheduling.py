"""The order and the parts in which several processes run the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scheduling import PART, ordered, parts


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, mark in (
        ("tests/e2e/test_a.py", ""),
        ("tests/unit/test_b.py", ""),
        ("tests/docs/test_c.py", "slow"),
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'pytestmark = pytest.mark.xdist_group("{mark}")\n' if mark else "")
    return tmp_path


def nodeids_of(file: str, count: int) -> list[str]:
    return [f"{file}::test[{number}]" for number in range(count)]


def test_a_group_is_one_part_and_other_files_are_divided(root: Path) -> None:
    nodeids = [
        *nodeids_of("tests/docs/test_c.py", PART + 1),
        *nodeids_of("tests/e2e/test_a.py", 2 * PART + 1),
    ]
    found = parts(nodeids, root)
    assert list(found) == nodeids
    sizes = [list(found.values()).count(part) for part in dict.fromkeys(found.values())]
    assert sizes == [PART + 1, PART, PART, 1]


def test_groups_start_first_and_short_tests_last_with_those_that_wait_among_them(root: Path) -> None:
    waiting = nodeids_of("helmr_contract/behaviour/test_d.py", 4)
    quick = nodeids_of("tests/unit/test_b.py", 2)
    programs = nodeids_of("tests/e2e/test_a.py", 2)
    group = nodeids_of("tests/docs/test_c.py", 1)
    nodeids = [*waiting, *quick, *programs, *group]
    order = [nodeids[index] for index in ordered(nodeids, root)]
    assert sorted(order) == sorted(nodeids)
    assert order[:3] == [*group, *programs]
    assert [one for one in order if one in waiting] == waiting
    assert [one for one in order if one in quick] == quick
    assert order.index(quick[1]) not in (3, 4, 8)
