# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Invocations of tasks, and their lifecycle."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

from ...errors import ArgumentError
from ...types import UNSET, HasId, Sender, id_of

if TYPE_CHECKING:
    from ...models.queue_selection import QueueSelection
    from ...models.retry_policy import RetryPolicy
    from ...models.session import Session
    from ...models.session_run import SessionRun
    from ...models.session_start import SessionStart
    from ...models.stream import Stream
    from ...paging import Pager
    from .sessions_inputs import SessionsInputs
    from .sessions_outputs import SessionsOutputs


class Sessions:
    """Invocations of tasks, and their lifecycle.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    @property
    def inputs(self) -> SessionsInputs:
        """Input streams of sessions."""
        from .sessions_inputs import SessionsInputs

        return SessionsInputs(self._sender)

    @property
    def outputs(self) -> SessionsOutputs:
        """Output streams of sessions."""
        from .sessions_outputs import SessionsOutputs

        return SessionsOutputs(self._sender)

    def list(
        self,
        *,
        status: str | None = None,
        task: str | None = None,
        external_id: str | None = None,
        limit: int | None = None,
    ) -> Pager[Session]:
        """List sessions.

        Lists the environment's sessions, most recently updated first (`updated_at`, then `id`, both
        descending). Filters combine; there is no cursor, so only the newest `limit` sessions can be seen.
        Needs the permission `runs.read`.

        Args:
            status: Only sessions in this status: `open`, `closed`, `cancelled` or `expired`. The value
                is not checked: any other word, even `all`, matches nothing. Blank means no filter.
            task: Only sessions of this task. The value is not checked. Blank means no filter.
            external_id: Only the session with this external id; at most 512 bytes. Blank means no
                filter.
            limit: The maximum number to return. Blank is the default.

        Returns:
            At most `limit` sessions.
        """
        from ...api.sessions import list_sessions
        from ...paging import Pager

        return Pager(
            self._sender,
            lambda at: list_sessions.request(
                status=status, task_id=task, external_id=external_id, limit=limit
            ),
            lambda page: page.sessions,
            most=limit or 100,
        )

    def start(
        self,
        task: str,
        payload: Any = UNSET,
        *,
        external_id: str | None = None,
        workspace_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        tags: Sequence[str] | None = None,
        queue: QueueSelection | None = None,
        concurrency_key: str | None = None,
        priority: int | None = None,
        ttl: str | None = None,
        max_duration: int | None = None,
        retry: RetryPolicy | None = None,
        idempotency_key: str | None = None,
        idempotency_key_ttl: str | None = None,
        expires_at: datetime.datetime | None = None,
    ) -> SessionStart:
        """Start or reuse a session.

        Starts a session and its first run, or returns the session that the idempotency key or the external
        id already belongs to. Needs the permission `runs.create`.

        With an **idempotency key** that was used before for this task: same parameters give 200 with
        `is_cached: true`, the session in its current state (even if closed, cancelled or expired) and the
        run that the key is bound to; other parameters give 409 `idempotency_fingerprint_mismatch`.
        `metadata`, `tags` and the key's lifetime are not compared. The key becomes free again when its
        lifetime, counted from the first successful use, expires. Nothing is recorded for a start that
        failed.

        With an **external id** that is in use: an open session with the same parameters gives 200 with
        `is_cached: true` and its current run, which may have ended (no new run is created); other
        parameters give 409 `session_fingerprint_mismatch`; a session that is closed, cancelled, expired or
        past its `expires_at` gives 409 `session_terminal`. An external id is never released.

        Checked in this order: body, `task_id`, permission, idempotency fields, `external_id`,
        `workspace_id`, `metadata`, `tags`, known idempotency key, known external id (only without a key),
        task deployed, secrets, `max_duration_seconds`, `retry`, `queue`, `concurrency_key`, `ttl`, queue
        declared, key in use by another start (202), known external id (with a key).

        Args:
            task: The task's name; 1 to 128 characters.
            payload: Any JSON: the payload of the task. `{}` when left out; `null` stays null. It is
                stored, so it must not contain secrets. The server does not check it against the task's
                types.
            external_id: Your own name for the session, unique in the environment; at most 512 bytes; a
                blank one counts as absent.
            workspace_id: UUID of an active workspace to work in; it must fit the task. A new workspace
                when left out or blank.
            metadata: Your own data for the session and its run; `{}` when left out. `null` is refused.
            tags: Labels for the session and its run.
            queue: The queue to wait in; the task's own when left out.
            concurrency_key: Groups runs for the queue's concurrency limit; at most 512 bytes; a blank
                one counts as absent.
            priority: An offset in seconds: the run is ordered as if it had been queued that much
                earlier (later if negative). The order is not strict: with concurrency limits, a run may
                start before another one of higher priority. 0 when left out.
            ttl: How long the run may wait for its first start before it expires; the task's own when
                left out or blank.
            max_duration: How long the run may execute, 5 to 86400 seconds. The task's own (else 900)
                when left out or 0.
            retry: The task's own policy when left out. `null` is refused.
            idempotency_key: Makes this start safe to repeat; at most 512 bytes; a blank one counts as
                absent. Scope: environment and task. It is stored as a hash, and may hold U+0000.
            idempotency_key_ttl: How long the key is remembered; 30 days by default. Only with
                `idempotency_key`.
            expires_at: When the session expires if it is idle then. A time in the past is accepted.
        """
        from ...api.sessions import start_session
        from ...models.session_start_request import SessionStartRequest

        body = SessionStartRequest(
            task_id=task,
            payload=payload,
            external_id=external_id,
            workspace_id=workspace_id,
            metadata=None if metadata is None else dict(metadata),
            tags=None if tags is None else list(tags),
            queue=queue,
            concurrency_key=concurrency_key,
            priority=priority,
            ttl=ttl,
            max_duration_seconds=max_duration,
            retry=retry,
            idempotency_key=idempotency_key,
            idempotency_key_ttl=idempotency_key_ttl,
            expires_at=expires_at,
        )
        return self._sender.send(start_session.request(body=body))

    def start_and_wait(
        self,
        task: str,
        payload: Any = UNSET,
        *,
        external_id: str | None = None,
        workspace_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        tags: Sequence[str] | None = None,
        queue: QueueSelection | None = None,
        concurrency_key: str | None = None,
        priority: int | None = None,
        ttl: str | None = None,
        max_duration: int | None = None,
        retry: RetryPolicy | None = None,
        idempotency_key: str | None = None,
        idempotency_key_ttl: str | None = None,
        expires_at: datetime.datetime | None = None,
        timeout_seconds: Any = UNSET,
    ) -> SessionStart:
        """Start or reuse a session and wait for its run.

        Does what `startSession` does, with the same checks and errors, and then waits until the returned
        run has ended, for at most 30 seconds. The response is 200 in every case, with the final state of
        the session and the run; `timed_out: true` says that the run has not ended. A `waiting` run has not
        ended. Neither a timeout nor a disconnect cancels anything, and the session stays open after the
        run's end. To wait longer, continue with `getRun` or `listRunEvents`. Needs the permission
        `runs.create`.

        Args:
            task: The task's name; 1 to 128 characters.
            payload: Any JSON: the payload of the task. `{}` when left out; `null` stays null. It is
                stored, so it must not contain secrets. The server does not check it against the task's
                types.
            external_id: Your own name for the session, unique in the environment; at most 512 bytes; a
                blank one counts as absent.
            workspace_id: UUID of an active workspace to work in; it must fit the task. A new workspace
                when left out or blank.
            metadata: Your own data for the session and its run; `{}` when left out. `null` is refused.
            tags: Labels for the session and its run.
            queue: The queue to wait in; the task's own when left out.
            concurrency_key: Groups runs for the queue's concurrency limit; at most 512 bytes; a blank
                one counts as absent.
            priority: An offset in seconds: the run is ordered as if it had been queued that much
                earlier (later if negative). The order is not strict: with concurrency limits, a run may
                start before another one of higher priority. 0 when left out.
            ttl: How long the run may wait for its first start before it expires; the task's own when
                left out or blank.
            max_duration: How long the run may execute, 5 to 86400 seconds. The task's own (else 900)
                when left out or 0.
            retry: The task's own policy when left out. `null` is refused.
            idempotency_key: Makes this start safe to repeat; at most 512 bytes; a blank one counts as
                absent. Scope: environment and task. It is stored as a hash, and may hold U+0000.
            idempotency_key_ttl: How long the key is remembered; 30 days by default. Only with
                `idempotency_key`.
            expires_at: When the session expires if it is idle then. A time in the past is accepted.
            timeout_seconds: Any JSON; intended as the maximum wait in seconds. The server ignores it
                and waits 30 seconds.
        """
        from ...api.sessions import start_session_and_wait
        from ...models.session_start_and_wait_request import SessionStartAndWaitRequest

        body = SessionStartAndWaitRequest(
            task_id=task,
            payload=payload,
            external_id=external_id,
            workspace_id=workspace_id,
            metadata=None if metadata is None else dict(metadata),
            tags=None if tags is None else list(tags),
            queue=queue,
            concurrency_key=concurrency_key,
            priority=priority,
            ttl=ttl,
            max_duration_seconds=max_duration,
            retry=retry,
            idempotency_key=idempotency_key,
            idempotency_key_ttl=idempotency_key_ttl,
            expires_at=expires_at,
            timeout_seconds=timeout_seconds,
        )
        return self._sender.send(start_session_and_wait.request(body=body))

    @overload
    def retrieve(self, session: str | HasId, /) -> Session: ...
    @overload
    def retrieve(self, /, *, external_id: str) -> Session: ...
    def retrieve(self, session: str | HasId | None = None, /, *, external_id: str | None = None) -> Session:
        """Get a session.

        Returns the current state of the session. It has no side effect: an open session past its
        `expires_at` is shown as `open` until it is expired in the background or by `closeSession`. Needs
        the permission `runs.read`.

        Args:
            session: The session's id. Other spellings of a UUID are accepted too. Blank (`%20`) leaves
                it to the query parameter `external_id` to name the session, as below `/by-external-id`.
            external_id: The session's external id; at most 512 bytes, not blank.
        """
        from ...api.sessions import get_session, get_session_by_external_id

        if session is not None and external_id is None:
            return self._sender.send(get_session.request(id_of(session, "session")))
        if session is None and external_id is not None:
            return self._sender.send(get_session_by_external_id.request(external_id=external_id))
        raise ArgumentError("pass either session or external_id")

    @overload
    def update(
        self,
        session: str | HasId,
        /,
        *,
        metadata: Mapping[str, Any] | None = None,
        tags: Sequence[str] | None = None,
        expires_at: datetime.datetime | None = None,
    ) -> Session: ...
    @overload
    def update(
        self,
        /,
        *,
        external_id: str,
        metadata: Mapping[str, Any] | None = None,
        tags: Sequence[str] | None = None,
        expires_at: datetime.datetime | None = None,
    ) -> Session: ...
    def update(
        self,
        session: str | HasId | None = None,
        /,
        *,
        external_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        tags: Sequence[str] | None = None,
        expires_at: datetime.datetime | None = None,
    ) -> Session:
        """Change metadata, tags or expiry of a session.

        Replaces `metadata` and `tags` as a whole, and extends `expires_at`. Omitted fields are unchanged;
        an empty object only updates `updated_at`. Works while a run is active. Existing runs keep their
        metadata and tags; continuation runs copy the session's. Needs the permission `runs.manage`.

        Args:
            session: The session's id. Other spellings of a UUID are accepted too. Blank (`%20`) leaves
                it to the query parameter `external_id` to name the session, as below `/by-external-id`.
            external_id: The session's external id; at most 512 bytes, not blank.
            metadata: Replaces the whole object; `{}` clears it. `null` is refused.
            tags: Replaces all tags; `[]` clears them. `null` changes nothing.
            expires_at: A later expiry. The session must have one that is still in the future, and the
                new one must be later than both it and now. `null` changes nothing; an expiry cannot be
                removed.
        """
        from ...api.sessions import update_session, update_session_by_external_id
        from ...models.session_update_request import SessionUpdateRequest

        body = SessionUpdateRequest(
            metadata=None if metadata is None else dict(metadata),
            tags=None if tags is None else list(tags),
            expires_at=expires_at,
        )
        if session is not None and external_id is None:
            return self._sender.send(update_session.request(id_of(session, "session"), body=body))
        if session is None and external_id is not None:
            return self._sender.send(
                update_session_by_external_id.request(body=body, external_id=external_id)
            )
        raise ArgumentError("pass either session or external_id")

    @overload
    def close(self, session: str | HasId, /, *, reason: str | None = None) -> Session: ...
    @overload
    def close(self, /, *, external_id: str, reason: str | None = None) -> Session: ...
    def close(
        self,
        session: str | HasId | None = None,
        /,
        *,
        external_id: str | None = None,
        reason: str | None = None,
    ) -> Session:
        """Close a session.

        Ends an open session whose work is done (`can_close`). A session past its `expires_at` becomes
        `expired` instead, and the reason is discarded. Closing twice is a conflict. Streams and workspace
        stay. Needs the permission `runs.manage`.

        Args:
            session: The session's id. Other spellings of a UUID are accepted too. Blank (`%20`) leaves
                it to the query parameter `external_id` to name the session, as below `/by-external-id`.
            external_id: The session's external id; at most 512 bytes, not blank.
            reason: Any string, without a limit; `closed` when left out or blank.
        """
        from ...api.sessions import close_session, close_session_by_external_id
        from ...models.session_close_request import SessionCloseRequest

        body = SessionCloseRequest(reason=reason)
        if session is not None and external_id is None:
            return self._sender.send(close_session.request(id_of(session, "session"), body=body))
        if session is None and external_id is not None:
            return self._sender.send(close_session_by_external_id.request(body=body, external_id=external_id))
        raise ArgumentError("pass either session or external_id")

    @overload
    def cancel(self, session: str | HasId, /, *, reason: str | None = None) -> Session: ...
    @overload
    def cancel(self, /, *, external_id: str, reason: str | None = None) -> Session: ...
    def cancel(
        self,
        session: str | HasId | None = None,
        /,
        *,
        external_id: str | None = None,
        reason: str | None = None,
    ) -> Session:
        """Cancel a session.

        Ends an open session at once, whatever it is doing, and cancels its current run without force: the
        run's status is `cancelled` immediately, a worker that is executing it stops later. Repeating it on
        a cancelled session changes nothing and gets 200.

        The response to the request that ends the session may have its previous state: `open`, with an empty
        `terminal_reason`, without `error`, with the old `updated_at`. A 200 means that the session is
        cancelled; if its state matters, read it with `getSession`. Needs the permission `runs.manage`.

        Args:
            session: The session's id. Other spellings of a UUID are accepted too. Blank (`%20`) leaves
                it to the query parameter `external_id` to name the session, as below `/by-external-id`.
            external_id: The session's external id; at most 512 bytes, not blank.
            reason: Any string, without a limit; `cancelled` when left out or blank.
        """
        from ...api.sessions import cancel_session, cancel_session_by_external_id
        from ...models.session_cancel_request import SessionCancelRequest

        body = SessionCancelRequest(reason=reason)
        if session is not None and external_id is None:
            return self._sender.send(cancel_session.request(id_of(session, "session"), body=body))
        if session is None and external_id is not None:
            return self._sender.send(
                cancel_session_by_external_id.request(body=body, external_id=external_id)
            )
        raise ArgumentError("pass either session or external_id")

    @overload
    def runs(self, session: str | HasId, /) -> Pager[SessionRun]: ...
    @overload
    def runs(self, /, *, external_id: str) -> Pager[SessionRun]: ...
    def runs(
        self, session: str | HasId | None = None, /, *, external_id: str | None = None
    ) -> Pager[SessionRun]:
        """List the runs of a session.

        Lists the session's runs in the order of their turns, all of them, with the current state of each
        run. Needs the permission `runs.read`.

        Args:
            session: The session's id. Other spellings of a UUID are accepted too. Blank (`%20`) leaves
                it to the query parameter `external_id` to name the session, as below `/by-external-id`.
            external_id: The session's external id; at most 512 bytes, not blank.

        Returns:
            Ordered by `turn_index`.
        """
        from ...api.sessions import list_session_runs, list_session_runs_by_external_id
        from ...paging import Pager

        if session is not None and external_id is None:
            return Pager(
                self._sender,
                lambda at: list_session_runs.request(id_of(session, "session")),
                lambda page: page.runs,
            )
        if session is None and external_id is not None:
            return Pager(
                self._sender,
                lambda at: list_session_runs_by_external_id.request(external_id=external_id),
                lambda page: page.runs,
            )
        raise ArgumentError("pass either session or external_id")

    @overload
    def streams(self, session: str | HasId, /) -> Pager[Stream]: ...
    @overload
    def streams(self, /, *, external_id: str) -> Pager[Stream]: ...
    def streams(
        self, session: str | HasId | None = None, /, *, external_id: str | None = None
    ) -> Pager[Stream]:
        """List the streams of a session.

        Lists every stream that the session's deployment declares, by name, input before output. Needs the
        permission `session.streams.read`.

        Args:
            session: The session's id. Other spellings of a UUID are accepted too. Blank (`%20`) leaves
                it to the query parameter `external_id` to name the session, as below `/by-external-id`.
            external_id: The session's external id; at most 512 bytes, not blank.

        Returns:
            Ordered by name, input before output.
        """
        from ...api.streams import list_session_streams, list_session_streams_by_external_id
        from ...paging import Pager

        if session is not None and external_id is None:
            return Pager(
                self._sender,
                lambda at: list_session_streams.request(id_of(session, "session")),
                lambda page: page.streams,
            )
        if session is None and external_id is not None:
            return Pager(
                self._sender,
                lambda at: list_session_streams_by_external_id.request(external_id=external_id),
                lambda page: page.streams,
            )
        raise ArgumentError("pass either session or external_id")
