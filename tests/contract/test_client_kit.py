"""The conformance kit for clients: scenarios, protocol, reports, and how it handles misbehaving drivers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import jsonschema_rs
import pytest
from rich.console import Console

from helmr_contract.cli import main
from helmr_contract.client import world as scripted
from helmr_contract.client.drivers import DriverError, DriverProcess
from helmr_contract.client.plane import CUT, Plane, Reply, error, events, reply
from helmr_contract.client.processes import EXEC, PTY, WORKSPACE
from helmr_contract.client.protocol import (
    Abilities,
    Outcome,
    ProtocolError,
    calls,
    check,
    read_outcome,
    schema,
)
from helmr_contract.client.report import print_summary, write_html
from helmr_contract.client.runner import ClientRun, Played, Verdict, play
from helmr_contract.client.scenario import Level, Scenario, Stage
from helmr_contract.client.scenarios import all_scenarios
from helmr_contract.client.world import KEY, RUN, SESSION, TOKEN, World, event, log, record
from helmr_contract.document import Document

SCENARIOS = all_scenarios()
PROCESSES = 4
"""Processes that play the scenarios with the Python client."""
WISHED = Path(__file__).with_name("client_scenarios.txt").read_text(encoding="utf-8").split()


def test_scenarios_cover_everything_that_a_client_must_do() -> None:
    assert len(SCENARIOS) >= 100
    assert set(WISHED) <= set(SCENARIOS)


def test_each_scenario_describes_its_check_and_lists_its_calls() -> None:
    for one in SCENARIOS.values():
        assert one.checks, one.id
        assert not one.checks.endswith("."), one.id
        assert one.calls, one.id
        assert one.calls <= set(calls()), one.id
    assert len({one.checks for one in SCENARIOS.values()}) == len(SCENARIOS)


def test_each_call_of_the_protocol_is_made_by_a_scenario_and_has_an_argument_schema() -> None:
    assert set(calls()) == {call for one in SCENARIOS.values() for call in one.calls}
    assert [one["if"]["properties"]["call"]["const"] for one in schema()["$defs"]["call"]["allOf"]] == list(
        calls()
    )


GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "client-conformance.md"


def test_the_guide_describes_each_call_with_its_arguments() -> None:
    rows = dict[str, set[str]]()
    for line in GUIDE.read_text(encoding="utf-8").splitlines():
        cells = line.split("|")
        names = re.findall(r"`([a-z]+\.[a-z_]+)`", cells[1]) if len(cells) == 5 else []
        for name in names:
            _, _, like = cells[2].partition("as `")
            given = rows[like.partition("`")[0]] if like else set[str]()
            rows[name] = given | {word for word in re.findall(r"`([a-z_]+)`", cells[2]) if word not in VALUES}
    assert rows == {name: set(schema()["$defs"][name]["properties"]) for name in calls()}


VALUES = {"stdout", "stderr"}


@pytest.mark.parametrize(
    ("call", "args", "problem"),
    [
        ("runs.get", {"run": RUN}, '"run_id" is a required property'),
        ("runs.get", {"run_id": 7}, "7 is not of type"),
        ("sessions.get", {}, "anyOf"),
        ("execs.follow_output", {"workspace_id": "", "exec_id": "", "stream": "output"}, "output"),
    ],
)
def test_a_call_with_other_arguments_is_outside_the_protocol(
    call: str, args: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ProtocolError, match=problem):
        check("call", {"id": 1, "call": call, "client": {"url": "http://127.0.0.1"}, "args": args})


PLACE = f"/api/workspaces/{WORKSPACE}"

# The scripted control plane ---------------------------------------------------------------------------------


@cache
def _document() -> Document:
    return Document.load()


def _schema(status: str, operation: str) -> tuple[dict[str, Any], dict[str, Any]]:
    document = _document()
    content = document.operations[operation].responses[status]["content"]["application/json"]
    return content["schema"], document.raw["components"]


@pytest.mark.parametrize(
    ("method", "path", "body", "operation", "status"),
    [
        ("POST", "/api/sessions", {"task_id": "t"}, "startSession", 201),
        ("POST", "/api/sessions/start-and-wait", {"task_id": "t"}, "startSessionAndWait", 200),
        ("GET", "/api/sessions", None, "listSessions", 200),
        ("GET", f"/api/sessions/{SESSION}", None, "getSession", 200),
        ("POST", f"/api/sessions/{SESSION}/close", {}, "closeSession", 200),
        ("POST", f"/api/sessions/{SESSION}/inputs/a", {"data": 1}, "appendInputRecord", 201),
        ("GET", f"/api/sessions/{SESSION}/outputs/a", None, "listOutputRecords", 200),
        ("GET", f"/api/sessions/{SESSION}/outputs/a/read", None, "readOutputRecord", 200),
        ("GET", f"/api/runs/{RUN}", None, "getRun", 200),
        ("GET", "/api/runs/counts", None, "countRuns", 200),
        ("GET", f"/api/runs/{RUN}/events?limit=1", None, "listRunEvents", 200),
        ("GET", f"/api/runs/{RUN}/logs", None, "getRunLogs", 200),
        ("POST", f"/api/runs/{RUN}/cancel", {"reason": "r"}, "cancelRun", 200),
        ("POST", "/api/tokens", {}, "createToken", 201),
        ("GET", "/api/tokens", None, "listTokens", 200),
        ("GET", f"/api/tokens/{TOKEN}", None, "getToken", 200),
        ("POST", f"/api/tokens/{TOKEN}/complete", {"data": 1}, "completeToken", 200),
        ("POST", f"{PLACE}/materialize", {}, "materializeWorkspace", 200),
        ("POST", f"{PLACE}/stop", {}, "stopWorkspace", 200),
        ("POST", f"{PLACE}/execs", {"command": ["date"]}, "createWorkspaceExec", 201),
        ("GET", f"{PLACE}/execs/{EXEC}", None, "getWorkspaceExec", 200),
        ("POST", f"{PLACE}/execs/{EXEC}/stdin", {"data": "eA=="}, "writeWorkspaceExecStdin", 200),
        ("POST", f"{PLACE}/execs/{EXEC}/stdin/close", {}, "closeWorkspaceExecStdin", 200),
        ("GET", f"{PLACE}/execs/{EXEC}/stdout", None, "listWorkspaceExecStdout", 200),
        ("POST", f"{PLACE}/pty", {}, "createWorkspacePty", 201),
        ("GET", f"{PLACE}/pty/{PTY}", None, "getWorkspacePty", 200),
        ("POST", f"{PLACE}/pty/{PTY}/input", {"data": "eA=="}, "writeWorkspacePtyInput", 200),
        ("GET", f"{PLACE}/pty/{PTY}/output", None, "listWorkspacePtyOutput", 200),
    ],
)
def test_default_responses_of_the_scripted_control_plane_match_the_document(
    method: str, path: str, body: Any, operation: str, status: int
) -> None:
    world = World()
    world.outputs = [record(1, {"a": 1}, correlation_id="c")]
    world.logs = [log(1, b"x")]
    world.events = [event(1), event(2, "log")]
    world.workspace.exec.writes_out(b"x")
    with Plane(world.respond) as plane:
        world.url = plane.url
        response = httpx.request(method, plane.url + path, json=body, trust_env=False)
        assert plane.trouble == []
    assert response.status_code == status
    schema, components = _schema(str(status), operation)
    whole = {**schema, "components": components}
    problems = [one.message for one in jsonschema_rs.Draft202012Validator(whole).iter_errors(response.json())]
    assert problems == []


def test_the_scripted_control_plane_follows_its_script_and_records_requests() -> None:
    world = World()
    with Plane(world.respond) as plane:
        plane.on("GET /api/tasks", error(503, "busy"), Reply(raw=[b"HTTP/1.1 200 OK\r\n", CUT]))
        plane.on("GET /api/runs", lambda request: reply({"seen": request.param("a")}))
        with httpx.Client(base_url=plane.url, trust_env=False) as client:
            assert client.get("/api/tasks").status_code == 503
            with pytest.raises(httpx.TransportError):
                client.get("/api/tasks")
            assert client.get("/api/tasks").json() == {"tasks": []}
            assert client.get("/api/runs", params={"a": "é/#"}).json() == {"seen": "é/#"}
            assert client.get("/elsewhere").status_code == 404
        assert plane.requests[0].answered == "503 busy"
        assert plane.requests[3].segments == ["api", "runs"]
        assert len({one.connection for one in plane.requests[2:]}) == 1


# Drivers ----------------------------------------------------------------------------------------------------

HELLO = {"protocol": 1, "client": "a test", "calls": list(calls())}
SPEAKS = """
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if "hello" in message:
        print(json.dumps(HELLO), flush=True)
        continue
    RESPONSE
"""


def driver(response: str, hello: dict[str, Any] | None = None) -> DriverProcess:
    source = SPEAKS.replace("HELLO", repr(HELLO if hello is None else hello)).replace("RESPONSE", response)
    return DriverProcess([sys.executable, "-c", source])


def scenario(play_it: Callable[[Stage], None], name: str = "test/one", level: Level = Level.MUST) -> Scenario:
    return Scenario(name, level, "it is a test", frozenset({"runs.get"}), play_it)


def ask(stage: Stage) -> None:
    stage.returns("runs.get", run_id=RUN, within=3)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("sys.exit(3)", "the driver has ended"),
        ("print('hello there', flush=True)", "the driver wrote a line that is not JSON"),
        ("print('[]', flush=True)", "does not follow the protocol"),
        ("print(json.dumps({'id': 99}), flush=True)", "the response is to call 99, not 1"),
        ("print(json.dumps({'id': message['id'], 'error': {'kind': 'odd'}}), flush=True)", '"odd"'),
        ("print('x' * 100, file=sys.stderr); sys.exit(1)", "it wrote: xxx"),
        (
            "print(json.dumps({'id': message['id'], 'error': {'kind': 'other'}}), flush=True)",
            "runs.get succeeds",
        ),
    ],
)
def test_a_misbehaving_driver_fails_the_scenario_with_the_reason(response: str, reason: str) -> None:
    with driver(response) as process:
        played = play(process, scenario(ask))
    assert played.verdict is Verdict.FAILED
    assert reason in played.reason


def test_a_driver_that_hangs_fails_its_scenario_and_is_restarted() -> None:
    with driver("import time; time.sleep(60)") as process:
        played = play(process, scenario(lambda stage: stage.returns("runs.get", run_id=RUN, within=0.2)))
        assert (played.verdict, played.lost_driver) == (Verdict.FAILED, True)
        process.restart()
        assert process.abilities.client == "a test"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["/no/such/driver"], "cannot start the driver"),
        ([sys.executable, "-c", "print('hello')"], "not JSON"),
        ([sys.executable, "-c", "raise SystemExit('no key')"], "no key"),
        ([sys.executable, "-c", 'print(\'{"protocol": 2, "client": "x", "calls": []}\')'], "protocol 2"),
    ],
)
def test_an_unusable_driver_is_reported_in_one_line(
    command: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["client", "--scenario", "request/*", "--", *command]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("helmr-contract client: ")
    assert reason in errors
    assert "Traceback" not in errors


class FakeDriver:
    """A minimal driver that wraps no client."""

    def __init__(self, outcome: Callable[[str], Outcome], **abilities: Any) -> None:
        self.abilities = Abilities("fake", **{"calls": frozenset(calls()), **abilities})
        self._outcome = outcome
        self.written: list[str] = []

    def call(self, call: str, client: Any, args: Any, within: float) -> Outcome:
        del client, args, within
        return self._outcome(call)

    def errors(self) -> list[str]:
        return self.written

    def restart(self) -> None: ...

    def environment(self, changes: Any) -> None:
        del changes


def returning(result: Any) -> Callable[[str], Outcome]:
    return lambda call: read_outcome(call, {"id": 1, "result": result}, 0.1)


def test_scenarios_that_a_driver_does_not_support_are_reported_as_skipped() -> None:
    played = play(FakeDriver(returning({}), calls=frozenset({"runs.wait"})), scenario(ask))
    assert (played.verdict, played.reason) == (Verdict.SKIPPED, "the driver cannot make runs.get")
    unsupported = {"id": 1, "error": {"kind": "unsupported", "message": "no lists of keys"}}
    played = play(FakeDriver(lambda call: read_outcome(call, unsupported, 0.0)), scenario(ask))
    assert played.verdict is Verdict.SKIPPED
    assert "no lists of keys" in played.reason


def test_known_failures_still_run_and_are_reported_when_they_pass() -> None:
    known = {"test/one": "issue 7"}

    def failing(stage: Stage) -> None:
        stage.equal(stage.returns("runs.get", run_id=RUN), 1, "the run")

    wrong, right = (
        FakeDriver(returning(2), known_failures=known),
        FakeDriver(returning(1), known_failures=known),
    )
    assert play(wrong, scenario(failing)).verdict is Verdict.KNOWN_FAILURE
    assert play(right, scenario(failing)).verdict is Verdict.UNEXPECTED_PASS


@pytest.mark.parametrize("where", ["message", "stderr"])
def test_a_leaked_credential_fails_the_scenario_and_is_not_reported(
    where: str,
) -> None:
    def leaking(stage: Stage) -> None:
        stage.raises("runs.get", "other", run_id=RUN)

    message = f"could not send {KEY}" if where == "message" else "no"
    fake = FakeDriver(
        lambda call: read_outcome(call, {"id": 1, "error": {"kind": "other", "message": message}}, 0)
    )
    fake.written = [f"sent {KEY}"] if where == "stderr" else []
    played = play(fake, scenario(leaking))
    assert played.verdict is Verdict.FAILED
    assert KEY not in "\n".join([played.reason, *played.evidence, *played.stderr])


def test_a_result_of_the_wrong_shape_fails_the_scenario_and_not_the_tool() -> None:
    played = play(
        FakeDriver(returning([1])), scenario(lambda s: s.equal(s.returns("runs.get")["status"], 1, "x"))
    )
    assert played.verdict is Verdict.FAILED
    assert "does not follow the protocol" in played.reason


def test_evidence_shows_the_call_and_what_each_stream_sent() -> None:
    """Also if the driver does not respond."""
    frames = [f"id: {number}\ndata: {{}}\n\n".encode() for number in (1, 2, 3)]

    def read(url: str) -> None:
        with suppress(httpx.TransportError), httpx.stream("GET", url, trust_env=False) as response:
            for _ in response.iter_bytes():
                pass

    def follow(stage: Stage) -> None:
        stage.on("GET /cut", events([*frames[:2], CUT]))
        stage.on("GET /whole", events(frames))
        stage.on("GET /silent", lambda _: events([], end=False))
        read(f"{stage.plane.url}/cut")
        read(f"{stage.plane.url}/whole")
        with httpx.stream("GET", f"{stage.plane.url}/silent", trust_env=False):
            pass
        while stage.plane.open:  # until it sees that the client has closed the connection
            time.sleep(0.01)
        kept.enter_context(httpx.stream("GET", f"{stage.plane.url}/silent", trust_env=False))
        stage.call("runs.get", client={"timeout_seconds": 2}, run_id=RUN)

    def hangs(_: str) -> Outcome:
        raise DriverError("the driver did not respond within 20 s")

    with ExitStack() as kept:
        played = play(FakeDriver(hangs), scenario(follow))
    assert (played.verdict, played.is_expectation) == (Verdict.FAILED, False)
    ends = [line.partition(" -> ")[2] for line in played.evidence[:4]]
    assert ends == [
        "an event stream (ids 1 to 2, then cut by the control plane)",
        "an event stream (ids 1 to 3, then its end)",
        "an event stream (0 bytes, then closed by the client)",
        "an event stream (0 bytes, then open until the end of the scenario)",
    ]
    assert played.evidence[4] == (
        f'runs.get {{"run_id": "{RUN}"}} with {{"timeout_seconds": 2}}: no response'
    )


# The command ------------------------------------------------------------------------------------------------

ANGRY = (
    "print(json.dumps({'id': message['id'], 'error': {'kind': 'other', 'message': '<b>\\x1b[31m]]>'}}), "
    "flush=True)"
)


def test_reports_contain_the_evidence_and_escape_the_drivers_markup(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = SPEAKS.replace("HELLO", repr(HELLO)).replace("RESPONSE", ANGRY)
    command = [sys.executable, "-c", source]
    chosen = ["--scenario", "request/content-type-json", "--scenario", "response/compressed"]
    assert main(["client", *chosen, "--report", str(tmp_path), "--", *command]) == 1
    output = capsys.readouterr().out
    assert "FAIL  must   request/content-type-json" in output
    assert "\x1b[31m" not in output
    assert "breaks the contract: 1 of 2 scenarios failed" in output
    page = (tmp_path / "client.html").read_text(encoding="utf-8")
    assert "<b>" not in page.split("<main>")[1]
    suite = ElementTree.parse(tmp_path / "client-junit.xml").getroot()  # noqa: S314  # our own
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")


def test_a_report_shows_the_figures_and_whether_anything_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = scenario(lambda stage: None)
    run = ClientRun("a client", "./driver", 0, unknown=("test/no-such",))
    run.played = [Played(one, Verdict.KNOWN_FAILURE), Played(one, Verdict.KNOWN_FAILURE)]
    shown: dict[str, str] = {}
    for name, stopped in (("complete", None), ("stopped", "the driver is gone")):
        run.stopped = stopped
        write_html(run, tmp_path / name)
        shown[name] = (tmp_path / name).read_text(encoding="utf-8").partition("</style>")[2]
    for page in shown.values():
        assert "Scenarios 2: 2 known failures<" in page
        assert "the driver names calls or scenarios that do not exist: test/no-such<" in page
    assert '<p class="good">the client keeps the contract' in shown["complete"]
    assert '<div class="verdict open">' in shown["stopped"]
    assert "Stopped the driver is gone<" in shown["stopped"]
    assert 'class="good"' not in shown["stopped"]
    print_summary(Console(), run, [])
    assert "scenarios  2: 2 known failures\n" in capsys.readouterr().out


def test_listing_scenarios_and_printing_the_schema_need_no_driver(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["client", "--list", "--scenario", "start/*"]) == 0
    output = capsys.readouterr().out
    assert "start/hashed-key-digests" in output
    assert "request/" not in output
    assert main(["client", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["$defs"]["call"]


@pytest.mark.parametrize("arguments", [["--scenario", "no/such"], [], ["--"]])
def test_a_run_without_scenarios_is_rejected(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["client", *arguments]) == 2
    assert capsys.readouterr().err.startswith("helmr-contract client: ")


@pytest.mark.parametrize("value", [{}, {"id": 1, "error": {}}, {"id": "1"}, None, [], {"id": 1, "extra": 2}])
def test_messages_outside_the_protocol_are_rejected(value: Any) -> None:
    with pytest.raises(ProtocolError):
        check("response", value)


@pytest.mark.parametrize("options", [[], ["--asyncio"]], ids=["sync", "async"])
def test_the_python_client_conforms_to_the_contract(options: list[str], tmp_path: Path) -> None:
    """Several processes play the scenarios, because these spend their time waiting."""
    shares = [[*SCENARIOS][number::PROCESSES] for number in range(PROCESSES)]

    def play_share(number: int) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-m",
            "helmr_contract.cli",
            "client",
            "--report",
            str(tmp_path / str(number)),
        ]
        chosen = [argument for one in shares[number] for argument in ("--scenario", one)]
        driver = [sys.executable, "-m", "helmr_contract.client.python_driver", *options]
        return subprocess.run(
            [*command, *chosen, "--", *driver], capture_output=True, text=True, timeout=400, check=False
        )

    with ThreadPoolExecutor(PROCESSES) as pool:
        finished = [*pool.map(play_share, range(PROCESSES))]
    for done in finished:
        assert done.returncode == 0, done.stdout + done.stderr
        assert "the client keeps the contract" in done.stdout
        assert "skipped" not in done.stdout
        assert "except" not in done.stdout.splitlines()[-1]
    reports = [ElementTree.parse(file) for file in tmp_path.glob("*/client-junit.xml")]  # noqa: S314  # our own
    played = [case.get("name") for one in reports for case in one.iter("testcase")]
    assert sorted(map(str, played)) == sorted(SCENARIOS)


def test_a_driver_error_describes_the_problem() -> None:
    with pytest.raises(DriverError, match="cannot start"), DriverProcess(["/no/such"]):
        pass


CURL_DRIVER = Path(__file__).parents[2] / "examples" / "conformance" / "curl" / "driver.sh"


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="needs curl and jq")
def test_a_shell_script_can_be_a_driver(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["client", "--scenario", "request/payload-null-kept", "--", "bash", str(CURL_DRIVER)]) == 0
    assert "scenarios  1: 1 passed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        ("Session", scripted.session()),
        ("Run", scripted.run()),
        ("RunEvent", scripted.event(1)),
        ("RunLogChunk", scripted.log(1, b"a line\n")),
        ("StreamRecord", scripted.record(1, {"a": 1})),
        ("Token", scripted.token()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_responses_of_the_scripted_control_plane_match_the_document(
    schema: str, body: dict[str, object]
) -> None:
    components = _document().raw["components"]
    jsonschema_rs.validator_for(
        {"$ref": f"#/components/schemas/{schema}", "components": components}
    ).validate(body)
