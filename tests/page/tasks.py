"""Tasks for the tests of the page."""

from __future__ import annotations

from typing import Any

from helmr_ergonomic import InputStream, OutputStream, task
from helmr_local import Sandbox, TaskContext, implement

MESSAGES = InputStream("messages")
REPORT = OutputStream("report")

HOSTILE = [
    '<img src=x onerror="window.hacked = 1">',
    "</script><script>window.hacked = 1</script>",
    "</pre><svg onload='window.hacked = 1'>",
    "javascript:window.hacked=1",
    "\x1b[2J\x1b]0;title\x07\x1b[31mred",
    "\u202egnp.exe\u2066",
    "\u0000\u0008\u200b",
    "{{constructor.constructor('window.hacked=1')()}}",
]


@implement(task("echo", payload=object, output=object), inputs=[MESSAGES], outputs=[REPORT])
def echo(ctx: TaskContext[object]) -> object:
    ctx.log.info("echoing")
    ctx.stdout.write("written\n")
    ctx.output(REPORT).append(ctx.payload)
    return ctx.payload


@implement(task("talk", output=object), inputs=[MESSAGES], outputs=[REPORT])
def talk(ctx: TaskContext[None]) -> Any:
    """Report each message until one says stop."""
    while True:
        message = ctx.input(MESSAGES).wait().unwrap()
        ctx.log.info(f"heard {message}")
        ctx.output(REPORT).append(message)
        if message == "stop":
            return "stopped"


@implement(task("ask", output=object))
def ask(ctx: TaskContext[None]) -> Any:
    return ctx.tokens.create(timeout="1h", tags=["review"]).wait(object).unwrap()


@implement(task("fail", output=object), sandbox=Sandbox("python"))
def fail(ctx: TaskContext[None]) -> Any:
    raise KeyError("actor")


@implement(task("hostile", payload=object, output=object), inputs=[MESSAGES], outputs=[REPORT])
def hostile(ctx: TaskContext[object]) -> Any:
    """Write hostile content to every place that the page shows."""
    for text in HOSTILE:
        ctx.log.info(text)
        ctx.stderr.write(text + "\r\n")
        ctx.output(REPORT).append({text: text} if "\x00" not in text else 0)  # the server rejects NUL
    ctx.stdout.write("y" * 10_000 + "\n")
    ctx.output(REPORT).append("x" * 200_000)
    raise RuntimeError(HOSTILE[0] + HOSTILE[4] + HOSTILE[5])


@implement(task("lines", payload=int, output=int))
def lines(ctx: TaskContext[int]) -> int:
    """Write as many log events as the payload."""
    for number in range(ctx.payload):
        ctx.stdout.write(f"line {number}\n")
    return ctx.payload


@implement(task("write"), sandbox=Sandbox("python"))
def write(ctx: TaskContext[None]) -> None:
    """Write files with markup in their names and content, for the workspace view."""
    (ctx.workspace.path / "repo").mkdir()
    (ctx.workspace.path / "repo" / "<b>report.txt").write_text("<img src=x> 2 findings")
