# Derived from helmr_ergonomic/_async/auth.py. Edit that file, then run `make generate`.
"""Create public access tokens over HTTP."""

from __future__ import annotations

from helmr_api import resources
from helmr_api.api.public_access import create_public_access_token

from .._auth import PublicAccessToken, ReadOutput, SendInput, public_token_request
from .._models import bound
from .._public import public
from ..times import Moment


class Auth(resources.Auth):
    """Public access tokens to hand to others: `client.auth`, or the facade `auth`."""

    def create_public_token(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        self, scope: SendInput | ReadOutput, *, expires_at: Moment | None = None, max_uses: int | None = None
    ) -> PublicAccessToken:
        """Create a credential that can do one thing: send to one input stream, or read one output stream.

        `expires_at` is a `datetime` or an ISO 8601 string (default: 30 days from now), `max_uses` the number
        of uses (default: unlimited). The call is not retried after a lost response, because each attempt
        would create another credential. Raises `NotFoundError` if the session or stream does not exist,
        `GoneError` for a past `expires_at`, `PermissionDeniedError` if the API key itself lacks that
        permission, or any other `HelmrError`.

        >>> scope = SendInput(started.session, approval)
        >>> credential = auth.create_public_token(scope, max_uses=1)
        """
        body = public_token_request(scope, expires_at, max_uses)
        return bound(self._sender.send(create_public_access_token.request(body=body)), PublicAccessToken)


public(Auth)
