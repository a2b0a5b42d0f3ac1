"""The ASGI application: everything that is the same for all operations."""

from __future__ import annotations

import logging
import time
from urllib.parse import urlsplit

from . import access_log
from .asgi import Receive, Scope, Send
from .document import Schemas, load, routes
from .engine import Engine
from .engine.core import API_VERSION
from .errors import ApiError
from .golang import printable, quote, routing_path, trim
from .hosts import AllowedHosts
from .http import health, logins, public_access, runs, sessions, streams, tasks, tokens
from .http.call import (
    Answer,
    Call,
    Endpoint,
    Header,
    Reply,
    bearer,
    error_answer,
    json_answer,
    whole_number,
)
from .http.routing import Router, Target
from .store import UNAVAILABLE

logger = logging.getLogger("helmr_local")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"})
VERSION_HEADER: Header = (b"helmr-api-version", API_VERSION.encode())


def all_endpoints() -> dict[str, Endpoint]:
    """Every handler, by operationId."""
    joined: dict[str, Endpoint] = {}
    for module in (health, tasks, sessions, streams, runs, tokens, public_access):
        joined |= module.endpoints
    return joined


class App:
    """Judges a request in the contract's order: length, version, route, credential, handler.

    Args:
        engine: What the handlers work on.
        endpoints: The handlers by operationId; all of them by default.
        hosts: Whom a request may be addressed to; by default the loopback interface and the address that was
            called.

    Raises:
        RoutingError: The document and the handlers do not agree.
    """

    def __init__(
        self,
        engine: Engine,
        endpoints: dict[str, Endpoint] | None = None,
        hosts: AllowedHosts | None = None,
    ) -> None:
        document = load()
        self._hosts = AllowedHosts() if hosts is None else hosts
        self._engine = engine
        self._schemas = Schemas(document)
        endpoints = all_endpoints() if endpoints is None else endpoints
        described = routes(document)
        self._router = Router(
            [*described, *logins.login_routes(described, endpoints)],
            endpoints | {logins.LOGIN_ROUTE: logins.ENDPOINT},
        )
        public = urlsplit(engine.core.public_url)
        self._public_origin = (public.scheme.lower(), public.netloc.lower())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        began = time.perf_counter()
        path = routing_path(scope["raw_path"])
        below_api = path is not None and (path == "/api" or path.startswith("/api/"))
        extra: list[Header] = [VERSION_HEADER] if below_api else []
        try:
            reply = await self._reply(scope, receive, path, below_api, extra)
        except ConnectionResetError:
            return  # the client left before its request was read
        await reply.send(receive, send, extra)
        if self._engine.settings.access_log:
            method = scope["method"] if scope["method"] in METHODS else access_log.HIDDEN
            status = getattr(reply, "status", 200)
            access_log.write(method, scope["raw_path"], status, time.perf_counter() - began)

    async def _reply(
        self, scope: Scope, receive: Receive, path: str | None, below_api: bool, extra: list[Header]
    ) -> Reply:
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1"), value.decode("utf-8", "replace"))
        method: str = scope["method"]
        server: tuple[str, int] | None = scope.get("server")
        if "host" in headers and not self._hosts.allows(headers["host"], server and server[0]):
            host = quote(printable(headers["host"][:100]))
            return json_answer(
                421,
                {
                    "error": f"this server is not meant to be reached as {host}; allow it with --allow-host "
                    "or LocalHelmr(allowed_hosts=...)"
                },
            )
        if path is None:
            return json_answer(400, {"error": "malformed path"})
        if below_api:
            length = whole_number(headers.get("content-length", ""))
            if length is not None and length > self._engine.settings.body_limit:
                extra.clear()
                return json_answer(413, {"error": "request body is too large"})
            version = trim(headers.get("helmr-api-version", ""))
            if version not in ("", API_VERSION):
                return json_answer(
                    400,
                    {
                        "error": f"unsupported Helmr-API-Version {quote(printable(version))}; "
                        f"current version is {API_VERSION}"
                    },
                )
        if method not in METHODS:
            extra.clear()
            return Answer(405)
        found = self._router.find(method, path)
        if found is None:
            return json_answer(404, {"error": "not found"})
        if isinstance(found, list):
            allow = [(b"allow", allowed.encode()) for allowed in found]
            return Answer(405, headers=allow, says_length=method != "HEAD")
        target, parameters = found
        if target.endpoint.cors is not None:
            extra.extend(self._cors(target.endpoint.cors, method, headers))
        return await self._handle(target, parameters, headers, scope, receive)

    async def _handle(
        self,
        target: Target,
        parameters: dict[str, str],
        headers: dict[str, str],
        scope: Scope,
        receive: Receive,
    ) -> Reply:
        engine = self._engine
        call = Call(
            engine,
            self._schemas,
            target.operation_id,
            parameters,
            headers,
            scope,
            receive,
            target.endpoint.recognises,
        )
        try:
            if not target.endpoint.public:
                credential = bearer(headers)
                call.key = None if credential is None else engine.keys.find(credential, engine.clock.now())
                if call.key is None:
                    raise ApiError(401, "authentication is required")
            return await target.endpoint.handle(call)
        except ApiError as error:
            return error_answer(error)
        except ConnectionResetError:
            raise
        except UNAVAILABLE:
            return json_answer(503, {"error": "database is unavailable"})
        except Exception:
            if engine.db.replaced:
                return json_answer(503, {"error": "database is unavailable"})
            logger.exception("%s failed", target.operation_id)
            return json_answer(500, {"error": "internal server error"})

    def _cors(self, methods: str, method: str, headers: dict[str, str]) -> list[Header]:
        """CORS headers, if the request comes from the server's own public origin."""
        sent = headers.get("origin")
        if sent is None:
            return []
        try:
            origin = urlsplit(trim(sent))
        except ValueError:  # brackets that hold no address
            return []
        if (origin.scheme.lower(), origin.netloc.lower()) != self._public_origin:
            return []
        answer: list[Header] = [
            (b"access-control-allow-origin", sent.encode()),
            (b"vary", b"origin"),
        ]
        if method == "OPTIONS":
            answer += [
                (b"access-control-allow-methods", methods.encode()),
                (b"access-control-allow-headers", b"authorization, content-type, Helmr-API-Version"),
                (b"access-control-max-age", b"600"),
            ]
        return answer
