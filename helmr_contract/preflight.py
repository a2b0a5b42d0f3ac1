"""Checks before the first test: the operations, the task, its streams, a worker, and the keys. Each problem
that would otherwise fail or skip hundreds of tests is reported in one line, with advice on how to fix it.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import quote

import httpx

from helmr_api.formats import is_list, is_object
from helmr_contract.bounded import in_path
from helmr_contract.document import Document, Json, Operation
from helmr_contract.scoped_keys import SCOPED_KEYS, scoped_keys
from helmr_contract.selection import NOT_IMPLEMENTED, Selection
from helmr_contract.target import Target, TargetError, refused_key

NO_WORKER = "left out: needs a worker (--no-worker)"
STREAMS = ("probe.in", "approval", "probe.out", "agent.report")  # input, input, output, output

_UNKNOWN_ID = "0197f000-0000-7000-8000-000000000000"
_UNKNOWN = "helmr-contract-none"
_UNKNOWN_ROUTE = "/api/helmr-contract-none"

_ENDED = ("succeeded", "failed", "cancelled", "expired")

DEPLOY = "deploy the probe (`helmr-contract probe` prints its source), or name another task with --task"


@dataclass(frozen=True, slots=True)
class Preflight:
    """The results of the checks, and which parts of the contract can therefore be tested."""

    selection: Selection
    not_implemented: tuple[str, ...] = ()
    doubtful: frozenset[str] = frozenset()  # operations that may or may not exist
    no_worker: str | None = None  # why tests of the probe in a worker are skipped
    executes: bool = True  # True if something executes runs, of the probe or of another task
    lines: tuple[str, ...] = ()  # progress lines for the user


@dataclass(slots=True)
class _Session:
    """A session of the probe, created for the checks; the ids are segments of a path."""

    id: str
    run: str
    workspace: str | None = None


@dataclass(slots=True)
class _Inspection:
    client: httpx.Client
    target: Target
    selection: Selection
    streams: tuple[str, ...]
    patience: float
    executes: bool = True
    doubtful: set[str] = field(default_factory=set[str])
    lines: list[str] = field(default_factory=list[str])

    def run(self, *, want_worker: bool, want_probe: bool) -> Preflight:
        missing = self._survey()
        no_worker = None if want_worker else NO_WORKER
        self.executes = want_worker
        if self.selection.has("startSession"):
            self._task()
            session = self._start()
            try:
                if want_probe:
                    self._streams(session)
                if no_worker is None:
                    no_worker = self._worker(session)
            finally:
                self._end(session)
        else:
            self.executes = False
            no_worker = no_worker or "needs a worker, and the check for one needs startSession"
        if want_probe:
            self._scoped_keys()
        return Preflight(
            self.selection,
            missing,
            frozenset(self.doubtful),
            no_worker,
            self.executes,
            tuple(self.lines),
        )

    # Operations ---------------------------------------------------------------------------------------------

    def _survey(self) -> tuple[str, ...]:
        """Return the missing operations: those that respond to an unknown id like the server to an unknown
        route.
        """
        document = self.selection.document
        unknown = {method: self._shape(method, _UNKNOWN_ROUTE) for method in _methods(document)}
        missing: list[str] = []
        refused: list[str] = []
        denied: dict[str, list[str]] = {}
        for name in sorted(self.selection.operations, key=list(document.operations).index):
            operation = document.operations[name]
            status, shape, error = self._ask(operation)
            as_unknown = status == 404 and shape == unknown[operation.method][1]
            if as_unknown and "{" in operation.path:
                # A server may respond in the same way for an unknown route and a missing resource.
                if self._is_routed(operation, unknown[operation.method]):
                    as_unknown = False
                elif error:  # undecided; the operation's own tests will tell
                    self.doubtful.add(name)
                    as_unknown = False
            if status in (405, 501) or as_unknown or self._is_wider(operation, (status, shape, error)):
                missing.append(name)
            elif status == 401 and self._takes_key(name):
                refused.append(name)
            elif status == 403 and "apiKey" in operation.security_schemes:
                denied.setdefault(_permission(document, operation), []).append(name)
        implemented = self.selection.operations - set(missing)
        if missing and not implemented:
            raise TargetError(
                f"{self.target.url} is not a Helmr control plane: it has none of {len(missing)} operations; "
                "is the URL right?"
            )
        if refused and set(refused) == {name for name in implemented if self._takes_key(name)}:
            raise refused_key(f"each of {len(refused)} operations" if len(refused) > 1 else refused[0])
        total = len(self.selection.operations)
        self.selection = self.selection.without(missing, NOT_IMPLEMENTED)
        selected = " selected ones" if total < len(document.operations) else ""
        line = f"operations: {total - len(missing)} of {total}{selected} are implemented"
        if missing and len(missing) <= total / 2:
            line += f"; not implemented: {', '.join(missing)}"
        elif missing:
            names = (name for name in document.operations if self.selection.has(name))
            line += f"; to test only these: --operations {','.join(names)}"
        self.lines.append(line)
        for permission, operations in denied.items():
            names_of = ", ".join(operations)
            self.lines.append(f"key: it lacks the scope {permission}, so {names_of} return 403")
        return tuple(missing)

    def _is_routed(self, operation: Operation, unknown: tuple[int, str, bool]) -> bool:
        """Return whether the server has a route for the operation's path, judging by its response to an
        invalid id or by a 405.
        """
        nonsense = operation.path.format(**dict.fromkeys(_path_names(operation), _UNKNOWN))
        body = operation.request_body is not None
        if self._shape(operation.method, nonsense, _query(operation), body) != unknown:
            return True
        methods = {one.method for one in self.selection.document.operations_at(nonsense)}
        other = next(method for method in ("PATCH", "PUT", "DELETE", "POST") if method not in methods)
        return operation.method in self._allowed(other, nonsense) - self._allowed(other, _UNKNOWN_ROUTE)

    def _allowed(self, method: str, path: str) -> set[str]:
        """Return the methods that a 405 names."""
        try:
            with self.client.stream(method, path, timeout=15.0) as response:
                allowed = response.headers.get("allow", "") if response.status_code == 405 else ""
        except httpx.HTTPError:
            return set()
        return set(allowed.replace(",", " ").upper().split())

    def _takes_key(self, name: str) -> bool:
        return "apiKey" in self.selection.document.operations[name].security_schemes

    def _is_wider(self, operation: Operation, got: tuple[int, str, bool]) -> bool:
        """Return whether the response comes from another operation whose path also matches. A server without
        `/api/runs/counts` treats it as the run with the id `counts`, and responds as for any invalid id: with
        the same message, or with a framework's error, which may quote the id.
        """
        own = operation.path.split("/")
        for other in self.selection.document.operations.values():
            parts = other.path.split("/")
            if other.method != operation.method or len(parts) != len(own) or parts == own:
                continue
            pairs = list(zip(own, parts, strict=True))
            if all(a == b or b.startswith("{") for a, b in pairs):
                path = "/".join(
                    _UNKNOWN if b.startswith("{") and not a.startswith("{") else a for a, b in pairs
                )
                names = dict.fromkeys(_path_names(operation), _UNKNOWN_ID)
                wider = self._shape(operation.method, path.format(**names), _query(operation))
                return wider[0] >= 400 and (wider == got or (wider[0] == got[0] and not wider[2]))
        return False

    def _ask(self, operation: Operation) -> tuple[int, str, bool]:
        names = {name: _UNKNOWN_ID if name.endswith("_id") else _UNKNOWN for name in _path_names(operation)}
        path = operation.path.format(**names)
        return self._shape(operation.method, path, _query(operation), operation.request_body is not None)

    def _shape(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: bool = False
    ) -> tuple[int, str, bool]:
        """Return the status, the body without parts of the request, and whether the body is an error in the
        contract's form.
        """
        try:
            with self.client.stream(
                method, path, params=query, content=b"[]" if body else None, timeout=15.0
            ) as response:
                # A stream may never end, and a broken server may send forever, so only the start of the body
                # is read.
                text = b"".join(_first(response.iter_raw(), 4096)).decode("utf-8", errors="replace")
        except httpx.HTTPError:
            return 0, "", False
        try:
            value: object = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        generic = text.replace(path, "").replace(method, "")
        return response.status_code, generic, is_object(value) and isinstance(value.get("error"), str)

    # The task -----------------------------------------------------------------------------------------------

    def _task(self) -> None:
        if not self.selection.has("getTask"):
            return
        task = self.target.task
        response = self._send("GET", f"/api/tasks/{quote(task, safe='')}")
        if response.status_code == 404:
            raise TargetError(f"the task {task!r} is not deployed there; {DEPLOY}")

    def _start(self) -> _Session:
        task = self.target.task
        body: Json = {
            "task_id": task,
            "external_id": f"helmr-contract-preflight-{secrets.token_hex(4)}",
            "tags": ["helmr-contract"],
            "payload": {"steps": [{"do": "return", "value": "ready"}]},
        }
        response = self._send("POST", "/api/sessions", body)
        content = _content(response)
        if content.get("code") in {"task_not_deployed", "task_archived"}:
            raise TargetError(f"the task {task!r} is not deployed there; {DEPLOY}")
        if response.status_code == 401:
            raise refused_key("POST /api/sessions")
        if response.status_code == 403:
            raise TargetError(
                "the key may not start sessions (403); give it every permission of sessions, runs and tokens"
            )
        session, run = content.get("session"), content.get("run")
        if response.status_code != 201 or not is_object(session) or not is_object(run):
            raise TargetError(
                f"no session of {task!r} can be started: POST /api/sessions returns {response.status_code}: "
                f"{content.get('error') or response.text[:200] or 'with an empty body'}"
            )
        workspace = session.get("workspace_id")
        started = _Session(
            in_path(session.get("id")), in_path(run.get("id")), in_path(workspace) if workspace else None
        )
        self.lines.append(f"task: {task} is deployed")
        return started

    def _end(self, session: _Session) -> None:
        """Cancel the session, and withdraw its workspace's mount, for which a worker would otherwise wait."""
        with suppress(httpx.HTTPError):
            reason = {"reason": "contract test ended"}
            self.client.post(f"/api/sessions/{session.id}/cancel", json=reason)
            if session.workspace:
                self.client.post(f"/api/workspaces/{session.workspace}/stop", json={})

    def _streams(self, session: _Session) -> None:
        if not self.selection.has("listSessionStreams"):
            return
        response = self._send("GET", f"/api/sessions/{session.id}/streams")
        listed: object = _content(response).get("streams")
        if response.status_code != 200 or not is_list(listed):
            return  # the operation's own tests report errors
        declared = {
            (str(one.get("direction")), str(one.get("name")))
            for one in cast("list[object]", listed)
            if is_object(one)
        }
        wanted = [
            *(("input", name) for name in self.streams[:2]),
            *(("output", name) for name in self.streams[2:]),
        ]
        absent = [f"{direction} {name}" for direction, name in wanted if (direction, name) not in declared]
        if absent:
            raise TargetError(
                f"the task {self.target.task!r} lacks the streams {', '.join(absent)}; {DEPLOY} "
                "and its streams with --streams"
            )

    def _worker(self, session: _Session) -> str | None:
        """Return None if a worker ran the probe, otherwise a description of what happened to the run."""
        if not self.selection.has("getRun"):
            return "needs a worker, and the check for one needs getRun"
        deadline = time.monotonic() + self.patience
        status: object = "queued"
        while time.monotonic() < deadline:
            run = _content(self._send("GET", f"/api/runs/{session.run}"))
            status = run.get("status")
            if status == "succeeded" and run.get("output") == "ready":
                self.lines.append("worker: it runs the probe")
                return None
            if status in _ENDED:
                self.lines.append(
                    f"worker: it ran {self.target.task}, which does not behave like the probe "
                    f"({status}); tests that need a worker are skipped. To run them too, "
                    f"{DEPLOY}"
                )
                return f"the task that a worker ran is not the probe: its run is {status}"
            time.sleep(0.1)
        self.executes = status != "queued"
        self.lines.append(
            f"worker: none ended a run of {self.target.task} within {self.patience:g} s (it is {status}); "
            "tests that need a worker are skipped"
        )
        return f"no worker ran the probe: its run is {status}"

    # Keys ---------------------------------------------------------------------------------------------------

    def _scoped_keys(self) -> None:
        keys = scoped_keys()
        none = f"none, so rules about scopes are skipped; {SCOPED_KEYS} names a file of them (see --help)"
        self.lines.append(f"scoped keys: {len(keys) or none}")

    def _send(self, method: str, path: str, body: Json | None = None) -> httpx.Response:
        try:
            return self.client.request(method, path, json=body)
        except httpx.TransportError as error:
            raise TargetError(
                f"{method} {path} before the tests failed: {error or type(error).__name__}"
            ) from None


def names_of_streams(streams: str | None) -> tuple[str, ...]:
    """Return the streams named by `--streams`: two input streams and two output streams.

    Raises:
        TargetError: `--streams` does not name four streams.
    """
    names = tuple(streams.split(",")) if streams else STREAMS
    if len(names) != len(STREAMS) or not all(names):
        raise TargetError("--streams takes four names: INPUT,APPROVAL,OUTPUT,REPORT")
    return names


def inspect(
    target: Target,
    selection: Selection,
    *,
    streams: str | None = None,
    want_worker: bool = True,
    want_probe: bool = True,
    patience: float = 15.0,
) -> Preflight:
    """Inspect the server before it is tested.

    Raises:
        TargetError: The server cannot be tested; the message says why, and what to do.
    """
    names = names_of_streams(streams)
    with target.client() as client:
        return _Inspection(client, target, selection, names, patience).run(
            want_worker=want_worker, want_probe=want_probe
        )


def _content(response: httpx.Response) -> Json:
    try:
        value: object = response.json()
    except (ValueError, RecursionError):
        return {}
    return value if is_object(value) else {}


def _methods(document: Document) -> set[str]:
    return {operation.method for operation in document.operations.values()}


def _path_names(operation: Operation) -> Collection[str]:
    return re.findall(r"\{([^}]+)\}", operation.path)


def _query(operation: Operation) -> dict[str, str]:
    """Return the required query parameters."""
    return {
        parameter["name"]: _UNKNOWN
        for parameter in operation.parameters
        if parameter["in"] == "query" and parameter.get("required")
    }


def _permission(document: Document, operation: Operation) -> str:
    """Return the scope of an API key that grants an operation's permission."""
    first: object = next(iter(operation.definition.get("x-permissions", [])), "that it needs")
    permission = str(first["permission"] if is_object(first) else first)
    scheme = document.raw.get("components", {}).get("securitySchemes", {}).get("apiKey", {})
    return str(scheme.get("x-permissions", {}).get(permission, permission))


def _first(chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    """Read the first bytes of a body, and at most one more chunk."""
    read = 0
    for chunk in chunks:
        yield chunk
        read += len(chunk)
        if read >= most:
            return
