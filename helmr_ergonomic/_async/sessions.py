"""Sessions over HTTP: starting, waiting, opening, reading, updating, ending."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NamedTuple, Unpack, overload

from helmr_api import lazy_attrs, models, resources
from helmr_api.api.sessions import get_session, start_session, start_session_and_wait, update_session
from helmr_api.constants import SERVER_WAIT_SECONDS
from helmr_api.models.session_status import SESSION_STATUS_VALUES, SessionStatus
from helmr_api.types import id_of

from .._models import Composite, bound
from .._options import checked_external_id, filled
from .._public import public
from .._runs import TERMINAL, RunContext
from .._sessions import (
    Address,
    ManyOptions,
    SessionRef,
    SessionSnapshot,
    StartAndWaitOptions,
    StartOptions,
    address,
    check_external_id_of,
    external_id_of,
    payload_label,
    start_request,
)
from .._tasks import MISSING, AnyTask, PayloadT, Task
from .._types import JSON, JSONObject
from .._typevars import OutputT, T
from .._validation import check_choice, checked_flag, checked_number, listed
from ..durations import Duration
from ..errors import ArgumentError, HelmrError, HelmrTimeoutError
from ..times import Moment
from ..waiting import Deadline
from .resource import AsyncResource
from .runs import AsyncRun, AsyncRuns, unfinished
from .watching import AsyncRunWatcher

if TYPE_CHECKING:
    from helmr_api.paging import AsyncPager
    from helmr_api.types import Request

    from .._records import AppendedRecord
    from ..streams import InputStream, OutputStream
    from .concurrency import Items
    from .streams import AsyncInput, AsyncOutput
    from .transport import AsyncTransport

# Streams and concurrency are imported on first use, like the logs in `runs`.

MARGIN: Final = 5.0
"""Seconds allowed for the response to a waiting start to arrive after the server's wait has ended."""


class AsyncOneSession:
    """The operations on one session."""

    __slots__ = ()

    @property
    def _sessions(self) -> AsyncSessions:
        raise NotImplementedError

    @property
    def _transport(self) -> AsyncTransport:
        return self._sessions._transport  # pyright: ignore[reportPrivateUsage]  of this module

    @property
    def address(self) -> Address:
        """The id or external id of the session."""
        raise NotImplementedError

    def input(self, stream: InputStream[T] | str) -> AsyncInput[T]:
        """Return a handle for one of its input streams. A definition types the data, a name allows any JSON.

        Raises `DefinitionError` for an invalid name, `ArgumentError` for an output stream.

        >>> sessions.open(started.session).input(approval)
        """
        from ..streams import input_stream
        from .streams import AsyncInput

        return AsyncInput(self._transport, self.address, input_stream(stream))

    def output(self, stream: OutputStream[T] | str) -> AsyncOutput[T]:
        """Return a handle for one of its output streams. A definition types the data, a name allows any JSON.

        Raises `DefinitionError` for an invalid name, `ArgumentError` for an input stream.

        >>> sessions.open(started.session).output(report)
        """
        from ..streams import output_stream
        from .streams import AsyncOutput

        return AsyncOutput(self._transport, self.address, output_stream(stream))

    async def retrieve(self) -> AsyncSession:
        """Return the current state of the session. Raises `NotFoundError`, or any other `HelmrError`.

        >>> (await sessions.open(started.session).retrieve()).status
        """
        return await self._sessions.retrieve(self)

    async def update(
        self,
        *,
        metadata: JSONObject | None = None,
        tags: Sequence[str] | None = None,
        expires_at: Moment | None = None,
    ) -> AsyncSession:
        """Change the session, see `sessions.update`.

        >>> await sessions.open(started.session).update(tags=["review"])
        """
        return await self._sessions.update(self, metadata=metadata, tags=tags, expires_at=expires_at)

    async def close(self, *, reason: str | None = None) -> AsyncSession:
        """Close the session, see `sessions.close`.

        >>> await sessions.open(started.session).close(reason="merged")
        """
        return await self._sessions.close(self, reason=reason)

    async def cancel(self, *, reason: str | None = None) -> AsyncSession:
        """Cancel the session, see `sessions.cancel`.

        >>> await sessions.open(started.session).cancel(reason="withdrawn")
        """
        return await self._sessions.cancel(self, reason=reason)

    def runs(self) -> AsyncPager[models.SessionRun]:
        """List its runs, in the order of their turns. Raises `NotFoundError`, or any other `HelmrError`.

        >>> [turn.id async for turn in sessions.open(started.session).runs()]
        """
        return self._sessions.runs(self)

    def streams(self) -> AsyncPager[models.Stream]:
        """List the streams that its deployment declares. Raises `NotFoundError`, or any other `HelmrError`.

        >>> [stream.name async for stream in sessions.open(started.session).streams()]
        """
        return self._sessions.streams(self)


class AsyncSession(AsyncOneSession, SessionSnapshot):
    """A session as it was when the server responded, with methods that make requests for it."""

    __slots__ = ()

    @property
    def _sessions(self) -> AsyncSessions:
        sessions: AsyncSessions = self._bound_to().sessions
        return sessions

    @property
    def address(self) -> Address:
        """The session's address: its id."""
        return Address(self.id, None)


class AsyncSessionStart(Composite, models.SessionStart, Generic[OutputT]):
    """The result of a start: the session, and its run with the task's output type.

    `is_cached`: an earlier start with this key or external id was found; `timed_out`: the run had
    not ended when `start_and_wait` stopped waiting.
    """

    __slots__ = ()
    _parts = (("session", AsyncSession), ("run", AsyncRun))
    session: AsyncSession
    run: AsyncRun[OutputT]


class AsyncSessionHandle(AsyncOneSession):
    """Makes requests for a session, by its id or external id. Comes from `sessions.open`, which makes no
    request."""

    __slots__ = ("_address", "_of")

    def __init__(self, sessions: AsyncSessions, where: Address) -> None:
        self._of = sessions
        self._address = where

    @property
    def _sessions(self) -> AsyncSessions:
        return self._of

    @property
    def address(self) -> Address:
        """The session's address: its id or external id."""
        return self._address

    @property
    def id(self) -> str | None:
        """The session's id; `None` when it was opened by its external id."""
        return self.address.id

    def __repr__(self) -> str:
        named = f"external_id={self.address.external_id!r}" if self.id is None else repr(self.id)
        return f"{type(self).__name__}({named})"


@lazy_attrs.define(eq=False)
class AsyncStartOutcome(Generic[PayloadT, OutputT]):
    """The outcome of one start of `sessions.start_many`."""

    index: int
    """The index of the payload, from 0."""
    payload: PayloadT = lazy_attrs.field(repr=False)
    started: AsyncSessionStart[OutputT] | None
    """The session and its run; `None` if the start failed."""
    error: HelmrError | None
    """The error of a start that failed; `None` if it succeeded."""


class AsyncSend(NamedTuple):
    """One record of a batch: its stream and its data."""

    input: AsyncInput[Any]
    data: JSON
    correlation_id: str | None = None
    idempotency_key: str | None = None


class AsyncSessions(resources.AsyncSessions, AsyncResource):
    """The sessions of an environment: `client.sessions`, or the facade `sessions`."""

    def __init__(self, transport: AsyncTransport) -> None:
        super().__init__(transport)
        self._runs = AsyncRuns(transport)

    @overload  # type: ignore[override]  # a task in place of its id, and options in the forms of Python
    async def start(
        self, task: Task[None, OutputT], **options: Unpack[StartOptions]
    ) -> AsyncSessionStart[OutputT]: ...
    @overload
    async def start(
        self, task: Task[PayloadT, OutputT], payload: PayloadT, **options: Unpack[StartOptions]
    ) -> AsyncSessionStart[OutputT]: ...
    @overload
    async def start(
        self, task: str, payload: JSON = MISSING, **options: Unpack[StartOptions]
    ) -> AsyncSessionStart[Any]: ...
    async def start(  # pyright: ignore[reportIncompatibleMethodOverride]  as above
        self, task: AnyTask | str, payload: JSON = MISSING, **options: Unpack[StartOptions]
    ) -> AsyncSessionStart[Any]:
        """Start a session, or find the one that an earlier start with this key or external id created.

        Args:
            task: a task definition, which checks the payload and types the output; or a
                task's id, which checks nothing.
            payload: the task's input. It is kept as audit data, so it must not contain credentials.
            external_id: names the session permanently: another start with the same external id returns this
                session.
            idempotency_key: names this request; a string or a list of strings, hashed as every Helmr SDK
                does. Without a key or an external id, the request gets a new key, so that a retry after a
                lost response does not start a second session.
            idempotency_key_ttl: how long the key is remembered: a `timedelta` or a string such as `"24h"`.
            options: the other fields of `StartOptions`: `workspace_id`, `metadata`, `tags`, `queue`,
                `concurrency_key`, `priority`, `ttl`, `max_duration`, `retry`, `expires_at`.

        Raises:
            PayloadValidationError: the payload does not match the task; no request was sent.
            ArgumentError: an option is invalid; no request was sent.
            ConflictError: the task is not deployed, the key or external id was used with another start, or
                the session of that external id has ended; `.code` says which.
            HelmrError: any other error.

        >>> started = await sessions.start(greet, {"name": "you"}, external_id="greeting-1")
        """
        request = _start_request(task, payload, options)
        wire = await self._transport.send(request, label=payload_label(task))
        return self._started(wire, task)

    @overload  # type: ignore[override]  # as above
    async def start_and_wait(
        self, task: Task[None, OutputT], **options: Unpack[StartAndWaitOptions]
    ) -> AsyncSessionStart[OutputT]: ...
    @overload
    async def start_and_wait(
        self, task: Task[PayloadT, OutputT], payload: PayloadT, **options: Unpack[StartAndWaitOptions]
    ) -> AsyncSessionStart[OutputT]: ...
    @overload
    async def start_and_wait(
        self, task: str, payload: JSON = MISSING, **options: Unpack[StartAndWaitOptions]
    ) -> AsyncSessionStart[Any]: ...
    async def start_and_wait(  # pyright: ignore[reportIncompatibleMethodOverride]  as above
        self,
        task: AnyTask | str,
        payload: JSON = MISSING,
        *,
        timeout_seconds: Duration | float | None = 30.0,
        raise_on_timeout: bool = False,
        **options: Unpack[StartOptions],
    ) -> AsyncSessionStart[Any]:
        """Start a session and wait until its run has ended, whatever the outcome.

        The timeout is exact, even beyond the 30 s for which the server itself waits. When it expires, the
        result has `timed_out` set and the last known state of the run; nothing is cancelled.

        Args:
            timeout_seconds: seconds, a `timedelta` or a duration string; 30 s by default, `None` for no
                limit.
            raise_on_timeout: raise `WaitTimeoutError` instead of returning `timed_out`.

        The other arguments are those of `start`. Raises what `start` raises; `HelmrTimeoutError` if the
        timeout expires before the start gets a response. The session may have started anyway: use an
        idempotency key to find it.

        >>> completed = await sessions.start_and_wait(greet, {"name": "you"}, timeout_seconds=600)
        >>> completed.run.output
        """
        deadline = Deadline(timeout_seconds, what="timeout_seconds")
        checked_flag(raise_on_timeout, "raise_on_timeout")
        left = deadline.left()
        if left is not None and left < SERVER_WAIT_SECONDS + MARGIN:
            # The server's own wait cannot be shortened, so the client does all the waiting.
            request, limits = _start_request(task, payload, options), None
        else:
            from ..limits import DEFAULT_LIMITS

            body = start_request(models.SessionStartAndWaitRequest, task, payload, options)
            request = start_session_and_wait.request(body=body)
            limits = DEFAULT_LIMITS._replace(call=None, attempt=SERVER_WAIT_SECONDS * 2)
        label = payload_label(task)
        wire = await self._transport.send(request, label=label, deadline=deadline, limits=limits)
        started = self._started(wire, task)
        if started.run.is_terminal:
            return started
        run = await AsyncRunWatcher(self._transport).until_end(started.run.id, wire.run, deadline)
        ended = run.status in TERMINAL
        if not ended and raise_on_timeout:
            raise unfinished(started.run.id, deadline)
        session = started.session
        if ended:
            try:
                session = await self._retrieve(Address(session.id, None), deadline)
            except HelmrTimeoutError:
                if not deadline.passed:
                    raise
        from attrs import evolve

        return self._started(evolve(wire, session=session, run=run, timed_out=not ended), task)

    async def start_many(
        self,
        task: Task[PayloadT, OutputT],
        payloads: Items[PayloadT],
        *,
        concurrency: int = 10,
        external_id: Callable[[PayloadT], str] | None = None,
        **options: Unpack[ManyOptions],
    ) -> AsyncGenerator[AsyncStartOutcome[PayloadT, OutputT], None]:
        """Start a session for each payload, `concurrency` (1 to 100) at a time, and yield each outcome as it
        arrives.

        A start that fails does not stop the others: its outcome has the error. `external_id` returns the
        external id for a payload: with it, sessions that were already started are found again, so an
        interrupted call can be repeated. The other options are those of `start`, for all of them. After
        Ctrl-C or leaving the loop, no further sessions are started. Raises `ArgumentError` for an invalid
        option, and any exception raised by iterating `payloads`.

        >>> async for outcome in sessions.start_many(greet, [{"name": "ada"}, {"name": "bob"}]):
        ...     print(outcome.index, outcome.error or outcome.started.run.id)
        """
        from .concurrency import outcomes

        checked_number(concurrency, 1, 100, "concurrency")
        for name in ("external_id", "idempotency_key"):
            if name in options:
                raise ArgumentError(f"{name} cannot be the same for many starts")
        check_external_id_of(external_id)
        _start_request(id_of(task, "task"), MISSING, options)  # shared by all

        async def start(payload: PayloadT) -> AsyncSessionStart[OutputT] | HelmrError:
            try:
                named: Any = {**options, "external_id": external_id_of(external_id, payload)}
                return await self.start(task, payload, **named)
            except HelmrError as error:
                return error

        async with aclosing(outcomes(start, payloads, concurrency)) as results:
            async for index, payload, result in results:
                if isinstance(result, HelmrError):
                    yield AsyncStartOutcome(index, payload, None, result)
                else:
                    yield AsyncStartOutcome(index, payload, result, None)

    def open(
        self, session: SessionRef | None = None, *, external_id: str | None = None
    ) -> AsyncSessionHandle:
        """Return a handle for a session, given by id, by an object that has the id, or by external id.

        Makes no request. Raises `ArgumentError` unless exactly one of `session` and `external_id` is given.

        >>> sessions.open(external_id="github:OWNER/REPO#42").input("approval")
        """
        return AsyncSessionHandle(self, address(session, external_id))

    async def retrieve(
        self, session: SessionRef | None = None, *, external_id: str | None = None
    ) -> AsyncSession:
        """Return the current state of a session. Raises `NotFoundError`, or any other `HelmrError`.

        >>> (await sessions.retrieve(external_id="github:OWNER/REPO#42")).activity
        """
        return await self._retrieve(address(session, external_id))

    async def _retrieve(self, where: Address, deadline: Deadline | None = None) -> AsyncSession:
        request = where.of(get_session.addressed)()
        return self._bound(await self._transport.send(request, deadline=deadline))

    def list(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]  no other status
        self,
        *,
        status: SessionStatus | Literal["all"] = "all",
        task: AnyTask | str | None = None,
        external_id: str | None = None,
        limit: int | None = None,
    ) -> AsyncPager[AsyncSession]:
        """List the most recently changed sessions, newest first. No request is sent before iteration starts.

        `status`, `task` and `external_id` select matching sessions; `limit` is the maximum number to return:
        the server has no further pages. Raises `BadRequestError` for a larger `limit`, or any other
        `HelmrError`.

        >>> [session.external_id async for session in sessions.list(status="open", task=greet)]
        """
        check_choice(status, {"all", *SESSION_STATUS_VALUES}, "status")
        sessions = super().list(
            status=None if status == "all" else status,  # without a status, the server lists all
            task=None if task is None else id_of(task, "task"),
            external_id=None if external_id is None else checked_external_id(external_id),
            limit=limit,
        )
        return sessions.mapped(self._bound)

    async def update(
        self,
        session: SessionRef | None = None,
        *,
        external_id: str | None = None,
        metadata: JSONObject | None = None,
        tags: Sequence[str] | None = None,
        expires_at: Moment | None = None,
    ) -> AsyncSession:
        """Change an open session. `metadata` and `tags` replace the old values; arguments you leave out
        change nothing.

        `expires_at` can only postpone an expiry that has not passed yet. Raises `ConflictError` when the
        session has ended, `BadRequestError` with code `session_expires_at_not_extendable`, or any other
        `HelmrError`.

        >>> (await sessions.update(started.session, tags=["reviewed"])).tags
        """
        body = filled(
            models.SessionUpdateRequest(), {"metadata": metadata, "tags": tags, "expires_at": expires_at}
        )
        request = address(session, external_id).of(update_session.addressed)(body=body)
        return self._bound(await self._transport.send(request))

    async def close(
        self, session: SessionRef | None = None, *, external_id: str | None = None, reason: str | None = None
    ) -> AsyncSession:
        """Close a session that is idle; it takes no more input. Closing does not stop a run.

        Raises `ConflictError` with code `close_run_active` while a run is active, with `session_terminal`
        when the session has ended already, or any other `HelmrError`.

        >>> (await sessions.close(started.session, reason="merged")).status
        """
        close = address(session, external_id).of(super().close)
        return self._bound(await close(reason=reason))

    async def cancel(
        self, session: SessionRef | None = None, *, external_id: str | None = None, reason: str | None = None
    ) -> AsyncSession:
        """Cancel a session and its run. A session that is already cancelled is returned unchanged.

        A server may respond to a cancel with the session's previous state. In that case, this reads the
        session again, so that the snapshot is current.

        Raises `ConflictError` when the session is closed or expired, or any other `HelmrError`.

        >>> (await sessions.cancel(started.session, reason="no longer needed")).status
        """
        cancel = address(session, external_id).of(super().cancel)
        cancelled = self._bound(await cancel(reason=reason))
        if cancelled.status == "cancelled":
            return cancelled
        return await self.retrieve(cancelled)

    def runs(
        self, session: SessionRef | None = None, *, external_id: str | None = None
    ) -> AsyncPager[models.SessionRun]:
        """List the runs of a session, in the order of their turns. No request is sent before iteration
        starts.

        Raises `NotFoundError`, or any other `HelmrError`.

        >>> [run.status async for run in sessions.runs(started.session)]
        """
        return address(session, external_id).of(super().runs)()

    def streams(
        self, session: SessionRef | None = None, *, external_id: str | None = None
    ) -> AsyncPager[models.Stream]:
        """List the streams that a session's deployment declares. No request is sent before iteration starts.

        Raises `NotFoundError`, or any other `HelmrError`.

        >>> [stream.name async for stream in sessions.streams(started.session)]
        """
        return address(session, external_id).of(super().streams)()

    async def send_batch(
        self, batch: Iterable[AsyncSend], *, concurrency: int = 8
    ) -> Sequence[AppendedRecord[Any]]:
        """Send records to several streams, `concurrency` (1 to 100) at a time.

        The records of one stream are sent one after the other, in the order of the batch. All are checked
        before the first is sent. The results are in the order of the batch. Raises what `send` raises, for
        the first record that failed; others may have been sent.

        >>> to = sessions.open(started.session).input(approval)
        >>> batch = [AsyncSend(to, {"approved": True}), AsyncSend(to, {"approved": False})]
        >>> responses = await sessions.send_batch(batch, concurrency=4)
        """
        from ..streams import check_record
        from .streams import AsyncInput

        checked_number(concurrency, 1, 100, "concurrency")
        sends = listed(batch, "batch")
        by_stream: dict[tuple[Address, str], Any] = {}
        for index, send in enumerate(sends):
            if not isinstance(send, AsyncSend) or not isinstance(send.input, AsyncInput):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
                raise ArgumentError(f"batch[{index}] must be one AsyncSend, got {type(send).__name__}")
            check_record(send.input.stream, send.data, send.correlation_id, send.idempotency_key)
            by_stream.setdefault((send.input.address, send.input.stream.name), []).append(index)
        responses: dict[int, AppendedRecord[Any]] = {}

        async def send_one(index: int) -> None:
            send = sends[index]
            responses[index] = await send.input.send(
                send.data, correlation_id=send.correlation_id, idempotency_key=send.idempotency_key
            )

        await gather(send_one, by_stream.values(), concurrency)
        return [responses[index] for index in range(len(sends))]

    def _started(
        self, started: models.SessionStart, task: Task[Any, OutputT] | str
    ) -> AsyncSessionStart[OutputT]:
        context = RunContext(self._runs, None if isinstance(task, str) else task, self)
        return bound(started, AsyncSessionStart, context)

    def _bound(self, session: models.Session) -> AsyncSession:
        return bound(session, AsyncSession, RunContext(self._runs, None, self))


async def gather(work: Callable[[T], Awaitable[None]], groups: Iterable[Sequence[T]], limit: int) -> None:
    """Call `work` for each item: the items of a group in order, at most `limit` groups at once.

    The first failure stops the other groups after their current item, and is raised. A cancellation or an
    interrupt (Ctrl-C) stops all groups immediately.
    """
    from .concurrency import outcomes

    ends: list[BaseException] = []

    async def in_order(group: Sequence[T]) -> None:
        for item in group:
            if ends:
                return
            try:
                await work(item)
            except Exception as error:
                ends.append(error)

    try:
        async with aclosing(outcomes(in_order, groups, limit)) as done:
            async for _ in done:
                pass
    except BaseException as error:
        ends.append(error)
        raise
    if ends:
        raise ends[0]


def _start_request(task: AnyTask | str, payload: JSON, options: JSONObject) -> Request[models.SessionStart]:
    body = start_request(models.SessionStartRequest, task, payload, options)
    return start_session.request(body=body)


public(AsyncSend, AsyncSession, AsyncSessionHandle, AsyncSessions, AsyncSessionStart, AsyncStartOutcome)
