# Derived from helmr_ergonomic/_async/tokens.py. Edit that file, then run `make generate`.
"""Tokens over HTTP: creating, reading, completing, cancelling, waiting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, overload

from helmr_api import models, resources
from helmr_api.models.list_tokens_status import LIST_TOKENS_STATUS_VALUES, ListTokensStatus
from helmr_api.paging import Pager
from helmr_api.types import id_of

from .._models import Composite, bound
from .._options import filled
from .._public import public
from .._tokens import (
    TokenRef,
    TokenSnapshot,
    WaitResult,
    callback,
    complete_request,
    public_bearer,
    timed_out,
)
from .._types import JSON, JSONObject
from .._typevars import T
from .._validation import check_choice
from ..codecs import DataType, OtherForm, codec_for
from ..durations import Duration
from ..errors import ArgumentError, HelmrError
from ..idempotency import new_key
from ..reconnect import prepare_retry, reconnecting
from ..retries import server_time
from ..waiting import Deadline
from .resource import Resource
from .timing import sleep

if TYPE_CHECKING:
    from helmr_api.types import Response

    from .transport import Transport

FIRST_POLL: Final = 0.1
LONGEST_POLL: Final = 5.0
GRACE: Final = 15.0
"""How many seconds late a server may report that a token has expired: it checks every 5 s, and clocks differ.
"""


class Token(TokenSnapshot):
    """A token as it was when the server responded, with methods that make requests for it."""

    __slots__ = ()

    @property
    def _tokens(self) -> Tokens:
        tokens: Tokens = self._bound_to()
        return tokens

    def refresh(self) -> Token:
        """Return the current state of the token, without its credentials. Raises an error of the `HelmrError`
        tree.

        >>> token.refresh().status
        """
        return self._tokens.retrieve(self)

    def complete(self, data: JSON = None) -> TokenCompletion:
        """Complete the token, see `tokens.complete`.

        >>> token.complete({"approved": True}).status
        """
        return self._tokens.complete(self, data)

    def cancel(self) -> Token:
        """Cancel the token, see `tokens.cancel`.

        >>> token.cancel()
        """
        return self._tokens.cancel(self)

    @overload
    def wait(self, type: None = None, *, timeout: Duration | float | None = None) -> WaitResult[Any]: ...
    @overload
    def wait(
        self, type: DataType[T] | OtherForm, *, timeout: Duration | float | None = None
    ) -> WaitResult[T]: ...
    def wait(
        self, type: DataType[T] | OtherForm | None = None, *, timeout: Duration | float | None = None
    ) -> WaitResult[T]:
        """Wait until the token is completed, cancelled or expired, see `tokens.wait`.

        >>> decision = token.wait(dict[str, bool]).unwrap()
        """
        return self._tokens.wait(self, type, timeout=timeout)


class TokenCompletion(Composite, models.TokenCompletion):
    """The result of a completion. `status` is `already_completed` when the token was already completed with
    the same data."""

    __slots__ = ()
    _parts = (("token", Token),)
    token: Token


class Tokens(resources.Tokens, Resource):
    """The tokens of an environment: `client.tokens`, or the facade `tokens`."""

    def create(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]  see timeout
        self,
        *,
        timeout: Duration | None = None,
        tags: Sequence[str] | None = None,
        metadata: JSONObject | None = None,
        idempotency_key: str | None = None,
    ) -> Token:
        """Create a token, for someone outside the task to complete.

        Without an `idempotency_key`, the request gets a new key, so that it can be retried if its response is
        lost.

        Args:
            timeout: A `timedelta` or a duration string; 7 days by default. Numbers are refused, because the
                server would read them as milliseconds.
            tags: Labels.
            metadata: Your own data, a JSON object.
            idempotency_key: Names this token: repeating the call with the same key creates nothing new. It is
                sent verbatim.

        Raises:
            ArgumentError: An argument is invalid; nothing was sent.
            ConflictError: The key was already used with other values.
            HelmrError: Any other error.

        >>> token = tokens.create(timeout="1h")
        """
        from helmr_api.api.tokens import create_token

        body = models.TokenCreateRequest(
            idempotency_key=new_key() if idempotency_key is None else idempotency_key
        )
        filled(body, {"timeout": timeout, "tags": tags, "metadata": metadata})
        return bound(self._transport.send(create_token.request(body=body)), Token, self)

    def retrieve(self, token: TokenRef) -> Token:
        """Return the current state of a token, without its credentials. Raises `NotFoundError`, or any other
        `HelmrError`.

        >>> tokens.retrieve(token).status
        """
        return bound(super().retrieve(token), Token, self)

    def list(
        self,
        *,
        status: ListTokensStatus | str | None = None,
        after: TokenRef | None = None,
        page_size: int | None = None,
    ) -> Pager[Token]:
        """List the tokens, oldest first, with lazy pagination.

        `status` selects those in one status; `after` starts after a token; `page_size` is the number of
        tokens per request. Raises `BadRequestError` for a value that the server refuses, or any other
        `HelmrError`.

        >>> [token.id for token in tokens.list(status="pending")]
        """
        check_choice(status, LIST_TOKENS_STATUS_VALUES, "status")
        tokens = super().list(status=status, after=after, page_size=page_size)
        return tokens.mapped(lambda token: bound(token, Token, self))

    @overload
    def complete(
        self, token: TokenRef, data: JSON = None, *, public_access_token: str | None = None
    ) -> TokenCompletion: ...
    @overload
    def complete(self, *, callback_url: str, data: JSON = None) -> TokenCompletion: ...
    def complete(
        self,
        token: TokenRef | None = None,
        data: JSON = None,
        *,
        public_access_token: str | None = None,
        callback_url: str | None = None,
    ) -> TokenCompletion:
        """Complete a token; anyone waiting for it gets `data` (any JSON).

        It uses the narrowest credential available: the callback URL, if you pass one; otherwise the public
            access
        token that you pass or that the token object has from `create`; otherwise the API key. Raises
        `ConflictError` when it was completed with other data or cancelled, `GoneError` when it has expired,
        `NotFoundError`, `AuthenticationError`, or any other `HelmrError`. Repeating it with the same data is
        not an error.

        >>> tokens.complete(token.id, {"approved": True})
        """
        body = complete_request(data)
        if callback_url is not None:
            if token is not None or public_access_token is not None:
                raise ArgumentError("pass either a token or callback_url=..., not both")
            completion = complete_by_callback(self._transport, callback_url, body)
            return bound(completion, TokenCompletion, self)
        if token is None:
            raise ArgumentError("pass a token (id or object) or callback_url=...")
        bearer = public_access_token or getattr(token, "public_access_token", None)
        if bearer is None:
            return bound(super().complete(token, body.data), TokenCompletion, self)
        completion = complete_with_public_access_token(
            self._transport, token, body, bearer=public_bearer(bearer)
        )
        return bound(completion, TokenCompletion, self)

    def cancel(self, token: TokenRef) -> Token:
        """Cancel a pending token; anyone waiting for it is notified.

        Raises `ConflictError` when it is cancelled already, `GoneError` when it has expired,
        `NotFoundError` also when it has been completed, or any other `HelmrError`.

        >>> tokens.cancel(token).status
        """
        return bound(super().cancel(token), Token, self)

    @overload
    def wait(
        self, token: TokenRef, type: None = None, *, timeout: Duration | float | None = None
    ) -> WaitResult[Any]: ...
    @overload
    def wait(
        self, token: TokenRef, type: DataType[T] | OtherForm, *, timeout: Duration | float | None = None
    ) -> WaitResult[T]: ...
    def wait(
        self,
        token: TokenRef,
        type: DataType[T] | OtherForm | None = None,
        *,
        timeout: Duration | float | None = None,
    ) -> WaitResult[T]:
        """Wait until a token is completed, cancelled or expired, and decode its data as `type` (any JSON by
        default).

        The server does not push notifications, so this polls: after 0.1 s, then after each tenth of the time
            waited
        so far, at least every 5 s. `timeout` is seconds, a `timedelta` or a duration string; the token's own
        expiry bounds the wait as well. The result states how it ended: `.ok`, `.data`, `.error`, `.unwrap()`.
        Raises `OutputValidationError` when the data do not fit `type`, `DefinitionError` for an unsupported
        type, `NotFoundError`, or any other `HelmrError`.

        >>> decision = tokens.wait(token, dict[str, bool], timeout="10m").unwrap()
        """
        token_id = id_of(token, "token")
        codec_for(type, "token data")  # so that an unsupported type is refused before the wait, not after it
        deadline = Deadline(timeout)
        began = Deadline(None)
        failing = reconnecting()
        while True:
            pause = min(LONGEST_POLL, max(FIRST_POLL, began.elapsed() / 10))
            try:
                seen, now = self._read(token_id, deadline)
                if not seen.is_pending:
                    return seen.result(type)
                late = (now - seen.timeout_at).total_seconds()
                if late > GRACE:
                    return timed_out(token_id, None)
                if late > -pause:
                    pause = FIRST_POLL * 2  # it is about to expire, which the server soon reports
                failing.reset()
            except HelmrError as error:
                prepare_retry(error, failing, deadline)
                pause = failing.next()
            if deadline.passed:
                return timed_out(token_id, deadline.seconds)
            sleep(deadline.clip(pause))

    def _read(self, token_id: str, deadline: Deadline) -> tuple[TokenSnapshot, datetime]:
        """Read a token, and the server's time."""
        from helmr_api.api.tokens import get_token

        request = get_token.request(token_id)

        def read(response: Response) -> tuple[TokenSnapshot, datetime]:
            return bound(request.read(response), TokenSnapshot), server_time(response)

        return self._transport.send(request.reading(read), deadline=deadline)


def complete_by_callback(
    transport: Transport, url: str, body: models.TokenCompleteRequest
) -> models.TokenCompletion:
    """Complete a token with its callback URL, without any other credential."""
    from helmr_api.api.public_access import complete_token_by_callback

    target = callback(url)
    request = complete_token_by_callback.request(target.token_id, target.secret, body=body)
    return transport.send(request, label="token data", base_url=target.base_url)


def complete_with_public_access_token(
    transport: Transport,
    token: TokenRef,
    body: models.TokenCompleteRequest,
    *,
    bearer: str | None = None,
) -> models.TokenCompletion:
    """Complete a token with the given public access token, or the transport's own."""
    from helmr_api.api.public_access import complete_token_with_public_access_token

    request = complete_token_with_public_access_token.request(id_of(token, "token"), body=body)
    return transport.send(request, bearer=bearer, label="token data")


public(Token, TokenCompletion, Tokens)
