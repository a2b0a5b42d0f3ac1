"""Public access tokens: what a browser may do with one stream or one token."""

from __future__ import annotations

from typing import Any

from ..errors import scope_denied, token_expired
from ..ids import new_id
from ..keys import STREAM_TOKEN_PREFIX, hash_secret, new_secret
from ..store import Row
from .core import Core


class PublicAccess:
    """Makes, finds and uses up public access tokens."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def create(
        self,
        environment_id: str,
        *,
        scope_type: str,
        session_id: str,
        stream_no: int,
        correlation_id: str,
        expires_at: int,
        max_uses: int | None,
    ) -> tuple[dict[str, Any], str]:
        """The row and the secret, which is not kept."""
        secret = new_secret(STREAM_TOKEN_PREFIX)
        row = {
            "hash": hash_secret(secret),
            "id": new_id(),
            "environment_id": environment_id,
            "scope_type": scope_type,
            "session_id": session_id,
            "stream_no": stream_no,
            "correlation_id": correlation_id,
            "expires_at": expires_at,
            "max_uses": max_uses,
            "created_at": self._core.clock.now(),
        }
        with self._core.db.transaction():
            self._core.db.insert("public_access_tokens", row)
        return row, secret

    def knows(self, bearer: str) -> bool:
        """Whether there is such a token, expired or not."""
        found = self._core.db.one("SELECT 1 FROM public_access_tokens WHERE hash = ?", (hash_secret(bearer),))
        return found is not None

    def find(self, bearer: str) -> Row:
        """A token that exists and has not expired.

        Raises:
            ApiError: 401 unknown, 410 expired.
        """
        row = self._core.db.one("SELECT * FROM public_access_tokens WHERE hash = ?", (hash_secret(bearer),))
        if row is None:
            raise scope_denied(401)
        if row["expires_at"] <= self._core.clock.now():
            raise token_expired()
        return row

    def use(self, row: Row) -> None:
        """Take one use; part of the open transaction.

        Raises:
            ApiError: 403, none is left.
        """
        changed = self._core.db.execute(
            "UPDATE public_access_tokens SET uses = uses + 1"
            " WHERE hash = ? AND (max_uses IS NULL OR uses < max_uses)",
            (row["hash"],),
        )
        if not changed:
            raise scope_denied(403)
