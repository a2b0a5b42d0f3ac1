"""The probe: a small task that the behaviour tests control. The tests need task code that follows
instructions: log, wait, fail, exit, keep working. This task executes the list of steps in its payload one
after another, and stops at the first terminal one:

=============  ========================================  ====================================================
``do``         fields                                    meaning
=============  ========================================  ====================================================
log            text, level?                              write a structured log entry
write          stream (stdout, stderr), text, times?     write raw text to that log stream, so many times
append         stream, data                              append a record to an output stream
wait_input     stream, timeout?, correlation_id?         wait for a record; push the wait's outcome
read_input     stream                                    read the next record without waiting; push its data
create_token   timeout?                                  create a token, append its secrets to ``probe.out``
wait_token     timeout?, token_id?                       wait for that token (default: the last one created)
timer          seconds                                   wait on a timer
work           linger_seconds?, go_on?                   execute, not wait, until cancelled; then linger, then
                                                         stop, or with ``go_on`` do the steps that follow
file           path, text?, bytes?, mode?                write a file of the workspace, with its directories
directory      path                                      make a directory of the workspace
link           path, target                              make a symbolic link in the workspace
metadata       set                                       set these keys of the run's metadata
fail           message, until_attempt?                   raise; with until_attempt only up to that attempt
exit           code                                      end the task with that exit code
return         value                                     end the task with that output
=============  ========================================  ====================================================

A wait's outcome is ``{"ok": true, "data": …}``, or ``ok`` false with the ``reason`` ``timed_out`` or
``cancelled``. Without a ``return`` the output is the list of pushed results. Any payload other than an object
with ``steps`` has no steps. ``file`` pads a file with zeros to that many ``bytes``.

To test another server, deploy a task that behaves like this one, with the input streams ``probe.in`` and
``approval`` and the output streams ``probe.out`` and ``agent.report``. If its id or its streams have other
names, pass them with ``--helmr-task`` and ``--helmr-streams``. Two more tasks are optional: the same one in a
separate queue with a concurrency limit of 1 (``--helmr-serial-task``), and one that declares a secret that is
not set (``--helmr-secret-task``).
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any, cast

from helmr_ergonomic import InputStream, OutputStream, task
from helmr_ergonomic.errors import TokenCancelledError
from helmr_local import AsyncTaskContext, RunCancelled, TaskExit, WaitResult, implement

Step = dict[str, Any]

PROBE_IN = InputStream("probe.in", object)
APPROVAL = InputStream("approval", object)
PROBE_OUT = OutputStream("probe.out", object)
AGENT_REPORT = OutputStream("agent.report", object)

PROBE = task("helmr-contract-probe", payload=object, output=object, queue="helmr-contract")
SERIAL = task(
    "helmr-contract-probe-serial",
    payload=object,
    output=object,
    queue="helmr-contract-serial",
    concurrency_limit=1,
)
SECRET = task(
    "helmr-contract-probe-secret", payload=object, output=object, secrets=["HELMR_CONTRACT_MISSING"]
)


async def run_steps(ctx: AsyncTaskContext[object]) -> object:
    """Execute the steps of the payload."""
    results: list[object] = []
    token_id = ""
    for step in steps_of(ctx.payload):
        match step["do"]:
            case "log":
                write = {"warn": ctx.log.warn, "error": ctx.log.error}.get(
                    step.get("level", ""), ctx.log.info
                )
                write(step["text"])
            case "write":
                stream = ctx.stderr if step["stream"] == "stderr" else ctx.stdout
                for _ in range(step.get("times", 1)):
                    stream.write(step["text"])
            case "append":
                await ctx.output(step["stream"]).append(step["data"])
            case "wait_input":
                stream_input = ctx.input(step["stream"])
                correlation = step.get("correlation_id")
                arrived = await stream_input.wait(timeout=step.get("timeout"), correlation_id=correlation)
                results.append(outcome(arrived))
            case "read_input":
                record = await ctx.input(step["stream"]).read()
                results.append(None if record is None else record.data)
            case "create_token":
                token = await ctx.tokens.create(timeout=step.get("timeout"), tags="helmr-contract")
                token_id = token.id
                secrets = {
                    "token_id": token.id,
                    "public_access_token": token.public_access_token,
                    "callback_url": token.callback_url,
                }
                await ctx.output(PROBE_OUT).append(secrets)
            case "wait_token":
                waited = await ctx.tokens.wait(step.get("token_id", token_id), timeout=step.get("timeout"))
                results.append(outcome(waited))
            case "timer":
                await ctx.sleep(step["seconds"])
            case "work":
                await work(ctx, step.get("linger_seconds", 0), step.get("go_on", False))
            case "file" | "directory" | "link":
                change_files(ctx.workspace.path, step)
            case "metadata":
                for key, value in step["set"].items():
                    await ctx.metadata.set(key, value)
            case "fail":
                if ctx.run.attempt_number <= step.get("until_attempt", ctx.run.attempt_number):
                    raise RuntimeError(step["message"])
            case "exit":
                raise TaskExit(step["code"])
            case "return":
                return step["value"]
            case unknown:
                raise ValueError(f"the probe has no step {unknown!r}")
    return results


def steps_of(payload: object) -> list[Step]:
    """Return the steps in a payload; none if it has another shape."""
    steps: object = cast("dict[str, object]", payload).get("steps") if isinstance(payload, dict) else None
    return cast("list[Step]", steps) if isinstance(steps, list) else []


def change_files(root: Path, step: Step) -> None:
    """Execute a step in the directory of the workspace."""
    path = root / step["path"]
    if step["do"] == "directory":
        path.mkdir(parents=True)
    elif step["do"] == "link":
        path.symlink_to(step["target"])
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(step.get("text", ""), encoding="utf-8")
        if "bytes" in step:
            os.truncate(path, step["bytes"])
        path.chmod(step.get("mode", 0o644))


def outcome(waited: WaitResult[Any]) -> dict[str, object]:
    """Return how a wait ended, as JSON."""
    if waited.ok:
        return {"ok": True, "data": waited.data}
    return {
        "ok": False,
        "reason": "cancelled" if isinstance(waited.error, TokenCancelledError) else "timed_out",
    }


async def work(ctx: AsyncTaskContext[object], linger_seconds: float, go_on: bool) -> None:
    """Stay busy until the run is cancelled, then linger, and stop unless `go_on` is set."""
    try:
        while True:
            await asyncio.sleep(0.01)  # simulates computing, without any request to the control plane
            ctx.raise_if_cancelled()
    except (RunCancelled, asyncio.CancelledError) as stop:
        if linger_seconds:
            await asyncio.sleep(linger_seconds)
        if not go_on or isinstance(stop, asyncio.CancelledError):
            raise


probe = implement(PROBE, inputs=[PROBE_IN, APPROVAL], outputs=[PROBE_OUT, AGENT_REPORT])(run_steps)
probe_serial = implement(SERIAL)(run_steps)
probe_with_secret = implement(SECRET)(run_steps)
TASKS = [probe, probe_serial, probe_with_secret]
