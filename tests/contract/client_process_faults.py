"""Client faults with execs and PTYs, planted like those of `client_faults`."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx

from helmr_contract.document import Json

from .client_faults import (
    KEY_FIELD,
    Call,
    Fault,
    answered,
    body,
    param,
    raw_path,
    repeats,
    repeats_when_lost,
    reported,
    succeeds_always,
    without,
)

MEBIBYTE = 1 << 20


def output(change: Callable[[bytes], bytes]) -> Callable[[str, Json], None]:
    """Change the output bytes that the client reports."""

    def changed(result: Json) -> Json:
        return {**result, "data": base64.b64encode(change(base64.b64decode(result["data"]))).decode()}

    return reported(changed, "execs.follow_output", "execs.read_output", "ptys.follow_output")


def as_text(data: bytes) -> bytes:
    return data.decode("utf-8", "replace").encode()


def first_page_only(send: Call, request: httpx.Request) -> httpx.Response:
    if int(request.url.params.get("cursor", 0)) > 12:
        return httpx.Response(200, json={"chunks": []})
    return send(request)


def in_characters(fields: Json) -> Json:
    return {**fields, "offset": 4} if fields["offset"] == 6 else fields


def written_as_text(fields: Json) -> Json:
    return {**fields, "data": base64.b64encode(as_text(base64.b64decode(fields["data"]))).decode()}


def one_mebibyte(client: Json, args: Json) -> None:
    del client
    args["data"] = [base64.b64encode(base64.b64decode(piece)[:MEBIBYTE]).decode() for piece in args["data"]]


def within(name: str, **changes: Any) -> Callable[[Json], Json]:
    """Change fields of the exec or PTY in a response."""
    return lambda envelope: {**envelope, name: {**envelope[name], **changes}}


def trimmed(fields: Json) -> Json:
    return {**fields, "command": [word.strip() for word in fields["command"]]}


def other_data_when_lost(send: Call, request: httpx.Request) -> httpx.Response:
    try:
        return send(request)
    except httpx.TransportError:
        again = body(lambda fields: {**fields, "data": None})(request)
        return send(again)


def chunks_counted(request: httpx.Request) -> httpx.Request:
    if request.url.params.get("cursor") != "8":
        return request
    return raw_path(b"cursor=8", b"cursor=2")(request)


PROCESS_FAULTS = [
    Fault("output-cursor-not-advanced", "workspaces/output-resumed-by-byte-offset", param("cursor")),
    Fault("output-cursor-counts-chunks", "workspaces/output-resumed-by-byte-offset", chunks_counted),
    Fault("pty-cursor-not-advanced", "workspaces/pty-output-resumed", param("cursor")),
    Fault(
        "cut-chunk-lost",
        "workspaces/output-cut-inside-a-chunk",
        result=output(lambda data: data.replace(b"two\n", b"")),
    ),
    Fault(
        "overlap-reported",
        "workspaces/output-chunk-before-cursor",
        result=output(lambda data: b"0123" + data),
    ),
    Fault(
        "chunks-that-were-cut-anew-twice",
        "workspaces/output-chunks-split-differently",
        result=output(lambda data: b"01234" + data),
    ),
    Fault("output-as-text", "workspaces/output-bytes-exact", result=output(as_text)),
    Fault("first-page-of-output-only", "workspaces/output-read-over-pages", send=first_page_only),
    Fault(
        "stderr-taken-from-stdout",
        "workspaces/output-stderr-separate",
        raw_path(b"/stderr", b"/stdout"),
    ),
    Fault(
        "end-of-stream-taken-for-the-end",
        "workspaces/output-stream-without-end-reopened",
        result=output(lambda data: data[:4]),
    ),
    Fault("expired-cursor-tried-again", "workspaces/cursor-expired-reported", send=repeats(410)),
    Fault("expired-frame-ignored", "workspaces/cursor-expired-frame-reported", result=succeeds_always),
    Fault("lost-exec-taken-for-its-end", "workspaces/lost-and-failed-are-errors", result=succeeds_always),
    Fault("stdin-without-offset", "workspaces/stdin-retried-at-its-offset", body(without("offset"))),
    Fault("stdin-offset-in-characters", "workspaces/stdin-bytes-exact", body(in_characters)),
    Fault("stdin-as-text", "workspaces/stdin-bytes-exact", body(written_as_text)),
    Fault("stdin-cut-off", "workspaces/stdin-large-write-split", arguments=one_mebibyte),
    Fault("offset-conflict-repeated", "workspaces/stdin-offset-conflict-reported", send=repeats(409)),
    Fault("closed-stdin-ignored", "workspaces/stdin-closed-reported", result=succeeds_always),
    Fault(
        "written-bytes-not-looked-up",
        "workspaces/stdin-write-that-ended-the-exec",
        response=answered(within("exec", stdin_cursor=0)),
    ),
    Fault("pty-input-without-offset", "workspaces/pty-input-retried-at-its-offset", body(without("offset"))),
    Fault(
        "pty-written-to-before-it-is-open",
        "workspaces/pty-input-waits-for-open",
        response=answered(within("pty", state="open")),
    ),
    Fault("pty-size-lost", "workspaces/pty-input-waits-for-open", body(without("cols", "rows"))),
    Fault("command-trimmed", "workspaces/exec-request-verbatim", body(trimmed)),
    Fault("exec-key-lost", "workspaces/exec-request-verbatim", body(without(KEY_FIELD))),
    Fault(
        "exec-created-again-without-its-key",
        "workspaces/exec-lost-response-one-exec",
        send=repeats_when_lost(KEY_FIELD),
    ),
    Fault("exec-key-conflict-repeated", "workspaces/exec-key-conflict-not-repeated", send=repeats(500)),
    Fault("completion-repeated-otherwise", "token/completion-lost-response", send=other_data_when_lost),
    Fault(
        "public-completion-repeated-otherwise",
        "public/completion-lost-response",
        send=other_data_when_lost,
    ),
]
