"""In which order queued runs are served."""

from __future__ import annotations

import pytest

from helmr_contract.behaviour.helpers import WORK, Api, JsonObject, ok, rule

pytestmark = [pytest.mark.worker, rule("sessions.md 6.9", "sessions.md 6.1")]


def test_a_higher_priority_is_served_first_and_then_who_came_first(api: Api, serial_task: str) -> None:
    def start(priority: int) -> JsonObject:
        return api.start(WORK, task_id=serial_task, priority=priority)

    def end(started: JsonObject) -> None:
        ok(api.post(f"/api/runs/{started['run']['id']}/cancel", {"force": True}))

    first = start(0)
    api.activity(first["session"]["id"], "running")
    low, also_low, high, also_high = start(-1), start(-1), start(7), start(7)
    order = [first, high, also_high, low, also_low]
    for number, running in enumerate(order):
        api.activity(running["session"]["id"], "running")
        for waiting in order[number + 1 :]:
            assert api.run(waiting["run"]["id"])["status"] == "queued"
        end(running)


def test_the_tasks_concurrency_limit_is_shown(api: Api, serial_task: str) -> None:
    assert ok(api.get(f"/api/tasks/{serial_task}"))["concurrency_limit"] == 1
    listed = {task["task_id"]: task for task in ok(api.get("/api/tasks"))["tasks"]}
    assert listed[serial_task]["concurrency_limit"] == 1
    assert "concurrency_limit" not in listed[api.server.task]
