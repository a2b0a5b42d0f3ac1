"""Public access tokens for a session's streams."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Generic, Literal, TypeAlias, TypeVar

from helmr_api import models

from ._models import inside
from ._options import filled
from ._public import public
from ._sessions import Address, SessionRef, address
from .errors import ArgumentError
from .streams import AnyInputStream, AnyOutputStream, AnyStream, input_stream, output_stream
from .times import Moment

ScopeType: TypeAlias = Literal["session.input.send", "session.output.read"]
StreamT = TypeVar("StreamT", AnyInputStream, AnyOutputStream)


class _Scope(Generic[StreamT]):
    __slots__ = ("address", "correlation_id", "stream")

    type: ClassVar[ScopeType]
    _stream_of: ClassVar[Callable[..., AnyStream]]

    def __init__(
        self,
        session: SessionRef | None = None,
        stream: StreamT | str | None = None,
        *,
        external_id: str | None = None,
        correlation_id: str | None = None,
    ) -> None:
        if stream is None:
            raise ArgumentError(
                f"{self.type} public token scope requires an {self.type.split('.')[1]} stream"
            )
        self.address: Address = address(session, external_id)
        self.stream: str = self._stream_of(stream).name
        self.correlation_id: str | None = correlation_id

    def __repr__(self) -> str:
        where = self.address.id or f"external_id={self.address.external_id!r}"
        return f"{type(self).__name__}({where}, {self.stream!r})"


class SendInput(_Scope[AnyInputStream]):
    """Allows sending to one input stream of one session: `SendInput(session, approval)`.

    `session` is an id or object, or `external_id` names it. With `correlation_id`, only records with that id
    may be sent. Raises `DefinitionError` for an invalid name, `ArgumentError` for an output stream.
    """

    __slots__ = ()
    type: ClassVar[ScopeType] = "session.input.send"
    _stream_of = staticmethod(input_stream)


class ReadOutput(_Scope[AnyOutputStream]):
    """Allows reading one output stream of one session: `ReadOutput(session, report)`.

    `session` is an id or object, or `external_id` names it. With `correlation_id`, only records with that id
    may be read. Raises `DefinitionError` for an invalid name, `ArgumentError` for an input stream.
    """

    __slots__ = ()
    type: ClassVar[ScopeType] = "session.output.read"
    _stream_of = staticmethod(output_stream)


class PublicAccessToken(models.PublicAccessToken):
    """A credential for one stream of one session: `public_access_token`, which the repr omits."""

    __slots__ = ()

    scope_type: str = inside("scope.type_")
    """`session.input.send` or `session.output.read`."""

    session_id: str = inside("scope.session.id")
    """The id of the session that it is valid for."""

    stream: str = inside("scope.stream")
    """The name of the stream that it is valid for."""

    correlation_id: str | None = inside("scope.correlation_id")
    """The only correlation id that it allows, if any."""


def public_token_request(
    scope: SendInput | ReadOutput, expires_at: Moment | None, max_uses: int | None
) -> models.PublicAccessTokenCreateRequest:
    """Build and check the body of a create request. Raises `ArgumentError`; nothing is sent."""
    if not isinstance(scope, (SendInput, ReadOutput)):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ArgumentError(f"scope must be a SendInput or a ReadOutput, not {type(scope).__name__}")
    where = scope.address
    session: models.SessionById | models.SessionByExternalId
    if where.id is not None:
        session = models.SessionById(type_="id", id=where.id)
    else:
        session = models.SessionByExternalId(type_="external_id", external_id=str(where.external_id))
    wanted = models.PublicAccessScopeRequest(
        type_=scope.type, session=session, stream=scope.stream, correlation_id=scope.correlation_id
    )
    body = models.PublicAccessTokenCreateRequest(scope=wanted)
    return filled(body, {"expires_at": expires_at, "max_uses": max_uses})


public(PublicAccessToken, ReadOutput, SendInput)
