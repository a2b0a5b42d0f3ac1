"""Failures are grouped by cause, text is compared on request, and a baseline entry accepts one fault."""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Generator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from rich.console import Console

from helmr_contract import baselines
from helmr_contract.behaviour.helpers import KNOWN_FAULT, assert_error, known_fault, ok, parse_time, starting
from helmr_contract.behaviour.runner import BehaviourResult, Rule, RuleBreach, stable
from helmr_contract.breach import STRICT, Breach, foreign_error, shown
from helmr_contract.coverage import Coverage
from helmr_contract.document import Document
from helmr_contract.findings import find, shown_places
from helmr_contract.outcome import Outcome, update_baseline
from helmr_contract.report.console import print_summary
from helmr_contract.report.html import write_html
from helmr_contract.report.junit import write_junit
from helmr_contract.rules import FOLDER, all_rules
from helmr_contract.schema.runner import SchemaFailure, SchemaResult
from helmr_contract.secrets import Scrubber
from helmr_contract.selection import NOT_IMPLEMENTED, UNKNOWN_PATHS, Selection, select

DOCUMENT = Document.load()


def broken(name: str, cause: str, **changes: Any) -> Rule:
    """A broken rule."""
    rule = Rule(f"test_topic.py::test_{name}", outcomes={name: "failed"})
    rule.breaches[cause] = replace(RuleBreach(cause, "this", "that", "200 that"), **changes)
    return rule


def kept(name: str) -> Rule:
    return Rule(f"test_topic.py::test_{name}", outcomes={name: "passed"})


def result(*rules: Rule) -> BehaviourResult:
    return BehaviourResult(Coverage(DOCUMENT), {rule.id: rule for rule in rules})


def outcome(*rules: Rule, schema: SchemaResult | None = None) -> Outcome:
    found = Outcome(DOCUMENT, Selection(DOCUMENT), server="a test", task="t", seed=1, worker=True)
    found.behaviour, found.schema = result(*rules), schema
    return found


# By cause ---------------------------------------------------------------------------------------------------


def test_a_cause_that_many_rules_share_is_one_finding() -> None:
    rules = [
        broken(f"rule_{number}", f"operation{number}: no newline", shared="no newline")
        for number in range(40)
    ]
    many, one = find(None, result(broken("other", "getRun: status 500"), *rules))
    assert (many.cause, len(many.places)) == ("no newline", 40)
    assert (one.cause, one.places) == ("getRun: status 500", ["topic/other"])
    assert shown_places(many, 2) == "topic/rule-0, topic/rule-1 and 38 more"


def test_values_that_differ_between_runs_are_not_part_of_a_cause() -> None:
    text = "http://127.0.0.1:4711/x helmr-contract-x-0123456789abcdef0123456789abcdef 2026-01-01T00:00:00.5Z"
    assert stable(text) == "http://<host>/x <name> <time>"
    assert stable("run 0197F000-0000-7000-8000-000000000000 is") == "run <id> is"


def test_a_missing_operation_is_one_finding() -> None:
    found = result(
        *(broken(str(n), f"getRun: cause {n}", operation="getRun", answered="404 {}") for n in range(3))
    )
    found.coverage.statuses["getRun"] = Counter({"404": 9, "401": 1})
    (one,) = find(None, found, {"getRun"})
    assert one.cause == "getRun: every response says that there is no such operation"
    found.coverage.statuses["getRun"]["200"] = 1
    assert len(find(None, found, {"getRun"})) == 3


def test_an_operation_that_finds_nothing_is_not_missing() -> None:
    found = result(broken("a", "getRun: status 404 instead of 200", operation="getRun", answered="404 {}"))
    found.coverage.statuses["getRun"] = Counter({"404": 9})
    (one,) = find(None, found)  # before the tests, it responded differently from an unknown path
    assert one.cause == "getRun: status 404 instead of 200"
    header = broken("a", "getRun: no version", operation="getRun", answered="400 {}", shared="no version")
    found = result(header)
    found.coverage.statuses["getRun"] = Counter({"404": 9})
    (one,) = find(None, found, {"getRun"})
    assert one.cause == "no version"


FOREIGN = foreign_error(422, b'{"detail":[]}')


def test_a_frameworks_own_rejections_are_one_finding() -> None:
    response = {"foreign": FOREIGN, "answered": '422 {"detail":[]}'}
    rules = [
        broken("a", "startSession: status 422 instead of 400", expected="status 400", **response),
        broken("b", "getRun: not the form", shared="not the form", **response),
        broken("c", "getRun: no version", shared="no version", **response),
    ]
    schema = SchemaResult(1, Coverage(DOCUMENT))
    schema.failures = [
        SchemaFailure("GET /a", check, title, "Received: 422", (), foreign=FOREIGN)
        for check, title in (
            ("status_code_conformance", "Undocumented HTTP status code"),
            ("content_type_conformance", "Undocumented Content-Type"),
        )
    ]
    (one,) = find(schema, result(*rules))
    assert one.cause == (
        'an error does not have the form of the document: a JSON object with the array "detail", '
        'not a JSON object with the string "error"'
    )
    assert len(one.places) == 5


def test_errors_of_one_form_are_one_finding_whatever_their_status() -> None:
    """A framework has one form for the errors of its users, and another for those that it finds itself."""
    statuses = (401, 404, 409)
    rules = [
        broken(f"is_{status}", f"status {status}", foreign=foreign_error(status, b'{"detail":"no"}'))
        for status in statuses
    ]
    by_users, its_own = find(None, result(*rules, broken("typed", "status 422", foreign=FOREIGN)))
    assert by_users.places == [f"topic/is-{status}" for status in statuses]
    assert its_own.places == ["topic/typed"]


def test_rejecting_a_valid_request_is_a_separate_finding() -> None:
    rule = broken("a", "startSession: status 422 instead of 201", expected="status 201", foreign=FOREIGN)
    schema = SchemaResult(1, Coverage(DOCUMENT))
    schema.failures = [
        SchemaFailure("GET /a", "positive_data_acceptance", "Valid data refused", "", (), foreign=FOREIGN)
    ]
    causes = {finding.cause for finding in find(schema, result(rule))}
    assert causes == {"startSession: status 422 instead of 201", "Valid data refused"}


@pytest.mark.parametrize(
    ("status", "content", "looks"),
    [
        (200, b"x", None),
        (500, b"Internal Server Error", None),
        (404, b'{"error":"no"}', None),
        (404, b'{"error":{"message":"no"}}', 'a JSON object with the object "error"'),
        (
            401,
            b'{"detail":"no","at":1.5,"ok":true}',
            'a JSON object with the number "at", the string "detail", the boolean "ok"',
        ),
        (401, b'{"detail":null}', 'a JSON object with the null "detail"'),
        (404, b"[]", "another JSON value"),
        (404, b"<html>", "no JSON"),
        (405, b"", "an empty body"),
    ],
)
def test_a_rejection_in_another_format_is_described_by_its_format(
    status: int, content: bytes, looks: str | None
) -> None:
    described = foreign_error(status, content)
    assert (
        described is None
        if looks is None
        else (described or "").startswith(f"an error does not have the form of the document: {looks}, not ")
    )


# Counting ---------------------------------------------------------------------------------------------------


def test_only_selected_operations_are_counted(tmp_path: Path) -> None:
    found = outcome(kept("a"))
    found.selection = select(DOCUMENT, ["getRun", "startSession"]).without(["startSession"], NOT_IMPLEMENTED)
    assert found.behaviour is not None
    for name, message in (
        ("b", "Skipped: needs listTasks, which is not selected"),
        ("c", f"Skipped: {UNKNOWN_PATHS}"),
        ("d", "Skipped: needs startSession, which is not implemented"),
        ("e", "Skipped: needs a worker"),
    ):
        rule = Rule(f"test_topic.py::test_{name}", outcomes={name: "skipped"}, message=message)
        found.behaviour.rules[rule.id] = rule
    found.behaviour.coverage.statuses["listTasks"] = Counter({"200": 9})
    found.schema = SchemaResult(1, Coverage(DOCUMENT))
    run = DOCUMENT.operations["getRun"]
    assert found.coverage.operations_documented == 1
    assert found.coverage.statuses_documented == len(run.statuses)
    assert found.coverage.operations_reached == 0
    text = StringIO()
    print_summary(Console(file=text, width=200), found, Scrubber(), files=[])
    assert "1 kept, 2 skipped" in text.getvalue()
    assert "left out    2 rules that need an operation that was not selected" in text.getvalue()
    write_junit(found, tmp_path / "junit.xml")
    tree = ET.parse(tmp_path / "junit.xml")  # noqa: S314 - written by the function under test
    cases = {case.attrib["name"] for case in tree.findall(".//testcase")}
    labels = {DOCUMENT.operations[name].label for name in ("getRun", "startSession")}
    assert cases == {"a", "d", "e", *labels}
    properties = {one.attrib["name"]: one.attrib["value"] for one in tree.findall(".//property")}
    assert properties == {
        "skipped: needs a worker": "1",
        "skipped: need an operation that is not implemented (startSession 1)": "1",
    }
    write_html(found, tmp_path / "report.html")
    assert "listTasks" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_same_failure_of_many_operations_is_one_finding() -> None:
    schema = SchemaResult(1, Coverage(DOCUMENT))
    schema.failures = [
        SchemaFailure(name, "response_schema_conformance", "Response violates schema", "'id' is missing", ())
        for name in ("GET /a", "GET /b")
    ]
    (one,) = find(schema, None)
    assert one.cause == "Response violates schema: 'id' is missing"
    assert one.places == ["GET /a (response_schema_conformance)", "GET /b (response_schema_conformance)"]


def test_a_shortened_response_ends_in_an_ellipsis() -> None:
    long = response(200, "a" * 491)
    assert shown(long) == f"200 {'a' * 490} …"
    assert shown(response(200, "a" * 490)) == f"200 {'a' * 490}"
    rule = broken("a", "getRun: status 200 instead of 404", got=shown(long), answered=shown(long))
    text = StringIO()
    print_summary(Console(file=text, width=400), outcome(rule), Scrubber(), files=[])
    assert f"   got       200 {'a' * 296} …\n" in text.getvalue()
    assert "   response  " not in text.getvalue()


def test_reports_show_a_response_once(tmp_path: Path) -> None:
    same = broken("a", "getRun: one", got="200 abc", answered="200 abc")
    other = broken("b", "getRun: two", got="no field", answered="200 {}")
    found = outcome(same, other)
    write_html(found, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8").count(">Response<") == 1
    write_junit(found, tmp_path / "junit.xml")
    tree = ET.parse(tmp_path / "junit.xml")  # noqa: S314 - written by the function under test
    shown_in = {
        case.attrib["name"]: "response: " in case.findtext("failure", "")
        for case in tree.findall(".//testcase")
    }
    assert (shown_in["a"], shown_in["b"]) == (False, True)


# Exact text -------------------------------------------------------------------------------------------------


@pytest.fixture
def _loose() -> Generator[None]:
    STRICT.text = False
    yield
    STRICT.text = True


def response(status: int, content: str, **headers: str) -> httpx.Response:
    request = httpx.Request("GET", "https://helmr.example/api/runs/x")
    all_headers = {"Content-Type": "application/json", "Helmr-API-Version": "2026-06-06", **headers}
    return httpx.Response(status, headers=all_headers, content=content.encode(), request=request)


EXACT = [
    (response(200, "{}"), "the body does not end in one newline"),
    (response(200, "{}\n\n"), "the body does not end in one newline"),
    (response(200, "{}\n", **{"Content-Type": "application/json; charset=utf-8"}), "of the media type"),
]


@pytest.mark.parametrize(("got", "cause"), EXACT)
def test_changeable_text_breaks_a_rule_on_request(got: httpx.Response, cause: str) -> None:
    with pytest.raises(Breach, match=cause):
        ok(got)


@pytest.mark.usefixtures("_loose")
@pytest.mark.parametrize(("got", "cause"), EXACT)
def test_changeable_text_breaks_no_rule_by_default(got: httpx.Response, cause: str) -> None:
    assert ok(got) == {}


def test_error_messages_are_compared_on_request() -> None:
    for text in ("another", starting("an")):
        with pytest.raises(Breach, match="an error has a different message"):
            assert_error(response(404, '{"error":"no"}\n'), 404, text)


@pytest.mark.usefixtures("_loose")
def test_codes_and_shapes_are_always_compared() -> None:
    assert_error(response(404, '{"error":"no"}'), 404, "another")
    parse_time("2026-01-01T00:00:00.100Z")
    for status, content, cause in (
        (404, '{"detail":"Not Found"}', "an error does not have the form of the contract"),
        (404, "[]", "an error does not have the form of the contract"),
        (404, '{"error":""}', "an error does not have the form of the contract"),
        (404, '{"error":"no","code":"x"}', "has the code x instead of None"),
        (404, '{"error":"no","hint":"x"}', "an error has the fields hint"),
        (500, '{"error":"deadlock"}', r"status 500 \(deadlock\) instead of 404"),
        (409, '{"error":"no","code":"taken"}', r"status 409 \(taken\) instead of 404"),
        (404, "no JSON", "the body is not JSON"),
    ):
        with pytest.raises(Breach, match=cause):
            assert_error(response(status, content), 404, "no")
    with pytest.raises(Breach, match="does not carry the version"):
        ok(response(200, "{}", **{"Helmr-API-Version": "x"}))


# Baselines --------------------------------------------------------------------------------------------------


def test_a_baseline_accepts_one_cause_of_a_rule_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    accepted = baselines.load([str(path)], may_be_new=True)
    update_baseline(accepted, outcome(broken("a", "getRun: status 500 (deadlock)")), write=True, prune=False)
    causes = baselines.load([str(path)]).rules
    assert causes == {("topic/a", "getRun: status 500 (deadlock)")}
    same, other = (broken("a", f"getRun: status 500 ({text})") for text in ("deadlock", "disk full"))
    same.accepted = other.accepted = frozenset(cause for _, cause in causes)
    assert outcome(same, kept("b")).verdict == "the contract is kept, except 1 accepted deviation"
    assert outcome(other).verdict == "the contract is broken: 1 finding"


def test_the_verdict_counts_the_entries_of_the_baseline(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    twice = broken("a", "getRun: status 500")
    twice.breaches["getTask: status 500"] = RuleBreach("getTask: status 500", "this", "that", "200 that")
    accepted = baselines.load([str(path)], may_be_new=True)
    written = update_baseline(accepted, outcome(twice), write=True, prune=False)
    assert written.startswith("2 accepted deviations written")
    twice.accepted = frozenset(cause for _, cause in baselines.load([str(path)]).rules)
    assert outcome(twice).verdict == "the contract is kept, except 2 accepted deviations"


def test_a_fixed_rule_is_removed_from_the_baseline(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    accepted = baselines.load([str(path)], may_be_new=True)
    other = broken("healthz_returns_ok_without_credentials", "y")
    other.id = other.id.replace("topic", "health")
    update_baseline(accepted, outcome(broken("a", "x"), other), write=True, prune=False)
    accepted = baselines.load([str(path)], may_be_new=True)
    assert "1 dropped" in update_baseline(accepted, outcome(kept("a")), write=False, prune=True)
    assert baselines.load([str(path)]).rules == {("health/healthz-returns-ok-without-credentials", "y")}


def test_the_bundled_baseline_accepts_the_known_faults_and_is_read_only() -> None:
    accepted = baselines.load(["real-server"])
    calls = [
        node.args[1]
        for path in FOLDER.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "known_fault"
    ]
    faults = {f"{KNOWN_FAULT}: {ast.literal_eval(argument)}" for argument in calls}
    assert {cause for _, cause in accepted.rules} == faults
    assert {rule for rule, _ in accepted.rules} <= {rule.id for rule in all_rules()}
    with pytest.raises(baselines.BaselineError, match="cannot be written"):
        update_baseline(accepted, outcome(), write=True, prune=False)


def test_a_known_fault_is_a_separate_cause() -> None:
    known_fault(False, "it shows the state before")
    with pytest.raises(Breach, match=f"^{KNOWN_FAULT}: it shows the state before"):
        known_fault(True, "it shows the state before")


# Hostile servers --------------------------------------------------------------------------------------------

HOSTILE = "</pre><script>alert(1)</script>\x1b[2J\x9b31m\u202e\ud800]]>&\x00"


def test_no_report_contains_a_servers_markup_or_terminal_control_sequences(tmp_path: Path) -> None:
    rule = broken("a", HOSTILE, expected=HOSTILE, got=HOSTILE, answered=HOSTILE, curl=(HOSTILE,))
    rule.message = HOSTILE
    schema = SchemaResult(1, Coverage(DOCUMENT), warnings=[HOSTILE], left_behind=[HOSTILE])
    schema.failures = [SchemaFailure(HOSTILE, HOSTILE, HOSTILE, HOSTILE, (HOSTILE,), HOSTILE)]
    found = outcome(rule, schema=schema)
    found.errors, found.preflight, found.not_implemented = [HOSTILE], (HOSTILE,), ("getRun",)
    write_html(found, tmp_path / "report.html")
    write_junit(found, tmp_path / "junit.xml")
    text = StringIO()
    print_summary(Console(file=text, width=200), found, Scrubber(), files=[])
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    tree = ET.parse(tmp_path / "junit.xml")  # noqa: S314 - written by the function under test
    for written in (page, text.getvalue(), "".join(tree.getroot().itertext())):
        assert not {"\x1b", "\x9b", "\u202e", "\x00", "\ud800"} & set(written)
    assert json.dumps(tree.getroot().tag) == '"testsuites"'
