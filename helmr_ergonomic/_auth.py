"""Public access tokens for a session's streams."""

from __future__ import annotations

from typing import Literal

from helmr_api import models

from ._options import filled
from ._public import public
from ._sessions import Address, SessionRef, address
from .errors import ArgumentError
from .streams import AnyInputStream, AnyOutputStream, input_stream, output_stream
from .times import Moment


class _Scope:
    __slots__ = ("address", "correlation_id", "stream")

    type: Literal["session.input.send", "session.output.read"]

    def __init__(self, where: Address, stream: str, correlation_id: str | None) -> None:
        self.address: Address = where
        self.stream: str = stream
        self.correlation_id: str | None = correlation_id

    def __repr__(self) -> str:
        where = self.address.id or f"external_id={self.address.external_id!r}"
        return f"{type(self).__name__}({where}, {self.stream!r})"


class SendInput(_Scope):
    """Allows sending to one input stream of one session: `SendInput(session, approval)`.

    `session` is an id or object, or `external_id` names it. With `correlation_id`, only records with that id
    may be sent. Raises `DefinitionError` for a bad name, `ArgumentError` for an output stream.
    """

    __slots__ = ()
    type: Literal["session.input.send", "session.output.read"] = "session.input.send"

    def __init__(
        self,
        session: SessionRef | None = None,
        stream: AnyInputStream | str | None = None,
        *,
        external_id: str | None = None,
        correlation_id: str | None = None,
    ) -> None:
        if stream is None:
            raise ArgumentError("session.input.send public token scope requires an input stream")
        super().__init__(address(session, external_id), input_stream(stream).name, correlation_id)


class ReadOutput(_Scope):
    """Allows reading one output stream of one session: `ReadOutput(session, report)`.

    `session` is an id or object, or `external_id` names it. With `correlation_id`, only records with that id
    may be read. Raises `DefinitionError` for a bad name, `ArgumentError` for an input stream.
    """

    __slots__ = ()
    type: Literal["session.input.send", "session.output.read"] = "session.output.read"

    def __init__(
        self,
        session: SessionRef | None = None,
        stream: AnyOutputStream | str | None = None,
        *,
        external_id: str | None = None,
        correlation_id: str | None = None,
    ) -> None:
        if stream is None:
            raise ArgumentError("session.output.read public token scope requires an output stream")
        super().__init__(address(session, external_id), output_stream(stream).name, correlation_id)


class PublicAccessToken(models.PublicAccessToken):
    """A credential for one stream of one session: `public_access_token`. No repr shows it."""

    __slots__ = ()

    @property
    def scope_type(self) -> str:
        """`session.input.send` or `session.output.read`."""
        return self.scope.type_

    @property
    def session_id(self) -> str:
        """The session that it is for."""
        return self.scope.session.id

    @property
    def stream(self) -> str:
        """The stream that it is for."""
        return self.scope.stream

    @property
    def correlation_id(self) -> str | None:
        """The only correlation id that it allows, if any."""
        return self.scope.correlation_id


def public_token_request(
    scope: SendInput | ReadOutput, expires_at: Moment | None, max_uses: int | None
) -> models.PublicAccessTokenCreateRequest:
    """The body of a create, checked. Raises `ArgumentError`; nothing is sent."""
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
