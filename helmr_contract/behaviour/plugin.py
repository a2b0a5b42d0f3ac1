"""The pytest plugin of the behaviour tests: options, the server under test, its callers, and cleanup."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from helmr_api.errors import HelmrError
from helmr_api.urls import check_url

pytest.register_assert_rewrite("helmr_contract.behaviour.helpers")

from helmr_contract.behaviour.helpers import (  # noqa: E402  (after asserts are rewritten)
    Api,
    Guard,
    Limits,
    Made,
    Server,
    Streams,
    eventually,
    in_,
    ok,
    step,
    unique,
)
from helmr_contract.bounded import bounded_http_client  # noqa: E402
from helmr_contract.breach import STRICT  # noqa: E402
from helmr_contract.document import Document  # noqa: E402
from helmr_contract.scoped_keys import scoped_keys  # noqa: E402

if TYPE_CHECKING:
    from helmr_local import LocalHelmr

PACKAGE = "helmr_contract.behaviour."
DEFAULT_TASK = "helmr-contract-probe"

# Every scope that a key can have for the operations tested here.
SCOPES = (
    "runs:create", "runs:read", "runs:manage", "session-streams:read", "session-input:send",
    "session-output:append", "tokens:create", "tokens:read", "tokens:complete", "tokens:cancel",
)  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("helmr", "Helmr contract (the key is read from HELMR_CONTRACT_KEY)")
    group.addoption(
        "--helmr-url",
        default=os.environ.get("HELMR_CONTRACT_URL"),
        help="server to test (default: a local one)",
    )
    group.addoption("--helmr-task", default=DEFAULT_TASK, help="id of the deployed probe task")
    group.addoption(
        "--helmr-streams",
        default="probe.in,approval,probe.out,agent.report",
        help="the probe's streams: input,approval,output,report",
    )
    group.addoption(
        "--helmr-secret-task",
        default=f"{DEFAULT_TASK}-secret",
        help="a deployed task that declares a secret that is not set",
    )
    group.addoption(
        "--helmr-serial-task",
        default=f"{DEFAULT_TASK}-serial",
        help="a deployed probe in a queue that runs one at a time",
    )
    group.addoption("--helmr-no-worker", action="store_true", help="skip tests that need a worker")
    group.addoption("--helmr-no-worker-because", metavar="TEXT", help="the same, with the reason to show")
    group.addoption(
        "--helmr-strict-text",
        action="store_true",
        help="also check the exact text of responses of another server",
    )
    group.addoption(
        "--helmr-share",
        default="0/1",
        metavar="N/M",
        help="test only share N of M of the modules, counted from 0",
    )
    group.addoption("--helmr-worker-ready", action="store_true", help="a worker is known to run the probe")
    group.addoption(
        "--helmr-left-out",
        metavar="FILE",
        help="a JSON object of operations to send no requests to, with the reason for each",
    )


def pytest_configure(config: pytest.Config) -> None:
    for line in (
        "rule(*sections): the contract sections that the test checks",
        "worker: needs a worker that runs the deployed probe",
        "strict_text: checks the exact text of responses (--helmr-strict-text)",
        "scoped_keys: needs API keys with chosen scopes (HELMR_CONTRACT_SCOPED_KEYS)",
    ):
        config.addinivalue_line("markers", line)


def _is_ours(item: pytest.Item) -> bool:
    """Return whether an item is a behaviour test; the plugin may be loaded for other tests, too."""
    module: Any = getattr(item, "module", None)
    return str(getattr(module, "__name__", "")).startswith(PACKAGE)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Report each test's sections, refuse a test that cites none, and keep only this process's share."""
    _keep_share(config, items)
    for item in items:
        if not _is_ours(item):
            continue
        sections = [str(section) for mark in item.iter_markers("rule") for section in mark.args]
        if not sections:
            raise pytest.UsageError(f"{item.nodeid} does not cite a section of the contract")
        item.user_properties.extend(("rule", section) for section in sections)


def _keep_share(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep this process's share of the modules, balanced by number of tests."""
    number, _, shares = str(config.getoption("helmr_share", "0/1")).partition("/")
    if int(shares) == 1:
        return
    sizes = Counter(item.nodeid.partition("::")[0] for item in items)
    loads = [0] * int(shares)
    mine: set[str] = set()
    for module, size in sizes.most_common():  # largest first, each to the process with the fewest tests
        lightest = loads.index(min(loads))
        loads[lightest] += size
        if lightest == int(number):
            mine.add(module)
    left_out = [item for item in items if item.nodeid.partition("::")[0] not in mine]
    items[:] = [item for item in items if item.nodeid.partition("::")[0] in mine]
    config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report which sections of the contract the server kept and which it broke."""
    found: dict[str, set[str]] = {}
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.getreports(outcome):
            for name, section in getattr(report, "user_properties", ()):
                if name == "rule":
                    found.setdefault(str(section), set()).add(outcome)
    if not found:
        return
    broken = sorted(section for section, outcomes in found.items() if outcomes != {"passed"})
    terminalreporter.section("Helmr contract")
    terminalreporter.write_line(f"{len(found) - len(broken)} sections kept, {len(broken)} broken")
    for section in broken:
        terminalreporter.write_line(f"broken: {section}")


# The server -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class UnderTest:
    server: Server
    local: LocalHelmr | None


def _checked(url: str) -> str:
    try:
        return check_url(url)
    except HelmrError as error:
        pytest.exit(f"helmr contract: {error}", returncode=4)


def _stop(message: str) -> None:
    pytest.exit(f"helmr contract: {message}", returncode=4)


def _start_local(guard: Guard) -> tuple[Server, LocalHelmr]:
    from helmr_contract.probe import PROBE, SECRET, SERIAL, TASKS
    from helmr_local import LocalHelmr, LocalSettings

    # Shorter than in the contract, where that changes only how long tests wait.
    limits = Limits(
        start_and_wait=2.0,
        sweep=1.0,
        continuation=0.2,
        hot_window=2.0,
        keep_alive=0.5,
        log_tick=0.2,
        body=4 << 20,
        retained=2 << 20,
        patience=10.0,
    )
    settings = LocalSettings(
        start_and_wait=limits.start_and_wait,
        sweep_interval=limits.sweep,
        continuation_interval=limits.continuation,
        hot_wait=limits.hot_window,
        hot_timer=0.3,
        hot_margin=0.1,
        sse_keep_alive=limits.keep_alive,
        log_tick=limits.log_tick,
        body_limit=limits.body,
        builds="fail",  # a real worker cannot build the archives that the tests upload either
        retained_output=limits.retained,
    )
    local = LocalHelmr(tasks=TASKS, secrets={}, settings=settings)
    local.__enter__()
    server = Server(
        local.url,
        local.api_key,
        PROBE.id,
        limits=limits,
        secret_task=SECRET.id,
        serial_task=SERIAL.id,
        guard=guard,
    )
    return server, local


@pytest.fixture(scope="session")
def under_test(pytestconfig: pytest.Config) -> Iterator[UnderTest]:
    url: str | None = pytestconfig.getoption("helmr_url", None)
    if url is None:
        server, local = _start_local(_guard(pytestconfig, ""))
        try:
            yield UnderTest(server, local)
        finally:
            local.__exit__(None, None, None)
        return
    STRICT.text = bool(pytestconfig.getoption("helmr_strict_text"))
    key = os.environ.get("HELMR_CONTRACT_KEY")
    if not key:
        _stop("set HELMR_CONTRACT_KEY to an API key of the server")
        return
    names = str(pytestconfig.getoption("helmr_streams")).split(",")
    if len(names) != 4:
        _stop("--helmr-streams takes four names: input,approval,output,report")
    base = _checked(url)
    server = Server(
        base,
        key,
        str(pytestconfig.getoption("helmr_task")),
        Streams(*names),
        secret_task=str(pytestconfig.getoption("helmr_secret_task")),
        serial_task=str(pytestconfig.getoption("helmr_serial_task")),
        guard=_guard(pytestconfig, httpx.URL(base).path),
    )
    yield UnderTest(server, None)


def _guard(config: pytest.Config, base_path: str) -> Guard:
    path: str | None = config.getoption("helmr_left_out", None)
    if path is None:
        return Guard()
    left_out: dict[str, str] = json.loads(Path(path).read_text(encoding="utf-8"))
    return Guard(Document.load(), left_out, base_path.rstrip("/"))


@pytest.fixture(scope="session")
def server(under_test: UnderTest) -> Server:
    return under_test.server


@pytest.fixture(scope="session")
def made(under_test: UnderTest) -> Made:
    return Made(under_test.server.base_path)


@pytest.fixture(scope="session")
def anonymous(under_test: UnderTest, made: Made) -> Iterator[Api]:
    """A caller without a credential."""
    guard = under_test.server.guard

    def before(request: httpx.Request) -> None:
        guard.check(request.method, request.url.raw_path.decode("ascii"))

    with bounded_http_client(
        under_test.server.url,
        timeout=httpx.Timeout(10.0, read=under_test.server.limits.patience),
        limits=httpx.Limits(max_connections=None),
        event_hooks={"request": [before], "response": [made.note]},
    ) as http:
        yield Api(http, under_test.server)


@pytest.fixture(scope="session")
def api(anonymous: Api, server: Server, made: Made) -> Iterator[Api]:
    """A caller with the key that the tests were given, which has every permission."""
    caller = anonymous.as_caller(server.key)
    _check(caller)
    yield caller
    _end(caller, made, (0, 0, 0))
    _archive(caller, made)


def _check(caller: Api) -> None:
    """Fail once if the server cannot be tested, rather than in every test."""
    if "getTask" in caller.server.guard.left_out:
        return
    try:
        response = caller.get(f"/api/tasks/{caller.server.task}")
    except httpx.HTTPError as error:
        _stop(f"{caller.server.url} does not respond: {type(error).__name__}")
        return
    if response.status_code == 401:
        _stop("the server refuses the key in HELMR_CONTRACT_KEY")
    is_json = response.headers.get("content-type", "").startswith("application/json")
    if response.status_code == 404 and is_json:
        _stop(f"task {caller.server.task} is not deployed; `helmr-contract probe` prints what to deploy")
    if response.status_code != 200 or not is_json:
        _stop(f"{caller.server.url} is not a Helmr control plane (status {response.status_code})")


def _count(made: Made) -> tuple[int, int, int]:
    return len(made.sessions), len(made.tokens), len(made.workspaces)


def _end(caller: Api, made: Made, before: tuple[int, int, int]) -> None:
    """End everything created after `before`, newest first. Resources that have already ended return 409 or
    404, which is ignored. The workspaces of sessions are stopped too, because a mount request that is never
    withdrawn keeps the workers of a real server busy.
    """
    sessions, tokens, workspaces = before
    with caller.server.guard.suspended(), suppress(httpx.HTTPError):
        while len(made.sessions) > sessions:
            caller.post(f"/api/sessions/{made.sessions.pop()}/cancel", {"reason": "contract test ended"})
        while len(made.tokens) > tokens:
            caller.post(f"/api/tokens/{made.tokens.pop()}/cancel")
        while len(made.workspaces) > workspaces:
            workspace = made.workspaces.pop()
            caller.post(f"/api/workspaces/{workspace}/stop", {})
            made.stopped_workspaces.add(workspace)


def _archive(caller: Api, made: Made) -> None:
    """Archive the workspaces, waiting while a worker stops them."""
    until = time.monotonic() + caller.server.limits.patience
    with caller.server.guard.suspended(), suppress(httpx.HTTPError):
        for workspace in made.stopped_workspaces:
            while caller.request("DELETE", f"/api/workspaces/{workspace}").status_code == 409:
                if time.monotonic() > until:
                    return
                time.sleep(0.02)


@pytest.fixture(autouse=True)
def leave_as_it_was(request: pytest.FixtureRequest) -> Iterator[None]:
    """End each test's sessions with the test; those of wider fixtures end with the last test."""
    if not _is_ours(request.node):
        yield
        return
    request.getfixturevalue("under_test")
    if request.node.get_closest_marker("strict_text") and not STRICT.text:
        pytest.skip("checks the exact text of responses (--strict-text)")
    if request.node.get_closest_marker("worker"):
        request.getfixturevalue("worker")
    caller: Api = request.getfixturevalue("api")
    made: Made = request.getfixturevalue("made")
    before = _count(made)
    yield
    _end(caller, made, before)


@pytest.fixture(params=["id", "external id"])
def both_addresses(request: pytest.FixtureRequest, anonymous: Api) -> Iterator[None]:
    """Run a test twice: once on a session's routes by id, as written, and once on the corresponding routes by
    external id.
    """
    anonymous.addressing.by_external_id = request.param == "external id"  # shared by all callers
    yield
    anonymous.addressing.by_external_id = False


@pytest.fixture(scope="session")
def worker(api: Api, under_test: UnderTest, pytestconfig: pytest.Config) -> None:
    """Skip tests that need a worker if the server has none."""
    because: str | None = pytestconfig.getoption("helmr_no_worker_because", None)
    if because is not None:
        pytest.skip(because)
    if pytestconfig.getoption("helmr_no_worker", False):
        pytest.skip("left out: needs a worker (--helmr-no-worker)")
    if pytestconfig.getoption("helmr_worker_ready", False):
        return
    response = ok(api.post("/api/sessions/start-and-wait", api.start_body(step("return", value="ready"))))
    if response["run"].get("output") != "ready":
        message = f"no worker ran the probe: its run is {response['run']['status']}"
        if under_test.local is not None:
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture(scope="session")
def public_origin(api: Api) -> str:
    """The server's public origin, as shown in its callback URLs."""
    url = httpx.URL(api.token(timeout="1m")["callback_url"])
    return f"{url.scheme}://{url.netloc.decode()}"


def _optional(api: Api, task: str, what: str) -> str:
    if api.get(f"/api/tasks/{task}").status_code == 404:
        pytest.skip(f"{task}, {what}, is not deployed")
    return task


@pytest.fixture(scope="session")
def serial_task(api: Api) -> str:
    """A deployed probe whose runs execute one at a time."""
    return _optional(api, api.server.serial_task, "the probe in a queue that runs one at a time")


@pytest.fixture(scope="session")
def secret_task(api: Api) -> str:
    """A deployed task that declares a secret that is not set."""
    return _optional(api, api.server.secret_task, "a task that declares a missing secret")


# Keys -------------------------------------------------------------------------------------------------------


def _stored_keys() -> dict[str, str]:
    """Return the API keys for another server, by name, from the JSON file that HELMR_CONTRACT_SCOPED_KEYS
    names. A key's name is its scopes separated by spaces, or `expired` or `other-environment`. The tests use
    keys with each of `SCOPES` alone, with all but one of them, and with `tasks:deploy` alone; a test whose
    key is missing is skipped.
    """
    return {" ".join(sorted(name.split())): key for name, key in scoped_keys().items()}


@pytest.fixture(scope="session")
def scoped_key(under_test: UnderTest, api: Api) -> Callable[..., Api]:
    """A function that returns a caller whose key has exactly the given scopes: `scoped_key("runs:read")`."""
    stored = _stored_keys()
    made: dict[str, str] = {}

    def caller(*scopes: str) -> Api:
        name = " ".join(sorted(scopes))
        if under_test.local is not None:
            if name not in made:
                made[name] = under_test.local.create_api_key(scopes=list(scopes))
            return api.as_caller(made[name])
        if name not in stored:
            pytest.skip(f'HELMR_CONTRACT_SCOPED_KEYS contains no key with exactly the scopes "{name}"')
        return api.as_caller(stored[name])

    return caller


@pytest.fixture(scope="session")
def expired_key(under_test: UnderTest, api: Api) -> Api:
    """A caller whose key has expired."""
    if under_test.local is not None:
        from datetime import UTC, datetime, timedelta

        past = datetime.now(UTC) - timedelta(minutes=1)
        return api.as_caller(under_test.local.create_api_key(scopes=list(SCOPES), expires_at=past))
    stored = _stored_keys()
    if "expired" not in stored:
        pytest.skip('HELMR_CONTRACT_SCOPED_KEYS contains no key named "expired"')
    return api.as_caller(stored["expired"])


@pytest.fixture(scope="session")
def other_environment(under_test: UnderTest, api: Api) -> Api:
    """A caller whose key is bound to another environment."""
    if under_test.local is not None:
        key = under_test.local.create_api_key(environment=unique("environment"))
        return api.as_caller(key)
    stored = _stored_keys()
    if "other-environment" not in stored:
        pytest.skip('HELMR_CONTRACT_SCOPED_KEYS contains no key named "other-environment"')
    return api.as_caller(stored["other-environment"])


# Conditions that only the server's operator can cause ----------------------------------------------------

HANDS_OFF = "only the operator of another server can cause this"


@pytest.fixture(scope="session")
def in_flight(under_test: UnderTest) -> Callable[[str], AbstractContextManager[None]]:
    """A context manager during which another caller's start of the probe with that key is in progress."""
    local = under_test.local
    if local is None:
        pytest.skip(HANDS_OFF)
    return lambda key: local.start_in_flight(under_test.server.task, key)


@pytest.fixture(scope="session")
def lose_worker(under_test: UnderTest) -> Callable[[str], bool]:
    """A function that simulates the death of a run's worker, so that its lease is lost."""
    if under_test.local is None:
        pytest.skip(HANDS_OFF)
    return under_test.local.lose_worker


# Shared objects -------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def expired(api: Api, worker: None) -> dict[str, Any]:
    """A session that the sweeper has expired, with the body that started it."""
    del worker
    body = api.start_body(step("return", value=1), expires_at=in_(-60), idempotency_key=unique())
    session = ok(api.post("/api/sessions/start-and-wait", body))["session"]

    def swept() -> dict[str, Any] | None:
        found = api.session(session["id"])
        return found if found["status"] == "expired" else None

    found = eventually(swept, within=api.server.limits.patience, what="the sweeper")
    return {"body": body, "session": found}
