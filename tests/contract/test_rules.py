"""Rules have ids, can be listed and tested one by one, and a run reports what it found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helmr_contract import baselines
from helmr_contract.behaviour.runner import BehaviourResult, Rule, RuleBreach, rules_to_test
from helmr_contract.cli import main
from helmr_contract.coverage import Coverage
from helmr_contract.document import Document
from helmr_contract.outcome import Outcome
from helmr_contract.report.html import write_html
from helmr_contract.rules import all_rules, chosen, rule_id
from helmr_contract.selection import Selection, select

DOCUMENT = Document({"paths": {}})
WHOLE = Document.load()


def outcome(*rules: Rule) -> Outcome:
    found = Outcome(DOCUMENT, Selection(DOCUMENT), server="a test", task="t", seed=1, worker=True)
    found.behaviour = BehaviourResult(Coverage(DOCUMENT), {rule.id: rule for rule in rules})
    return found


def rule(name: str, result: str, **changes: Any) -> Rule:
    return Rule(f"test_topic.py::test_{name}", outcomes={name: result}, **changes)


def accepted(name: str) -> Rule:
    """A broken rule whose cause the baseline accepts."""
    breaches = {"cause": RuleBreach("cause", "this", "that", "200 that")}
    return rule(name, "failed", breaches=breaches, accepted=frozenset({"cause"}))


def test_every_rule_has_a_unique_id_that_identifies_its_test() -> None:
    rules = all_rules()
    assert len(rules) > 400
    assert len({one.id for one in rules}) == len(rules)
    (one,) = chosen(["health/healthz-returns-ok-without-credentials"])
    assert one.node == "helmr_contract.behaviour.test_health::test_healthz_returns_ok_without_credentials"
    assert rule_id("a/b/test_health.py::test_healthz_returns_ok_without_credentials") == one.id
    assert rule_id(one.node) == one.id


def test_the_requirements_of_a_rule_are_known_before_it_runs() -> None:
    by_id = {one.id: one for one in all_rules()}
    assert by_id[
        "public-streams/a-public-input-resumes-a-waiting-run-and-continues-an-idle-session"
    ].needs_worker
    assert by_id["authentication-and-scopes/an-expired-key-is-treated-like-an-unknown-one"].needs_scoped_keys
    assert not by_id["health/healthz-returns-ok-without-credentials"].needs_worker


def test_rules_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "health/*"]) == 0
    assert "health/healthz-returns-ok-without-credentials\n" in capsys.readouterr().out
    assert main(["rules", "no/such"]) == 2


def test_an_unknown_rule_is_reported_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rule", "no/such"]) == 2
    assert "there is no rule 'no/such'" in capsys.readouterr().err


def test_a_single_rule_can_be_tested(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rule", "health/healthz-returns-ok-without-credentials", "--report", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    assert "1 kept" in output
    assert f"the contract is kept in 1 of {len(all_rules())} rules\n" in output
    # It has the same id as in a full run, because baselines refer to it.
    assert 'classname="behaviour.health"' in (tmp_path / "junit.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "ending", "colour"),
    [
        ({}, "keeps the contract", "good"),
        ({"interrupted": True}, "was not tested to the end; nothing broken so far", "dim"),
        ({"errors": ["the server has stopped"]}, "was not tested to the end; nothing broken so far", "dim"),
        ({"behaviour": None, "errors": ["no key"]}, "could not be tested", "dim"),
        ({"behaviour": None}, "was not checked", "dim"),
    ],
)
def test_the_page_of_an_incomplete_run_does_not_say_that_the_contract_is_kept(
    changes: dict[str, Any], ending: str, colour: str, tmp_path: Path
) -> None:
    write_html(replace(outcome(rule("a", "passed")), **changes), tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f'<h1>A test <span class="{colour}">{ending}</span></h1>' in page


UNKNOWN = ["health/no-such-page", "health/no-such-rule"]


def test_rules_of_a_baseline_that_do_not_exist_are_reported_until_they_are_dropped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "baseline.json"
    baselines.save(path, [baselines.entry_of_rule(name, "a cause") for name in UNKNOWN])
    run = ["--rule", "health/healthz-returns-ok-without-credentials", "--baseline", str(path)]
    note = f"a baseline names 2 rules that do not exist, such as {UNKNOWN[0]}; --prune-baseline drops such"
    for more, shown in (([], True), (["--prune-baseline"], False)):
        assert main([*run, *more]) == 0
        assert (note in " ".join(capsys.readouterr().out.split())) is shown, more


@pytest.mark.parametrize(
    ("rules", "verdict"),
    [
        ([rule("a", "passed")], "the contract is kept"),
        (
            [rule("a", "passed"), accepted("b")],
            "the contract is kept, except 1 accepted deviation",
        ),
        ([rule("a", "failed"), accepted("b")], "the contract is broken: 1 finding"),
        ([rule("a", "skipped"), Rule("test_topic.py::test_b")], "nothing was checked"),
        ([], "nothing was checked"),
    ],
)
def test_the_verdict_matches_the_findings(rules: list[Rule], verdict: str, tmp_path: Path) -> None:
    found = outcome(*rules)
    assert found.verdict == verdict
    write_html(found, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert ("was not checked" in page) == (verdict == "nothing was checked")
    assert ("except 1 accepted" in page) == ("except 1" in verdict)


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"some_rules": True}, f"the contract is kept in 1 of {len(all_rules())} rules"),
        ({"only": "behaviour"}, "the contract is kept in the behaviour part alone"),
        (
            {"selection": select(WHOLE, ["getRun"]), "document": WHOLE, "some_rules": True},
            f"the contract is kept by 1 of {len(WHOLE.operations)} operations "
            f"in 1 of {len(all_rules())} rules",
        ),
    ],
)
def test_the_verdict_of_a_partial_run_states_which_part_was_tested(
    changes: dict[str, Any], verdict: str, tmp_path: Path
) -> None:
    found = replace(outcome(rule("a", "passed"), rule("b", "skipped")), **changes)
    assert found.verdict == verdict
    write_html(found, tmp_path / "report.html")
    assert verdict.partition(" is kept")[2] in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_progress_counts_only_rules_of_the_selected_operations() -> None:
    counted = rules_to_test(select(WHOLE, ["listSessions", "getTask"]))
    assert counted is not None
    assert 0 < len(counted) < len(all_rules()) / 4
    assert not any(name.startswith("workspaces/") for name in counted)
    assert rules_to_test(select(WHOLE)) is None


def test_skipped_rules_are_counted_by_reason() -> None:
    rules = [rule(name, "skipped", message="Skipped: left out: needs a worker") for name in "abc"]
    rules.append(rule("d", "skipped", message="Skipped: no key"))
    assert outcome(*rules).skip_reasons == [("left out: needs a worker", 3), ("no key", 1)]
