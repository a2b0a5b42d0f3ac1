"""`/api/tasks`."""

from __future__ import annotations

from typing import Any

from helmr_api.constants import BUNDLE_FORMAT_VERSION

from ..catalog import TaskRow
from ..errors import ApiError
from ..http.request import Request
from ..http.response import Response, json_response
from ..wire.times import format_time
from .base import Resource, handles
from .validation import check_task_id

_CURRENT = (
    "SELECT t.*, d.version FROM environments e JOIN deployments d ON d.id = e.current_deployment_id"
    " JOIN deployment_tasks t ON t.deployment_id = d.id WHERE e.id = ?"
)


class Tasks(Resource):
    """The tasks of an environment's current deployment."""

    @handles("listTasks")
    async def list_tasks(self, request: Request) -> Response:
        request.refuse_scope_query()
        request.authorize()
        tasks = self.db.all(f"{_CURRENT} ORDER BY t.task_id", (request.environment_id,), row=TaskRow)
        # The server's list does not load the bundle, so it reports version 0.
        return json_response(200, {"tasks": [task_view(task, 0) for task in tasks]})

    @handles("getTask")
    async def get_task(self, request: Request) -> Response:
        request.refuse_scope_query()
        request.authorize()
        task_id = check_task_id(request.parameters["task_id"])
        task = self.db.one(f"{_CURRENT} AND t.task_id = ?", (request.environment_id, task_id), row=TaskRow)
        if task is None:
            raise ApiError(404, "task not found")
        return json_response(200, task_view(task, BUNDLE_FORMAT_VERSION))


def task_view(task: TaskRow, bundle_format_version: int) -> dict[str, Any]:
    view: dict[str, Any] = {"id": task["id"], "task_id": task["task_id"]}
    for name in ("file_path", "export_name", "handler_entrypoint", "bundle_digest"):
        if task[name]:
            view[name] = task[name]
    view["bundle_format_version"] = bundle_format_version
    if task["queue_name"]:
        view["queue_name"] = task["queue_name"]
    if task["concurrency_limit"] is not None:
        view["concurrency_limit"] = task["concurrency_limit"]
    if task["ttl"]:
        view["ttl"] = task["ttl"]
    view["created_at"] = format_time(task["created_at"])
    return view
