"""The ASGI application: the checks that apply to every operation."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any, NamedTuple

from helmr_api.constants import API_VERSION, API_VERSION_HEADER

from . import access_log, machine, page
from .asgi import Header, Receive, Scope, Send
from .control_plane import ControlPlane
from .document import all_routes
from .errors import ApiError
from .hosts import AllowedHosts
from .http import logins
from .http.bodies import known_bodies
from .http.cors import Origins
from .http.request import Endpoint, Request, bearer, whole_number
from .http.response import Reply, Response, error_response, json_response
from .http.routing import Router, Target
from .store import UNAVAILABLE
from .wire.strings import printable, quote, trim
from .wire.urls import routing_path

logger = logging.getLogger("helmr_local")

_VERSION = API_VERSION_HEADER.lower()
HTTP_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"})
VERSION_HEADER: Header = (_VERSION.encode(), API_VERSION.encode())


class _Known(NamedTuple):
    """A request that passed the checks of everything but the credential and the body, of which each request
    with an equal head passes them as well.
    """

    target: Target
    parameters: dict[str, str]
    headers: dict[str, str]
    extra: list[Header]


async def preflight(request: Request) -> Reply:
    """Respond to a CORS preflight request; the caller adds the CORS headers."""
    return Response(204)


class App:
    """Checks a request in the contract's order (length, version, route, credential), then calls its handler.

    Args:
        plane: The control plane, which provides the handlers.
        endpoints: The handlers by operationId; all of them by default.
        hosts: The accepted hosts; by default the loopback interface and the address that the request arrived
            at.

    Raises:
        RoutingError: The document and the handlers disagree.
    """

    def __init__(
        self,
        plane: ControlPlane,
        endpoints: dict[str, Endpoint] | None = None,
        hosts: AllowedHosts | None = None,
    ) -> None:
        self._hosts = AllowedHosts() if hosts is None else hosts
        self._plane = plane
        self._bodies = known_bodies()
        self._router = _router()
        handlers = plane.endpoints() if endpoints is None else endpoints
        self._endpoints = handlers | _preflights() | {logins.LOGIN_ROUTE: logins.ENDPOINT}
        self._router.check(self._endpoints.keys())
        self._origins = Origins(plane.context.public_url, plane.settings.cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        began = machine.monotonic()
        path = routing_path(scope["raw_path"])
        below_api = path is not None and (path == "/api" or path.startswith("/api/"))
        extra: list[Header] = [VERSION_HEADER] if below_api else []
        try:
            reply = await self._reply(scope, receive, path, below_api, extra)
        except ConnectionResetError:
            return  # the client disconnected before its request was read
        await reply.send(receive, send, extra)
        if self._plane.settings.access_log:
            method = scope["method"] if scope["method"] in HTTP_METHODS else access_log.HIDDEN
            status = getattr(reply, "status", 200)
            access_log.write(method, scope["raw_path"], status, machine.monotonic() - began)

    async def _reply(
        self, scope: Scope, receive: Receive, path: str | None, below_api: bool, extra: list[Header]
    ) -> Reply:
        memo: dict[str, Any] = scope.get("memo", {})
        known: _Known | None = memo.get("request")
        if known is not None and "content-length" in known.headers:
            known = self._with_length(known, scope["headers"])
        if known is not None:
            extra += known.extra
            return await self._handle(known.target, known.parameters, known.headers, scope, receive)
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1"), value.decode("utf-8", "replace"))
        method: str = scope["method"]
        server: tuple[str, int] | None = scope.get("server")
        if "host" in headers and not self._hosts.allows(headers["host"], server and server[0]):
            host = quote(printable(headers["host"][:100]))
            return json_response(
                421,
                {
                    "error": f"this server is not meant to be reached as {host}; allow it with --allow-host "
                    "or LocalHelmr(allowed_hosts=...)"
                },
            )
        if path is None:
            return json_response(400, {"error": "malformed path"})
        if below_api:
            length = whole_number(headers.get("content-length", ""))
            if length is not None and length > self._plane.settings.body_limit:
                extra.clear()
                return json_response(413, {"error": "request body is too large"})
            version = trim(headers.get(_VERSION, ""))
            if version not in ("", API_VERSION):
                return json_response(
                    400,
                    {
                        "error": f"unsupported {API_VERSION_HEADER} {quote(printable(version))}; "
                        f"current version is {API_VERSION}"
                    },
                )
        if method not in HTTP_METHODS:
            extra.clear()
            return Response(405)
        found = self._router.find(method, path)
        if found is None:
            file = page.find(method, path)
            return Response(200, *file) if file else json_response(404, {"error": "not found"})
        if method == "OPTIONS":
            methods = found if isinstance(found, list) else (found[0].route.cors or "").split(", ")
            allowed = self._origins.preflight(headers, ", ".join(methods))
            if allowed:
                return Response(204, headers=allowed)
        if isinstance(found, list):
            allow = [(b"allow", allowed.encode()) for allowed in found]
            return Response(405, headers=allow, says_length=method != "HEAD")
        target, parameters = found
        cors = self._origins.headers(method, headers, target.route.cors)
        extra += cors
        memo["request"] = _Known(target, parameters, headers, cors)
        return await self._handle(target, parameters, headers, scope, receive)

    def _with_length(self, known: _Known, headers: list[Header]) -> _Known | None:
        """Return what is known with the length of this request's body; None if that is too large."""
        sent = next(value for name, value in headers if name == b"content-length").decode()
        if sent == known.headers["content-length"]:
            return known
        if int(sent) > self._plane.settings.body_limit:
            return None
        return known._replace(headers={**known.headers, "content-length": sent})

    async def _handle(
        self,
        target: Target,
        parameters: dict[str, str],
        headers: dict[str, str],
        scope: Scope,
        receive: Receive,
    ) -> Reply:
        plane, endpoint = self._plane, self._endpoints[target.operation_id]
        request = Request(
            target.route,
            parameters,
            headers,
            scope,
            receive,
            self._bodies,
            plane.settings.body_limit,
            endpoint.knows_caller,
        )
        try:
            if not target.route.public:
                credential = bearer(headers)
                request.key = None if credential is None else plane.keys.find(credential, plane.clock.now())
                if request.key is None:
                    raise ApiError(401, "authentication is required")
            return await endpoint.handle(request)
        except ApiError as error:
            return error_response(error)
        except ConnectionResetError:
            raise
        except UNAVAILABLE:
            return json_response(503, {"error": "database is unavailable"})
        except Exception:
            if plane.db.replaced:
                return json_response(503, {"error": "database is unavailable"})
            logger.exception("%s failed", target.operation_id)
            return json_response(500, {"error": "internal server error"})


@lru_cache(maxsize=1)
def _router() -> Router:
    """Return the router, which all servers of a process share."""
    described = all_routes()
    return Router([*described, *logins.login_routes(described)])


def _preflights() -> dict[str, Endpoint]:
    return {route.operation_id: Endpoint(preflight) for route in all_routes() if route.method == "OPTIONS"}
