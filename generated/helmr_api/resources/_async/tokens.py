# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Decisions that task code waits for and someone outside makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...types import UNSET, AsyncSender, HasId, id_of

if TYPE_CHECKING:
    from ...models.list_tokens_status import ListTokensStatus
    from ...models.token import Token
    from ...models.token_completion import TokenCompletion
    from ...models.token_timeout_parts import TokenTimeoutParts
    from ...paging import AsyncPager


class AsyncTokens:
    """Decisions that task code waits for and someone outside makes.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    def list(
        self,
        *,
        after: str | HasId | None = None,
        status: ListTokensStatus | str | None = None,
        page_size: int | None = None,
    ) -> AsyncPager[Token]:
        """List tokens.

        Lists the environment's tokens, **oldest** first, in pages. Secrets are never listed. Needs the
        permission `tokens.read`.

        `cursor` and `status` have alternative names, `after` and `state`, which take precedence when both
        are given.

        Args:
            after: Only tokens after the token with this id; an id that the environment does not have
                returns an empty list. Blank is none.
            status: Only tokens in this status, in lower case. Blank means no filter.
                - `pending`: not completed yet
                - `completed`: completed with data
                - `expired`: not completed in time
                - `cancelled`: cancelled
            page_size: The maximum number to return. Blank is the default.

        Returns:
            Oldest first, at most `limit`.
        """
        from ...api.tokens import list_tokens
        from ...paging import AsyncPager

        return AsyncPager(
            self._sender,
            lambda at: list_tokens.request(cursor=at, status=status, limit=page_size),
            lambda page: page.tokens,
            lambda page: page.next_cursor,
            None if after is None else id_of(after, "after"),
        )

    async def create(
        self,
        *,
        timeout: float | str | TokenTimeoutParts | None = None,
        tags: Sequence[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Token:
        """Create a token.

        Creates a token that can be completed until `timeout_at`. Only this response contains the two
        secrets that complete it without an API key: `public_access_token`, good for one completion, and
        `callback_url`.

        A known idempotency key with the same parameters gets 200 with the token in its current state and
        both secrets again; `timeout` is compared as written (`"1h"` and `3600000` differ). The scope of a
        key is the environment; it never expires. Needs the permission `tokens.create`. Order of checks:
        body, permission, `timeout`, `metadata`, `tags`, key.

        Args:
            timeout: How long the token can be completed; 7 days when left out or `null`.
            tags: Labels.
            metadata: Your own data; `{}` when left out. `null` is refused.
            idempotency_key: Makes this creation safe to repeat; at most 512 bytes; a blank one counts
                as absent. Scope: the environment. Compared are `timeout`, `metadata` and `tags`.
        """
        from ...api.tokens import create_token
        from ...models.token_create_request import TokenCreateRequest

        body = TokenCreateRequest(
            timeout=timeout,
            tags=None if tags is None else list(tags),
            metadata=None if metadata is None else dict(metadata),
            idempotency_key=idempotency_key,
        )
        return await self._sender.send(create_token.request(body=body))

    async def retrieve(self, token: str | HasId, /) -> Token:
        """Get a token.

        Returns the token without its secrets. Between `timeout_at` and its expiry in the background, it is
        still shown as `pending`. Needs the permission `tokens.read`; a token of another environment is a
        404.

        Args:
            token: The token's id. Other spellings of a UUID are accepted too.
        """
        from ...api.tokens import get_token

        return await self._sender.send(get_token.request(id_of(token, "token")))

    async def complete(self, token: str | HasId, /, data: Any = UNSET) -> TokenCompletion:
        """Complete a token.

        Stores the data in the token and resumes every run that waits for it. Exactly one caller gets
        `completed`; the same data again is `already_completed`, also after `timeout_at`; other data is a
        conflict. Data is compared by its JSON meaning, except that numbers are compared as written. Needs
        the permission `tokens.complete`. Order of checks: body, `token_id`, token, permission, state.

        Args:
            token: The token's id. Other spellings of a UUID are accepted too.
            data: Any JSON; null when left out.
        """
        from ...api.tokens import complete_token
        from ...models.token_complete_request import TokenCompleteRequest

        body = TokenCompleteRequest(data=data)
        return await self._sender.send(complete_token.request(id_of(token, "token"), body=body))

    async def cancel(self, token: str | HasId, /) -> Token:
        """Cancel a token.

        Cancels a pending token; runs that wait for it resume and see a cancelled wait. A body is optional
        and not read. Cancelling twice is a conflict, and a token that was completed is a 404. Needs the
        permission `tokens.cancel`.

        Args:
            token: The token's id. Other spellings of a UUID are accepted too.
        """
        from ...api.tokens import cancel_token

        return await self._sender.send(cancel_token.request(id_of(token, "token")))
