# Derived from helmr_ergonomic/_async/tasks.py. Do not edit: change that file, then run `make generate`.
"""The tasks that are deployed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..operations import identifier, operation
from ..tasks import DeployedTask, Task
from ..transport import Call
from .paging import Pager
from .transport import Transport


class Tasks:
    """The tasks of an environment's current deployment: `client.tasks`, or the facade `tasks`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Pager[DeployedTask]:
        """All deployed tasks, by their ids; nothing is asked before it is iterated.

        Raises an error of the `HelmrError` tree.

        >>> [task.task_id for task in tasks.list()]
        """

        def deployed(_: None) -> tuple[Sequence[DeployedTask], None]:
            op = operation("tasks", "list_tasks")
            answer = self._transport.send(Call(op.get_kwargs()), op.parse_response)
            return [DeployedTask(wire) for wire in answer.tasks], None

        return Pager(deployed)

    def retrieve(self, task: Task[Any, Any] | str) -> DeployedTask:
        """A deployed task, by its id or definition.

        Raises `NotFoundError` when it is not deployed, and the rest of the tree.

        >>> (tasks.retrieve(greet)).queue_name
        """
        op = operation("tasks", "get_task")
        call = Call(op.get_kwargs(identifier(task, "task")))
        return DeployedTask(self._transport.send(call, op.parse_response))
