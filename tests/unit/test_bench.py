"""The arithmetic and the tables of the benchmarks. Measurements are not tested."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from tests.unit.scripts import ROOT, script

bench = script("bench")
measure = importlib.import_module("benchmarks.measure")
Goal, Line, Sides = measure.Goal, measure.Line, measure.Sides


def line(ratio: float, goal: Any, why: str = "") -> Any:
    return Line("a call", "a bare call", ratio, ratio, ratio, goal, "2 µs : 1 µs", why)


@pytest.mark.parametrize(
    ("goal", "met", "missed"), [(Goal(at_most=1.5), 1.5, 1.51), (Goal(at_least=0.9), 0.9, 0.89)]
)
def test_a_goal_includes_its_limit(goal: Any, met: float, missed: float) -> None:
    assert goal.met(met)
    assert not goal.met(missed)


def test_the_ratio_is_the_median_of_the_rounds_and_inverted_for_rates() -> None:
    sides = Sides([2.0, 3.0, 40.0], [1.0, 1.0, 10.0])
    assert sides.line("a", "b", None).ratio == 3.0
    assert sides.line("a", "b", None, rate=True).ratio == pytest.approx(1 / 3)


def test_the_sides_alternate_in_going_first_and_the_first_round_is_dropped() -> None:
    order: list[str] = []

    def side(name: str) -> float:
        order.append(name)
        return float(len(order))

    sides = measure.in_turns(lambda: side("ours"), lambda: side("theirs"), 2)
    assert order == ["ours", "theirs", "ours", "theirs", "theirs", "ours"]
    assert (sides.ours, sides.theirs) == ([3.0, 6.0], [4.0, 5.0])


def test_the_table_shows_missed_goals_with_the_amount_and_the_reason() -> None:
    measured = [bench.Measured("start", [line(1.8, Goal(at_most=1.5), "It does more.")])]
    assert "| 1.80  | 1.80–1.80 | ≤ 1.5 | no, by 20% |" in bench.markdown(bench.cells(measured))
    assert bench.misses(measured).endswith("- a call: 1.80, the goal is ≤ 1.5. It does more.")
    assert bench.misses([bench.Measured("start", [line(1.4, Goal(at_most=1.5))])]) == "Every goal is met."


def test_a_skipped_row_is_in_the_table_with_the_reason() -> None:
    (cells,) = bench.cells([bench.Measured("local", [], skipped="Node.js is not on the PATH")])
    assert cells[0] == "local"
    assert "skipped: Node.js is not on the PATH" in cells
    assert "`python -m benchmarks local`" in cells


def test_only_the_text_between_the_markers_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{bench.BEGIN}\nold\n{bench.END}\nafter\n", encoding="utf-8")
    monkeypatch.setattr(bench, "PAGE", page)
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    bench.write("new")
    assert page.read_text(encoding="utf-8") == f"before\n{bench.BEGIN}\n\nnew\n\n{bench.END}\nafter\n"


def test_rows_and_modules_correspond() -> None:
    modules = {path.stem.removeprefix("row_") for path in (ROOT / "benchmarks").glob("row_*.py")}
    assert modules == set(bench.ROWS)


def test_a_peer_is_shown_with_its_version_and_quartiles() -> None:
    peers = importlib.import_module("benchmarks.peers")
    temporal = peers.PEERS[-1]
    figures = peers.Figures(temporal, [0.2, 0.1, 0.3], [1.5, 1.5, 1.5], None, None)
    (cells,) = peers.table([figures])
    assert cells[0] == f"temporalio {peers.pins()['temporalio']}"
    assert cells[1:5] == ("200 ms (150–250)", "1500 ms (1500–1500)", "–", "–")


PEERS = [
    ["helmr", "70 ms (69–71)", "90 ms (89–91)", "60 µs (59–61)", "0.40 ms (0.39–0.41)", "a run"],
    ["httpx", "50 ms (49–51)", "80 ms (79–81)", "120 µs (118–121)", "0.35 ms (0.34–0.36)", "by hand"],
    ["temporalio 1.35.0", "90 ms (89–91)", "91 ms (90–92)", "–", "–", "speaks gRPC"],
]


def test_the_readme_line_has_the_cost_of_a_call() -> None:
    peers = importlib.import_module("benchmarks.peers")
    assert peers.summary(PEERS) == (
        "Processor time of one typed call, without the network: helmr 60 µs; httpx 120 µs "
        "([all figures](docs/performance.md#other-clients))."
    )


def test_a_table_can_be_parsed_back() -> None:
    peers = importlib.import_module("benchmarks.peers")
    assert bench.rows_of(bench.markdown(PEERS, peers.HEADINGS)) == PEERS


def test_the_readme_and_the_page_have_the_same_figures_for_other_clients() -> None:
    peers = importlib.import_module("benchmarks.peers")
    rows = bench.rows_of(bench.written(bench.PAGE, bench.PEERS_BEGIN, bench.PEERS_END))
    line = bench.written(bench.README, bench.PEERS_BEGIN, bench.PEERS_END)
    assert line == (peers.summary(rows) if rows else "")


def test_the_page_and_the_readme_have_the_markers() -> None:
    page, readme = (path.read_text(encoding="utf-8") for path in (bench.PAGE, bench.README))
    for mark in (bench.BEGIN, bench.END, bench.PEERS_BEGIN, bench.PEERS_END):
        assert page.count(mark) == 1
    assert readme.count(bench.PEERS_BEGIN) == readme.count(bench.PEERS_END) == 1


def test_the_anchor_in_the_readme_is_a_heading_of_the_page() -> None:
    assert "\n## Other clients\n" in bench.PAGE.read_text(encoding="utf-8")


def test_every_installed_peer_is_measured() -> None:
    peers = importlib.import_module("benchmarks.peers")
    assert peers.pins().keys() == {peer.name for peer in peers.PEERS} - {"httpx"}
