"""Request options, in the form that the server takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from helmr_api import models
from helmr_api.arguments import refuse_secret
from helmr_api.formats import is_object
from helmr_api.types import id_of

from ._tasks import checked_retry, max_duration_seconds
from ._types import JSON
from ._validation import checked_string, listed
from .durations import duration_text
from .errors import ArgumentError
from .idempotency import start_key_value
from .times import to_datetime

BodyT = TypeVar("BodyT")


def filled(body: BodyT, options: Mapping[str, object]) -> BodyT:
    """Build the body of a request from options, leaving out those that are `None`. Raises `ArgumentError`."""
    for name, value in options.items():
        if value is not None:
            field, convert = _CONVERTED.get(name, (name, None))
            setattr(body, field, value if convert is None else convert(value))
    return body


def checked_external_id(external_id: str) -> str:
    """Trim an external id. Raises `ArgumentError` for a blank one, which cannot name a session."""
    trimmed = checked_string(external_id, "external_id").strip()
    if not trimmed:
        raise ArgumentError("session external_id must not be empty")
    refuse_secret(trimmed, "external_id", may_be_url=True)
    return trimmed


def metadata_object(metadata: object) -> dict[str, JSON]:
    """Return the caller's metadata as a JSON object. Raises `ArgumentError` for anything else."""
    from .codecs import json_value

    value = json_value(metadata, label="metadata", root="metadata")
    if not is_object(value):
        raise ArgumentError("metadata must be a JSON object")
    return value


_CONVERTED: Final[Mapping[str, tuple[str, Callable[[JSON], object]]]] = {
    "expires_at": ("expires_at", lambda value: to_datetime(value, "expires_at")),
    "external_id": ("external_id", checked_external_id),
    "idempotency_key": ("idempotency_key", start_key_value),
    "idempotency_key_ttl": ("idempotency_key_ttl", lambda value: duration_text(value, "idempotency_key_ttl")),
    "max_duration": ("max_duration_seconds", lambda value: max_duration_seconds(value, "max_duration")),
    "metadata": ("metadata", metadata_object),
    "queue": ("queue", lambda name: models.QueueSelection(name=name)),
    "retry": ("retry", lambda value: models.RetryPolicy.from_dict(checked_retry(value).to_wire())),
    "tags": ("tags", lambda value: listed(value, "tags")),
    "timeout": ("timeout", lambda value: duration_text(value, "timeout")),
    "ttl": ("ttl", lambda value: duration_text(value, "ttl")),
    "workspace_id": ("workspace_id", lambda value: id_of(value, "workspace_id")),
}
