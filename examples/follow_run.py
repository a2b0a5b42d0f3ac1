"""Follow a run live in a terminal: its logs, its output streams and its progress.

    helmr-local serve --tasks examples.tasks                         # export the two variables that it prints
    python -m examples.many_starts OWNER/REPO 42                     # start runs to follow
    python -m examples.follow_run                                    # the newest run, or follow_run RUN_ID

After a lost connection, the follow resumes without missing or repeated lines. Ctrl-C does not affect the run.
The exit status is 0 if the run succeeded.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from rich.console import Console
from rich.pretty import Pretty
from rich.status import Status
from rich.text import Text

from helmr import AsyncHelmrClient, AsyncRun, HelmrError
from helmr.errors import RunError


async def follow(client: AsyncHelmrClient, run: AsyncRun[Any], console: Console) -> bool:
    """Show the run's output until it ends, then its result. Return True if it succeeded."""
    streams = await client.sessions.streams(run.session_id).all()
    with console.status(f"{run.task_id}: {run.status}") as status:
        await asyncio.gather(
            show_events(client, run, status),
            show_logs(client, run, console),
            *[
                show_records(client, run, stream.name, console)
                for stream in streams
                if stream.direction == "output"
            ],
        )
    try:
        output = await (await run.refresh()).output_or_raise()
    except RunError as error:
        console.print(Text.from_ansi(str(error), style="bold red"), soft_wrap=True)
        return False
    console.print(Text(f"{run.task_id} succeeded", style="bold green"), Pretty(output))
    return True


async def show_events(client: AsyncHelmrClient, run: AsyncRun[Any], status: Status) -> None:
    async for event in client.runs.events.follow(run):
        attempt = f", attempt {event.attempt_number}" if event.attempt_number else ""
        status.update(f"{run.task_id}: {event.kind}{attempt}")


async def show_logs(client: AsyncHelmrClient, run: AsyncRun[Any], console: Console) -> None:
    """Show logs line by line. A chunk may end within a line, and chunks of stdout and stderr alternate."""
    partial: dict[str, str] = {}
    attempt: int | None = None
    async for chunk in client.runs.logs.follow(run):
        if chunk.attempt_number != attempt:
            attempt = chunk.attempt_number
            show_rest(partial, console)
        *lines, partial[chunk.stream] = (partial.get(chunk.stream, "") + chunk.text).split("\n")
        for line in lines:
            show_line(line, chunk.stream, console)
    show_rest(partial, console)


def show_rest(partial: dict[str, str], console: Console) -> None:
    for stream, rest in partial.items():
        if rest:
            show_line(rest, stream, console)
    partial.clear()


def show_line(line: str, stream: str, console: Console) -> None:
    # Keep the task's colours, but interpret no markup or other escape sequences.
    text = Text.from_ansi(line.removesuffix("\r"), style="yellow" if stream == "stderr" else "")
    console.print(text, soft_wrap=True)


async def show_records(client: AsyncHelmrClient, run: AsyncRun[Any], stream: str, console: Console) -> None:
    async for record in client.sessions.open(run.session_id).output(stream).follow(run=run):
        console.print(Text(f"{stream} #{record.sequence}", style="bold cyan"), Pretty(record.data))


async def main(run_id: str | None = None) -> bool:
    async with AsyncHelmrClient() as client:
        if run_id is None:
            run = await client.runs.list(status="all", limit=1).first()
        else:
            run = await client.runs.retrieve(run_id)
        if run is None:
            sys.exit("there is no run yet")
        return await follow(client, run, Console())


if __name__ == "__main__":
    try:
        sys.exit(0 if asyncio.run(main(*sys.argv[1:2])) else 1)
    except HelmrError as error:
        sys.exit(f"follow_run: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
