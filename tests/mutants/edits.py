"""Composable edits of requests and responses."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, cast
from urllib.parse import quote

from helmr_api.formats import is_list, is_object

from .gateway import Edit, Json, Origin, Request, RequestEdit, Response, handled, requests, responses
from .planting import Patch, replaced

Change: TypeAlias = Callable[[Json], Json]
"""Returns the replacement of a JSON value."""


def both(*operations: str) -> tuple[str, ...]:
    """Return the operations and their variants by external id."""
    return tuple(name for one in operations for name in (one, one + "ByExternalId"))


STARTS = ("startSession", "startSessionAndWait")
SESSION_READS = both("getSession")
INPUTS = both("appendInputRecord")
OUTPUTS = both("appendOutputRecord")
PUBLIC_INPUTS = both("appendInputRecordWithPublicAccessToken")
PUBLIC_READS = both("readOutputRecordWithPublicAccessToken")
LISTS = both("listInputRecords", "listOutputRecords")
READS = both("readOutputRecord")
COMPLETIONS = ("completeToken", "completeTokenWithPublicAccessToken", "completeTokenByCallback")


# Changes of a JSON value ------------------------------------------------------------------------------------


def at(path: str, do: Callable[[dict[str, Json], str], None]) -> Change:
    """Call `do` for a field, given by its path (`session.tags`, `runs[].status`), wherever it is present."""
    *outer, last = path.split(".")

    def walk(value: Json, parts: list[str]) -> None:
        if not parts:
            if isinstance(value, dict) and last in value:
                do(cast("dict[str, Json]", value), last)
            return
        name, each, _ = parts[0].partition("[")
        if not isinstance(value, dict) or name not in value:
            return
        inner = cast("dict[str, Json]", value)[name]
        for item in cast("list[Json]", inner) if each else [inner]:
            walk(item, parts[1:])

    def change(value: Json) -> Json:
        walk(value, outer)
        return value

    return change


def without(*paths: str) -> Change:
    """Remove fields."""
    return chain(*(at(path, lambda fields, name: fields.pop(name)) for path in paths))


def renamed(path: str, other: str) -> Change:
    """Rename a field."""

    def do(fields: dict[str, Json], name: str) -> None:
        fields[other] = fields.pop(name)

    return at(path, do)


def as_(path: str, change: Change) -> Change:
    """Change the value of a field."""

    def do(fields: dict[str, Json], name: str) -> None:
        fields[name] = change(fields[name])

    return at(path, do)


def added(path: str, value: Json) -> Change:
    """Add a field if it is missing; the rest of the path names the object to add it to."""
    *outer, last = path.split(".")
    if not outer:
        return lambda fields: {last: value} | cast("dict[str, Json]", fields)
    return as_(".".join(outer), lambda inner: {last: value} | inner)


def chain(*changes: Change) -> Change:
    """Apply the changes in order."""

    def change(value: Json) -> Json:
        for one in changes:
            value = one(value)
        return value

    return change


def deep(change: Change) -> Change:
    """Change every value that is neither an object nor an array, at any depth."""

    def walk(value: Json) -> Json:
        if is_object(value):
            return {change(name): walk(item) for name, item in value.items()}
        if is_list(value):
            return [walk(item) for item in value]
        return change(value)

    return walk


def backwards(items: Json) -> Json:
    """Reverse a list."""
    return list(reversed(items))


# Edits of responses -----------------------------------------------------------------------------------------


def in_json(change: Change, *, statuses: Iterable[int] = (200, 201)) -> Edit:
    """Change the JSON of responses with one of these statuses."""
    wanted = frozenset(statuses)

    def edit(response: Response) -> None:
        if response.is_json and response.status in wanted:
            response.json = change(response.json)

    return edit


def status(new: int, *, of: int) -> Edit:
    """Send another status."""

    def edit(response: Response) -> None:
        if response.status == of:
            response.status = new

    return edit


def header(name: str, value: str | None) -> Edit:
    """Set a header, or remove it if `value` is None."""
    return lambda response: response.set_header(name, value)


def when(test: Callable[[Response], bool], edit: Edit) -> Edit:
    """Apply the edit to responses that match `test`."""
    return lambda response: edit(response) if test(response) else None


def frames(change: Callable[[bytes], bytes]) -> Edit:
    """Change the chunks of an event stream."""

    def edit(response: Response) -> None:
        if response.streaming and response.body:
            response.body = change(response.body)

    return edit


def refusal(
    code: str | None = None, error: str = "", status: int | None = None
) -> Callable[[Response], bool]:
    """Return a test for an error response; `error` is part of its message."""

    def test(response: Response) -> bool:
        return (
            (response.status >= 400 or response.status == 202)
            and (code is None or response.code == code)
            and (not error or error in response.error)
            and (status is None or response.status == status)
        )

    return test


def fails_as(status: int, error: str, code: str | None = None) -> Edit:
    """Send this error instead."""

    def edit(response: Response) -> None:
        response.fail(status, error, code)

    return edit


def becomes(status: int, value: Json) -> Edit:
    """Send this status and JSON value instead."""

    def edit(response: Response) -> None:
        response.become(status, value)

    return edit


# Edits of requests ------------------------------------------------------------------------------------------


def in_body(change: Change) -> RequestEdit:
    """Change the JSON object in the body of a request."""

    def edit(request: Request) -> None:
        value = request.json
        if isinstance(value, dict):
            request.json = change(value)

    return edit


def param(name: str, change: Callable[[str], str | None]) -> RequestEdit:
    """Change a query parameter if it is present; None removes it."""

    def edit(request: Request) -> None:
        if any(key == name for key, _ in request.query):
            request.set_param(name, change(request.param(name)))

    return edit


def whole(low: int, high: int, change: Callable[[int], int | None]) -> Callable[[str], str | None]:
    """Change a query value that is an integer in this range, and no other value."""

    def changed(text: str) -> str | None:
        if not re.fullmatch(r"[0-9]+", text) or not low <= int(text) <= high:
            return text
        new = change(int(text))
        return None if new is None else str(new)

    return changed


# Ways to respond --------------------------------------------------------------------------------------------


def limit_ignored(high: int, *operations: str) -> Patch:
    """Ignore a valid limit and list as many items as possible."""
    return requests(param("limit", whole(1, high, lambda _: high)), *operations)


def param_ignored(name: str, *operations: str, valid: str = ".*") -> Patch:
    """Ignore a query parameter whose value matches `valid`."""
    return requests(
        param(name, lambda text: None if re.fullmatch(valid, text, re.DOTALL) else text), *operations
    )


def field_ignored(*paths: str, operations: Iterable[str]) -> Patch:
    """Ignore fields of the body."""
    return requests(in_body(without(*paths)), *operations)


def again(
    test: Callable[[Response], bool], edit: Callable[[Request, Response], Any], *operations: str
) -> Patch:
    """If the response matches `test`, send the edited request again."""

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if not test(response):
            return response
        other = request.copy()
        edit(other, response)
        return await origin(other)

    return handled(handler, *operations)


def first_resent_if(
    test: Callable[[Response], bool], key: Callable[[Request], object], *operations: str
) -> Patch:
    """If the response matches `test`, send the first request that had this key instead."""
    first: dict[object, Request] = {}

    async def handler(request: Request, origin: Origin) -> Response:
        response, name = await origin(request), key(request)
        if response.status in (200, 201) and name not in first:
            first[name] = request.copy()
        if test(response) and name in first:
            return await origin(first[name].copy())
        return response

    return handled(handler, *operations)


def like_the_first(path: str, key: Callable[[Request], object], *operations: str) -> Patch:
    """Give a field the value that it had in the first request with the same key."""
    first: dict[object, Mapping[str, Json]] = {}

    def edit(request: Request) -> None:
        fields, name = request.fields, key(request)
        if not fields or name is None:
            return
        if name in first:
            known = first[name]
            fields.pop(path, None)
            request.json = fields | ({path: known[path]} if path in known else {})
        else:
            first[name] = fields

    return requests(edit, *operations)


def body_key(*names: str, per_path: bool = False) -> Callable[[Request], object]:
    """Return a function that combines these trimmed body fields into one key; None if one is missing."""

    def key(request: Request) -> object:
        found = [str(request.fields.get(name) or "").strip() for name in names]
        return None if "" in found else (request.path if per_path else "", *found)

    return key


class Admin:
    """Remembers a key with all scopes: the first key whose request succeeded."""

    def __init__(self) -> None:
        self.key = ""

    def watch(self, request: Request, response: Response) -> None:
        if not self.key and response.status == 200 and request.bearer.startswith("hlmr_sk_"):
            self.key = request.bearer


def as_admin(test: Callable[[Response], bool], *operations: str) -> Patch:
    """If the response matches `test`, send the request again with a key that has all scopes."""
    admin = Admin()
    chosen = frozenset(operations)

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        admin.watch(request, response)
        if not admin.key or not test(response) or (chosen and request.operation not in chosen):
            return response
        other = request.copy()
        other.authorize(admin.key)
        return await origin(other)

    return handled(handler)


def record_of(request: Request, sequence: int = 1) -> dict[str, Json]:
    """Return a record that looks as if the request's data was stored."""
    fields = request.fields
    record = {
        "id": "0197f000-0000-7000-8000-00000000abcd",
        "stream_id": "0197f000-0000-7000-8000-00000000abce",
        "sequence": sequence,
        "data": fields.get("data"),
        "content_type": "application/json",
        "created_at": "2026-06-10T08:00:00Z",
    }
    if correlation_id := fields.get("correlation_id"):
        record["correlation_id"] = correlation_id
    return {"record": record, "idempotency_status": "created"}


def stored_anyway(test: Callable[[Response], bool], *operations: str) -> Patch:
    """Report a rejected append that matches `test` as stored."""

    def edit(response: Response) -> None:
        if test(response):
            response.become(201, record_of(response.request))

    return responses(edit, *operations)


def text(value: Json) -> str:
    """Serialize a JSON value without sorting its keys."""
    return json.dumps(value)


def session_path(request: Request, suffix: str = "") -> str:
    """Return the path of the session that a request addresses."""
    if "session_id" in request.parameters:
        return f"/api/sessions/{request.parameters['session_id']}{suffix}"
    return f"/api/sessions/by-external-id{suffix}?external_id={quote(request.param('external_id'), safe='')}"


def silenced(target: str, result: Any = None) -> Patch:
    """Replace a function by one that does nothing."""

    def make(old: Callable[..., Any]) -> Callable[..., Any]:
        del old
        return lambda *args, **kwargs: result  # pyright: ignore[reportUnknownLambdaType]

    return replaced(target, make)


def settings(**values: Any) -> Patch:
    """Start the server with other settings."""

    def make(start: Callable[..., None]) -> Callable[..., None]:
        def started(self: Any, *args: Any, **kwargs: Any) -> None:
            start(self, *args, **{**kwargs, "settings": dataclasses.replace(kwargs["settings"], **values)})

        return started

    return replaced("helmr_local.server:Server.__init__", make)


def shortened(path: str, most: int) -> Change:
    """Count characters: replace a string that is only too long in bytes by a shorter one."""

    def short(value: Json) -> Json:
        if isinstance(value, str) and len(value) <= most < len(value.encode("utf-8", "replace")):
            return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()
        return value

    return as_(path, short)


_FRAME = re.compile(rb"id: ([0-9]+)\nevent: ([a-z_]+)\ndata: ([^\n]+)\n\n")


def frame_items(change: Callable[[list[Json]], list[Json]]) -> Callable[[bytes], bytes]:
    """Change the data of all frames of a chunk together; comments are kept, before the frames."""

    def changed(piece: bytes) -> bytes:
        names = {match[2] for match in _FRAME.finditer(piece)}
        if not names:
            return piece
        items = change([json.loads(match[3]) for match in _FRAME.finditer(piece)])
        (name,) = names
        written = (json.dumps(item, separators=(",", ":")).encode() for item in items)
        frames = (
            b"id: %s\nevent: %s\ndata: %s\n\n" % (str(item["id"]).encode(), name, data)
            for item, data in zip(items, written, strict=True)
        )
        return _FRAME.sub(b"", piece) + b"".join(frames)

    return changed


def all_events(
    change: Callable[[list[Json]], list[Json]], *, pages: bool = True, streams: bool = True
) -> Patch:
    """Change all events of each page, and of each chunk of a stream, together."""

    def edit(response: Response) -> None:
        if response.streaming and streams:
            response.body = frame_items(change)(response.body)
        elif pages:
            in_json(as_("events", change))(response)

    return responses(edit, "listRunEvents")


def each_event(change: Callable[[Json], Json | None], *, pages: bool = True, streams: bool = True) -> Patch:
    """Change every event; None removes it."""

    def changed(events: list[Json]) -> list[Json]:
        return [one for event in events if (one := change(event)) is not None]

    return all_events(changed, pages=pages, streams=streams)


def of_kind(kind: str, change: Change) -> Change:
    """Change events of one kind."""
    return lambda event: change(event) if event["kind"] == kind else event
