"""The tasks that are deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helmr_api.paging import AsyncPager

from .._public import public
from .._tasks import Task
from .._validation import identifier

if TYPE_CHECKING:
    from helmr_api import models

    from .transport import AsyncTransport


class AsyncTasks:
    """The tasks of an environment's current deployment: `client.tasks`, or the facade `tasks`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def list(self) -> AsyncPager[models.Task]:
        """All deployed tasks, by their ids; nothing is asked before it is iterated.

        Raises an error of the `HelmrError` tree.

        >>> [task.task_id async for task in tasks.list()]
        """
        from helmr_api.api.tasks import list_tasks

        return AsyncPager(self._transport, lambda _: list_tasks.request(), lambda page: page.tasks)

    async def retrieve(self, task: Task[Any, Any] | str) -> models.Task:
        """A deployed task, by its id or definition.

        Raises `NotFoundError` when it is not deployed, and the rest of the tree.

        >>> (await tasks.retrieve(greet)).queue_name
        """
        from helmr_api.api.tasks import get_task

        return await self._transport.send(get_task.request(identifier(task, "task")))


public(AsyncTasks)
