"""Validation rules for fields that several resources share. Their error messages are those of the
contract.
"""

from __future__ import annotations

import math
import re
from typing import Any, cast

from helmr_api.constants import (
    MAX_ATTEMPTS,
    MAX_EXTERNAL_ID_BYTES,
    MAX_IDEMPOTENCY_KEY_BYTES,
    MAX_TAG_BYTES,
    MAX_TAGS,
    STREAM_NAME_PATTERN,
    TASK_ID_PATTERN,
)

from ..errors import bad_request
from ..http.request import Request, whole_number
from ..ids import parse_uuid
from ..wire import jsontext
from ..wire.strings import printable, quote, trim

TASK_ID = re.compile(TASK_ID_PATTERN, re.ASCII)
STREAM_NAME = re.compile(STREAM_NAME_PATTERN, re.ASCII)


def size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def check_uuid(text: str, name: str) -> str:
    """Return the canonical form of an id.

    Args:
        name: Its name in the contract's error message.

    Raises:
        ApiError: 400 if it is not a UUID.
    """
    found = parse_uuid(text)
    if found is None:
        raise bad_request(f"{name} must be a UUID")
    return found


MOST_ASKED_FOR = 500
"""The first of two upper bounds that the contract checks a `limit` against; the other one is in the
document.
"""


def newest_limit(request: Request) -> int:
    """Return the `limit` of an operation that lists the newest first; its default and bounds come from the
    document.

    Raises:
        ApiError: 400.
    """
    schema = request.route.query["limit"]
    limit = request.number("limit")
    if limit is None or not schema["minimum"] <= limit <= MOST_ASKED_FOR:
        raise bad_request(f"limit must be an integer between {schema['minimum']} and {MOST_ASKED_FOR}")
    if limit > schema["maximum"]:
        raise bad_request(f"limit must be {schema['maximum']} or less")
    return limit


def position(text: str, name: str) -> int:
    """Return the position to read from: a non-negative integer; empty means 0.

    Raises:
        ApiError: 400 if it is anything else.
    """
    number = whole_number(text) if text else 0
    if number is None or number < 0:
        raise bad_request(f"{name} must be a non-negative integer")
    return number


def check_task_id(text: str) -> str:
    task_id = trim(text)
    if not TASK_ID.fullmatch(task_id):
        raise bad_request(f"task_id {quote(printable(task_id))} must match {TASK_ID_PATTERN}")
    return task_id


def check_stream_name(text: str) -> str:
    """Return the name of a stream, trimmed.

    Raises:
        ApiError: 400.
    """
    name = trim(text)
    if not STREAM_NAME.fullmatch(name):
        raise bad_request(f"stream name must match {STREAM_NAME_PATTERN}")
    return name


def check_external_id(external_id: str) -> None:
    if "\0" in external_id:
        raise bad_request("external_id must not contain NUL bytes")
    if size(external_id) > MAX_EXTERNAL_ID_BYTES:
        raise bad_request(f"external_id must be at most {MAX_EXTERNAL_ID_BYTES} bytes")


def check_key_length(key: str) -> None:
    if size(key) > MAX_IDEMPOTENCY_KEY_BYTES:
        raise bad_request(f"idempotency_key must be at most {MAX_IDEMPOTENCY_KEY_BYTES} characters")


def check_idempotency_key(key: str) -> None:
    """Check a key that is stored verbatim. The key of a start is stored as a hash and may contain NUL."""
    check_key_length(key)
    no_nul(key, "idempotency_key")


def no_nul(text: str, name: str) -> None:
    """Refuse U+0000, which the real server's database cannot store (it returns a 500)."""
    if "\0" in text:
        raise bad_request(f"{name} must not contain NUL characters")


def metadata_text(value: Any) -> str:
    """Return metadata in stored form."""
    if not isinstance(value, dict):
        raise bad_request("metadata must be a JSON object")
    try:
        return jsontext.stored_metadata(value)
    except jsontext.JsonError as error:
        raise bad_request(f"metadata decode failed: {error}") from None


def normalised_tags(tags: list[str]) -> list[str]:
    """Return the tags trimmed, without duplicates, in byte order."""
    if len(tags) > MAX_TAGS:
        raise bad_request(f"tags must contain at most {MAX_TAGS} items")
    chosen: set[str] = set()
    for tag in tags:
        trimmed = trim(tag)
        if not trimmed:
            raise bad_request("tags must not contain empty values")
        if size(trimmed) > MAX_TAG_BYTES:
            raise bad_request(f"tags must be {MAX_TAG_BYTES} characters or less")
        no_nul(trimmed, "tags")
        chosen.add(trimmed)
    return sorted(chosen)  # code points sort like bytes


def tags_text(tags: list[str]) -> str:
    return jsontext.encode(tags).decode()


def _number(value: Any) -> int | float | None:
    """Parse a number of a retry policy. Return None for anything else, and for a number beyond a 64-bit
    float.
    """
    number = float(bytes(value)) if isinstance(value, jsontext.Raw) else value
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        return None
    try:
        return number if math.isfinite(number) else None
    except OverflowError:  # an integer too large for a float
        return None


def _positive_integer(value: Any) -> bool:
    """Return whether a value is a positive integer, however it is written: `3`, `3.0` and `3e0` are equal
    here.
    """
    number = _number(value)
    return number is not None and number > 0 and number == number // 1


def check_retry(value: Any) -> str:
    """Return a retry policy in stored form."""
    if not isinstance(value, dict):
        raise bad_request("retry must be an object")
    policy = cast("dict[str, Any]", value)
    for name in policy:
        if name not in ("enabled", "maxAttempts", "backoff"):
            raise bad_request(f"retry.{name} is not supported")
    if "enabled" in policy and not isinstance(policy["enabled"], bool):
        raise bad_request("retry.enabled must be true or false")
    if policy.get("enabled") is False:
        if len(policy) > 1:
            raise bad_request("retry disabled policy must not include retry settings")
        return '{"enabled":false}'
    attempts = policy.get("maxAttempts")
    if not _positive_integer(attempts) or cast(float, _number(attempts)) > MAX_ATTEMPTS:
        raise bad_request(f"retry.maxAttempts must be an integer between 1 and {MAX_ATTEMPTS}")
    if "backoff" in policy:
        _check_backoff(policy["backoff"])
    return jsontext.stored(policy)


def _check_backoff(value: Any) -> None:
    if not isinstance(value, dict):
        raise bad_request("retry.backoff must be an object")
    backoff = cast("dict[str, Any]", value)
    for name in backoff:
        if name not in ("minMs", "maxMs", "factor", "jitter"):
            raise bad_request(f"retry.backoff.{name} is not supported")
    for name in ("minMs", "maxMs"):
        if name in backoff and not _positive_integer(backoff[name]):
            raise bad_request(f"retry.backoff.{name} must be a positive integer")
    if "factor" in backoff:
        factor = _number(backoff["factor"])
        if factor is None or factor <= 0:
            raise bad_request("retry.backoff.factor must be a positive number")
    if "jitter" in backoff and backoff["jitter"] not in ("none", "full"):
        raise bad_request('retry.backoff.jitter must be "none" or "full"')
