# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.token import Token


@lazy_attrs.frozen(kw_only=True, repr=False)
class TokenList(Model):
    """A page of tokens.

    Attributes:
        tokens: Oldest first, at most `limit`.
        next_cursor: Id of the last token of the page. Only when there are more.
    """

    __module__ = "helmr.types"
    _shown = ("tokens",)

    tokens: list[Token]
    next_cursor: str | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.token import Token

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_tokens(made, [Token.from_dict(item) for item in d.pop("tokens")])
        _set_next_cursor(made, d.pop("next_cursor", None))
        _set_additional_properties(made, d)  # what is left
        if not (made.next_cursor is None or type(made.next_cursor) is str):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "tokens": [item.to_dict() for item in self.tokens],
        }
        if self.next_cursor is not None:
            result["next_cursor"] = self.next_cursor
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_tokens,
    _set_next_cursor,
    _set_additional_properties,
) = setters(TokenList)
