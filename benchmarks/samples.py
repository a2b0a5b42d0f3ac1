"""The bodies that the rows use, taken from the document's examples."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, cast

import msgspec
import yaml

from examples.review import ReviewRequest
from helmr_ergonomic import OutputStream, task

DOCUMENT = Path(__file__).resolve().parent.parent / "openapi.yaml"
KEY = "helmr_key_benchmark"


class Report(msgspec.Struct):
    summary: str
    approved: bool
    score: float
    files: list[str]


review = task("review-pull-request", payload=ReviewRequest, output=Report)
report = OutputStream("agent.report", Report)


@cache
def _document() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return cast("dict[str, Any]", yaml.load(DOCUMENT.read_bytes(), Loader=loader))  # noqa: S506  # both are safe


def response(method: str, path: str, status: int) -> Any:
    """Return the first example of a response."""
    described = _resolved(_document()["paths"][path][method]["responses"][str(status)])
    content = described["content"]["application/json"]
    examples = content.get("examples")
    return content["example"] if examples is None else _resolved(next(iter(examples.values())))["value"]


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = _document()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def record_page(count: int) -> dict[str, Any]:
    """Return a page of stream records."""
    sample = response("get", "/api/sessions/{session_id}/outputs/{stream}", 200)["records"][0]
    return {
        "records": [
            sample
            | {
                "sequence": number,
                "data": {
                    "summary": f"finding {number}: the retry loop never ends when the server returns 429",
                    "approved": number % 3 == 0,
                    "score": number / 7,
                    "files": ["src/retry.py", "tests/test_retry.py"],
                },
            }
            for number in range(1, count + 1)
        ]
    }


def events_stream(count: int) -> bytes:
    """Return the event stream of a run with `count` events, of which the last ends it."""
    sample = response("get", "/api/runs/{run_id}/events", 200)["events"][0]
    frames: list[bytes] = []
    for number in range(1, count + 1):
        kind = "run.created" if number == 1 else "run.completed" if number == count else "log.stdout"
        event = sample | {"id": str(number), "kind": kind, "message": kind}
        if kind == "log.stdout":
            event |= {
                "category": "log",
                "redaction_class": "sensitive",
                "attributes": {"redacted": True},
            }
        elif kind == "run.completed":
            event |= {"attributes": {"exit_code": 0}}
        data = json.dumps(event, separators=(",", ":")).encode()
        frames.append(b"id: %d\nevent: run_event\ndata: %b\n\n" % (number, data))
    return b"".join(frames)


def finished_run() -> Any:
    """Return a run that has ended."""
    return response("get", "/api/runs/{run_id}", 200) | {"status": "succeeded", "exit_code": 0}
