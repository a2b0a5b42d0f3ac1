# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters
from ..models.stream_failure_code import StreamFailureCode


@lazy_attrs.frozen(kw_only=True, repr=False)
class StreamFailure(Model):
    """Why the stream cannot go on.

    Attributes:
        code:
            - `workspace_stream_cursor_expired`: the output after the cursor is no longer kept; `message` names the
              earliest cursor available
            - `workspace_stream_follow_failed`: the server failed; reconnect
        message: A message for people. Omitted when empty.
        cursor: Where the stream stopped. Omitted when 0.
    """

    __module__ = "helmr.types"
    _shown = ("code", "cursor")

    code: StreamFailureCode | str
    message: str | None = None
    cursor: int | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_code(made, d.pop("code"))
        _set_message(made, d.pop("message", None))
        _set_cursor(made, d.pop("cursor", None))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.code) is str
            and (made.message is None or type(made.message) is str)
            and (made.cursor is None or type(made.cursor) is int)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "code": self.code,
        }
        if self.message is not None:
            result["message"] = self.message
        if self.cursor is not None:
            result["cursor"] = self.cursor
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_code,
    _set_message,
    _set_cursor,
    _set_additional_properties,
) = setters(StreamFailure)
