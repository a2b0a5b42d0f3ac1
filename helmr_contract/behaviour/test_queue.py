"""Queues that run one run at a time."""

from __future__ import annotations

import pytest

from helmr_contract.behaviour.helpers import WORK, Api, eventually, ok, rule

pytestmark = [pytest.mark.worker, rule("sessions.md 6.9", "sessions.md 6.1")]


def test_runs_are_executed_one_at_a_time_and_every_run_eventually_whatever_its_priority(
    api: Api, serial_task: str
) -> None:
    """A priority counts as seconds already spent in the queue; it does not guarantee an order."""
    waiting = {
        started["run"]["id"]: started
        for started in (
            api.start(WORK, task_id=serial_task, priority=priority)
            for priority in (0, -1, 7, 0, -2147483648, 2147483647)
        )
    }

    def served() -> list[str]:
        return [run for run in waiting if api.run(run)["status"] == "running"]

    while waiting:
        (running,) = eventually(served, within=api.server.limits.patience, what="the next run of the queue")
        ok(api.post(f"/api/runs/{running}/cancel", {"force": True}))
        del waiting[running]


def test_the_tasks_concurrency_limit_is_returned(api: Api, serial_task: str) -> None:
    assert ok(api.get(f"/api/tasks/{serial_task}"))["concurrency_limit"] == 1
    listed = {task["task_id"]: task for task in ok(api.get("/api/tasks"))["tasks"]}
    assert listed[serial_task]["concurrency_limit"] == 1
    assert "concurrency_limit" not in listed[api.server.task]
