# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""The history of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...types import HasId, Sender, id_of

if TYPE_CHECKING:
    from ...models.run_event import RunEvent
    from ...paging import Pager


class RunsEvents:
    """The history of runs.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def list(
        self, run: str | HasId, /, *, cursor: int | str | None = None, page_size: int | None = None
    ) -> Pager[RunEvent]:
        """List or follow the events of a run.

        Returns one page of JSON, or, when `follow` is exactly `1` or the `Accept` header contains
        `text/event-stream`, a stream of server-sent events. Needs the permission `runs.read`.

        **Cursor.** Event ids are decimal numbers 1, 2, 3, … without gaps; a cursor is the id of the last
        event seen. The header `Last-Event-ID`, which browsers send automatically when they reconnect, overrides
        `cursor` in both modes unless it is blank. To look for newer events after the last page, use
        the last event's `id`. Cursor and `limit` are checked before the run is looked up, in both modes.

        **Stream.** First the stored events after the cursor, then live ones, strictly ascending. Every 25 s
        without an event a comment `: keep-alive` is sent. Headers may be sent only with the first event
        or comment. The stream ends, without a last frame, after `run.completed`, `run.failed`, `run.cancelled`
        or `run.expired` and any events already read with it; after 30 minutes; or on a failure.

        The end of the stream is not the end of the run: `run.failed` also ends an attempt that is retried;
        `run.dead_lettered` does not end the stream; and a stream that starts at or after the final event
        stays open. Read the run with `getRun`, and reconnect with the last id if it has not ended.

        Args:
            run: The run's id. Other spellings of a UUID are accepted too.
            cursor: Only events with a greater id. Blank is 0.
            page_size: The maximum number of events in a page. Checked but not used when following.
                Blank is the default.

        Returns:
            Ascending by `id`, at most `limit`.
        """
        from ...api.runs import list_run_events
        from ...paging import Pager

        return Pager(
            self._sender,
            lambda at: list_run_events.request(id_of(run, "run"), cursor=at, limit=page_size),
            lambda page: page.events,
            lambda page: page.next_cursor,
            cursor,
        )
