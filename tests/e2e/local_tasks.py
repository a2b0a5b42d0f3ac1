"""Tasks for the tests that start `helmr-local serve` as a separate program."""

from __future__ import annotations

from typing import Any

from helmr_ergonomic import InputStream, OutputStream, task
from helmr_local import AsyncTaskContext, TaskContext, implement

MESSAGES = InputStream("messages")
REPORT = OutputStream("report")


@implement(task("echo", payload=object, output=object), inputs=[MESSAGES], outputs=[REPORT])
def echo(ctx: TaskContext[object]) -> Any:
    ctx.output(REPORT).append(ctx.payload)
    return ctx.payload


@implement(task("secret", output=str, secrets=["API_TOKEN"]))
def secret(ctx: TaskContext[None]) -> str:
    return ctx.secrets["API_TOKEN"]


@implement(task("wait", output=object), inputs=[MESSAGES], outputs=[REPORT])
async def wait(ctx: AsyncTaskContext[None]) -> Any:
    return (await ctx.input(MESSAGES).wait()).unwrap()
