# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""The output of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...types import HasId, Sender, id_of

if TYPE_CHECKING:
    from ...models.run_logs import RunLogs


class RunsLogs:
    """The output of runs.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def retrieve(self, run: str | HasId, /) -> RunLogs:
        """Get or follow the logs of a run.

        Returns a snapshot as JSON, or, when `follow` is exactly `1` or the `Accept` header contains
        `text/event-stream`, a stream of server-sent events. Needs the permission `runs.read`.

        **Snapshot.** The last 1048576 bytes of each of stdout and stderr, across all attempts, and the cursor
        from which to follow without a gap. The parameter `cursor` is ignored.

        **Stream.** All chunks after the cursor, then new ones as they arrive; a comment `: keep-alive` about
        every second. The cursor is `Last-Event-ID` when that header is not blank, else `cursor`, else 0; it
        is checked after the run is found. Log ids number the chunks of both streams of the run together and
        are unrelated to event ids. The stream ends when the run has ended and everything is sent (a
        cancelled run counts as ended even while its worker stops), after 30 minutes, or on a failure.

        Args:
            run: The run's id. Other spellings of a UUID are accepted too.
        """
        from ...api.runs import get_run_logs

        return self._sender.send(get_run_logs.request(id_of(run, "run")))
