# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters
from ..models.token_completion_status import TokenCompletionStatus

if TYPE_CHECKING:
    from ..models.token import Token


@lazy_attrs.frozen(kw_only=True, repr=False)
class TokenCompletion(Model):
    """What the completion did.

    Attributes:
        status:
            - `completed`: by this request
            - `already_completed`: it had already been completed with the same data
        token: A decision that someone outside the task makes.
    """

    __module__ = "helmr.types"
    _shown = ("status", "token")

    status: TokenCompletionStatus | str
    token: Token
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.token import Token

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_status(made, d.pop("status"))
        _set_token(made, Token.from_dict(d.pop("token")))
        _set_additional_properties(made, d)  # what is left
        if not (type(made.status) is str):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "status": self.status,
            "token": self.token.to_dict(),
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_status,
    _set_token,
    _set_additional_properties,
) = setters(TokenCompletion)
