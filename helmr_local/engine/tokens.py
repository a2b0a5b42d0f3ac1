"""Tokens: created, completed or cancelled once, expired by the sweeper."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

from .. import jsontext
from ..errors import ApiError, bad_request, token_cancelled, token_expired, token_not_found
from ..ids import new_id
from ..keys import CALLBACK_PREFIX, PUBLIC_ACCESS_PREFIX, derived_secret, hash_secret
from ..store import Row
from ..times import add_nanoseconds, format_time
from .core import Core
from .starts import tags_text
from .waits import Outcome, Waits


class Tokens:
    """The token state machine."""

    def __init__(self, core: Core, waits: Waits) -> None:
        self._core = core
        self._waits = waits

    def get(self, token_id: str, environment_id: str | None = None) -> Row | None:
        token = self._core.db.one("SELECT * FROM tokens WHERE id = ?", (token_id,))
        if token is None or environment_id not in (None, token["environment_id"]):
            return None
        return token

    def require(self, token_id: str) -> Row:
        token = self.get(token_id)
        if token is None:
            raise token_not_found()
        return token

    def create(
        self,
        environment_id: str,
        *,
        timeout: int,
        tags: list[str],
        metadata: str,
        idempotency_key: str = "",
        timeout_as_written: Any = None,
    ) -> tuple[Row, bool]:
        """Make a token; the token and whether it is new.

        Args:
            timeout: Nanoseconds.
        """
        db, now = self._core.db, self._core.clock.now()
        fingerprint = None
        if idempotency_key:
            parts = {"timeout": timeout_as_written, "metadata": jsontext.raw(metadata), "tags": tags}
            exact = jsontext.parse(jsontext.encode(parts))
            fingerprint = hashlib.sha256(jsontext.canonical(exact)).digest()
            known = db.one(
                "SELECT * FROM tokens WHERE environment_id = ? AND idempotency_key = ?",
                (environment_id, idempotency_key),
            )
            if known is not None:
                if known["fingerprint"] != fingerprint:
                    raise ApiError(
                        409,
                        "idempotency key was already used with different request parameters",
                        "idempotency_fingerprint_mismatch",
                    )
                return known, False
        token_id = new_id()
        timeout_at = add_nanoseconds(now, timeout)
        with db.transaction():
            db.insert(
                "tokens",
                {
                    "id": token_id,
                    "environment_id": environment_id,
                    "status": "pending",
                    "timeout_at": timeout_at,
                    "tags": tags_text(tags),
                    "metadata": metadata,
                    "idempotency_key": idempotency_key or None,
                    "fingerprint": fingerprint,
                    "callback_hash": hash_secret(self._callback_secret(token_id)),
                    "created_at": now,
                },
            )
            db.insert(
                "public_access_tokens",
                {
                    "hash": hash_secret(self._public_access_token(token_id)),
                    "id": new_id(),
                    "environment_id": environment_id,
                    "scope_type": "token.complete",
                    "token_id": token_id,
                    "expires_at": add_nanoseconds(
                        timeout_at, round(self._core.settings.public_access_token_ttl * 1e9)
                    ),
                    "max_uses": 1,
                    "created_at": now,
                },
            )
        return self.require(token_id), True

    def complete(self, token: Row, data: Any) -> tuple[str, Row]:
        """Complete with an exact JSON value.

        Returns:
            `completed` or `already_completed`, and the token.

        Raises:
            ApiError: 409 or 410 by the token's state; 400, the database cannot hold the data.
        """
        digest = hashlib.sha256(jsontext.canonical(data)).digest()
        if token["status"] == "completed":
            if token["completion_hash"] != digest:
                raise ApiError(
                    409,
                    "token completion conflicts with existing completion",
                    "token_completion_conflict",
                )
            return "already_completed", token
        self._pending(token)
        try:
            text = jsontext.stored(data)
        except jsontext.JsonError as error:
            raise bad_request(f"data cannot be stored: {error}") from None
        with self._core.db.transaction():
            self._end(token["id"], "completed", Outcome("completed", text), data=text, digest=digest)
        return "completed", self.require(token["id"])

    def cancel(self, token: Row) -> Row:
        if token["status"] == "completed":
            raise token_not_found()  # the server looks for a pending token only
        self._pending(token)
        with self._core.db.transaction():
            self._end(token["id"], "cancelled", Outcome("cancelled"))
        return self.require(token["id"])

    def _pending(self, token: Row) -> None:
        if token["status"] == "cancelled":
            raise token_cancelled()
        if token["status"] == "expired" or token["timeout_at"] <= self._core.clock.now():
            raise token_expired()

    def sweep(self) -> None:
        """Expire the tokens whose time has come."""
        now = self._core.clock.now()
        due = self._core.db.all(
            "SELECT id FROM tokens WHERE status = 'pending' AND timeout_at <= ? LIMIT 1000", (now,)
        )
        if due:
            with self._core.db.transaction():
                for token in due:
                    self._end(token["id"], "expired", Outcome("timed_out"))

    def _end(
        self,
        token_id: str,
        status: str,
        outcome: Outcome,
        data: str | None = None,
        digest: bytes | None = None,
    ) -> None:
        self._core.db.execute(
            "UPDATE tokens SET status = ?, data = ?, completion_hash = ? WHERE id = ?",
            (status, data, digest, token_id),
        )
        for wait in self._waits.for_token(token_id):
            self._waits.end(wait, outcome)

    # --- secrets -----------------------------------------------------------------------------------

    def _callback_secret(self, token_id: str) -> str:
        return derived_secret(CALLBACK_PREFIX, self._core.secret, "callback", token_id)

    def _public_access_token(self, token_id: str) -> str:
        return derived_secret(PUBLIC_ACCESS_PREFIX, self._core.secret, "public-access", token_id)

    def secrets(self, token_id: str) -> dict[str, str]:
        """What the create answer shows beside the token."""
        public = urlsplit(self._core.public_url)
        return {
            "callback_url": f"{public.scheme}://{public.netloc}/api/v1/tokens/{token_id}/callback/"
            + self._callback_secret(token_id),
            "public_access_token": self._public_access_token(token_id),
        }


def token_view(token: Row, secrets: dict[str, str] | None = None) -> dict[str, Any]:
    view: dict[str, Any] = {"id": token["id"], "status": token["status"]}
    if secrets is not None:
        view |= secrets
    view["timeout_at"] = format_time(token["timeout_at"])
    if token["data"] is not None:
        view["data"] = jsontext.raw(token["data"])
    if token["tags"] != "[]":
        view["tags"] = jsontext.raw(token["tags"])
    view["metadata"] = jsontext.raw(token["metadata"])
    return view
