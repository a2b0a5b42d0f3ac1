# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""The history of a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...types import AsyncSender, HasId, id_of

if TYPE_CHECKING:
    from ...models.deployment_event import DeploymentEvent
    from ...paging import AsyncPager


class AsyncDeploymentsEvents:
    """The history of a deployment.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    def list(
        self, deployment: str | HasId, /, *, cursor: int | str | None = None, page_size: int | None = None
    ) -> AsyncPager[DeploymentEvent]:
        """List or follow the events of a deployment.

        Returns one page of JSON, or, when `follow` is exactly `1` or the `Accept` header contains
        `text/event-stream`, a stream of server-sent events. Needs the permission `tasks.deploy` or
        `runs.read`. Order of checks: `deployment_id`, cursor, `limit`, scope, permission, deployment.

        **Cursor.** Event ids are decimal numbers 1, 2, 3, …; a cursor is the id of the last event seen. The
        header `Last-Event-ID`, which browsers send automatically when they reconnect, overrides `cursor` in both modes
        unless it is blank.

        **Stream.** First the stored events after the cursor, then live ones. Every 25 s without an event a
        comment `: keep-alive` is sent. Headers may be sent only with the first event or comment. The stream ends
        after `deployment.deployed` or `deployment.failed`, or after 30 minutes. A stream that starts at or after
        that event stays open without events. Promotion adds no event.

        Args:
            deployment: The deployment's id. Other spellings of a UUID are accepted too.
            cursor: Only events with a greater id. Blank is 0.
            page_size: The maximum number of events in a page. Checked but not used when following.
                Blank is the default.

        Returns:
            Ascending by `id`, at most `limit`.
        """
        from ...api.deployments import list_deployment_events
        from ...paging import AsyncPager

        return AsyncPager(
            self._sender,
            lambda at: list_deployment_events.request(
                id_of(deployment, "deployment"), cursor=at, limit=page_size
            ),
            lambda page: page.events,
            lambda page: page.next_cursor,
            cursor,
        )
