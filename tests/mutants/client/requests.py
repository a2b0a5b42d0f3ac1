"""Faults of requests: headers, addresses and bodies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from ..planting import replaced, returning, stored, with_argument
from .common import CONFIG, LAYER, PATHS, REQUESTS, RESOURCES, RESPONSES, SDK, both, mutant


def _without_header(name: str) -> Callable[[dict[str, str]], dict[str, str]]:
    def change(headers: dict[str, str]) -> dict[str, str]:
        del headers[name]
        return headers

    return change


def _json_without_type(build: Callable[..., Any]) -> Callable[..., Any]:
    def built(builder: Any, call: Any, *rest: Any) -> Any:
        request = build(builder, call, *rest)
        if call.content is not None and call.request.content_type is None:
            del request.headers["Content-Type"]
        return request

    return built


def _without_path(url: str) -> str:
    return urlsplit(url)._replace(path="").geturl()


def _decoded(part: str) -> str:
    return part if "%2E" in part else unquote(part)  # only dots are encoded as %2E


def _without_nulls(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _without_unknown_fields(run: Any) -> Any:
    object.__setattr__(run, "additional_properties", {})
    return run


def _external_id_in_path(request: Any) -> Any:
    request.path += "?external_id=" + request.params["external_id"]
    request.params = {}
    return request


MUTANTS = [
    mutant(
        "version-header-not-sent",
        "requests have no API version header",
        SDK + "2",
        returning(LAYER + "transport:base_headers", _without_header("Helmr-API-Version")),
        REQUESTS,
    ),
    mutant(
        "sdk-header-not-sent",
        "requests have no SDK version header",
        SDK + "2",
        returning(LAYER + "transport:base_headers", _without_header("Helmr-SDK-Version")),
        REQUESTS,
    ),
    mutant(
        "key-not-sent",
        "requests do not contain the API key",
        SDK + "2",
        with_argument(LAYER + "transport:base_headers", "bearer", lambda _: None),
        REQUESTS,
    ),
    mutant(
        "content-type-not-sent",
        "a JSON body is sent without its content type",
        SDK + "2",
        replaced(LAYER + "building:Builder.build", _json_without_type),
        REQUESTS,
    ),
    mutant(
        "bearer-ignored",
        "a completion with a public access token sends the API key",
        SDK + "5",
        stored(LAYER + "transport:Outgoing.bearer", lambda _: None),
        REQUESTS,
    ),
    mutant(
        "key-sent-to-callback",
        "a callback URL is sent the API key",
        "tokens-auth-errors.md 4.3",
        stored(LAYER + "transport:Outgoing.anonymous", lambda _: False),
        REQUESTS,
    ),
    mutant(
        "base-path-lost",
        "the base path of the control plane URL is dropped",
        SDK + "1",
        returning("helmr_api.urls:check_url", _without_path),
        CONFIG,
        REQUESTS,
    ),
    mutant(
        "path-not-encoded",
        "path parameters are not percent-encoded",
        SDK + "2",
        returning("helmr_api.formats:encode_path_part", _decoded),
        PATHS,
    ),
    mutant(
        "slash-not-encoded",
        "a slash in a path parameter is not percent-encoded",
        SDK + "2",
        returning("helmr_api.formats:encode_path_part", lambda part: part.replace("%2F", "/")),
        PATHS,
    ),
    mutant(
        "dots-not-encoded",
        "a path parameter `..` changes the path",
        SDK + "2",
        returning("helmr_api.formats:encode_path_part", lambda part: part.replace("%2E", ".")),
        PATHS,
    ),
    mutant(
        "external-id-not-encoded",
        "an external id in the query is not percent-encoded",
        SDK + "2",
        returning("helmr_api.api.sessions.get_session_by_external_id:request", _external_id_in_path),
        REQUESTS,
    ),
    mutant(
        "external-id-as-id",
        "an external id is used as a session id",
        "sessions.md 3.4",
        returning(
            LAYER + "_sessions:address",
            lambda address: address._replace(id=address.id or address.external_id, external_id=None),
        ),
        REQUESTS,
    ),
    mutant(
        "null-sent-for-omitted",
        "an omitted field is sent as null",
        "sessions.md 1.3",
        returning(
            "helmr_api.models.session_close_request:SessionCloseRequest.to_dict",
            lambda fields: {"reason": None} | fields,
        ),
        REQUESTS,
    ),
    mutant(
        "data-null-omitted",
        "data null is not sent",
        "sessions.md 16",
        returning(
            "helmr_api.models.append_record_request:AppendRecordRequest.to_dict",
            _without_nulls,
        ),
        REQUESTS,
    ),
    mutant(
        "unknown-fields-dropped",
        "undocumented fields are dropped",
        "runs.md 2",
        returning("helmr_api.models.run:Run.from_dict", _without_unknown_fields),
        RESPONSES,
    ),
    mutant(
        "status-all-sent",
        "the list of all sessions sends status=all, which matches none",
        "sessions.md 8",
        both(
            RESOURCES + "_async.sessions:AsyncSessions.list",
            lambda target: with_argument(target, "status", lambda status: status or "all"),
        ),
        REQUESTS,
    ),
    mutant(
        "cancel-force-not-sent",
        "a forced cancel is sent as a graceful one",
        "runs.md 5.1",
        both(
            RESOURCES + "_async.runs:AsyncRuns.cancel",
            lambda target: with_argument(target, "force", lambda _: None),
        ),
        REQUESTS,
    ),
]
