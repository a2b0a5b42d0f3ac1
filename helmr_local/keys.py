"""Credentials: their format, their storage (as hashes only), and their scopes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .document import all_scopes
from .ids import new_id
from .store import Database

API_KEY_PREFIX = "hlmr_sk_"
CALLBACK_PREFIX = "hlmr_callback_"
PUBLIC_ACCESS_PREFIX = "hlmr_public_access_"
_API_KEY = re.compile(API_KEY_PREFIX + r"[A-Za-z0-9_-]{20,200}")
STREAM_TOKEN_PREFIX = "hlmr_pat_"  # noqa: S105  # a prefix, not a secret


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def new_secret(prefix: str) -> str:
    return prefix + _text(os.urandom(32))


def derived_secret(prefix: str, server_secret: bytes, purpose: str, record_id: str) -> str:
    """Derive a secret that is constant per record, so that an idempotent create can return it again."""
    digest = hmac.new(server_secret, f"helmr:{purpose}:default:{record_id}".encode(), hashlib.sha256).digest()
    return prefix + _text(digest)


def hash_secret(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


@dataclass(frozen=True, slots=True)
class ApiKey:
    """The API key of a request. The key itself is not kept."""

    id: str
    environment_id: str
    project_id: str
    scopes: frozenset[str]
    expires_at: int | None


def check_scopes(scopes: Iterable[str] | None) -> list[str]:
    """Return the scopes, sorted; all of them for None.

    Raises:
        ValueError: A name is not a scope.
    """
    known = all_scopes()
    chosen = sorted(set(known if scopes is None else scopes))
    for scope in chosen:
        if scope not in known:
            raise ValueError(f"unknown scope {scope!r}; the scopes are: {', '.join(known)}")
    return chosen


def check_api_key(text: str, where: str) -> str:
    """Check a key that was created elsewhere, and return it.

    Raises:
        ValueError: It is not a key. The message names its source but does not contain it.
    """
    if _API_KEY.fullmatch(text) is None:
        raise ValueError(
            f"{where} does not hold an API key: {API_KEY_PREFIX} and at least 20 letters, digits, - or _"
        )
    return text


def create_api_key(
    db: Database,
    environment_id: str,
    now: int,
    scopes: Iterable[str] | None = None,
    expires_at: datetime | None = None,
    secret: str | None = None,
) -> str:
    """Create a key and return it; only its hash is stored.

    Args:
        secret: The key; a new one if None. A key that the database already has is left unchanged.
    """
    if expires_at is not None and expires_at.tzinfo is None:
        raise ValueError("expires_at must have a time zone")
    if secret is None:
        secret = new_secret(API_KEY_PREFIX)
    elif db.one("SELECT 1 FROM api_keys WHERE hash = ?", (hash_secret(secret),)) is not None:
        return secret
    db.insert(
        "api_keys",
        {
            "hash": hash_secret(secret),
            "id": new_id(),
            "environment_id": environment_id,
            "scopes": json.dumps(check_scopes(scopes)),
            "expires_at": None if expires_at is None else round(expires_at.timestamp() * 1_000_000),
            "created_at": now,
        },
    )
    return secret


class KeyRing:
    """Caches the keys that the server has already seen, so that most requests need no query."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[bytes, ApiKey] = {}

    def find(self, bearer: str, now: int) -> ApiKey | None:
        """Return the key's record, or None if it is unknown or expired."""
        digest = hash_secret(bearer)
        key = self._known.get(digest)
        if key is None:
            row = self._db.one(
                "SELECT k.*, e.project_id FROM api_keys k JOIN environments e ON e.id = k.environment_id"
                " WHERE k.hash = ?",
                (digest,),
            )
            if row is None:
                return None
            key = self._known[digest] = ApiKey(
                row["id"],
                row["environment_id"],
                row["project_id"],
                frozenset(json.loads(row["scopes"])),
                row["expires_at"],
            )
        return None if key.expires_at is not None and key.expires_at <= now else key
