# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Credentials for browsers and for other programs."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from ...types import AsyncSender

if TYPE_CHECKING:
    from ...models.public_access_scope_request import PublicAccessScopeRequest
    from ...models.public_access_token import PublicAccessToken


class AsyncAuth:
    """Credentials for browsers and for other programs.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    async def create_public_token(
        self,
        scope: PublicAccessScopeRequest,
        *,
        expires_at: datetime.datetime | None = None,
        max_uses: int | None = None,
    ) -> PublicAccessToken:
        """Create a public access token for a stream.

        Creates a token that allows one action on one stream of one session: to send input
        (`session.input.send`) or to read output (`session.output.read`). The token is shown only in this
        response; it cannot be listed, read or revoked. Needs the permission `session.input.send` for the
        first and `session.streams.read` for the second.

        Order of checks: body, session address, scope type, stream name, session (404), permission (403),
        stream (404), `expires_at` (410), `max_uses`.

        Args:
            scope: What the token allows.
            expires_at: The time until which it can be used. Any time in the future; 30 days from now
                when left out.
            max_uses: The number of successful requests it allows; unlimited by default.
        """
        from ...api.public_access import create_public_access_token
        from ...models.public_access_token_create_request import PublicAccessTokenCreateRequest

        body = PublicAccessTokenCreateRequest(scope=scope, expires_at=expires_at, max_uses=max_uses)
        return await self._sender.send(create_public_access_token.request(body=body))
