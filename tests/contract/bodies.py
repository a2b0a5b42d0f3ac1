"""Response bodies generated from the document's schemas, and varied as a newer server might send them."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any

import httpx

from helmr_contract.document import Document, Operation
from tests.drawing import Drawing

JSON = "application/json"
UNKNOWN = "a_value_of_a_newer_server"


@cache
def document() -> Document:
    return Document.load()


def responses() -> Iterator[tuple[Operation, str, Any]]:
    """Yield every operation and documented status, with the schema of its JSON body, or None."""
    for operation in document().operations.values():
        for status, response in operation.responses.items():
            content = response.get("content", {})
            yield operation, status, content[JSON]["schema"] if JSON in content else None


# Error responses share a few schemas, so the others get more samples.
FEW, MANY = 3, 15
POOL = 60


def samples(schema: Any, number: int, turn: str) -> list[Any]:
    """Return values that the schema allows: another part of its pool on each turn, the same in every run."""
    pool = _pool(json.dumps(schema, sort_keys=True))
    first = zlib.crc32(turn.encode())
    return [pool[(first + at) % len(pool)] for at in range(number)]


@cache
def _pool(schema: str) -> list[Any]:
    """Draw values once for all operations that share a schema."""
    return Drawing(document().raw["components"]["schemas"], schema).values(json.loads(schema), POOL)


def response(status: str, body: Any) -> httpx.Response:
    # Escape no more than JSON requires, as most servers do.
    text = json.dumps(body, ensure_ascii=False).encode()
    return httpx.Response(int(status), content=text, headers={"Content-Type": JSON})


CHANGES = ("as documented", "unknown fields", "unknown enum values")


def changed(change: str, schema: Any, body: Any) -> Any:
    """Return the body as a newer server might send it."""
    if change == "unknown fields":
        return with_unknown_members(schema, body)
    return with_unknown_enum_values(schema, body) if change == "unknown enum values" else body


_DATE_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


def _instant(text: str) -> tuple[datetime, int] | None:
    """Parse a time into (UTC second, nanosecond)."""
    found = _DATE_TIME.fullmatch(text)
    if found is None:
        return None
    second, fraction, offset = found.groups()
    zone = UTC
    if offset != "Z":
        hours, minutes = int(offset[1:3]), int(offset[4:])
        zone = timezone((-1 if offset[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))
    moment = datetime.fromisoformat(second).replace(tzinfo=zone).astimezone(UTC)
    return moment, int((fraction or "").ljust(9, "0"))


def difference(sent: Any, given_back: Any, path: str = "") -> str | None:
    """Describe the first difference in meaning, or return None."""
    if isinstance(sent, dict) and isinstance(given_back, dict):
        for name in sorted({*sent, *given_back}):
            if name not in sent or name not in given_back:
                return f"{path}/{name}: only {'sent' if name in sent else 'given back'}"
            if found := difference(sent[name], given_back[name], f"{path}/{name}"):
                return found
        return None
    if isinstance(sent, list) and isinstance(given_back, list) and len(sent) == len(given_back):
        differences = (
            difference(a, b, f"{path}/{index}")
            for index, (a, b) in enumerate(zip(sent, given_back, strict=True))
        )
        return next((one for one in differences if one), None)
    if isinstance(sent, str) and isinstance(given_back, str) and (moment := _instant(sent)) is not None:
        return None if moment == _instant(given_back) else f"{path}: {sent!r} became {given_back!r}"
    same = sent == given_back and isinstance(sent, bool) == isinstance(given_back, bool)
    return None if same else f"{path}: {sent!r} became {given_back!r}"


def with_unknown_members(schema: Any, value: Any) -> Any:
    """Add an undocumented field to each object that the schema describes."""

    def change(node: dict[str, Any], item: Any) -> Any:
        described = node.get("type") == "object" or "properties" in node
        return (
            {**item, "member_of_a_newer_server": {"n": [1, None]}}
            if described and isinstance(item, dict)
            else item
        )

    return _walk(schema, value, change)


def with_unknown_enum_values(schema: Any, value: Any) -> Any:
    """Replace each enum value by an undocumented one."""

    def change(node: dict[str, Any], item: Any) -> Any:
        return UNKNOWN if "enum" in node and isinstance(item, str) else item

    return _walk(schema, value, change)


def _walk(schema: Any, value: Any, change: Any) -> Any:
    """Rebuild the value by walking its schema."""
    if not isinstance(schema, dict):
        return value
    node = document().resolve(schema)
    parts = [node, *node.get("allOf", []), *node.get("anyOf", []), *node.get("oneOf", [])]
    if isinstance(value, dict):
        changed = dict(value)
        for part in parts:
            for name, field in document().resolve(part).get("properties", {}).items():
                if name in changed:
                    changed[name] = _walk(field, changed[name], change)
        value = changed
    elif isinstance(value, list) and "items" in node:
        value = [_walk(node["items"], item, change) for item in value]
    for part in parts[1:]:
        resolved = document().resolve(part)
        value = change(resolved, value) if "enum" in resolved else value
    return change(node, value)
