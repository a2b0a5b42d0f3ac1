# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class PendingWait(Model):
    """What a run waits for. Reserved; this version of the server does not send it.

    Attributes:
        id: Id of the wait.
        created_at: When the wait began.
        kind: `stream`, `token` or `timer`.
        status: Status of the wait.
        params: Any JSON. Parameters of the wait.
        metadata: Any JSON.
        tags: Labels of the wait.
        timeout: Time-out of the wait.
    """

    __module__ = "helmr.types"
    _shown = ("id", "kind", "timeout")
    _keeps_null = ("params", "metadata")

    id: str
    created_at: datetime.datetime
    kind: str | None = None
    status: str | None = None
    params: Any = None
    metadata: Any = None
    tags: list[str] | None = None
    timeout: int | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_created_at(made, parse_datetime(d.pop("created_at")))
        _set_kind(made, d.pop("kind", None))
        _set_status(made, d.pop("status", None))
        _set_params(made, None if d.get("params") is None else d.pop("params"))
        _set_metadata(made, None if d.get("metadata") is None else d.pop("metadata"))
        _set_tags(made, d.pop("tags", None))
        _set_timeout(made, d.pop("timeout", None))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and (made.kind is None or type(made.kind) is str)
            and (made.status is None or type(made.status) is str)
            and (
                made.tags is None or type(made.tags) is list and all(type(item) is str for item in made.tags)
            )
            and (made.timeout is None or type(made.timeout) is int)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "created_at": format_datetime(self.created_at),
        }
        if self.kind is not None:
            result["kind"] = self.kind
        if self.status is not None:
            result["status"] = self.status
        if self.params is not None:
            result["params"] = self.params
        if self.metadata is not None:
            result["metadata"] = self.metadata
        if self.tags is not None:
            result["tags"] = self.tags
        if self.timeout is not None:
            result["timeout"] = self.timeout
        return result

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_created_at,
    _set_kind,
    _set_status,
    _set_params,
    _set_metadata,
    _set_tags,
    _set_timeout,
    _set_additional_properties,
) = setters(PendingWait)
