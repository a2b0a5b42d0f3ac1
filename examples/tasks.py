"""The pull-request reviewer as a Python function, for `helmr-local serve --tasks examples.tasks`.

It reports a summary, waits for a follow-up message, and then for an external decision.
"""

from __future__ import annotations

from typing import Any

from examples.review import Report, ReviewEmail, ReviewRequest, approval, email, report, review_pull_request
from helmr_local import TaskContext, implement


@implement(review_pull_request, inputs=[approval], outputs=[report, email])
def review(ctx: TaskContext[ReviewRequest]) -> Report:
    request = ctx.payload
    name = f"{request.owner}/{request.repo}#{request.pr_number}"
    ctx.log.info(f"reviewing {name}")
    ctx.output(report).append(Report(summary=f"{name}: the change reads well, waiting for approval"))

    verdict = ctx.input(approval).wait(timeout="10m").unwrap()
    if not verdict["approved"]:
        return Report(summary=f"{name}: not approved")

    token = ctx.tokens.create(timeout="1h")
    ctx.output(email).append(ReviewEmail(token_id=token.id))
    decision = token.wait(dict[str, Any]).unwrap()
    ctx.log.info(f"decided by {decision['actor']}")
    return Report(summary=f"{name}: approved by {decision['actor']}")
