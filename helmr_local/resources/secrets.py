"""`/api/secrets`: values that tasks can read but no operation returns."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from helmr_api.constants import SECRET_NAME_PATTERN

from ..engine.context import Context
from ..errors import ApiError, bad_request
from ..http.request import BodyTooLarge, Request, refuse_scope
from ..http.response import Response, json_response
from ..store import columns
from ..wire.strings import printable, quote
from ..wire.times import format_time
from .base import Resource, handles

_NAME = re.compile(SECRET_NAME_PATTERN, re.ASCII)
_MOST = 200
_PREFIX = "invalid secret request JSON"


class SecretRow(TypedDict):
    """A secret without its value, which only `Secrets.values` reads."""

    name: str
    created_at: int
    updated_at: int


_SELECT = f"SELECT {columns(SecretRow)} FROM secrets"  # noqa: S608  # constants only


class Secrets(Resource):
    """The secrets of an environment.

    A value is stored as sent, in a database file that only its owner can read, and overwritten when it is
    replaced or deleted (docs/decisions/secrets.md). No view contains it. Statements pass it only as a
    parameter, so no message of the database contains it either.
    """

    SCHEMA = """
    CREATE TABLE IF NOT EXISTS secrets (
      environment_id TEXT NOT NULL,
      name TEXT NOT NULL,
      value BLOB NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      PRIMARY KEY (environment_id, name)
    ) WITHOUT ROWID;
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        context.secrets.provide(self.values)

    def values(self, environment_id: str, names: Iterable[str]) -> Mapping[str, str]:
        """Return the values of these secrets: those that were set through the API, or else those that the
        server was started with.
        """
        found: dict[str, str] = {}
        for name in names:
            row = self.db.one(
                "SELECT value FROM secrets WHERE environment_id = ? AND name = ?", (environment_id, name)
            )
            if row is not None:
                found[name] = row["value"].decode("utf-8", "surrogatepass")
            elif name in self.context.given_secrets:
                found[name] = self.context.given_secrets[name]
        return found

    # --- requests ----------------------------------------------------------------------------------

    @handles("listSecrets")
    async def list_secrets(self, request: Request) -> Response:
        request.refuse_scope_query()
        request.authorize()
        rows = self.db.all(
            f"{_SELECT} WHERE environment_id = ? ORDER BY name LIMIT ?",
            (request.environment_id, _MOST),
            row=SecretRow,
        )
        return json_response(200, {"secrets": [secret_view(request, row) for row in rows]})

    @handles("getSecret")
    async def get_secret(self, request: Request) -> Response:
        return json_response(200, secret_view(request, self._addressed(request)))

    @handles("setSecret")
    async def set_secret(self, request: Request) -> Response:
        name = secret_name(request)
        fields = await _body(request)
        refuse_scope(fields)
        request.authorize()
        value = fields.get("value", "").encode("utf-8", "surrogatepass")
        secret = await self.writes.run(lambda: self._set(request.environment_id, name, value))
        return json_response(200, secret_view(request, secret))

    @handles("deleteSecret")
    async def delete_secret(self, request: Request) -> Response:
        self._addressed(request)
        await self.writes.run(lambda: self._delete(request.environment_id, secret_name(request)))
        return Response(204)

    def _set(self, environment_id: str, name: str, value: bytes) -> SecretRow:
        now = self.clock.now()
        with self.db.erasing():
            self.db.execute(
                "INSERT INTO secrets (environment_id, name, value, created_at, updated_at)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (environment_id, name)"
                " DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
                (environment_id, name, value, now, now),
            )
        return self._found(environment_id, name)

    def _delete(self, environment_id: str, name: str) -> None:
        self._found(environment_id, name)  # another request may have deleted it
        with self.db.erasing():
            self.db.execute(
                "DELETE FROM secrets WHERE environment_id = ? AND name = ?", (environment_id, name)
            )

    def _found(self, environment_id: str, name: str) -> SecretRow:
        """Return the secret without its value.

        Raises:
            ApiError: 404.
        """
        row = self.db.one(
            f"{_SELECT} WHERE environment_id = ? AND name = ?", (environment_id, name), row=SecretRow
        )
        if row is None:
            raise ApiError(404, "secret not found")
        return row

    def _addressed(self, request: Request) -> SecretRow:
        """Return the secret that the path names, without its value.

        Raises:
            ApiError: 400, 403 or 404, in this order.
        """
        name = secret_name(request)
        request.refuse_scope_query()
        request.authorize()
        return self._found(request.environment_id, name)


def secret_name(request: Request) -> str:
    """Return the name in the path, after checking it as sent, that is, percent-encoded.

    Raises:
        ApiError: 400.
    """
    written = request.scope["raw_path"].rpartition(b"/")[2].decode("utf-8", "surrogateescape")
    if not _NAME.fullmatch(written):
        raise bad_request(f"secret name {quote(printable(written))} must match {SECRET_NAME_PATTERN}")
    return str(written)


def secret_view(request: Request, secret: SecretRow) -> dict[str, Any]:
    return {
        "project_id": request.actor.project_id,
        "environment_id": request.environment_id,
        "name": secret["name"],
        "created_at": format_time(secret["created_at"]),
        "updated_at": format_time(secret["updated_at"]),
    }


async def _body(request: Request) -> dict[str, Any]:
    """Return the fields of a body; anything after its first JSON value is ignored.

    Raises:
        ApiError: 400.
    """
    try:
        raw = await request.raw_body()
    except BodyTooLarge:
        raise bad_request(f"{_PREFIX}: http: request body too large") from None
    return request.bodies.of(request.operation_id).decode(_first_value(raw), _PREFIX)


def _first_value(raw: bytes) -> bytes:
    """Return the first JSON value of a body, or all of it if there is none."""
    text = raw.decode("utf-8", "surrogateescape")
    start = len(text) - len(text.lstrip(" \t\r\n"))
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return raw
    return text[:end].encode("utf-8", "surrogateescape")
