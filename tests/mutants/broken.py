"""Invalid faults: their own code crashes, so a test that catches them proves nothing.

`tests/contract/test_mutants.py` tries them, and each must be reported as invalid. This proves that such a
fault in another catalogue would be detected.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from .edits import in_json
from .gateway import Json, Response, responses
from .mutant import Mutant
from .planting import replaced

ANY = ("sessions.md 9",)


def _handler_that_fails(handle: Callable[..., Any]) -> Callable[..., Any]:
    async def handled(resource: Any, request: Any) -> Any:
        reply = await handle(resource, request)
        return reply + 1

    return handled


def _never(start: Callable[..., Any]) -> Callable[..., Any]:
    def started(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("no port is left")

    return started


def _without_field(session: Json) -> Json:
    del session["no_such_field"]
    return session


def _ending(response: Response) -> None:
    del response
    os._exit(3)


def _task_that_fails(complete: Callable[..., Any]) -> Callable[..., Any]:
    def completed(runs: Any, *args: Any, **kwargs: Any) -> Any:
        return complete(runs)

    return completed


MUTANTS = [
    Mutant(
        "handler-raises",
        "the handler of getSession raises a TypeError",
        ANY,
        replaced("helmr_local.resources.sessions:Sessions.get_session", _handler_that_fails),
    ),
    Mutant(
        "engine-raises",
        "recording that a run succeeded raises a TypeError",
        ("runs.md 2.1",),
        replaced("helmr_local.resources.run_states:RunStates.complete", _task_that_fails),
    ),
    Mutant(
        "server-does-not-start",
        "the server does not start",
        ANY,
        replaced("helmr_local.app:App.__init__", _never),
    ),
    Mutant(
        "edit-raises",
        "the edit of a response raises a KeyError",
        ANY,
        responses(in_json(_without_field), "getSession"),
    ),
    Mutant("process-ends", "the process ends at the first session", ANY, responses(_ending, "getSession")),
]
