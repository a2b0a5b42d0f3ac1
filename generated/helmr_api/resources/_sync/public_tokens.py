# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Tokens, with their public access token or their callback URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...types import UNSET, HasId, Sender, id_of

if TYPE_CHECKING:
    from ...models.token_completion import TokenCompletion


class PublicTokens:
    """Tokens, with their public access token or their callback URL.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def complete(self, token: str | HasId, /, data: Any = UNSET) -> TokenCompletion:
        """Complete a token with its public access token.

        Like `completeToken`, with the `public_access_token` of the token's creation as bearer. It is good
        for one first completion; the same data again gets `already_completed` until 30 days after
        `timeout_at`. Order of checks: body, `token_id`, token, bearer, state. Browsers may call it from the
        server's own public origin.

        Args:
            token: The token's id. Other spellings of a UUID are accepted too.
            data: Any JSON; null when left out.
        """
        from ...api.public_access import complete_token_with_public_access_token
        from ...models.token_complete_request import TokenCompleteRequest

        body = TokenCompleteRequest(data=data)
        return self._sender.send(
            complete_token_with_public_access_token.request(id_of(token, "token"), body=body)
        )

    def preflight_complete(self, token_id: str, /) -> None:
        """CORS preflight of completing a token.

        Always 204; the CORS headers are present only if `Origin` has the scheme, host and port of the
        server's public URL. Nothing else in the request is checked.

        Args:
            token_id: The token's id. A preflight does not check it.
        """
        from ...api.public_access import preflight_complete_token

        self._sender.send(preflight_complete_token.request(token_id))

    def complete_by_callback(
        self, token: str | HasId, callback_secret: str, /, data: Any = UNSET
    ) -> TokenCompletion:
        """Complete a token with its callback URL.

        Like `completeToken`; the secret in the path is the credential, there is no `Authorization` header.
        The body is strict here too: a webhook's own body has to be wrapped as `{"data": …}`. The same data
        again is `already_completed`, without limit. An unknown token, a wrong secret, and a token that is
        cancelled or expired all get 401. No CORS.

        Args:
            token: The token's id. Other spellings of a UUID are accepted too.
            callback_secret: The last part of the token's `callback_url`.
            data: Any JSON; null when left out.
        """
        from ...api.public_access import complete_token_by_callback
        from ...models.token_complete_request import TokenCompleteRequest

        body = TokenCompleteRequest(data=data)
        return self._sender.send(
            complete_token_by_callback.request(id_of(token, "token"), callback_secret, body=body)
        )
