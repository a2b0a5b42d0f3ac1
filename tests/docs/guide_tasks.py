"""The tasks that the guides use. They end on their own, so that no page waits for a reviewer."""

from __future__ import annotations

from typing import Any

from examples.review import Report, ReviewRequest, approval, report, review_pull_request
from helmr_ergonomic import task
from helmr_local import TaskContext, implement

always_fails = task("always-fails", payload=dict[str, Any])


@implement(review_pull_request, inputs=[approval], outputs=[report])
def review(ctx: TaskContext[ReviewRequest]) -> Report:
    name = f"{ctx.payload.owner}/{ctx.payload.repo}#{ctx.payload.pr_number}"
    ctx.log.info(f"reviewing {name}")
    ctx.output(report).append(Report(summary=f"{name}: reads well"))
    response = ctx.input(approval).wait(timeout="200ms")
    return Report(summary=f"{name}: {'approved' if response.ok else 'nobody answered'}")


@implement(always_fails)
def fail(ctx: TaskContext[dict[str, Any]]) -> None:
    raise ValueError("this task never succeeds")
