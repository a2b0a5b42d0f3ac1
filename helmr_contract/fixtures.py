"""Test data for a schema run: sessions, runs, tokens and workspaces, created before it and ended after it.
Requests with random ids would only get 404. The run therefore starts with existing resources, learns of
others from responses, and records which of them it created: it changes no others.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from helmr_api.constants import TERMINAL_EXEC_STATES, TERMINAL_PTY_STATES
from helmr_api.formats import is_object
from helmr_contract.bounded import in_path
from helmr_contract.document import Document, Json
from helmr_contract.selection import Selection
from helmr_contract.target import Target, TargetError

TAG = "helmr-contract"
PREFIX = "helmr-contract-"

INPUT_SCOPE = "session.input.send"
OUTPUT_SCOPE = "session.output.read"

_PROCESS_OPERATIONS = (
    "createWorkspaceExec",
    "getWorkspaceExec",
    "createWorkspacePty",
    "getWorkspacePty",
    "closeWorkspacePty",
)


# A body without a field, or with one of another type, raises one of these.
_UNEXPECTED: Final = (AttributeError, IndexError, KeyError, TypeError)


def _process_path(workspace: str, kind: str) -> str:
    return f"/api/workspaces/{in_path(workspace)}/{'execs' if kind == 'exec' else 'pty'}"


@dataclass(frozen=True, slots=True)
class TokenSecrets:
    public_access_token: str = field(repr=False)
    callback_secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Processes:
    """Execs and PTYs in workspaces that no other operation's tests stop or archive."""

    workspaces: dict[str, str]  # keyed by the id of an exec or PTY
    idle_workspace: str  # nothing runs in it, so it has room for an exec or PTY
    dictionaries: dict[str, list[str]]  # values for request parameters


@dataclass(slots=True)
class Fixtures:
    """Resources on the server: `prepare` creates some, `learn` adds others, `clean_up` ends this run's."""

    target: Target
    client: httpx.Client
    selection: Selection = field(default_factory=lambda: Selection(Document.load()))
    streams: frozenset[str] | None = None  # only these; None: all that the task declares
    run_id: str = field(default_factory=lambda: secrets.token_hex(4))
    # Sessions that no test ends, and sessions for the tests to end, with their external ids.
    lasting: dict[str, str] = field(default_factory=dict[str, str])
    expendable: dict[str, str] = field(default_factory=dict[str, str])
    runs: list[str] = field(default_factory=list[str])
    tokens: list[str] = field(default_factory=list[str])
    sandboxes: list[str] = field(default_factory=list[str])
    workspaces: list[str] = field(default_factory=list[str])
    versions: list[str] = field(default_factory=list[str])
    # Only the current one, because promoting it changes nothing.
    deployments: list[str] = field(default_factory=list[str])
    processes: Processes | None = None
    inputs: list[str] = field(default_factory=list[str])
    outputs: list[str] = field(default_factory=list[str])
    token_secrets: dict[str, TokenSecrets] = field(default_factory=dict[str, TokenSecrets])
    # Everything that this run created, ended or not.
    own_sessions: set[str] = field(default_factory=set[str])
    own_runs: set[str] = field(default_factory=set[str])
    own_tokens: set[str] = field(default_factory=set[str])
    own_workspaces: set[str] = field(default_factory=set[str])
    # Resources that have ended: sessions that are not open, tokens that are not pending.
    ended: set[str] = field(default_factory=set[str])
    other_tasks: set[str] = field(default_factory=set[str])  # deployed tasks that the run must not start
    _public_tokens: dict[tuple[str, str, str], str] = field(default_factory=dict[tuple[str, str, str], str])
    worker: bool = True  # True if something executes the runs
    uploads: int = 0  # deployments uploaded by this run
    _latest: str = ""  # the latest request, for messages
    _turns: int = 0
    _starts: int = 0
    _reads: int = 0
    _last_process: tuple[str, str, str] | None = None  # kind, workspace, id
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def prefix(self) -> str:
        """Return the prefix of every external id and idempotency key that this run sends."""
        return f"{PREFIX}{self.run_id}-"

    # -- before the run --

    def prepare(
        self, *, sessions: int = 4, expendable: int = 12, tokens: int = 24, workspaces: int = 3
    ) -> None:
        """Create the resources that the run needs, or fail with a one-line reason.

        On a server that implements only some operations, only the resources that those can create.
        """
        try:
            self._prepare(sessions, expendable, tokens, workspaces)
        except _UNEXPECTED as error:
            raise TargetError(
                f"{self._latest} returned a body that is not as documented "
                f"({type(error).__name__}: {error}); the tests need this operation to work"
            ) from error

    def _prepare(self, sessions: int, expendable: int, tokens: int, workspaces: int) -> None:
        if self.selection.has("startSession"):
            for number in range(sessions):
                self._start(self.lasting, f"lasting-{number}")
            for number in range(expendable):
                self._start(self.expendable, f"expendable-{number}")
            if self.selection.has("listSessionStreams"):
                self._learn_streams(next(iter(self.lasting)))
        if self.selection.has("createToken"):
            for _ in range(tokens):
                self._create_token()
        if self.selection.has("listSandboxes"):
            listed = self._request("GET", "/api/sandboxes")["sandboxes"]
            self.sandboxes = [str(sandbox["sandbox_id"]) for sandbox in listed]
        if self.selection.has("createWorkspace") and self.sandboxes:
            for _ in range(workspaces):
                self._create_workspace()
        self.worker = self.target.worker and (not self.runs or self._is_taken_up(self.runs[0]))
        if self.worker and self.selection.has("startSession", "getRun", "getWorkspace"):
            self._write_file()
        if self.worker and self.sandboxes and self.selection.has("createWorkspace", *_PROCESS_OPERATIONS):
            self.processes = self._start_processes()
        if self.selection.has("listTasks"):
            tasks = self._request("GET", "/api/tasks")["tasks"]
            self.other_tasks = {task["task_id"] for task in tasks} - {self.target.task}
        if self.selection.has("getCurrentDeployment"):
            found = self.client.get("/api/deployments/current")
            current = found.json()["deployment"] if found.status_code == 200 else None
            self.deployments += [current["id"]] if current else []

    def _learn_streams(self, first: str) -> None:
        declared = self._request("GET", f"/api/sessions/{in_path(first)}/streams")["streams"]
        for stream in declared:
            if self.streams is None or stream["name"] in self.streams:
                (self.inputs if stream["direction"] == "input" else self.outputs).append(stream["name"])
        if not self.inputs or not self.outputs:
            raise TargetError(
                f"the task {self.target.task!r} has {len(self.inputs)} input and {len(self.outputs)} output "
                "streams to test with; it needs one of each (see --task and --streams)"
            )
        for stream in self.outputs if self.selection.has("appendOutputRecord") else []:
            for number in range(3):
                path = f"/api/sessions/{in_path(first)}/outputs/{in_path(stream)}"
                self._request("POST", path, {"data": {"number": number}, "correlation_id": f"c-{number}"})

    def _write_file(self, *, patience: float = 15.0) -> None:
        """Run the probe to write the file that the document's examples read, in a separate workspace."""
        payload = {"steps": [{"do": "file", "path": "repo/report.txt", "text": "2 findings.\n"}]}
        body: Json = {"task_id": self.target.task, "payload": payload, "tags": [TAG]}
        started = self._request("POST", "/api/sessions", body)
        self.learn("startSession", started)
        run, workspace = started["run"]["id"], started["session"]["workspace_id"]
        deadline = time.monotonic() + patience
        while (
            self._request("GET", f"/api/runs/{in_path(run)}")["status"] in {"queued", "running"}
            and time.monotonic() < deadline
        ):
            time.sleep(0.05)
        found = self._request("GET", f"/api/workspaces/{in_path(workspace)}")["workspace"]
        self.workspaces.insert(0, str(found["id"]))
        self.versions.insert(0, str(found["current_version_id"]))

    def _start_processes(self) -> Processes:
        """Start each exec or PTY in its own workspace, which allows one at a time; ended ones share one."""
        idle = self._create_quiet_workspace()
        workspaces: dict[str, str] = {}

        def start(kind: str, workspace: str, ready: str, *command: str) -> str:
            body: Json = {"command": [*command]} if kind == "exec" else {}
            path = _process_path(workspace, kind)
            identifier = str(self._request("POST", path, body)[kind]["id"])
            workspaces[identifier] = workspace
            self._await(f"{path}/{in_path(identifier)}", kind, {ready, "failed", "lost"})
            return identifier

        def reader() -> str:
            return start("exec", self._create_quiet_workspace(), "running", "cat")

        def terminal() -> str:
            return start("pty", self._create_quiet_workspace(), "open")

        ended_exec = start("exec", idle, "exited", "sh", "-c", "echo output; echo error >&2")
        ended_pty = start("pty", idle, "open")
        self._close_pty(idle, ended_pty)
        return Processes(
            workspaces,
            idle,
            {
                "idle-workspaces": [idle],
                "execs": [reader()],
                "expendable-execs": [reader(), ended_exec],
                "ended-execs": [ended_exec],
                "ptys": [terminal()],
                "expendable-ptys": [terminal(), ended_pty],
                "ended-ptys": [ended_pty],
            },
        )

    def _create_quiet_workspace(self) -> str:
        """Create a workspace that only the operations on execs and PTYs use."""
        created = self._request("POST", "/api/workspaces", {"sandbox_id": self.sandboxes[0], "tags": [TAG]})
        identifier = str(created["workspace"]["id"])
        self.own_workspaces.add(identifier)
        return identifier

    def _close_pty(self, workspace: str, pty: str) -> None:
        path = f"{_process_path(workspace, 'pty')}/{in_path(pty)}"
        self._await(path, "pty", {"open", *TERMINAL_PTY_STATES})  # only an open PTY can be closed
        self.client.post(f"{path}/close")
        self._await(path, "pty", TERMINAL_PTY_STATES)

    def make_room(self) -> None:
        """End the last exec or PTY created, because a workspace allows one at a time."""
        with self._lock:
            last, self._last_process = self._last_process, None
        if last is None:
            return
        kind, workspace, identifier = last
        with suppress(TargetError, *_UNEXPECTED):  # the operations' own tests report errors
            if kind == "pty":
                self._close_pty(workspace, identifier)
            else:
                path = f"{_process_path(workspace, kind)}/{in_path(identifier)}"
                self._await(path, kind, TERMINAL_EXEC_STATES)

    def _await(self, path: str, kind: str, states: Collection[str], *, patience: float = 15.0) -> None:
        """Wait until an exec or PTY has one of the states; leave a timeout to the operation's own tests."""
        deadline = time.monotonic() + patience
        while self._request("GET", path)[kind]["state"] not in states and time.monotonic() < deadline:
            time.sleep(0.02)

    def _is_taken_up(self, run: str, *, patience: float = 15.0) -> bool:
        """Return whether a worker picks up a run; True if that cannot be determined."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            response = self.client.get(f"/api/runs/{in_path(run)}")
            if response.status_code != 200 or response.json().get("status") != "queued":
                return True
            time.sleep(0.25)
        return False

    def _create_token(self) -> str:
        body = {"timeout": "1h", "tags": [TAG]}
        created = self._request("POST", "/api/tokens", body)
        self.learn("createToken", created)
        return str(created["id"])

    def _create_workspace(self) -> str:
        created = self._request("POST", "/api/workspaces", {"sandbox_id": self.sandboxes[0], "tags": [TAG]})
        self.learn("createWorkspace", created)
        return str(created["workspace"]["id"])

    def _start(self, into: dict[str, str], name: str) -> str:
        external_id = f"{self.prefix}{name}"
        body: Json = {
            "task_id": self.target.task,
            "external_id": external_id,
            "tags": [TAG],
            # Input for the probe task; any other task handles it as it can.
            "payload": {"steps": [{"do": "log", "text": name}, {"do": "return", "value": {"name": name}}]},
        }
        started = self._request("POST", "/api/sessions", body)
        self.learn("startSession", started)
        identifier = str(started["session"]["id"])
        into[identifier] = external_id
        return identifier

    def _request(self, method: str, path: str, body: Json | None = None) -> Json:
        self._latest = f"{method} {path}"
        try:
            response = self.client.request(method, path, json=body)
        except httpx.TransportError as error:
            raise TargetError(
                f"{method} {path} before the tests failed: {error or type(error).__name__}"
            ) from None
        try:
            content = response.json()
        except (ValueError, RecursionError):
            content = None
        if response.is_success and is_object(content) and response.status_code != 202:
            return content
        error_body = content if is_object(content) else {}
        if error_body.get("code") in {"task_not_deployed", "task_archived"}:
            raise TargetError(
                f"the task {self.target.task!r} is not deployed there; deploy it, or name another with --task"
            )
        if response.status_code == 403:
            raise TargetError(
                f"the key may not {method} {path} (403): give it every session, run and token scope"
            )
        reason = error_body.get("error", "no JSON object")
        raise TargetError(f"{method} {path} before the tests returned {response.status_code}: {reason}")

    # -- during the run --

    def learn(self, operation_id: str, body: Any) -> None:
        """Record the resources in a response."""
        if not is_object(body):
            return
        result = body
        with self._lock:
            if operation_id in {"startSession", "startSessionAndWait"}:
                self._learn_session(result.get("session"), made=result.get("is_cached") is not True)
                self._learn_run(result.get("run"))
            elif operation_id in {"createWorkspace", "archiveWorkspace"}:
                self._learn_workspace(result.get("workspace"))
            elif operation_id in {"createWorkspaceExec", "createWorkspacePty"}:
                self._learn_process("exec" if operation_id == "createWorkspaceExec" else "pty", result)
            elif operation_id == "createToken" and isinstance(result.get("id"), str):
                self._learn_token(result)
            elif isinstance(result.get("current_run_id"), str):
                self._learn_session(result, made=False)
            token = result.get("token", result)  # complete and cancel wrap the token
            if is_object(token) and token.get("status") in {"completed", "cancelled", "expired"}:
                self.ended.add(str(token.get("id")))

    def _learn_session(self, session: Any, *, made: bool) -> None:
        if not is_object(session):
            return
        known = session
        identifier = known.get("id")
        if not isinstance(identifier, str):
            return
        if made or str(known.get("external_id", "")).startswith(self.prefix):
            self.own_sessions.add(identifier)
        if known.get("status") in {"closed", "cancelled", "expired"}:
            self.ended.add(identifier)
        if identifier in self.own_sessions and isinstance(workspace := known.get("workspace_id"), str):
            self.own_workspaces.add(workspace)
        if identifier in self.own_sessions and isinstance(run := known.get("current_run_id"), str):
            self.own_runs.add(run)

    def _learn_workspace(self, workspace: Any) -> None:
        if not is_object(workspace) or not isinstance(identifier := workspace.get("id"), str):
            return
        self.own_workspaces.add(identifier)
        if workspace.get("state") == "archived":
            self.ended.add(identifier)
        elif len(self.workspaces) < 40 and identifier not in self.workspaces:
            self.workspaces.append(identifier)
            self.versions.append(str(workspace.get("current_version_id")))

    def _learn_process(self, kind: str, result: Json) -> None:
        process: Any = result.get(kind)
        if is_object(process) and process.get("workspace_id") in self.own_workspaces:
            self._last_process = kind, str(process["workspace_id"]), str(process["id"])

    def _learn_run(self, run: Any) -> None:
        if is_object(run) and run.get("session_id") in self.own_sessions:
            identifier = str(run["id"])
            self.own_runs.add(identifier)
            if len(self.runs) < 40:
                self.runs.append(identifier)

    def _learn_token(self, token: Json) -> None:
        identifier = token["id"]
        self.own_tokens.add(identifier)
        if len(self.tokens) < 40 and identifier not in self.tokens:
            self.tokens.append(identifier)
        if isinstance(public := token.get("public_access_token"), str):
            callback = token.get("callback_url")
            secret = urlsplit(callback).path.rpartition("/")[2] if isinstance(callback, str) else None
            self.token_secrets[identifier] = TokenSecrets(public, secret)

    def session_to_end(self, identifier: str) -> str | None:
        """Return an open session to end in place of a lasting one or, every other time, an ended one."""
        if identifier in self.lasting or (identifier in self.ended and self._every_other_time()):
            fresh = next((known for known in self.expendable if known not in self.ended), None)
            with suppress(TargetError):  # the operation's own tests report errors
                return fresh or self._start(self.expendable, f"expendable-{len(self.expendable)}")
        return None

    def token_to_end(self, identifier: str) -> str | None:
        """Return a pending token to use in place of one that has ended, every other time."""
        if identifier in self.ended and self._every_other_time():
            fresh = next((known for known in self.tokens if known not in self.ended), None)
            with suppress(TargetError):
                return fresh or self._create_token()
        return None

    def workspace_to_end(self, identifier: str) -> str | None:
        """Return an active workspace to archive in place of one that other tests need."""
        if identifier in self.workspaces[:2] or (identifier in self.ended and self._every_other_time()):
            with suppress(TargetError):
                return self._create_workspace()
        return None

    def stand_in(self, parameter: str) -> str | None:
        """Return a resource of this run that may be changed or ended, for a path parameter."""
        if parameter == "session_id" and self.lasting:
            return self.session_to_end(next(iter(self.lasting)))
        if parameter == "token_id" and self.tokens:
            fresh = next((known for known in self.tokens if known not in self.ended), None)
            with suppress(TargetError):
                return fresh or self._create_token()
        if parameter == "workspace_id":
            return self.workspace_to_end(self.workspaces[0]) if self.workspaces else None
        return self.runs[-1] if parameter == "run_id" and self.runs else None

    def next_read(self) -> int:
        with self._lock:
            self._reads += 1
            return self._reads

    def next_start(self) -> int:
        with self._lock:
            self._starts += 1
            return self._starts

    def _every_other_time(self) -> bool:
        self._turns += 1
        return self._turns % 2 == 0

    def session_of(self, external_id: str) -> str | None:
        for sessions in (self.lasting, self.expendable):
            for identifier, known in sessions.items():
                if known == external_id:
                    return identifier
        return None

    def public_token(self, scope: str, session: str | None, stream: str | None) -> str | None:
        """Return a public access token for that stream of a session of this run, or for another one if that
        is impossible.
        """
        names = self.inputs if scope == INPUT_SCOPE else self.outputs
        if session not in self.own_sessions:
            session = next(iter(self.lasting), None)
        if stream not in names:
            stream = next(iter(names), None)
        if session is None or stream is None or not self.selection.has("createPublicAccessToken"):
            return None
        with self._lock:
            known = self._public_tokens.get((scope, session, stream))
        if known is not None:
            return known
        body = {"scope": {"type": scope, "session": {"type": "id", "id": session}, "stream": stream}}
        response = self.client.post("/api/public-access-tokens", json=body)
        if response.status_code != 201:
            return None  # the operation's own tests report errors
        made = str(response.json()["public_access_token"])
        with self._lock:
            self._public_tokens[scope, session, stream] = made
        return made

    # -- after the run --

    def clean_up(self) -> list[str]:
        """End what this run left open; describe what could not be ended."""
        left: list[str] = []
        for path, what in (
            *((f"/api/sessions/{in_path(one)}/cancel", "session") for one in sorted(self.own_sessions)),
            *((f"/api/tokens/{in_path(one)}/cancel", "token") for one in sorted(self.own_tokens)),
        ):
            body: Json = {"reason": "contract tests are over"} if what == "session" else {}
            try:
                response = self.client.post(path, json=body)
            except httpx.TransportError as error:
                left.append(
                    f"the server became unreachable while cancelling: {error or type(error).__name__}"
                )
                break
            # 404, 409 and 410: it has already ended. 405 and 501: the server cannot end it.
            if response.status_code not in {200, 404, 405, 409, 410, 501}:
                left.append(
                    f"{what} {path.split('/')[3]} was left open: cancelling it returned "
                    f"{response.status_code}"
                )
        return left or self._give_up_workspaces()

    def _give_up_workspaces(self, *, patience: float = 60.0) -> list[str]:
        """Withdraw the mounts of this run's workspaces, and archive them; describe what is left."""
        left: list[str] = []
        until = time.monotonic() + patience  # a worker may have to stop them first
        try:
            for identifier in sorted(self.own_workspaces):
                path = f"/api/workspaces/{in_path(identifier)}"
                self.client.post(f"{path}/stop", json={})
                while (response := self.client.delete(path)).status_code == 409 and time.monotonic() < until:
                    time.sleep(0.05)
                if response.status_code not in {200, 404}:
                    left.append(
                        f"workspace {identifier} was left open: archiving it returned {response.status_code}"
                    )
        except httpx.TransportError as error:
            left.append(f"the server became unreachable while archiving: {error or type(error).__name__}")
        return left
