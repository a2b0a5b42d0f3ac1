"""Starts a session with an idempotency key and prints it, or stops at one step of the request.

    python dying_starter.py sync|async start|start_and_wait TASK KEY [STEP]

A step is an httpcore event such as `http11.send_request_body.started`; it is printed when reached.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from typing import Any

import httpx

from helmr_ergonomic import AsyncHelmrClient, HelmrClient

PAYLOAD = {"delivery": 1}


def pause_at(event: str) -> None:
    if event == STEP:
        print(event, flush=True)
        signal.pause()


def trace(event: str, info: dict[str, Any]) -> None:
    pause_at(event)


async def trace_async(event: str, info: dict[str, Any]) -> None:
    pause_at(event)


def watch(request: httpx.Request) -> None:
    request.extensions["trace"] = trace


async def watch_async(request: httpx.Request) -> None:
    request.extensions["trace"] = trace_async


def print_result(started: Any) -> None:
    result = {
        "session": started.session.id,
        "run": started.run.id,
        "is_cached": started.is_cached,
        "output": started.run.output,
    }
    print(json.dumps(result), flush=True)


def start() -> None:
    with (
        httpx.Client(event_hooks={"request": [watch]}, trust_env=False) as http,
        HelmrClient(http_client=http) as client,
    ):
        print_result(getattr(client.sessions, CALL)(TASK, PAYLOAD, idempotency_key=KEY))


async def start_async() -> None:
    async with (
        httpx.AsyncClient(event_hooks={"request": [watch_async]}, trust_env=False) as http,
        AsyncHelmrClient(http_client=http) as client,
    ):
        print_result(await getattr(client.sessions, CALL)(TASK, PAYLOAD, idempotency_key=KEY))


if __name__ == "__main__":
    KIND, CALL, TASK, KEY = sys.argv[1:5]
    STEP = sys.argv[5] if len(sys.argv) > 5 else None
    if KIND == "sync":
        start()
    else:
        asyncio.run(start_async())
