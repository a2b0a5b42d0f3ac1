"""Paths, methods, path parameters and query strings."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from helmr_contract.behaviour.helpers import (
    UNKNOWN_ID,
    WORK,
    Api,
    JsonObject,
    Server,
    assert_error,
    ok,
    raw_request,
    rule,
    unique,
    version_header,
)

ROUTES = rule("sessions.md 1.1", "tokens-auth-errors.md 1.7")
PARAMETERS = rule("sessions.md 3.4", "runs.md 1.3", "tokens-auth-errors.md 1.12")
STREAM = f"/api/sessions/{UNKNOWN_ID}/%s/x"
BY_EXTERNAL = "/api/sessions/by-external-id"
PUBLIC = f"/api/v1/sessions/{UNKNOWN_ID}"

METHODS: dict[str, set[str]] = {
    "/api/tasks": {"GET"},
    "/api/tasks/x": {"GET"},
    "/api/sessions": {"GET", "POST"},
    "/api/sessions/start-and-wait": {"GET", "PATCH", "POST"},
    f"/api/sessions/{UNKNOWN_ID}": {"GET", "PATCH"},
    f"/api/sessions/{UNKNOWN_ID}/close": {"POST"},
    f"/api/sessions/{UNKNOWN_ID}/cancel": {"POST"},
    f"/api/sessions/{UNKNOWN_ID}/runs": {"GET"},
    f"/api/sessions/{UNKNOWN_ID}/streams": {"GET"},
    STREAM % "inputs": {"GET", "POST"},
    STREAM % "outputs": {"GET", "POST"},
    STREAM % "outputs" + "/read": {"GET"},
    BY_EXTERNAL: {"GET", "PATCH"},
    f"{BY_EXTERNAL}/close": {"POST"},
    f"{BY_EXTERNAL}/cancel": {"POST"},
    f"{BY_EXTERNAL}/runs": {"GET"},
    f"{BY_EXTERNAL}/streams": {"GET"},
    f"{BY_EXTERNAL}/inputs/x": {"GET", "POST"},
    f"{BY_EXTERNAL}/outputs/x": {"GET", "POST"},
    f"{BY_EXTERNAL}/outputs/x/read": {"GET"},
    "/api/runs": {"GET"},
    "/api/runs/counts": {"GET"},
    f"/api/runs/{UNKNOWN_ID}": {"GET"},
    f"/api/runs/{UNKNOWN_ID}/cancel": {"POST"},
    f"/api/runs/{UNKNOWN_ID}/events": {"GET"},
    f"/api/runs/{UNKNOWN_ID}/logs": {"GET"},
    "/api/tokens": {"GET", "POST"},
    f"/api/tokens/{UNKNOWN_ID}": {"GET"},
    f"/api/tokens/{UNKNOWN_ID}/complete": {"POST"},
    f"/api/tokens/{UNKNOWN_ID}/cancel": {"POST"},
    "/api/public-access-tokens": {"POST"},
    f"/api/v1/tokens/{UNKNOWN_ID}/complete": {"POST", "OPTIONS"},
    f"/api/v1/tokens/{UNKNOWN_ID}/callback/x": {"POST"},
    f"{PUBLIC}/inputs/x": {"POST", "OPTIONS"},
    f"{PUBLIC}/outputs/x/read": {"GET", "OPTIONS"},
    "/api/v1/sessions/by-external-id/inputs/x": {"POST", "OPTIONS"},
    "/api/v1/sessions/by-external-id/outputs/x/read": {"GET", "OPTIONS"},
}
# Where a literal segment competes with {sessionID}, the router decides whether the allowed methods of the
# parameter's route are listed too.
LITERAL_BESIDE_PARAMETER = {"/api/sessions/start-and-wait"}


# Method and path suffix of every route of a session.
ITEM_ROUTES = [
    ("GET", ""),
    ("PATCH", ""),
    ("POST", "/close"),
    ("POST", "/cancel"),
    ("GET", "/runs"),
    ("GET", "/streams"),
    ("POST", "/inputs/approval"),
    ("GET", "/inputs/approval"),
    ("POST", "/outputs/agent.report"),
    ("GET", "/outputs/agent.report"),
    ("GET", "/outputs/agent.report/read"),
]


@ROUTES
@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/nowhere",
        "/api/sessions/",
        "/api/tokens/",
        "/api/runs/",
        "/api//tokens",
        "/api/API/tokens",
        "/api/Tokens",
        f"/api/runs/{UNKNOWN_ID}/nowhere",
        f"/api/sessions/{UNKNOWN_ID}/inputs",
        f"/api/v1/tokens/{UNKNOWN_ID}",
        f"/api/v1/tokens/{UNKNOWN_ID}/callback/",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_returns_404_without_authentication(anonymous: Api, method: str, path: str) -> None:
    assert_error(anonymous.request(method, path), 404, "not found")


@ROUTES
def test_inputs_have_no_read_route(anonymous: Api) -> None:
    assert_error(anonymous.get(STREAM % "inputs" + "/read"), 404, "not found")


@ROUTES
@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, path)
        for path, served in METHODS.items()
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
        if method not in served
    ],
)
def test_a_known_path_with_another_method_returns_an_empty_405(
    anonymous: Api, server: Server, method: str, path: str
) -> None:
    response = raw_request(server, f"{method} {path} HTTP/1.1\nContent-Length: 0")
    assert response.status == 405
    assert response.body == b""
    assert response.values("content-type") == []
    assert response.values("content-length") == ([] if method == "HEAD" else ["0"])
    assert response.values("helmr-api-version") == ["2026-06-06"]
    allowed = response.values("allow")
    assert all("," not in line for line in allowed), "one Allow line per method"
    if path in LITERAL_BESIDE_PARAMETER:
        assert "POST" in allowed
        assert set(allowed) <= METHODS[path]
    else:
        assert set(allowed) == METHODS[path]


@ROUTES
def test_an_unknown_method_returns_405_without_an_allow_header(server: Server) -> None:
    response = raw_request(server, "FOO /api/tokens HTTP/1.1\nContent-Length: 0")
    assert (response.status, response.body) == (405, b"")
    assert response.values("allow") == []
    assert response.values("helmr-api-version") == []


@ROUTES
def test_an_empty_parameter_in_the_middle_reaches_the_handler(api: Api) -> None:
    assert_error(api.post("/api/tokens//complete", {}), 400, "tokenID must be a UUID")
    assert_error(api.post("/api/tokens//cancel"), 400, "tokenID must be a UUID")
    assert_error(api.get("/api/runs//events"), 400, "id must be a UUID")


@ROUTES
@rule("sessions.md 2", "sessions.md 3.4", "runs.md 1")
def test_literal_segments_take_precedence_over_parameters(api: Api) -> None:
    assert set(ok(api.get("/api/runs/counts"))) >= {"queued", "running"}
    assert_error(api.get(BY_EXTERNAL), 400, "external_id is required")
    assert_error(api.get("/api/sessions/start-and-wait"), 400, "sessionID must be a UUID")


BAD_IDS = ["x", "0197f000", UNKNOWN_ID[:-1], UNKNOWN_ID + "0", "0197f000-0000-7000-8000-00000000000g"]


@PARAMETERS
@pytest.mark.parametrize("bad", BAD_IDS)
@pytest.mark.parametrize(
    ("method", "path", "text"),
    [
        ("GET", "/api/sessions/{}", "sessionID must be a UUID"),
        ("PATCH", "/api/sessions/{}", "sessionID must be a UUID"),
        ("POST", "/api/sessions/{}/close", "sessionID must be a UUID"),
        ("POST", "/api/sessions/{}/cancel", "sessionID must be a UUID"),
        ("GET", "/api/sessions/{}/runs", "sessionID must be a UUID"),
        ("GET", "/api/sessions/{}/streams", "sessionID must be a UUID"),
        ("POST", "/api/sessions/{}/inputs/approval", "sessionID must be a UUID"),
        ("GET", "/api/sessions/{}/inputs/approval", "sessionID must be a UUID"),
        ("GET", "/api/sessions/{}/outputs/agent.report/read", "sessionID must be a UUID"),
        ("GET", "/api/runs/{}", "id must be a UUID"),
        ("POST", "/api/runs/{}/cancel", "id must be a UUID"),
        ("GET", "/api/runs/{}/events", "id must be a UUID"),
        ("GET", "/api/runs/{}/logs", "id must be a UUID"),
        ("GET", "/api/tokens/{}", "tokenID must be a UUID"),
        ("POST", "/api/tokens/{}/complete", "tokenID must be a UUID"),
        ("POST", "/api/tokens/{}/cancel", "tokenID must be a UUID"),
        ("POST", "/api/v1/tokens/{}/complete", "tokenID must be a UUID"),
    ],
)
def test_an_id_that_is_not_a_uuid_is_rejected(api: Api, bad: str, method: str, path: str, text: str) -> None:
    body: JsonObject | None = {} if method == "POST" else None
    assert_error(api.request(method, path.format(bad), body), 400, text)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "upper case": lambda text: text.upper(),
    "32 hex digits": lambda text: text.replace("-", ""),
    "urn": lambda text: f"urn:uuid:{text}",
    "braces": lambda text: f"%7B{text}%7D",
    "any two characters around it": lambda text: f"({text}x",
}


@PARAMETERS
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_uuid_format_is_accepted_and_returned_in_canonical_form(api: Api, spelling: str) -> None:
    spell = SPELLINGS[spelling]
    started = api.start(WORK)
    token = api.token(timeout="1h")
    for base, record in (
        ("/api/sessions/", started["session"]),
        ("/api/runs/", started["run"]),
        ("/api/tokens/", token),
    ):
        response = ok(api.get(base + spell(record["id"])))
        assert response["id"] == record["id"] == str(uuid.UUID(record["id"]))


@PARAMETERS
def test_session_ids_and_stream_names_are_trimmed_but_token_ids_are_not(api: Api) -> None:
    session = api.start(WORK)["session"]["id"]
    assert ok(api.get(f"/api/sessions/%20{session}%20"))["id"] == session
    stream = api.server.streams.output
    assert ok(api.get(f"/api/sessions/{session}/outputs/%20{stream}%20")) == {"records": []}
    token = api.token(timeout="1h")["id"]
    assert_error(api.get(f"/api/tokens/{token}%20"), 400, "tokenID must be a UUID")


@PARAMETERS
def test_one_unnecessary_escape_leaves_all_parameters_undecoded(api: Api) -> None:
    session = api.start(WORK)["session"]["id"]
    stream = api.server.streams.report.replace(".", "%2E")
    response = api.get(f"/api/sessions/{session}/outputs/{stream}")
    assert_error(response, 400, "stream name must match ^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$")
    task = api.server.task.replace("-", "%2D")
    text = f'task_id "{task}" must match ^[A-Za-z0-9][A-Za-z0-9._-]{{0,127}}$'
    assert_error(api.get(f"/api/tasks/{task}"), 400, text)


@rule("tokens-auth-errors.md 1.12", "runs.md 1.3")
def test_the_first_of_repeated_query_parameters_counts_and_unknown_ones_are_ignored(api: Api) -> None:
    params = [("limit", "1"), ("limit", "nonsense"), ("surprise", "x")]
    for path in ("/api/runs", "/api/sessions", "/api/tokens"):
        assert api.get(path, params=params).status_code == 200
        assert api.get(path, params=params[1::-1]).status_code == 400


@rule("tokens-auth-errors.md 1.12", "tokens-auth-errors.md 1.13")
def test_query_values_are_trimmed_and_an_empty_limit_means_the_default(api: Api) -> None:
    for path in ("/api/runs", "/api/sessions", "/api/tokens"):
        assert api.get(path, params={"limit": " 1 "}).status_code == 200
        assert api.get(path, params={"limit": ""}).status_code == 200


@rule("sessions.md 3.4")
@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", "external_id is required"),
        ("?external_id=", "external_id is required"),
        ("?external_id=%20%20", "external_id is required"),
        ("?external_id=a%00b", "external_id must not contain NUL bytes"),
        ("?external_id=" + "x" * 513, "external_id must be at most 512 bytes"),
        ("?external_id=" + "%C3%A9" * 257, "external_id must be at most 512 bytes"),
    ],
    ids=["absent", "empty", "blank", "nul", "513 bytes", "514 bytes in 257 characters"],
)
@pytest.mark.parametrize(("method", "suffix"), ITEM_ROUTES)
def test_an_invalid_external_id_is_rejected(
    api: Api, method: str, suffix: str, query: str, text: str
) -> None:
    assert_error(api.request(method, BY_EXTERNAL + suffix + query), 400, text)


@rule("sessions.md 3.4")
def test_an_external_id_is_trimmed_and_may_contain_any_characters(api: Api) -> None:
    external = unique("github:O/R#42 ä&=+?")
    session = api.start(WORK, external_id=external)["session"]
    found = ok(api.get(BY_EXTERNAL, params={"external_id": f"  {external} "}))
    assert found["id"] == session["id"]


@rule("sessions.md 2", "sessions.md 3.4")
def test_every_item_route_has_a_counterpart_by_external_id(api: Api) -> None:
    external = unique()
    started = api.start(WORK, external_id=external)
    session = started["session"]["id"]
    query = {"external_id": external}
    streams = api.server.streams
    assert ok(api.get(BY_EXTERNAL, params=query))["id"] == session
    assert ok(api.get(f"{BY_EXTERNAL}/runs", params=query)) == ok(api.get(f"/api/sessions/{session}/runs"))
    listed = ok(api.get(f"{BY_EXTERNAL}/streams", params=query))
    assert listed == ok(api.get(f"/api/sessions/{session}/streams"))
    sent = ok(api.post(f"{BY_EXTERNAL}/inputs/{streams.input}", {"data": 1}, params=query), 201)
    inputs = ok(api.get(f"{BY_EXTERNAL}/inputs/{streams.input}", params=query))
    assert inputs == ok(api.get(f"/api/sessions/{session}/inputs/{streams.input}"))
    assert inputs["records"] == [sent["record"]]
    written = ok(api.post(f"{BY_EXTERNAL}/outputs/{streams.report}", {"data": 2}, params=query), 201)
    outputs = ok(api.get(f"{BY_EXTERNAL}/outputs/{streams.report}", params=query))
    assert outputs["records"] == [written["record"]]
    read = ok(api.get(f"{BY_EXTERNAL}/outputs/{streams.report}/read", params=query))
    assert read == {"record": written["record"]}
    patched = ok(api.patch(BY_EXTERNAL, {"metadata": {"by": "external"}}, params=query))
    assert patched["metadata"] == {"by": "external"}
    refused = api.post(f"{BY_EXTERNAL}/close", {}, params=query)
    assert_error(refused, 409, "close_run_active", "close_run_active")
    assert ok(api.post(f"{BY_EXTERNAL}/cancel", {"reason": "done"}, params=query))["id"] == session
    assert ok(api.get(BY_EXTERNAL, params=query))["status"] == "cancelled"


@rule("sessions.md 3.4")
@pytest.mark.parametrize(("method", "suffix"), ITEM_ROUTES)
def test_an_unknown_session_returns_404_before_stream_query_and_body_are_checked(
    api: Api, method: str, suffix: str
) -> None:
    query = {"limit": "nonsense", "after_sequence": "nonsense"}
    for path in (f"/api/sessions/{UNKNOWN_ID}{suffix}", f"{BY_EXTERNAL}{suffix}"):
        params = {**query, "external_id": unique()}
        response = api.request(method, path, content=b"nonsense", params=params)
        assert_error(response, 404, "session not found")


@rule("sessions.md 3.4")
@pytest.mark.parametrize("blank", ["%20", "%09%20", ""], ids=["a space", "a tab and a space", "nothing"])
@pytest.mark.parametrize(("method", "suffix"), ITEM_ROUTES)
def test_with_a_blank_session_id_the_external_id_is_used(
    api: Api, method: str, suffix: str, blank: str
) -> None:
    if not blank and not suffix:
        pytest.skip("without a segment, it is the path of the collection with a trailing slash")
    path = f"/api/sessions/{blank}{suffix}"
    assert_error(api.request(method, path), 400, "external_id is required")
    assert_error(api.request(method, path, params={"external_id": " "}), 400, "external_id is required")
    assert_error(api.request(method, path, params={"external_id": unique()}), 404, "session not found")


@rule("sessions.md 3.4")
def test_a_blank_session_id_finds_the_session_of_the_external_id(api: Api) -> None:
    external = unique()
    session = api.start(WORK, external_id=external)["session"]["id"]
    assert ok(api.get("/api/sessions/%20", params={"external_id": external}))["id"] == session
    runs = ok(api.get("/api/sessions/%20/runs", params={"external_id": external}))
    assert runs == ok(api.get(f"/api/sessions/{session}/runs"))


@rule("sessions.md 3.4")
def test_an_unknown_session_returns_404_even_with_an_invalid_stream_name(api: Api) -> None:
    assert_error(api.get(f"/api/sessions/{UNKNOWN_ID}/inputs/-bad"), 404, "session not found")


@rule("tokens-auth-errors.md 1.3")
def test_preflight_responses_have_the_version_header(anonymous: Api) -> None:
    assert version_header(anonymous.request("OPTIONS", f"{PUBLIC}/inputs/x")) == "2026-06-06"
