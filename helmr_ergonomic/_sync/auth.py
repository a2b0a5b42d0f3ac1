# Derived from helmr_ergonomic/_async/auth.py. Do not edit: change that file, then run `make generate`.
"""Making public access tokens over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._auth import PublicAccessToken, ReadOutput, SendInput, public_token_request
from .._models import bound
from .._public import public
from .._validation import checked
from ..times import Moment

if TYPE_CHECKING:
    from .transport import Transport


class Auth:
    """Credentials for others: `client.auth`, or the facade `auth`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create_public_token(
        self, scope: SendInput | ReadOutput, *, expires_at: Moment | None = None, max_uses: int | None = None
    ) -> PublicAccessToken:
        """Make a credential that can do one thing: send to one input stream, or read one output stream.

        `expires_at` is a `datetime` or an ISO 8601 text (30 days from now when left out), `max_uses` how
        often it works (as often as wanted when left out). The call is not repeated after a lost answer:
        each repetition would make another credential.
        Raises `NotFoundError` when session or stream are not there, `GoneError` for a past `expires_at`,
        `PermissionDeniedError` when the API key may not do that itself, and the rest of the tree.

        >>> scope = SendInput(started.session, approval)
        >>> credential = auth.create_public_token(scope, max_uses=1)
        """
        from helmr_api.api.public_access import create_public_access_token

        body = public_token_request(scope, expires_at, max_uses)
        request = checked(create_public_access_token.request)(body=body)
        return bound(self._transport.send(request), PublicAccessToken)


public(Auth)
