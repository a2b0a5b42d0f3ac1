"""The bodies that the rows use, taken from the document's examples."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from examples.review import ReviewRequest
from helmr_api.document import load, resolved
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


def response(method: str, path: str, status: int) -> Any:
    """Return the first example of a response."""
    document = load()
    described = resolved(document, document["paths"][path][method]["responses"][str(status)])
    content = described["content"]["application/json"]
    examples = content.get("examples")
    return (
        content["example"] if examples is None else resolved(document, next(iter(examples.values())))["value"]
    )


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


OUTPUT_CHUNK, OUTPUT_CHUNKS = 64 * 1024 - 1, 1600  # a multiple of 3, so that base64 has no padding
OUTPUT_BYTES = OUTPUT_CHUNK * OUTPUT_CHUNKS


def output_stream() -> Iterator[bytes]:
    """Yield the event stream of an exec's output of 100 MiB, a chunk at a time, and its end."""
    sample = response("get", "/api/workspaces/{workspace_id}/execs/{exec_id}/stdout", 200)["chunks"][0]
    line = b"a line of a log, as programs write them\n"
    data = base64.b64encode((line * (OUTPUT_CHUNK // len(line) + 1))[:OUTPUT_CHUNK])
    for start in range(0, OUTPUT_BYTES, OUTPUT_CHUNK):
        end = start + OUTPUT_CHUNK
        chunk = sample | {"offset_start": start, "offset_end": end, "data": ""}
        text = json.dumps(chunk, separators=(",", ":")).encode().replace(b'"data":""', b'"data":"%b"' % data)
        yield b"id: %d\nevent: workspace_stream_chunk\ndata: %b\n\n" % (end, text)
    ended = {
        "resource_kind": "workspace_exec",
        "resource_id": sample["id"],
        "stream": "stdout",
        "state": "exited",
        "cursor": OUTPUT_BYTES,
        "error": {},
    }
    yield b"id: %d\nevent: workspace_stream_terminal\ndata: %b\n\n" % (
        OUTPUT_BYTES,
        json.dumps(ended).encode(),
    )


def finished_run() -> Any:
    """Return a run that has ended."""
    return response("get", "/api/runs/{run_id}", 200) | {"status": "succeeded", "exit_code": 0}
