# Derived from helmr_ergonomic/_async/tokens.py. Do not edit: change that file, then run `make generate`.
"""Tokens over HTTP: creating, reading, completing, cancelling, waiting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from helmr_api import models
from helmr_api.paging import Pager

from .._models import Composite, bound
from .._public import public
from .._tokens import (
    TokenRef,
    TokenSnapshot,
    TokenStatus,
    WaitResult,
    callback,
    complete_request,
    create_request,
    public_bearer,
    timed_out,
)
from .._validation import checked, checked_limit, identifier
from ..codecs import DataType, SpecialForm, codec_for
from ..durations import Duration
from ..errors import ArgumentError, HelmrError
from ..reconnect import heed, reconnecting
from ..retries import server_time
from ..waiting import Deadline
from .timing import sleep

if TYPE_CHECKING:
    from helmr_api.types import Response

    from .transport import Transport

T = TypeVar("T")

FIRST_POLL: Final = 0.1
LONGEST_POLL: Final = 5.0
GRACE: Final = 15.0
"""Seconds that a server may take to notice that a token has expired (it sweeps every 5 s), and clocks
differ.
"""


class Token(TokenSnapshot):
    """A token as it was when the server responded, with methods that make requests for it."""

    __slots__ = ()

    @property
    def _tokens(self) -> Tokens:
        tokens: Tokens = self._bound_to()
        return tokens

    def refresh(self) -> Token:
        """The token as it is now, without its credentials. Raises an error of the `HelmrError` tree.

        >>> token.refresh().status
        """
        return self._tokens.retrieve(self)

    def complete(self, data: Any = None) -> TokenCompletion:
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
    def wait(self, type: DataType[T], *, timeout: Duration | float | None = None) -> WaitResult[T]: ...
    @overload
    def wait(
        self, type: SpecialForm | None = None, *, timeout: Duration | float | None = None
    ) -> WaitResult[Any]: ...
    def wait(self, type: Any = None, *, timeout: Duration | float | None = None) -> WaitResult[Any]:
        """Wait until the token is completed, cancelled or expired, see `tokens.wait`.

        >>> decision = token.wait(dict[str, bool]).unwrap()
        """
        return self._tokens.wait(self, type, timeout=timeout)


class TokenCompletion(Composite, models.TokenCompletion):
    """The result of a completion. `status` is `already_completed` when the same data were given before."""

    __slots__ = ()
    _parts = (("token", Token),)
    token: Token


class Tokens:
    """The tokens of an environment: `client.tokens`, or the facade `tokens`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        timeout: Duration | None = None,
        tags: Sequence[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Token:
        """Create a token, for somebody outside to complete.

        `timeout` is a `timedelta` or a duration text (7 days when left out); `tags` are at most 10 of at
        most 128 bytes; `metadata` is a JSON object. `idempotency_key` (at most 512 bytes) goes as it is;
        without one the call gets a key of its own, so that it can be repeated after a lost answer.
        Raises `ArgumentError` (nothing was sent), `ConflictError` when the key was used with other values,
        and the rest of the tree.

        >>> token = tokens.create(timeout="1h")
        """
        from helmr_api.api.tokens import create_token

        body = create_request(timeout, tags, metadata, idempotency_key)
        request = checked(create_token.request)(body=body)
        return bound(self._transport.send(request), Token, self)

    def retrieve(self, token: TokenRef) -> Token:
        """A token as it is now, without its credentials. Raises `NotFoundError`, and the rest of the tree.

        >>> tokens.retrieve(token).status
        """
        from helmr_api.api.tokens import get_token

        request = get_token.request(identifier(token, "token"))
        return bound(self._transport.send(request), Token, self)

    def list(
        self, *, status: TokenStatus | None = None, after: TokenRef | None = None, page_size: int = 100
    ) -> Pager[Token]:
        """The tokens, oldest first, page by page as they are read.

        `status` keeps those in one status; `after` begins after a token; `page_size` is 1 to 500 per request.
        Raises `ArgumentError` for a bad `page_size`, and the rest of the tree.

        >>> [token.id for token in tokens.list(status="pending")]
        """
        checked_limit(page_size, 500, "page_size")
        begin = None if after is None else identifier(after, "after")
        from helmr_api.api.tokens import list_tokens

        return Pager(
            self._transport,
            lambda cursor: checked(list_tokens.request)(limit=page_size, status=status, cursor=cursor),
            lambda page: [bound(token, Token, self) for token in page.tokens],
            lambda page: page.next_cursor or None,
            begin,
        )

    @overload
    def complete(
        self, token: TokenRef, data: Any = None, *, public_access_token: str | None = None
    ) -> TokenCompletion: ...
    @overload
    def complete(self, *, callback_url: str, data: Any = None) -> TokenCompletion: ...
    def complete(
        self,
        token: TokenRef | None = None,
        data: Any = None,
        *,
        public_access_token: str | None = None,
        callback_url: str | None = None,
    ) -> TokenCompletion:
        """Complete a token; whoever waits for it gets `data` (any JSON).

        The credential is the narrowest at hand: the callback URL when one is given, else the public access
        token that is given or that the token object still has (from `create`), else the API key.
        Raises `ConflictError` when it was completed with other data or cancelled, `GoneError` when it has
        expired, `NotFoundError`, `AuthenticationError`, and the rest of the tree. Repeating it with the
        same data is no error.

        >>> tokens.complete(token.id, {"approved": True})
        """
        body = complete_request(data)
        if callback_url is not None:
            if token is not None or public_access_token is not None:
                raise ArgumentError("give either a token or callback_url=..., which is credential enough")
            return self._complete_by_callback(callback_url, body)
        if token is None:
            raise ArgumentError("give a token (id or object) or callback_url=...")
        token_id = identifier(token, "token")
        public = public_access_token
        if public is None:
            public = getattr(token, "public_access_token", None)
        if public is not None:
            from helmr_api.api.public_access import complete_token_with_public_access_token

            request = checked(complete_token_with_public_access_token.request)(token_id, body=body)
        else:
            from helmr_api.api.tokens import complete_token

            request = checked(complete_token.request)(token_id, body=body)
        bearer = None if public is None else public_bearer(public)
        completion = self._transport.send(request, bearer=bearer, label="token data")
        return bound(completion, TokenCompletion, self)

    def _complete_by_callback(self, url: str, body: models.TokenCompleteRequest) -> TokenCompletion:
        from helmr_api.api.public_access import complete_token_by_callback

        target = callback(url)
        request = checked(complete_token_by_callback.request)(target.token_id, target.secret, body=body)
        wire = self._transport.send(request, label="token data", base_url=target.base_url)
        return bound(wire, TokenCompletion, self)

    def cancel(self, token: TokenRef) -> Token:
        """Cancel a pending token; whoever waits for it learns that.

        Raises `ConflictError` when it is cancelled already, `GoneError` when it has expired,
        `NotFoundError` also when it has been completed, and the rest of the tree.

        >>> tokens.cancel(token).status
        """
        from helmr_api.api.tokens import cancel_token

        request = cancel_token.request(identifier(token, "token"))
        return bound(self._transport.send(request), Token, self)

    @overload
    def wait(
        self, token: TokenRef, type: DataType[T], *, timeout: Duration | float | None = None
    ) -> WaitResult[T]: ...
    @overload
    def wait(
        self, token: TokenRef, type: SpecialForm | None = None, *, timeout: Duration | float | None = None
    ) -> WaitResult[Any]: ...
    def wait(
        self, token: TokenRef, type: Any = None, *, timeout: Duration | float | None = None
    ) -> WaitResult[Any]:
        """Wait until a token is completed, cancelled or expired; its data come in `type` (any JSON without).

        The server tells nobody when that happens, so that this asks: 0.1 s after the beginning, then after
        each tenth of the time waited so far, every 5 s at most. `timeout` is seconds, a `timedelta` or a
        duration text; the token's own end bounds the wait as well. How it ended is in the result: `.ok`,
        `.data`, `.error`, `.unwrap()`.
        Raises `OutputValidationError` when the data do not fit `type`, `DefinitionError` for a type that
        cannot be read, `NotFoundError`, and any other `HelmrError`.

        >>> decision = tokens.wait(token, dict[str, bool], timeout="10m").unwrap()
        """
        token_id = identifier(token, "token")
        codec_for(type, "token data")  # refuses a type that cannot be read before the wait, and not after it
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
                    pause = FIRST_POLL * 2  # about to end: the server says so within a few seconds
                failing.reset()
            except HelmrError as error:
                heed(error, failing, deadline)
                pause = failing.next()
            if deadline.passed:
                return timed_out(token_id, deadline.seconds)
            sleep(deadline.clip(pause))

    def _read(self, token_id: str, deadline: Deadline) -> tuple[TokenSnapshot, datetime]:
        """A token, and the server's time."""
        from helmr_api.api.tokens import get_token

        request = get_token.request(token_id)

        def read(response: Response) -> tuple[TokenSnapshot, datetime]:
            return bound(request.read(response), TokenSnapshot), server_time(response)

        return self._transport.send(request.reading(read), deadline=deadline)


public(Token, TokenCompletion, Tokens)
