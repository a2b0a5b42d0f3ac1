"""Tokens over HTTP: creating, reading, completing, cancelling, waiting."""

# ruff: noqa: ASYNC109  a timeout here is part of what is promised (how a wait ends), no cancel scope

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from helmr_api import models
from helmr_api.paging import AsyncPager

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

    from .transport import AsyncTransport

T = TypeVar("T")

FIRST_POLL: Final = 0.1
LONGEST_POLL: Final = 5.0
GRACE: Final = 15.0
"""Seconds that a server may take to notice that a token has expired (it sweeps every 5 s), and clocks
differ.
"""


class AsyncToken(TokenSnapshot):
    """A token as it was when the server responded, with methods that make requests for it."""

    __slots__ = ()

    @property
    def _tokens(self) -> AsyncTokens:
        tokens: AsyncTokens = self._bound_to()
        return tokens

    async def refresh(self) -> AsyncToken:
        """The token as it is now, without its credentials. Raises an error of the `HelmrError` tree.

        >>> (await token.refresh()).status
        """
        return await self._tokens.retrieve(self)

    async def complete(self, data: Any = None) -> AsyncTokenCompletion:
        """Complete the token, see `tokens.complete`.

        >>> (await token.complete({"approved": True})).status
        """
        return await self._tokens.complete(self, data)

    async def cancel(self) -> AsyncToken:
        """Cancel the token, see `tokens.cancel`.

        >>> await token.cancel()
        """
        return await self._tokens.cancel(self)

    @overload
    async def wait(self, type: DataType[T], *, timeout: Duration | float | None = None) -> WaitResult[T]: ...
    @overload
    async def wait(
        self, type: SpecialForm | None = None, *, timeout: Duration | float | None = None
    ) -> WaitResult[Any]: ...
    async def wait(self, type: Any = None, *, timeout: Duration | float | None = None) -> WaitResult[Any]:
        """Wait until the token is completed, cancelled or expired, see `tokens.wait`.

        >>> decision = (await token.wait(dict[str, bool])).unwrap()
        """
        return await self._tokens.wait(self, type, timeout=timeout)


class AsyncTokenCompletion(Composite, models.TokenCompletion):
    """The result of a completion. `status` is `already_completed` when the same data were given before."""

    __slots__ = ()
    _parts = (("token", AsyncToken),)
    token: AsyncToken


class AsyncTokens:
    """The tokens of an environment: `client.tokens`, or the facade `tokens`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
        self,
        *,
        timeout: Duration | None = None,
        tags: Sequence[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> AsyncToken:
        """Create a token, for somebody outside to complete.

        `timeout` is a `timedelta` or a duration text (7 days when left out); `tags` are at most 10 of at
        most 128 bytes; `metadata` is a JSON object. `idempotency_key` (at most 512 bytes) goes as it is;
        without one the call gets a key of its own, so that it can be repeated after a lost answer.
        Raises `ArgumentError` (nothing was sent), `ConflictError` when the key was used with other values,
        and the rest of the tree.

        >>> token = await tokens.create(timeout="1h")
        """
        from helmr_api.api.tokens import create_token

        body = create_request(timeout, tags, metadata, idempotency_key)
        request = checked(create_token.request)(body=body)
        return bound(await self._transport.send(request), AsyncToken, self)

    async def retrieve(self, token: TokenRef) -> AsyncToken:
        """A token as it is now, without its credentials. Raises `NotFoundError`, and the rest of the tree.

        >>> (await tokens.retrieve(token)).status
        """
        from helmr_api.api.tokens import get_token

        request = get_token.request(identifier(token, "token"))
        return bound(await self._transport.send(request), AsyncToken, self)

    def list(
        self, *, status: TokenStatus | None = None, after: TokenRef | None = None, page_size: int = 100
    ) -> AsyncPager[AsyncToken]:
        """The tokens, oldest first, page by page as they are read.

        `status` keeps those in one status; `after` begins after a token; `page_size` is 1 to 500 per request.
        Raises `ArgumentError` for a bad `page_size`, and the rest of the tree.

        >>> [token.id async for token in tokens.list(status="pending")]
        """
        checked_limit(page_size, 500, "page_size")
        begin = None if after is None else identifier(after, "after")
        from helmr_api.api.tokens import list_tokens

        return AsyncPager(
            self._transport,
            lambda cursor: checked(list_tokens.request)(limit=page_size, status=status, cursor=cursor),
            lambda page: [bound(token, AsyncToken, self) for token in page.tokens],
            lambda page: page.next_cursor or None,
            begin,
        )

    @overload
    async def complete(
        self, token: TokenRef, data: Any = None, *, public_access_token: str | None = None
    ) -> AsyncTokenCompletion: ...
    @overload
    async def complete(self, *, callback_url: str, data: Any = None) -> AsyncTokenCompletion: ...
    async def complete(
        self,
        token: TokenRef | None = None,
        data: Any = None,
        *,
        public_access_token: str | None = None,
        callback_url: str | None = None,
    ) -> AsyncTokenCompletion:
        """Complete a token; whoever waits for it gets `data` (any JSON).

        The credential is the narrowest at hand: the callback URL when one is given, else the public access
        token that is given or that the token object still has (from `create`), else the API key.
        Raises `ConflictError` when it was completed with other data or cancelled, `GoneError` when it has
        expired, `NotFoundError`, `AuthenticationError`, and the rest of the tree. Repeating it with the
        same data is no error.

        >>> await tokens.complete(token.id, {"approved": True})
        """
        body = complete_request(data)
        if callback_url is not None:
            if token is not None or public_access_token is not None:
                raise ArgumentError("give either a token or callback_url=..., which is credential enough")
            return await self._complete_by_callback(callback_url, body)
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
        completion = await self._transport.send(request, bearer=bearer, label="token data")
        return bound(completion, AsyncTokenCompletion, self)

    async def _complete_by_callback(
        self, url: str, body: models.TokenCompleteRequest
    ) -> AsyncTokenCompletion:
        from helmr_api.api.public_access import complete_token_by_callback

        target = callback(url)
        request = checked(complete_token_by_callback.request)(target.token_id, target.secret, body=body)
        wire = await self._transport.send(request, label="token data", base_url=target.base_url)
        return bound(wire, AsyncTokenCompletion, self)

    async def cancel(self, token: TokenRef) -> AsyncToken:
        """Cancel a pending token; whoever waits for it learns that.

        Raises `ConflictError` when it is cancelled already, `GoneError` when it has expired,
        `NotFoundError` also when it has been completed, and the rest of the tree.

        >>> (await tokens.cancel(token)).status
        """
        from helmr_api.api.tokens import cancel_token

        request = cancel_token.request(identifier(token, "token"))
        return bound(await self._transport.send(request), AsyncToken, self)

    @overload
    async def wait(
        self, token: TokenRef, type: DataType[T], *, timeout: Duration | float | None = None
    ) -> WaitResult[T]: ...
    @overload
    async def wait(
        self, token: TokenRef, type: SpecialForm | None = None, *, timeout: Duration | float | None = None
    ) -> WaitResult[Any]: ...
    async def wait(
        self, token: TokenRef, type: Any = None, *, timeout: Duration | float | None = None
    ) -> WaitResult[Any]:
        """Wait until a token is completed, cancelled or expired; its data come in `type` (any JSON without).

        The server tells nobody when that happens, so that this asks: 0.1 s after the beginning, then after
        each tenth of the time waited so far, every 5 s at most. `timeout` is seconds, a `timedelta` or a
        duration text; the token's own end bounds the wait as well. How it ended is in the result: `.ok`,
        `.data`, `.error`, `.unwrap()`.
        Raises `OutputValidationError` when the data do not fit `type`, `DefinitionError` for a type that
        cannot be read, `NotFoundError`, and any other `HelmrError`.

        >>> decision = (await tokens.wait(token, dict[str, bool], timeout="10m")).unwrap()
        """
        token_id = identifier(token, "token")
        codec_for(type, "token data")  # refuses a type that cannot be read before the wait, and not after it
        deadline = Deadline(timeout)
        began = Deadline(None)
        failing = reconnecting()
        while True:
            pause = min(LONGEST_POLL, max(FIRST_POLL, began.elapsed() / 10))
            try:
                seen, now = await self._read(token_id, deadline)
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
            await sleep(deadline.clip(pause))

    async def _read(self, token_id: str, deadline: Deadline) -> tuple[TokenSnapshot, datetime]:
        """A token, and the server's time."""
        from helmr_api.api.tokens import get_token

        request = get_token.request(token_id)

        def read(response: Response) -> tuple[TokenSnapshot, datetime]:
            return bound(request.read(response), TokenSnapshot), server_time(response)

        return await self._transport.send(request.reading(read), deadline=deadline)


public(AsyncToken, AsyncTokenCompletion, AsyncTokens)
