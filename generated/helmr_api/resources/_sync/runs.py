# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Executions of tasks, with their events and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...types import HasId, Sender, id_of

if TYPE_CHECKING:
    from ...models.list_runs_status import ListRunsStatus
    from ...models.run import Run
    from ...models.run_cancel_result import RunCancelResult
    from ...models.run_counts import RunCounts
    from ...paging import Pager
    from .runs_events import RunsEvents
    from .runs_logs import RunsLogs


class Runs:
    """Executions of tasks, with their events and logs.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    @property
    def events(self) -> RunsEvents:
        """The history of runs."""
        from .runs_events import RunsEvents

        return RunsEvents(self._sender)

    @property
    def logs(self) -> RunsLogs:
        """The output of runs."""
        from .runs_logs import RunsLogs

        return RunsLogs(self._sender)

    def list(
        self,
        *,
        status: ListRunsStatus | str | None = None,
        session: str | HasId | None = None,
        limit: int | None = None,
    ) -> Pager[Run]:
        """List runs.

        Lists the environment's runs, newest first (`created_at`, then `id`, both descending). There is no
        cursor: only the newest `limit` runs can be seen. Without `status` only runs that have not ended are
        listed. Needs the permission `runs.read`, which is checked before `session_id`.

        Args:
            status:
                - `live` (default): runs that have not ended
                - `all`: every run
                - a run status: runs in this status

                Blank is the default.
            session: Only runs of this session; none if it does not exist. Blank means no filter.
            limit: The maximum number to return. Blank is the default.

        Returns:
            At most `limit` runs.
        """
        from ...api.runs import list_runs
        from ...paging import Pager

        return Pager(
            self._sender,
            lambda at: list_runs.request(
                status=status, session_id=None if session is None else id_of(session, "session"), limit=limit
            ),
            lambda page: page.runs,
            most=limit or 100,
        )

    def counts(
        self,
    ) -> RunCounts:
        """Count runs by status.

        Counts all runs of the environment. Needs the permission `runs.read`.
        """
        from ...api.runs import count_runs

        return self._sender.send(count_runs.request())

    def retrieve(self, run: str | HasId, /) -> Run:
        """Get a run.

        Returns the current state of the run. Its status is authoritative. Needs the permission `runs.read`;
        a run of another environment is a 404.

        Args:
            run: The run's id. Other spellings of a UUID are accepted too.
        """
        from ...api.runs import get_run

        return self._sender.send(get_run.request(id_of(run, "run")))

    def cancel(
        self,
        run: str | HasId,
        /,
        *,
        reason: str | None = None,
        force: bool | None = None,
        idempotency_key: str | None = None,
    ) -> RunCancelResult:
        """Cancel a run.

        Cancels a run that has not ended. Its status is `cancelled` at once in every case.

        | Run before | `force` | Operation | What happens |
        |---|---|---|---|
        | `queued`, `waiting`, or `running` but not started | any | `applied` | ended at once |
        | `running`, executing | false | `applied` | the worker keeps its lease until it stops: event `run.cancel_requested` now, `run.cancelled` later |
        | `running`, executing | true | `applied` | ended immediately, the lease is revoked |
        | `cancelled`, worker still stopping | false | `rejected` | nothing |
        | `cancelled`, worker still stopping | true | `applied` | ended, the reason is replaced |
        | ended | any | `rejected` | nothing |

        Cancelling a run that has ended therefore returns 200 with the operation `rejected`. With an
        idempotency key the same request returns the stored operation and the current state of the run. Open
        waits of the run are cancelled; tokens, records and the session are not touched. Needs the
        permission `runs.manage`. Order of checks: `run_id`, body, key, run, permission.

        Args:
            run: The run's id. Other spellings of a UUID are accepted too.
            reason: Any string, without a limit. Blank is none; the run then has the reason `run
                cancelled`.
            force: True to end an executing run at once instead of letting its worker stop; false by
                default.
            idempotency_key: Makes this cancel safe to repeat; at most 512 bytes; a blank one counts as
                absent. Scope: this run. The key's own surrounding white space is compared too.
        """
        from ...api.runs import cancel_run
        from ...models.run_cancel_request import RunCancelRequest

        body = RunCancelRequest(reason=reason, force=force, idempotency_key=idempotency_key)
        return self._sender.send(cancel_run.request(id_of(run, "run"), body=body))
