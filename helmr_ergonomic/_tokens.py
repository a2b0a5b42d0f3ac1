"""Token snapshots, and the result of waiting for a token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeAlias, cast, overload
from urllib.parse import unquote, urlsplit

from attrs import define, field

from helmr_api import models
from helmr_api.types import HasId
from helmr_api.urls import bearer_value, check_url

from ._models import Bound
from ._public import public
from ._types import JSON, AnyType
from ._typevars import T
from ._validation import checked_string
from .errors import (
    ArgumentError,
    ConfigurationError,
    HelmrError,
    TokenCancelledError,
    TokenPendingError,
    WaitTimeoutError,
)

if TYPE_CHECKING:
    from .codecs import DataType, OtherForm

TokenRef: TypeAlias = str | HasId
"""A token's id, or an object that has it."""


class TokenSnapshot(Bound, models.Token):
    """A token as it was when the server responded.

    `public_access_token` and `callback_url` let their holder complete it. Only the response to `create` has
    them, and the repr omits them.
    """

    __slots__ = ()

    @property
    def is_pending(self) -> bool:
        """True if the token can still be completed."""
        return self.status == "pending"

    def result(self, type: DataType[T] | OtherForm | None = None) -> WaitResult[T]:
        """Return the result that `wait` would return now. Raises `TokenPendingError` while the token is
        pending, `OutputValidationError` when the data do not match `type`, `DefinitionError` for an
        unsupported type.

        >>> tokens.retrieve(token).result(dict[str, bool]).ok
        True
        """
        if self.is_pending:
            raise TokenPendingError(f"token {self.id} has not been completed yet")
        if self.status == "cancelled":
            return WaitResult(False, None, TokenCancelledError(f"token {self.id} was cancelled"))
        if self.status == "completed":
            return WaitResult(True, decoded(self.data, type), None)
        return timed_out(self.id, None)

    @overload
    def unwrap(self, type: None = None) -> Any: ...
    @overload
    def unwrap(self, type: DataType[T] | OtherForm) -> T: ...
    def unwrap(self, type: DataType[T] | OtherForm | None = None) -> T:
        """Return the data of a completed token, in the given type.

        Raises `TokenPendingError`, `TokenCancelledError`, `WaitTimeoutError` (it has expired) or
        `OutputValidationError` (the data do not match the type).

        >>> tokens.retrieve(token).unwrap(dict[str, bool])
        {'approved': True}
        """
        return self.result(type).unwrap()


@define(eq=False)
class WaitResult(Generic[T]):
    """The result of a wait: `data` if `ok` is true, otherwise the `error` that `unwrap` raises."""

    ok: bool
    data: T | None = field(repr=False)
    error: HelmrError | None

    def unwrap(self) -> T:
        """Return the data. Raises `WaitTimeoutError` or `TokenCancelledError` if there are none.

        >>> token.wait(dict[str, bool], timeout="10m").unwrap()
        {'approved': True}
        """
        if self.error is not None:
            raise self.error
        return cast(T, self.data)


def timed_out(token_id: str, seconds: float | None) -> WaitResult[Any]:
    """Return the result of a wait that timed out."""
    after = "" if seconds is None else f" after {seconds:g} s"
    return WaitResult(
        False, None, WaitTimeoutError(f"token {token_id} wait timed out{after}", timeout=seconds)
    )


def decoded(data: JSON, type: AnyType) -> JSON:
    """Convert a token's data to the caller's type. Raises `OutputValidationError` with paths."""
    from .codecs import codec_for

    return codec_for(type, "token data").decode(data, label="token data", root="data")


def complete_request(data: JSON) -> models.TokenCompleteRequest:
    """Build the body of a completion. Raises `PayloadValidationError` for data that JSON cannot represent."""
    from .codecs import json_value

    return models.TokenCompleteRequest(data=json_value(data, label="token data", root="data"))


class Callback(NamedTuple):
    """A parsed callback URL."""

    base_url: str
    token_id: str
    secret: str

    def __repr__(self) -> str:
        return f"Callback({self.token_id!r})"


_CALLBACK: Final = re.compile(r"(?P<base>.*)/api/v1/tokens/(?P<id>[^/]+)/callback/(?P<secret>[^/]+)")


def callback(url: str) -> Callback:
    """Parse and check a callback URL. Raises `ArgumentError`, which does not contain the URL."""
    text = checked_string(url, "callback_url").strip()
    match = _CALLBACK.fullmatch(text)
    try:
        if match is None or not urlsplit(text).netloc:
            raise ArgumentError("this is not a token's callback URL (…/api/v1/tokens/<id>/callback/<secret>)")
        return Callback(check_url(match["base"]), unquote(match["id"]), unquote(match["secret"]))
    except ConfigurationError as exc:
        raise ArgumentError(f"the callback URL cannot be called: {exc.message}") from None


def public_bearer(value: str) -> str:
    """Check that a public access token is valid in a header. Raises `ArgumentError`, which does not contain
    it."""
    checked_string(value, "the public access token")
    try:
        return bearer_value(value, "the public access token")
    except ConfigurationError as exc:
        raise ArgumentError(exc.message) from None


public(TokenSnapshot, WaitResult)
