"""The command: its errors for servers that cannot be tested, its reports, and the secrets it never shows."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from helmr_contract.behaviour.runner import BehaviourOptions, BehaviourProgress, run_behaviour_tests
from helmr_contract.cli import main
from helmr_contract.document import Document
from helmr_contract.findings import find
from helmr_contract.parsing import BROKEN, CANNOT_TEST, INTERRUPTED, KEPT
from helmr_contract.secrets import Scrubber
from helmr_contract.target import Target, TargetError, check_reachable
from tests.contract.miniature import KEY, PREPARING, Miniature, document, serve

pytestmark = pytest.mark.usefixtures("_key")


@pytest.fixture
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HELMR_CONTRACT_KEY", raising=False)
    monkeypatch.setenv("HELMR_API_KEY", KEY)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def _miniature_document(monkeypatch: pytest.MonkeyPatch) -> None:
    mini = document()
    monkeypatch.setattr(Document, "load", classmethod(lambda cls, path=None: mini))


def answering(make: Callable[[Request], Response]) -> Starlette:
    async def endpoint(request: Request) -> Response:
        return make(request)

    return Starlette(routes=[Route("/{path:path}", endpoint, methods=["GET", "POST"])])


@contextmanager
def silent_server() -> Generator[str]:
    """Accepts connections and stays silent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def said(capsys: pytest.CaptureFixture[str]) -> str:
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1, output.err
    assert output.err.startswith("helmr-contract: ")
    assert KEY not in output.err
    return output.err


# A server that cannot be tested: one line, exit status 2 --------------------------------------------------


def test_no_server_listens_at_the_url(capsys: pytest.CaptureFixture[str], closed_url: str) -> None:
    assert main(["--url", closed_url]) == CANNOT_TEST
    assert f"cannot reach {closed_url}: connection refused" in said(capsys)


def test_the_server_returns_html(capsys: pytest.CaptureFixture[str]) -> None:
    with serve(answering(lambda _: HTMLResponse("<h1>Welcome</h1>"))) as url:
        assert main(["--url", url]) == CANNOT_TEST
        assert "is not a Helmr control plane: GET /api/tasks returned 200 with text/html" in said(capsys)


def test_the_server_returns_html_labelled_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    with serve(answering(lambda _: Response("<h1>", media_type="application/json"))) as url:
        assert main(["--url", url]) == CANNOT_TEST
        assert "is not a Helmr control plane" in said(capsys)


def test_the_key_is_rejected(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELMR_API_KEY", "hlmr_sk_" + "x" * 43)
    with serve(Miniature().app()) as url:
        assert main(["--url", url]) == CANNOT_TEST
        message = said(capsys)
    assert "the server refused the API key: GET /api/tasks returned 401; set HELMR_API_KEY" in message
    assert "xxxx" not in message


def test_a_server_of_another_json_api(capsys: pytest.CaptureFixture[str]) -> None:
    with serve(answering(lambda _: JSONResponse({"detail": "no"}, 404))) as url:
        assert main(["--url", url]) == CANNOT_TEST
        assert "is not a Helmr control plane: it has none of" in said(capsys)


def test_a_failing_server(capsys: pytest.CaptureFixture[str]) -> None:
    with serve(answering(lambda _: JSONResponse({"error": "x"}, 503))) as url:
        assert main(["--url", url]) == CANNOT_TEST
        assert "is not healthy: GET /api/tasks returned 503" in said(capsys)


def test_a_server_that_does_not_respond() -> None:
    with silent_server() as url, pytest.raises(TargetError, match=r"did not respond within 0\.2 s"):
        check_reachable(Target(url, KEY), timeout=0.2)


def test_a_slow_server_is_tested_anyway() -> None:
    event = threading.Event()

    def slowly(_: Request) -> Response:
        event.wait(0.2)
        return JSONResponse({"tasks": []})

    with serve(answering(slowly)) as url:
        check_reachable(Target(url, KEY), timeout=5)


@pytest.mark.usefixtures("_miniature_document")
def test_a_task_that_is_not_deployed(capsys: pytest.CaptureFixture[str]) -> None:
    with serve(Miniature().app()) as url:
        assert main(["--url", url, "--only", "schema", "--task", "some-task"]) == CANNOT_TEST
        assert "the task 'some-task' is not deployed there" in said(capsys)


def test_a_missing_key(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HELMR_API_KEY")
    assert main(["--url", "http://127.0.0.1:1"]) == CANNOT_TEST
    assert "set HELMR_API_KEY" in said(capsys)


@pytest.mark.parametrize("key", ["first\nsecond", "schlüssel", "two words"])
def test_a_key_that_cannot_be_sent_is_not_shown(
    key: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scoped = tmp_path / "keys.json"
    scoped.write_text(json.dumps({"runs:read": key}))
    for variable, value in (("HELMR_CONTRACT_SCOPED_KEYS", str(scoped)), ("HELMR_API_KEY", key)):
        monkeypatch.setenv(variable, value)
        assert main(["--url", "http://127.0.0.1:1"]) == CANNOT_TEST
        error = said(capsys)
        assert "is empty or contains invalid characters" in error
        assert not any(part in error for part in re.split(r"\W", key))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://helmr.example", "over plaintext"),
        ("http://x.localhost", "over plaintext"),
        ("ftp://helmr.example", "unsupported scheme"),
        ("helmr.example", "http(s) URL"),
        ("https://user:secret@helmr.example", "user name or password"),
        ("https://helmr.example/?key=1", "query"),
        ("https://helmr.example/api/v1/tokens/1/callback/hlmr_callback_secret", "credential"),
        ("https://a\tb.example", "control characters"),
        ("https://helmr.example:99999", "malformed"),
        ("https://[::1", "malformed"),
    ],
)
def test_an_unsafe_or_invalid_url_is_rejected(
    capsys: pytest.CaptureFixture[str], url: str, reason: str
) -> None:
    assert main(["--url", url]) == CANNOT_TEST
    message = said(capsys)
    assert reason in message
    assert "secret" not in message


def test_server_text_cannot_control_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "\x1b]0;title\x07\x1b[2J\x9b31m\u202e"

    def refuse(request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse({"tasks": []})
        body = json.dumps({"error": f"refused{hostile}\ud800"})
        return Response(body, 400, media_type="application/json")

    with serve(answering(refuse)) as url:
        assert main(["--url", url, "--only", "schema"]) == CANNOT_TEST
    message = said(capsys)
    assert message.strip().isprintable()
    assert "\\x1b]0;title\\x07" in message


def test_an_invalid_baseline_is_reported(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text("[]")
    assert main(["--baseline", str(path)]) == CANNOT_TEST
    assert "cannot use the baseline" in said(capsys)
    assert main(["--write-baseline"]) == CANNOT_TEST
    assert "need --baseline" in said(capsys)


MISUSE = {
    "-k": (["-k", "cancel and"], "-k 'cancel and' is not an expression: expected "),
    "-k-glob": (["-k", "start/*"], "is not an expression"),
    "jobs": (["--jobs", "0"], "argument --jobs: must be an integer from 1, not '0'"),
    "seed": (["--seed", "x"], "argument --seed: must be an integer from 0, not 'x'"),
    "rule": (["--rule", "health/healthz-says-ok"], "no rule 'health/healthz-says-ok'; did you mean health/"),
    "rules": (["--rule", "health/*", "--rule", "zzz*"], "no rule 'zzz*'; `helmr-contract rules` lists them"),
    "rules-command": (["rules", "zzz*"], "no rule 'zzz*'; `helmr-contract rules` lists them"),
    "only": (["--only", "schema", "-k", "a"], "--only schema tests none"),
    "streams": (["--streams", "a,b"], "--streams takes four names"),
    "option": (["--reprot", "x"], "unrecognized arguments: --reprot"),
    "scenario": (["client", "--scenario", "starts/*"], "no scenario 'starts/*'; "),
    "near-scenario": (
        ["client", "--scenario", "pages/to-the-end"],
        "no scenario 'pages/to-the-end'; did you mean pages/",
    ),
    "client-seed": (["client", "--seed", "-1"], "must be an integer from 0"),
    "no-driver": (["client"], "missing the driver's command"),
    "driver": (["client", "--", "/nonexistent/driver"], "cannot start the driver /nonexistent/driver"),
}


@pytest.mark.parametrize(("arguments", "message"), MISUSE.values(), ids=MISUSE)
def test_invalid_arguments_are_reported_in_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(arguments)
    except SystemExit as stopped:
        status = int(str(stopped.code))
    output = capsys.readouterr()
    assert status == CANNOT_TEST
    assert output.out == ""
    assert output.err.count("\n") == 1, output.err
    assert message in output.err


def test_a_missing_baseline_is_reported(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for more in ([], ["--prune-baseline"]):
        assert main(["--baseline", str(tmp_path / "none.json"), *more]) == CANNOT_TEST
        assert "there is no baseline" in said(capsys)


def test_an_unwritable_report_is_reported_before_the_tests(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    for arguments in (["--report"], ["client", "--report"]):
        driver = ["--", sys.executable] if arguments[0] == "client" else []
        for where, why in (("file", "it is a file, not a directory"), ("file/report", "")):
            assert main([*arguments, str(tmp_path / where), *driver]) == CANNOT_TEST
            error = capsys.readouterr().err
            assert f"cannot write the report to {tmp_path / where}: {why}" in error
            assert error.count("\n") == 1


def test_the_key_cannot_be_passed_as_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--key", "x"])
    assert stopped.value.code == 2
    assert "unrecognized arguments" in capsys.readouterr().err


# A run ------------------------------------------------------------------------------------------------------


def run(tmp_path: Path, url: str, *more: str) -> int:
    arguments = ["--url", url, "--only", "schema", "--max-examples", "2", "--seed", "5"]
    return main([*arguments, "--report", str(tmp_path / "report"), *more])


def in_junit(tmp_path: Path, name: str) -> list[ET.Element]:
    report = tmp_path / "report" / "junit.xml"
    return ET.parse(report).findall(f".//{name}")  # noqa: S314 - the command under test wrote it


def everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """Return the printed output and the contents of all written files."""
    output = capsys.readouterr()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    return output.out + output.err, "\n".join(path.read_text(encoding="utf-8") for path in files)


@pytest.mark.usefixtures("_miniature_document")
def test_a_conforming_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serve(Miniature().app()) as url:
        assert run(tmp_path, url) == KEPT
    printed, written = everything(tmp_path, capsys)
    assert "the contract is kept" in printed
    assert "10 of 10 reached" in printed
    assert "repeated by --seed 5" in printed
    assert printed.count("\n") < 40
    assert KEY not in printed + written
    assert len(in_junit(tmp_path, "testcase")) == len(document().operations)
    assert not in_junit(tmp_path, "failure")


@pytest.mark.usefixtures("_miniature_document")
def test_a_server_that_breaks_its_contract(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # This server even echoes the key, in a response that appears in the report.
    with serve(Miniature(frozenset({"field-missing", "echoes-the-key"})).app()) as url:
        assert run(tmp_path, url) == BROKEN
    printed, written = everything(tmp_path, capsys)
    assert (
        "1. Response violates schema: 'status' is a required property" in printed
        or "Response violates schema" in printed
    )
    assert "the contract is broken: " in printed
    line = re.search(r"^ +repeat +(curl .*/api/sessions/.*)$", printed, re.MULTILINE)
    assert line is not None
    assert KEY not in printed + written
    assert "$HELMR_API_KEY" in written
    assert "public_access_" not in written
    assert any("curl" in (failure.text or "") for failure in in_junit(tmp_path, "failure"))
    html = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "http-equiv" not in html
    assert not re.search(r"<(script|link|img)\b|src=|@import", html)  # nothing to load


@pytest.mark.usefixtures("_miniature_document")
def test_the_curl_line_reproduces_the_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serve(Miniature(frozenset({"crash"})).app()) as url:
        assert run(tmp_path, url, "--operations", f"{PREPARING},appendOutputRecord") == BROKEN
        printed, _ = everything(tmp_path, capsys)
        line = re.search(r"^ +repeat +(curl .*/outputs/.*)$", printed, re.MULTILINE)
        assert line is not None
        shell = subprocess.run(
            ["sh", "-c", line.group(1)],
            env={"HELMR_API_KEY": KEY, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    assert shell.stdout.startswith("HTTP/1.1 500")


@pytest.mark.usefixtures("_miniature_document")
def test_a_baseline_is_written_applied_and_pruned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    baseline = tmp_path / "baseline.json"
    # The operations with faults. A run of all takes three times as long.
    options = ["--operations", f"{PREPARING},getSession,appendOutputRecord", "--baseline", str(baseline)]
    kept = "the contract is kept by 4 of 10 operations in the schema part alone, except 1 accepted deviation"
    broken = frozenset({"field-missing"})
    with serve(Miniature(broken).app()) as url:
        assert run(tmp_path, url, *options, "--write-baseline") == KEPT
        shown = " ".join(capsys.readouterr().out.split())
        assert f"1 accepted deviation written to {baseline} (1 new, 0 dropped)" in shown
        assert "is broken" not in shown
        assert kept in shown
        entries = json.loads(baseline.read_text())["entries"]
        assert [entry["operation"] for entry in entries] == ["GET /api/sessions/{session_id}"]
        assert run(tmp_path, url, *options) == KEPT
        assert kept in " ".join(capsys.readouterr().out.split())
    with serve(Miniature(broken | {"crash"}).app()) as url:
        assert run(tmp_path, url, *options) == BROKEN
    with serve(Miniature().app()) as url:
        assert run(tmp_path, url, *options, "--prune-baseline") == KEPT
    assert json.loads(baseline.read_text())["entries"] == []
    assert KEY not in baseline.read_text()


def test_the_installed_command_runs_this_code() -> None:
    command = [sys.executable, "-m", "helmr_contract.cli", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    options = "url task streams only no-worker seed max-examples time-budget report baseline write-baseline"
    for option in options.split():
        assert f"--{option} " in shown


# The behaviour part -----------------------------------------------------------------------------------------


PLUGIN = """
import os, pytest
def pytest_addoption(parser):
    for name in ("--helmr-url", "--helmr-task", "--helmr-streams", "--helmr-no-worker-because"):
        parser.addoption(name)
    parser.addoption("--helmr-worker-ready", action="store_true")
@pytest.fixture
def key():
    return os.environ["HELMR_CONTRACT_KEY"]
"""


def _replace_rules(rules: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the tool run a behaviour suite of these rules instead of the real one."""
    package = tmp_path / "miniature_behaviour"
    package.mkdir()
    for name, text in (("__init__", ""), ("plugin", PLUGIN), ("test_rules", rules)):
        (package / f"{name}.py").write_text(text)
    monkeypatch.setattr("helmr_contract.behaviour.runner.PACKAGE", package.name)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.fixture
def _two_rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rules = """
import httpx, pytest
from helmr_contract.behaviour.helpers import known_fault
@pytest.mark.parametrize("number", [1, 2])
def test_tasks_are_listed(request, key, number):
    request.node.user_properties.append(("rule", "sessions.md 5.1"))
    url = request.config.getoption("--helmr-url")
    assert httpx.get(url + "/api/tasks", headers={"Authorization": "Bearer " + key}).status_code == 200
def test_the_key_is_not_shown(request, key):
    url = request.config.getoption("--helmr-url")
    httpx.get(url + "/api/nothing?key=" + key, headers={"Authorization": "Bearer " + key})
    assert key == "another"
@pytest.mark.skipif(True, reason="needs a worker")
def test_skipped():
    pass
@pytest.mark.parametrize("present", [False, True])
def test_creates_do_not_meet(present):
    known_fault(present, "two creates that meet are answered 500")
"""
    _replace_rules(rules, monkeypatch, tmp_path)


@pytest.mark.usefixtures("_miniature_document", "_two_rules")
def test_rules_are_run_reported_and_accepted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report, baseline = tmp_path / "report", tmp_path / "baseline.json"
    with serve(Miniature().app()) as url:
        arguments = [
            "--url",
            url,
            "--only",
            "behaviour",
            "--streams",
            "in.a,in.a,out.a,out.a",
            "--report",
            str(report),
        ]
        assert main(arguments) == BROKEN
        printed, written = everything(report, capsys)
        assert "1 kept, 2 broken, 1 skipped" in printed
        assert "a known fault of the real control plane: two creates that meet are answered 500" in printed
        assert written.count("two creates that meet are answered 500") >= 3  # HTML (twice), JUnit
        assert 'GET /api/nothing: not so: key == "another"' in printed
        assert re.search(r"^   in +rules/the-key-is-not-shown$", printed, re.MULTILINE)
        assert re.search(r"^   expected +key == \"another\"$", printed, re.MULTILINE)
        assert re.search(r"^   response +404 Not Found$", printed, re.MULTILINE)
        assert "curl -sS -i -H 'authorization: Bearer '\"$HELMR_API_KEY\"" in printed
        assert "rules/tasks-are-listed" in written
        assert "sessions.md" not in written, "a file that no user has"
        assert "needs a worker" in written
        assert KEY not in printed + written
        (skipped,) = ET.parse(report / "junit.xml").findall(".//property")  # noqa: S314 - our own
        assert skipped.attrib == {"name": "skipped: needs a worker", "value": "1"}
        arguments += ["--baseline", str(baseline)]
        assert main([*arguments, "--write-baseline"]) == KEPT
        capsys.readouterr()
        assert main(arguments) == KEPT
    assert KEY not in baseline.read_text()
    causes = {entry["operation"]: entry["signature"] for entry in json.loads(baseline.read_text())["entries"]}
    assert causes["rules/creates-do-not-meet"].startswith("a known fault of the real control plane: ")


@pytest.fixture
def _unanswered_rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Rules that send requests to the server and expect only a response."""
    rules = """
import httpx, pytest
@pytest.mark.parametrize("number", range(50))
def test_a_response_arrives(request, number):
    httpx.get(request.config.getoption("--helmr-url"))
def test_another_response_arrives(request):
    httpx.get(request.config.getoption("--helmr-url"))
"""
    _replace_rules(rules, monkeypatch, tmp_path)


@pytest.mark.usefixtures("_unanswered_rules")
def test_the_tests_end_when_the_server_no_longer_responds(closed_url: str) -> None:
    """Waiting for every further request could take hours."""
    result = run_behaviour_tests(
        Document.load(), Target(closed_url, KEY), BehaviourOptions(), scrub=Scrubber(KEY)
    )
    assert result.stopped == "the last 10 requests got no response"
    assert result.failed == f"the behaviour tests did not run to the end: {result.stopped}"
    (finding,) = find(None, result)
    assert finding.cause.startswith("a request got no response: ConnectError")
    assert finding.curl[0].endswith(f" {closed_url}  # no response")
    broken, not_run = result.rules.values()
    assert (broken.outcome, len(broken.outcomes), not_run.outcome) == ("broken", 10, "not run")


@pytest.mark.usefixtures("_unanswered_rules")
def test_the_progress_counts_a_rule_that_breaks_before_it_needs_a_missing_operation(closed_url: str) -> None:
    shown: list[BehaviourProgress] = []
    run_behaviour_tests(
        Document.load(),
        Target(closed_url, KEY),
        BehaviourOptions(counted=frozenset()),
        scrub=Scrubber(KEY),
        on_progress=shown.append,
    )
    assert (shown[-1].rules, shown[-1].done, shown[-1].broken) == (1, 1, 1)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
def test_a_terminated_run_ends_like_an_interrupted_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def terminate(given: object) -> int:
        del given
        signal.raise_signal(signal.SIGTERM)
        raise AssertionError("the signal is not handled")

    monkeypatch.setattr("helmr_contract.cli._run", terminate)
    before = signal.getsignal(signal.SIGTERM)
    assert main([]) == INTERRUPTED
    assert said(capsys) == "helmr-contract: interrupted\n"
    assert signal.getsignal(signal.SIGTERM) == before
