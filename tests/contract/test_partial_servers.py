"""A partial server is tested on the operations it has; a missing prerequisite is reported in one line."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Generator
from pathlib import Path
from typing import Annotated, Any
from xml.etree import ElementTree as ET

import pytest
from fastapi import Body, FastAPI, HTTPException
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from examples.conformance import fastapi_server as five
from examples.conformance.fastapi_server import app
from helmr_contract.behaviour.helpers import Guard
from helmr_contract.cli import main
from helmr_contract.document import Document
from helmr_contract.parsing import BROKEN, CANNOT_TEST, KEPT
from helmr_contract.preflight import inspect
from helmr_contract.probes import source
from helmr_contract.scoped_keys import SCOPED_KEYS
from helmr_contract.selection import NOT_IMPLEMENTED, Selection, select
from helmr_contract.target import Target, TargetError
from tests.contract.miniature import KEY, serve

FIVE = ["startSession", "getSession", "listSessions", "cancelSession", "getRun"]
DOCUMENT = Document.load()


@pytest.fixture(scope="module")
def five_operations() -> Generator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HELMR_API_KEY", KEY)
        with serve(app) as url:
            yield url


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HELMR_CONTRACT_KEY", raising=False)
    monkeypatch.delenv(SCOPED_KEYS, raising=False)
    monkeypatch.setenv("HELMR_API_KEY", KEY)
    monkeypatch.setenv("COLUMNS", "200")


# Choosing operations ----------------------------------------------------------------------------------------


def test_operations_are_selected_by_id_pattern_and_tag() -> None:
    assert select(DOCUMENT).is_whole
    assert select(DOCUMENT, ["startSession, getrun"]).operations == {"startSession", "getRun"}
    assert select(DOCUMENT, ["*Secret", "listSecrets"]).operations == {
        "getSecret",
        "setSecret",
        "deleteSecret",
        "listSecrets",
    }
    assert select(DOCUMENT, tags=["health"]).operations == {"getHealth", "getReadiness"}
    assert select(DOCUMENT, ["getRun"], ["Health"]).operations == {"getRun", "getHealth", "getReadiness"}


@pytest.mark.parametrize(
    ("operations", "tags", "message"),
    [
        (["startSesion"], [], "no operation 'startSesion'; did you mean startSession"),
        ([], ["zessions"], "no tag 'zessions'; did you mean Sessions"),
        (["zzzzzzzz"], [], "the API reference list them"),
        ([""], [], "--operations '' names nothing"),
        ([], [" , "], "--tags ' , ' names nothing"),
    ],
)
def test_an_unknown_operation_or_tag_is_rejected(
    operations: list[str], tags: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(TargetError, match=message):
        select(DOCUMENT, operations, tags)
    options = [f"--operations={name}" for name in operations] + [f"--tags={name}" for name in tags]
    assert main(options) == CANNOT_TEST
    assert message in capsys.readouterr().err


def test_no_request_is_sent_to_an_excluded_operation() -> None:
    guard = Guard(DOCUMENT, select(DOCUMENT, ["getRun", "startSession"]).left_out, "/base")
    guard.check("GET", "/base/api/runs/x?follow=1")
    guard.check("POST", "/base/api/sessions")
    guard.check("PUT", "/base/api/sessions")  # an undocumented method on the path of a selected operation
    for method, path, reason in (
        ("GET", "/base/api/sessions", "needs listSessions, which is not selected"),
        ("PUT", "/base/api/tokens", "needs listTokens, which is not selected"),
        ("GET", "/base/api/nothing", "paths that no operation has"),
    ):
        with pytest.raises(pytest.skip.Exception, match=reason):
            guard.check(method, path)
        with guard.suspended():
            guard.check(method, path)


def test_a_run_of_all_operations_excludes_nothing() -> None:
    Guard(DOCUMENT, select(DOCUMENT).left_out).check("GET", "/api/nothing")


# Checks before the tests ------------------------------------------------------------------------------------


def look(url: str, selection: Selection | None = None, **options: Any) -> Any:
    return inspect(Target(url, KEY), selection or Selection(DOCUMENT), patience=0.2, **options)


def test_missing_operations_are_detected_from_the_responses(five_operations: str) -> None:
    found = look(five_operations)
    assert found.selection.operations == set(FIVE)
    assert set(found.not_implemented) == set(DOCUMENT.operations) - set(FIVE)
    assert found.selection.left_out["countRuns"] == NOT_IMPLEMENTED, "counts is not a run id"
    there = ",".join(name for name in DOCUMENT.operations if name in FIVE)
    assert (
        f"operations: 5 of {len(DOCUMENT.operations)} are implemented; "
        f"to test only these: --operations {there}" in found.lines
    )


def test_a_selected_operation_that_is_missing_is_reported(five_operations: str) -> None:
    found = look(five_operations, select(DOCUMENT, ["startSession", "getRun", "cancelRun"]))
    assert found.not_implemented == ("cancelRun",)
    assert "operations: 2 of 3 selected ones are implemented; not implemented: cancelRun" in found.lines


def test_without_a_worker_rules_that_need_one_are_skipped(five_operations: str) -> None:
    found = look(five_operations)
    assert found.no_worker == "no worker ran the probe: its run is queued"
    assert not found.executes
    assert any("none ended a run of helmr-contract-probe within 0.2 s" in line for line in found.lines)
    assert look(five_operations, want_worker=False).no_worker == "left out: needs a worker (--no-worker)"


def test_a_missing_task_is_reported_in_one_line_with_what_to_deploy(
    five_operations: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = ["--url", five_operations, "--task", "some-task", "--report", str(tmp_path)]
    assert main(arguments) == CANNOT_TEST
    shown = capsys.readouterr()
    assert "kept" not in shown.out
    assert shown.err.count("\n") == 1
    assert "the task 'some-task' is not deployed there; deploy the probe (`helmr-contract probe`" in shown.err
    # The reports state that nothing was tested.
    assert "could not be tested" in (tmp_path / "report.html").read_text(encoding="utf-8")
    (error,) = ET.parse(tmp_path / "junit.xml").findall(".//error")  # noqa: S314 - the command wrote it
    assert "is not deployed" in error.attrib["message"]


def server_with(**settings: Any) -> Starlette:
    """A server with the given streams and run."""
    session, run = {"id": "s", "status": "open"}, {"id": "r", "status": settings.get("run", "queued")}

    async def endpoint(request: Request) -> Response:
        path = request.url.path
        if path == "/api/sessions" and request.method == "POST":
            return JSONResponse({"session": session, "run": run}, 201)
        if path == "/api/sessions/s/streams":
            return JSONResponse({"streams": settings.get("streams", [])})
        if path == "/api/runs/r":
            return JSONResponse({**run, "output": settings.get("output")})
        known = path != "/api/helmr-contract-none"
        return JSONResponse({"error": "no"}, settings.get("status", 400) if known else 404)

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    return Starlette(routes=[Route("/{path:path}", endpoint, methods=methods)])


PROBE_STREAMS = [
    {"direction": direction, "name": name}
    for direction, name in (
        ("input", "probe.in"),
        ("input", "approval"),
        ("output", "probe.out"),
        ("output", "agent.report"),
    )
]


def test_a_task_without_the_probes_streams_is_reported_in_one_line() -> None:
    with (
        serve(server_with(streams=PROBE_STREAMS[:2])) as url,
        pytest.raises(
            TargetError, match=r"lacks the streams output probe\.out, output agent\.report; deploy the"
        ),
    ):
        look(url)


def test_streams_can_have_other_names() -> None:
    renamed = [{**stream, "name": f"my-{stream['name']}"} for stream in PROBE_STREAMS]
    names = ",".join(stream["name"] for stream in renamed)
    with serve(server_with(streams=renamed, run="succeeded", output="ready")) as url:
        assert look(url, streams=names).no_worker is None


def test_a_worker_that_runs_another_task_is_reported() -> None:
    with serve(server_with(streams=PROBE_STREAMS, run="failed")) as url:
        found = look(url)
    assert found.no_worker == "the task that a worker ran is not the probe: its run is failed"
    assert found.executes


def test_a_permission_that_a_key_lacks_is_reported_by_scope_name() -> None:
    with serve(server_with(streams=PROBE_STREAMS, status=403)) as url:
        lines = look(url).lines
    assert "key: it lacks the scope runs:manage, so " in "\n".join(lines)


def test_a_key_that_every_operation_rejects_is_reported(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """This also holds for a server without the task operations, where the first request gets 404."""

    async def refuse(request: Request) -> Response:
        there = request.url.path.startswith(("/api/sessions", "/api/runs"))
        return JSONResponse({"error": "authentication is required"}, 401 if there else 404)

    app = Starlette(routes=[Route("/{path:path}", refuse, methods=["GET", "POST"])])
    with serve(app) as url:
        arguments = ["--url", url, "--operations", ",".join(FIVE), "--report", str(tmp_path)]
        assert main(arguments) == CANNOT_TEST
    error = capsys.readouterr().err
    assert "the server refused the API key: each of 5 operations returned 401; set HELMR_API_KEY" in error
    assert error.count("\n") == 1
    assert "the server refused the API key" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "junit.xml").exists()


def typed_server() -> FastAPI:
    """The server of five operations with typed parameters: FastAPI rejects values of other types."""
    typed = FastAPI(openapi_url=None)
    typed.middleware("http")(five.check)
    typed.exception_handler(five.Refused)(five.refuse)

    @typed.post("/api/sessions")
    async def start(task_id: Annotated[str, Body(embed=True)], request: Request) -> Response:
        return await five.start_session(request)

    @typed.get("/api/sessions/{session_id}")
    async def session(session_id: uuid.UUID) -> Response:
        return await five.get_session(str(session_id))

    @typed.get("/api/runs/{run_id}")
    async def run(run_id: uuid.UUID) -> Response:
        if str(run_id) not in five.runs:
            raise HTTPException(404)  # FastAPI's response for an unknown path
        return await five.get_run(str(run_id))

    return typed


@pytest.fixture(scope="module")
def typed_operations() -> Generator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HELMR_API_KEY", KEY)
        with serve(typed_server()) as url:
            yield url


def test_an_operation_that_finds_nothing_is_implemented(typed_operations: str) -> None:
    found = look(typed_operations)
    assert found.selection.operations == {"startSession", "getSession", "getRun"}
    assert not found.doubtful


def test_a_frameworks_own_rejections_are_one_finding(
    typed_operations: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = ["--rule", "routing/an-id-that-is-not-a-uuid-is-rejected", "--rule", "start/*task-id*"]
    arguments = ["--url", typed_operations, "--operations", "startSession,getSession,getRun", "--no-worker"]
    assert main([*arguments, *rules]) == BROKEN
    shown = capsys.readouterr().out
    assert shown.count("an error does not have the form of the document") == 1
    assert "the contract is broken: 1 finding" in shown


def test_a_finding_in_bytes_that_a_test_sent_by_itself_has_its_request(
    five_operations: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rule = "routing/a-known-path-with-another-method-returns-an-empty-405"
    arguments = ["--url", five_operations, "--operations", ",".join(FIVE), "--no-worker", "--rule", rule]
    assert main(arguments) == BROKEN
    shown = capsys.readouterr().out
    assert "1. not so: response.status == 405\n" in shown  # one finding for all paths
    assert "the contract is broken: 1 finding" in shown
    assert f"   repeat    curl -sS -i -I {five_operations}/api/sessions  # 401\n" in shown


def test_the_file_of_scoped_keys_is_checked_before_the_tests(
    five_operations: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "keys.json"
    monkeypatch.setenv(SCOPED_KEYS, str(path))
    with pytest.raises(TargetError, match="cannot read"):
        look(five_operations)
    path.write_text("[]")
    with pytest.raises(TargetError, match="not a JSON object"):
        look(five_operations)
    path.write_text(json.dumps({"runs:read": "hlmr_sk_x"}))
    assert "scoped keys: 1" in look(five_operations).lines


def test_a_url_of_another_service_is_reported() -> None:
    with (
        serve(Starlette()) as url,
        pytest.raises(TargetError, match="is not a Helmr control plane: it has none of"),
    ):
        look(url)


# A run ------------------------------------------------------------------------------------------------------


@pytest.mark.timeout(300)
def test_five_operations_are_tested_and_the_others_are_counted(
    five_operations: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = ["--url", five_operations, "--operations", ",".join(FIVE), "--report", str(tmp_path)]
    arguments += ["-k", "session-list-get and (default-limit or status-filter)", "--no-worker"]
    assert main(arguments) == KEPT
    shown = capsys.readouterr().out
    assert "operations: 5 of 5 selected ones are implemented" in shown
    assert f"the contract is kept by 5 of {len(DOCUMENT.operations)} operations" in shown


def test_a_keyword_that_matches_no_rule_is_reported_in_one_line(
    five_operations: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--url", five_operations, "--no-worker", "-k", "no-such-rule"]) == CANNOT_TEST
    assert "no rule matches -k 'no-such-rule'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("language", "line"), [("typescript", 'from "@helmr/sdk"'), ("python", "PROBE = task(")]
)
def test_the_probe_command_prints_its_source(
    language: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", "--language", language]) == KEPT
    assert line in capsys.readouterr().out


def test_both_language_versions_of_the_probe_have_the_same_steps() -> None:
    known = re.findall(r'case ((?:"\w+"(?: \| )?)+):', source("python"))
    steps = {step for names in known for step in re.findall(r"\w+", names)}
    assert steps == set(re.findall(r'case "(\w+)":', source("typescript")))
