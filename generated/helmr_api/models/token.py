# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters
from ..models.token_status import TokenStatus

if TYPE_CHECKING:
    pass


@lazy_attrs.frozen(kw_only=True, repr=False)
class Token(Model):
    """A decision that someone outside the task makes.

    Attributes:
        id: The token's id.
        status:
            - `pending`: waits for its completion; past `timeout_at` it counts as expired already
            - `completed`: has its data; this is final
            - `expired`: was not completed in time
            - `cancelled`: was cancelled
        timeout_at: The time until which it can be completed.
        metadata: Your own data. Numbers pass through 64-bit floats: integers beyond 2^53 lose
            precision, and numbers outside the range of a float are refused (400).
        callback_url: Completes the token without any other credential. A secret. Only in the response
            to `createToken`, and only when the server has a public URL.
        public_access_token: Completes the token without an API key. A secret. Only in the response to
            `createToken`.
        data: The data that it was completed with: any JSON, including null. Omitted unless completed.
        tags: Sorted, without duplicates. Omitted when there are none.
    """

    __module__ = "helmr.types"
    _shown = ("id", "status")
    _keeps_null = ("data",)

    id: str
    status: TokenStatus | str
    timeout_at: datetime.datetime
    metadata: dict[str, Any]
    callback_url: str | None = None
    public_access_token: str | None = None
    data: Any = None
    tags: list[str] = lazy_attrs.field(factory=list[str])
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        _tags = d.get("tags")
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_status(made, d.pop("status"))
        _set_timeout_at(made, parse_datetime(d.pop("timeout_at")))
        _set_metadata(made, d.pop("metadata"))
        _set_callback_url(made, d.pop("callback_url", None))
        _set_public_access_token(made, d.pop("public_access_token", None))
        _set_data(made, None if d.get("data") is None else d.pop("data"))
        _set_tags(made, [] if _tags is None or _tags == [] else d.pop("tags"))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and type(made.status) is str
            and type(made.metadata) is dict
            and (made.callback_url is None or type(made.callback_url) is str)
            and (made.public_access_token is None or type(made.public_access_token) is str)
            and type(made.tags) is list
            and all(type(item) is str for item in made.tags)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "status": self.status,
            "timeout_at": format_datetime(self.timeout_at),
            "metadata": self.metadata,
        }
        if self.callback_url is not None:
            result["callback_url"] = self.callback_url
        if self.public_access_token is not None:
            result["public_access_token"] = self.public_access_token
        if self.data is not None:
            result["data"] = self.data
        if self.tags:
            result["tags"] = self.tags
        return result

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_status,
    _set_timeout_at,
    _set_metadata,
    _set_callback_url,
    _set_public_access_token,
    _set_data,
    _set_tags,
    _set_additional_properties,
) = setters(Token)
