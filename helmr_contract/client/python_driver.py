"""The driver of the Python client: `python -m helmr_contract.client.python_driver [--asyncio]`."""

from __future__ import annotations

import asyncio
import base64
import inspect
import itertools
import json
import sys
import traceback
from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any

import helmr
from helmr import AsyncHelmrClient, AsyncPublicClient, errors
from helmr_contract.client.protocol import VERSION, calls

MISSING = object()


class PythonDriver:
    """Makes calls with `HelmrClient`, or with `AsyncHelmrClient`.

    Args:
        options: Additional arguments for each client.
    """

    def __init__(self, *, is_async: bool = False, **options: Any) -> None:
        self._loop = asyncio.new_event_loop() if is_async else None
        self._options = options
        self._settings: Any = None
        self._client: Any = None

    def introduction(self) -> dict[str, Any]:
        """Return the response to `hello`."""
        kind = "AsyncHelmrClient" if self._loop else "HelmrClient"
        able = [name for name in calls() if hasattr(self, name.replace(".", "_"))]
        return {"protocol": VERSION, "client": f"helmr (Python) {helmr.__version__} {kind}", "calls": able}

    def respond(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Make a call and return its outcome."""
        try:
            made = self._made(message["client"])
            result = getattr(self, message["call"].replace(".", "_"))(made, **message["args"])
        except errors.HelmrError as error:
            print("".join(traceback.format_exception_only(error)).strip(), file=sys.stderr)
            return {"id": message["id"], "error": _error(error)}
        except Exception as error:
            traceback.print_exc()
            return {"id": message["id"], "error": {"kind": "other", "message": repr(error)}}
        return {"id": message["id"], "result": result}

    def close(self) -> None:
        """Close the client."""
        if self._client is not None:
            self._do(self._client.aclose() if self._loop else self._client.close())
            self._client = None
        if self._loop is not None:
            self._loop.close()

    def _made(self, settings: Mapping[str, Any]) -> Any:
        if self._client is None or settings != self._settings:
            if self._client is not None:
                self._do(self._client.aclose() if self._loop else self._client.close())
            options = dict(self._options)
            if "timeout_seconds" in settings:
                options["timeout"] = settings["timeout_seconds"]
            kind: Any = AsyncHelmrClient if self._loop else helmr.HelmrClient
            self._client = kind(url=settings["url"], api_key=settings.get("api_key"), **options)
            self._settings = settings
        return self._client

    def _public(self, client: Any, token: str | None) -> Any:
        kind: Any = AsyncPublicClient if self._loop else helmr.PublicClient
        limit = self._settings.get("timeout_seconds")
        options = self._options if limit is None else {**self._options, "timeout": limit}
        return kind(token, url=client.url, **options)

    def _do(self, result: Any) -> Any:
        if self._loop is not None and inspect.isawaitable(result):
            return self._loop.run_until_complete(_awaited(result))
        return result

    def _listed(self, items: Any, take: int | None = None) -> list[Any]:
        if not isinstance(items, AsyncIterator) and not hasattr(items, "__aiter__"):
            found: list[Any] = list(itertools.islice(items, take))
            if (close := getattr(items, "close", None)) is not None:
                close()
            return found
        assert self._loop is not None
        return self._loop.run_until_complete(_collected(items, take))

    # Sessions -----------------------------------------------------------------------------------------------

    def sessions_start(self, client: Any, task_id: str, payload: Any = MISSING, **options: Any) -> Any:
        given = () if payload is MISSING else (payload,)
        return _started(self._do(client.sessions.start(task_id, *given, **options)))

    def sessions_start_and_wait(
        self, client: Any, task_id: str, payload: Any = MISSING, **options: Any
    ) -> Any:
        given = () if payload is MISSING else (payload,)
        return _started(self._do(client.sessions.start_and_wait(task_id, *given, **options)))

    def sessions_get(self, client: Any, session_id: str | None = None, external_id: str | None = None) -> Any:
        return plain(self._do(client.sessions.retrieve(session_id, external_id=external_id)))

    def sessions_list(self, client: Any) -> Any:
        return {"sessions": plain(self._listed(client.sessions.list()))}

    def sessions_close(self, client: Any, session_id: str, **options: Any) -> Any:
        return plain(self._do(client.sessions.close(session_id, **options)))

    def sessions_cancel(self, client: Any, session_id: str, **options: Any) -> Any:
        return plain(self._do(client.sessions.cancel(session_id, **options)))

    def _session(self, client: Any, session_id: str | None, external_id: str | None) -> Any:
        return client.sessions.open(session_id, external_id=external_id)

    def inputs_send(
        self,
        client: Any,
        stream: str,
        data: Any = None,
        session_id: str | None = None,
        external_id: str | None = None,
        **options: Any,
    ) -> Any:
        handle = self._session(client, session_id, external_id).input(stream)
        return _appended(self._do(handle.send(data, **options)))

    def outputs_list(self, client: Any, session_id: str, stream: str) -> Any:
        return {"records": plain(self._listed(self._session(client, session_id, None).output(stream).list()))}

    def outputs_read(self, client: Any, session_id: str, stream: str, **options: Any) -> Any:
        return plain(self._do(self._session(client, session_id, None).output(stream).read(**options)))

    def outputs_follow(
        self, client: Any, session_id: str, stream: str, take: int | None = None, **options: Any
    ) -> Any:
        output = self._session(client, session_id, None).output(stream)
        return {"records": plain(self._listed(output.follow(**options), take))}

    # Runs ---------------------------------------------------------------------------------------------------

    def runs_get(self, client: Any, run_id: str) -> Any:
        return plain(self._do(client.runs.retrieve(run_id)))

    def runs_wait(self, client: Any, run_id: str, timeout_seconds: float | None = None) -> Any:
        return plain(self._do(client.runs.wait(run_id, timeout=timeout_seconds)))

    def runs_cancel(self, client: Any, run_id: str, **options: Any) -> Any:
        return {"run": plain(self._do(client.runs.cancel(run_id, **options)).run)}

    def runs_events(self, client: Any, run_id: str) -> Any:
        return {"events": plain(self._listed(client.runs.events.list(run_id)))}

    def runs_follow_events(
        self, client: Any, run_id: str, cursor: str | None = None, take: int | None = None
    ) -> Any:
        return {"events": plain(self._listed(client.runs.events.follow(run_id, cursor=cursor), take))}

    def runs_logs(self, client: Any, run_id: str) -> Any:
        logs = self._do(client.runs.logs.retrieve(run_id))
        return {"stdout": logs.stdout, "stderr": logs.stderr, "cursor": logs.cursor}

    def runs_follow_logs(
        self, client: Any, run_id: str, cursor: str | None = None, take: int | None = None
    ) -> Any:
        chunks = self._listed(client.runs.logs.follow(run_id, cursor=cursor), take)
        return {"chunks": [{"text": one.text, "stream": one.stream, "cursor": one.cursor} for one in chunks]}

    # Tokens -------------------------------------------------------------------------------------------------

    def tokens_create(self, client: Any, **options: Any) -> Any:
        return plain(self._do(client.tokens.create(**options)))

    def tokens_list(self, client: Any, state: str | None = None) -> Any:
        options = {} if state is None else {"status": state}
        return {"tokens": plain(self._listed(client.tokens.list(**options)))}

    def tokens_complete(self, client: Any, token_id: str, data: Any = None) -> Any:
        return _completed(self._do(client.tokens.complete(token_id, data)))

    def tokens_wait(self, client: Any, token_id: str, timeout_seconds: float | None = None) -> Any:
        waited = self._do(client.tokens.wait(token_id, timeout=timeout_seconds))
        if waited.ok:
            return {"status": "completed", "data": plain(waited.data)}
        cancelled = isinstance(waited.error, errors.TokenCancelledError)
        return {"status": "cancelled" if cancelled else "timed_out"}

    # Workspaces ---------------------------------------------------------------------------------------------

    def execs_create(self, client: Any, workspace_id: str, command: Sequence[str], **options: Any) -> Any:
        return plain(self._do(client.workspaces.execs.create(workspace_id, command, **options)).exec_)

    def execs_wait(self, client: Any, workspace_id: str, exec_id: str, timeout_seconds: float) -> Any:
        return plain(self._do(client.workspaces.execs.open(workspace_id, exec_id).wait(timeout_seconds)))

    def execs_read_output(
        self, client: Any, workspace_id: str, exec_id: str, stream: str, **options: Any
    ) -> Any:
        output = getattr(client.workspaces.execs.open(workspace_id, exec_id), stream)
        return _bytes([self._do(output.read(**options))])

    def execs_follow_output(
        self,
        client: Any,
        workspace_id: str,
        exec_id: str,
        stream: str,
        take: int | None = None,
        **options: Any,
    ) -> Any:
        output = getattr(client.workspaces.execs.open(workspace_id, exec_id), stream)
        return _bytes(self._listed(output.follow(**options), take))

    def execs_write(self, client: Any, workspace_id: str, exec_id: str, data: Sequence[str]) -> Any:
        return self._written(client.workspaces.execs.open(workspace_id, exec_id).stdin, data)

    def ptys_open(self, client: Any, workspace_id: str, data: Sequence[str], **options: Any) -> Any:
        with (
            self._entered(client.workspaces.open(workspace_id).connect()) as live,
            self._entered(live.pty(**options)) as pty,
        ):
            return self._written(pty, data)

    def ptys_write(self, client: Any, workspace_id: str, pty_id: str, data: Sequence[str]) -> Any:
        return self._written(client.workspaces.ptys.open(workspace_id, pty_id), data)

    def ptys_follow_output(self, client: Any, workspace_id: str, pty_id: str, **options: Any) -> Any:
        return _bytes(self._listed(client.workspaces.ptys.open(workspace_id, pty_id).follow(**options)))

    def _written(self, writer: Any, data: Sequence[str]) -> Any:
        return {"written": sum(self._do(writer.write(base64.b64decode(piece))) for piece in data)}

    @contextmanager
    def _entered(self, context: Any) -> Generator[Any]:
        entered = self._do(context.__aenter__() if self._loop else context.__enter__())
        try:
            yield entered
        finally:
            leave = context.__aexit__ if self._loop else context.__exit__
            self._do(leave(*sys.exc_info()))

    # Without an API key -------------------------------------------------------------------------------------

    def public_create_token(
        self, client: Any, type: str, session: Mapping[str, str], stream: str, **options: Any
    ) -> Any:
        where: Any = session.get("id") or client.sessions.open(external_id=session["external_id"])
        if type == "session.input.send":
            scope: Any = helmr.SendInput(where, helmr.InputStream(stream))
        else:
            scope = helmr.ReadOutput(where, helmr.OutputStream(stream))
        return plain(self._do(client.auth.create_public_token(scope, **options)))

    def public_send(
        self,
        client: Any,
        stream: str,
        public_access_token: str,
        data: Any = None,
        session_id: str | None = None,
        external_id: str | None = None,
        **options: Any,
    ) -> Any:
        public = self._public(client, public_access_token)
        try:
            handle = public.open(session_id, external_id=external_id).input(stream)
            return _appended(self._do(handle.send(data, **options)))
        finally:
            self._do(public.aclose() if self._loop else public.close())

    def public_read(
        self, client: Any, session_id: str, stream: str, public_access_token: str, **options: Any
    ) -> Any:
        public = self._public(client, public_access_token)
        try:
            return plain(self._do(public.open(session_id).output(stream).read(**options)))
        finally:
            self._do(public.aclose() if self._loop else public.close())

    def public_complete(self, client: Any, token_id: str, public_access_token: str, data: Any = None) -> Any:
        return _completed(
            self._do(client.tokens.complete(token_id, data, public_access_token=public_access_token))
        )

    def public_callback(self, client: Any, callback_url: str, data: Any = None) -> Any:
        return _completed(self._do(client.tokens.complete(callback_url=callback_url, data=data)))


async def _awaited(result: Any) -> Any:
    return await result


async def _collected(items: Any, take: int | None) -> list[Any]:
    found: list[Any] = []
    iterator = aiter(items)
    try:
        while take is None or len(found) < take:
            try:
                found.append(await anext(iterator))
            except StopAsyncIteration:
                break
    finally:
        if (close := getattr(iterator, "aclose", None)) is not None:
            await close()
    return found


def plain(value: Any) -> Any:
    """Convert a value from the client to JSON, with the field names of the wire and with unknown fields."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in _fields(value).items()}
    if isinstance(value, Sequence):
        return [plain(item) for item in _items(value)]
    known = _wire(value)
    # Report the client's attributes rather than the raw fields.
    return {name: plain(getattr(value, name, item)) for name, item in known.items()}


def _fields(value: Any) -> Mapping[str, Any]:
    return value  # type: ignore[no-any-return]


def _items(value: Any) -> Sequence[Any]:
    return value  # type: ignore[no-any-return]


def _names(value: Any) -> list[str]:
    return dir(value.__class__)


def _wire(value: Any) -> dict[str, Any]:
    for name in ("to_dict", "raw", "wire"):
        found: Any = getattr(value, name, None)
        if found is not None:
            if name == "wire":
                return _wire(found)
            return dict(_fields(found() if callable(found) else found))
    names = [name for name in _names(value) if not name.startswith("_")]
    return {name: item for name in names if not callable(item := getattr(value, name))}


def _started(started: Any) -> Any:
    return {
        "session": plain(started.session),
        "run": plain(started.run),
        "is_cached": started.is_cached,
        "timed_out": started.timed_out,
    }


def _appended(appended: Any) -> Any:
    return {"record": plain(appended.record if hasattr(appended, "record") else appended)}


def _bytes(chunks: Sequence[Any]) -> Any:
    data = b"".join(one.data for one in chunks)
    return {"data": base64.b64encode(data).decode(), "cursor": chunks[-1].cursor if chunks else None}


def _completed(completion: Any) -> Any:
    return {"status": completion.status, "token": plain(completion.token)}


_KINDS: tuple[tuple[type[errors.HelmrError], str], ...] = (
    (errors.HelmrStatusError, "status"),
    (errors.WaitTimeoutError, "wait_timeout"),
    (errors.HelmrTimeoutError, "timeout"),
    (errors.HelmrConnectionError, "connection"),
    (errors.UnexpectedResponseError, "invalid_response"),
    (errors.RunFailedError, "run_failed"),
    (errors.RunCancelledError, "run_cancelled"),
    (errors.RunExpiredError, "run_expired"),
    (errors.TokenCancelledError, "token_cancelled"),
    (errors.ProcessLostError, "process_lost"),
    (errors.ProcessFailedError, "process_failed"),
    (errors.OutputExpiredError, "output_expired"),
    (errors.ArgumentError, "argument"),
    (errors.DataValidationError, "argument"),
)


def _error(error: errors.HelmrError) -> dict[str, Any]:
    kind = next((name for one, name in _KINDS if isinstance(error, one)), "other")
    failure: dict[str, Any] = {"kind": kind, "message": str(error)}
    if isinstance(error, errors.HelmrStatusError):
        failure |= {"status": error.status, "code": error.code}
    return failure


def serve(driver: PythonDriver, lines: IO[str], out: IO[str]) -> None:
    """Respond to each line of standard input until it ends."""
    for line in lines:
        message = json.loads(line)
        response = driver.introduction() if "hello" in message else driver.respond(message)
        print(json.dumps(response), file=out, flush=True)
    driver.close()


if __name__ == "__main__":
    serve(PythonDriver(is_async="--asyncio" in sys.argv[1:]), sys.stdin, sys.stdout)
