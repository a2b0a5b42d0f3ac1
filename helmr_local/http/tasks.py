"""`/api/tasks`."""

from __future__ import annotations

from typing import Any

from ..catalog import BUNDLE_FORMAT_VERSION
from ..engine.starts import check_task_id
from ..errors import ApiError
from ..store import Row
from ..times import format_time
from .call import Answer, Call, Endpoints, json_answer

endpoints = Endpoints()

_CURRENT = (
    "SELECT t.* FROM environments e JOIN deployment_tasks t ON t.deployment_id = e.current_deployment_id"
    " WHERE e.id = ?"
)


def task_view(task: Row, bundle_format_version: int) -> dict[str, Any]:
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


@endpoints.add("listTasks")
async def list_tasks(call: Call) -> Answer:
    call.refuse_scope_query()
    call.require("runs:read", "tasks:deploy")
    tasks = call.engine.db.all(f"{_CURRENT} ORDER BY t.task_id", (call.environment_id,))
    # The server's list does not load the bundle, so its version is 0 there.
    return json_answer(200, {"tasks": [task_view(task, 0) for task in tasks]})


@endpoints.add("getTask")
async def get_task(call: Call) -> Answer:
    call.refuse_scope_query()
    call.require("runs:read", "tasks:deploy")
    task_id = check_task_id(call.parameters["task_id"])
    task = call.engine.db.one(f"{_CURRENT} AND t.task_id = ?", (call.environment_id, task_id))
    if task is None:
        raise ApiError(404, "task not found")
    return json_answer(200, task_view(task, BUNDLE_FORMAT_VERSION))
