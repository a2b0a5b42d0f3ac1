"""Creating public access tokens for session streams."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from helmr_contract.behaviour.helpers import (
    UNKNOWN_ID,
    WORK,
    Api,
    JsonObject,
    assert_error,
    in_,
    is_canonical_uuid,
    ok,
    parse_time,
    rule,
    starting,
    step,
    unique,
)

pytestmark = rule("tokens-auth-errors.md 5.1")
PATH = "/api/public-access-tokens"
STREAM_NAME = "stream name must match ^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$"


@pytest.fixture(scope="module")
def session(api: Api) -> JsonObject:
    made: JsonObject = api.start(WORK)["session"]
    return made


def scope(api: Api, of: JsonObject, /, **fields: Any) -> JsonObject:
    return {
        "type": "session.input.send",
        "session": {"type": "id", "id": of["id"]},
        "stream": api.server.streams.input,
        **fields,
    }


def not_found(response: Any) -> None:
    assert_error(response, 404, "stream not found", "stream_not_found")


def test_a_new_token_shows_its_scope_and_its_secret_once(api: Api, session: JsonObject) -> None:
    began = datetime.now(UTC)
    token = ok(api.post(PATH, {"scope": scope(api, session)}), 201)
    assert set(token) == {"id", "public_access_token", "scope", "expires_at", "created_at"}
    assert is_canonical_uuid(token["id"])
    assert re.fullmatch(r"hlmr_pat_[A-Za-z0-9_-]{43}", token["public_access_token"])
    assert token["scope"] == scope(api, session)
    days = (parse_time(token["expires_at"]) - began).total_seconds() / 86400
    assert abs(days - 30) < 0.01
    parse_time(token["created_at"])


def test_the_optional_fields_are_returned_if_set(api: Api, session: JsonObject) -> None:
    until = "2099-01-01T00:00:00Z"
    asked = scope(api, session, correlation_id=" thread-3 ")
    token = ok(api.post(PATH, {"scope": asked, "max_uses": 2, "expires_at": until}), 201)
    assert token["scope"]["correlation_id"] == "thread-3"
    assert token["max_uses"] == 2
    assert parse_time(token["expires_at"]) == parse_time(until)


@pytest.mark.parametrize("fields", [{"max_uses": None}, {"expires_at": None}])
def test_null_limits_are_the_defaults(api: Api, session: JsonObject, fields: JsonObject) -> None:
    token = ok(api.post(PATH, {"scope": scope(api, session, correlation_id="  "), **fields}), 201)
    assert "max_uses" not in token
    assert "correlation_id" not in token["scope"]


def test_an_external_id_is_resolved_to_the_id(api: Api, session: JsonObject) -> None:
    by_external = {"type": " external_id ", "external_id": f" {session['external_id']} ", "id": "ignored"}
    token = ok(api.post(PATH, {"scope": scope(api, session, session=by_external)}), 201)
    assert token["scope"]["session"] == {"type": "id", "id": session["id"]}


def test_strings_are_trimmed_and_the_field_of_the_other_form_is_ignored(
    api: Api, session: JsonObject
) -> None:
    asked = scope(
        api,
        session,
        type=" session.input.send ",
        stream=f" {api.server.streams.input} ",
        session={"type": "id", "id": session["id"].upper(), "external_id": "ignored"},
    )
    token = ok(api.post(PATH, {"scope": asked}), 201)
    assert token["scope"] == scope(api, session)


def test_an_output_scope_is_for_an_output_stream(api: Api, session: JsonObject) -> None:
    asked = scope(api, session, type="session.output.read", stream=api.server.streams.report)
    assert ok(api.post(PATH, {"scope": asked}), 201)["scope"]["type"] == "session.output.read"
    not_found(api.post(PATH, {"scope": {**asked, "type": "session.input.send"}}))
    not_found(api.post(PATH, {"scope": scope(api, session, type="session.output.read")}))


@pytest.mark.worker
def test_a_session_in_any_status_is_accepted(api: Api, expired: JsonObject) -> None:
    closed = api.finish(step("return", value=1))["session"]
    ok(api.post(f"/api/sessions/{closed['id']}/close", {}))
    for session in (closed, expired["session"]):
        ok(api.post(PATH, {"scope": scope(api, session)}), 201)


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ({}, "session.type must be id or external_id"),
        ({"type": "name"}, "session.type must be id or external_id"),
        ({"type": "ID"}, "session.type must be id or external_id"),
        ({"type": "id"}, "session.id must be a UUID"),
        ({"type": "id", "id": "x"}, "session.id must be a UUID"),
        ({"type": "id", "external_id": "x"}, "session.id must be a UUID"),
        ({"type": "external_id"}, "external_id is required"),
        ({"type": "external_id", "external_id": "  "}, "external_id is required"),
        ({"type": "external_id", "external_id": "a\x00"}, "external_id must not contain NUL bytes"),
        ({"type": "external_id", "external_id": "x" * 513}, "external_id must be at most 512 bytes"),
    ],
)
def test_an_invalid_session_address_is_rejected(
    api: Api, session: JsonObject, address: JsonObject, text: str
) -> None:
    assert_error(api.post(PATH, {"scope": scope(api, session, session=address)}), 400, text)


def test_an_absent_scope_is_reported_as_a_missing_session(api: Api) -> None:
    bodies: list[JsonObject] = [{}, {"scope": None}, {"scope": {}}]
    for body in bodies:
        assert_error(api.post(PATH, body), 400, "session.type must be id or external_id")


@pytest.mark.parametrize("kind", ["", "token.complete", "session.input.read", "SESSION.INPUT.SEND"])
def test_an_unknown_scope_type_is_named_in_the_error(api: Api, session: JsonObject, kind: str) -> None:
    response = api.post(PATH, {"scope": scope(api, session, type=kind)})
    assert_error(response, 400, f'unsupported public access token scope type "{kind}"')


@pytest.mark.parametrize("stream", ["", "-x", "a b", "x" * 257])
def test_a_malformed_stream_name_is_rejected(api: Api, session: JsonObject, stream: str) -> None:
    assert_error(api.post(PATH, {"scope": scope(api, session, stream=stream)}), 400, STREAM_NAME)


def test_unknown_fields_are_rejected_at_every_depth(api: Api, session: JsonObject) -> None:
    prefix = "invalid public access token create request JSON: "
    deep = {"type": "id", "id": session["id"], "surprise": 1}
    for body in (
        {"scope": scope(api, session), "surprise": 1},
        {"scope": scope(api, session, surprise=1)},
        {"scope": scope(api, session, session=deep)},
    ):
        assert_error(api.post(PATH, body), 400, prefix + 'json: unknown field "surprise"')


def test_an_unknown_session_or_stream_is_not_found(api: Api, session: JsonObject) -> None:
    for address in ({"type": "id", "id": UNKNOWN_ID}, {"type": "external_id", "external_id": unique()}):
        not_found(api.post(PATH, {"scope": scope(api, session, session=address)}))
    not_found(api.post(PATH, {"scope": scope(api, session, stream="nowhere")}))


@pytest.mark.parametrize("seconds", [-1, -86400])
def test_an_expiry_that_is_not_in_the_future_is_gone(api: Api, session: JsonObject, seconds: int) -> None:
    response = api.post(PATH, {"scope": scope(api, session), "expires_at": in_(seconds)})
    assert_error(response, 410, "token expired", "token_expired")


@pytest.mark.parametrize("uses", [0, -1])
def test_a_use_count_below_one_is_rejected(api: Api, session: JsonObject, uses: int) -> None:
    response = api.post(PATH, {"scope": scope(api, session), "max_uses": uses})
    assert_error(response, 400, "max_uses must be a positive integer")


def test_a_correlation_id_has_no_length_limit(api: Api, session: JsonObject) -> None:
    asked = scope(api, session, correlation_id="c" * 3000)
    assert ok(api.post(PATH, {"scope": asked}), 201)["scope"]["correlation_id"] == "c" * 3000


def test_the_checks_are_made_in_order(api: Api, session: JsonObject) -> None:
    asked: JsonObject = scope(api, session, session={"type": "x"}, type="x", stream="-x")
    body: JsonObject = {"scope": asked, "project_id": "p", "expires_at": in_(-60), "max_uses": 0}
    assert_error(api.post(PATH, body), 400, "session.type must be id or external_id")
    asked["session"] = {"type": "id", "id": UNKNOWN_ID}
    assert_error(api.post(PATH, body), 400, starting("unsupported public access token scope type"))
    asked["type"] = "session.input.send"
    assert_error(api.post(PATH, body), 400, STREAM_NAME)
    asked["stream"] = "nowhere"
    assert_error(api.post(PATH, body), 400, "project_id and environment_id are not accepted with API keys")
    del body["project_id"]
    not_found(api.post(PATH, body))
    asked["session"] = {"type": "id", "id": session["id"]}
    not_found(api.post(PATH, body))
    asked["stream"] = api.server.streams.input
    assert_error(api.post(PATH, body), 410, "token expired", "token_expired")
    del body["expires_at"]
    assert_error(api.post(PATH, body), 400, "max_uses must be a positive integer")


@pytest.mark.scoped_keys
def test_the_session_is_looked_up_before_the_permission_and_the_stream_after(
    api: Api, session: JsonObject, scoped_key: Callable[..., Api]
) -> None:
    caller = scoped_key("tokens:create")
    unknown = scope(api, session, session={"type": "id", "id": UNKNOWN_ID})
    not_found(caller.post(PATH, {"scope": unknown}))
    response = caller.post(PATH, {"scope": scope(api, session, stream="nowhere")})
    assert_error(response, 403, "permission is required")


@pytest.mark.scoped_keys
def test_each_scope_type_needs_its_own_permission(
    api: Api, session: JsonObject, scoped_key: Callable[..., Api]
) -> None:
    sender, reader = scoped_key("session-input:send"), scoped_key("session-streams:read")
    send = {"scope": scope(api, session)}
    read = {"scope": scope(api, session, type="session.output.read", stream=api.server.streams.report)}
    ok(sender.post(PATH, send), 201)
    ok(reader.post(PATH, read), 201)
    assert_error(sender.post(PATH, read), 403, "permission is required")
    assert_error(reader.post(PATH, send), 403, "permission is required")
