# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""The deployed tasks of the environment, which can be started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...types import HasId, Sender, id_of

if TYPE_CHECKING:
    from ...models.task import Task
    from ...paging import Pager


class Tasks:
    """The deployed tasks of the environment, which can be started.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    __module__ = "helmr"

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def list(
        self,
    ) -> Pager[Task]:
        """List the deployed tasks.

        Lists the tasks of the environment's current deployment, ordered by `task_id`; an empty list when
        there is no current deployment. Needs the permission `runs.read` or `tasks.deploy`.

        Returns:
            Ordered by `task_id`.
        """
        from ...api.tasks import list_tasks
        from ...paging import Pager

        return Pager(
            self._sender,
            lambda at: list_tasks.request(),
            lambda page: page.tasks,
        )

    def retrieve(self, task: str | HasId, /) -> Task:
        """Get a deployed task.

        Returns one task of the environment's current deployment. Needs the permission `runs.read` or
        `tasks.deploy`, which is checked before the form of `task_id`.

        Args:
            task: The task's name; 1 to 128 characters.
        """
        from ...api.tasks import get_task

        return self._sender.send(get_task.request(id_of(task, "task")))
