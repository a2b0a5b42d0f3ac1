"""Setting, replacing, listing and deleting secrets by name; values are never returned."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from helmr_contract.behaviour.helpers import (
    Api,
    JsonObject,
    assert_error,
    is_canonical_uuid,
    ok,
    parse_time,
    rule,
    starting,
    unique,
)
from helmr_contract.behaviour.plugin import UnderTest

DOCUMENT = "schedules-secrets-deployments.md"
COMMON = rule(f"{DOCUMENT} 2")
OBJECT = rule(f"{DOCUMENT} 4.1")
LIST = rule(f"{DOCUMENT} 4.2")
GET = rule(f"{DOCUMENT} 4.3")
SET = rule(f"{DOCUMENT} 4.4")
DELETE = rule(f"{DOCUMENT} 4.5")

PATTERN = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$"
VALUE = "helmr-contract-value-4711"
INVALID = "invalid secret request JSON: "
NAMED_SCOPE = "project_id and environment_id are not accepted with API keys"
METHODS = ("GET", "PUT", "DELETE")


@pytest.fixture
def new_name(api: Api) -> Iterator[Callable[[], str]]:
    """Returns unused secret names, and deletes the secrets that the test creates with them."""
    names: list[str] = []

    def make() -> str:
        names.append(unique("secret"))
        return names[-1]

    yield make
    for name in names:
        api.request("DELETE", f"/api/secrets/{name}")


@pytest.fixture
def name(new_name: Callable[[], str]) -> str:
    return new_name()


def put(api: Api, name: str, value: str = VALUE) -> JsonObject:
    secret: JsonObject = ok(api.request("PUT", f"/api/secrets/{name}", {"value": value}))
    return secret


def delete(api: Api, name: str) -> httpx.Response:
    return api.request("DELETE", f"/api/secrets/{name}")


@OBJECT
@SET
def test_a_secret_has_a_name_a_scope_and_times_only(api: Api, name: str) -> None:
    secret = put(api, name)
    assert set(secret) == {"project_id", "environment_id", "name", "created_at", "updated_at"}
    assert secret["name"] == name
    assert is_canonical_uuid(secret["project_id"])
    assert is_canonical_uuid(secret["environment_id"])
    assert parse_time(secret["created_at"]) == parse_time(secret["updated_at"])


@OBJECT
def test_no_operation_returns_the_value(api: Api, name: str) -> None:
    responses = [
        api.request("PUT", f"/api/secrets/{name}", {"value": VALUE}),
        api.request("PUT", f"/api/secrets/{name}", {"value": VALUE}),
        api.get(f"/api/secrets/{name}"),
        api.get("/api/secrets"),
        api.request("PUT", f"/api/secrets/{name}", {"value": VALUE, "other": 1}),
        delete(api, name),
    ]
    for response in responses:
        assert VALUE not in response.text
        assert VALUE not in str(response.headers)


@GET
def test_a_secret_is_addressed_by_its_name(api: Api, name: str) -> None:
    assert_error(api.get(f"/api/secrets/{name}"), 404, "secret not found")
    secret = put(api, name)
    assert ok(api.get(f"/api/secrets/{name}")) == secret


@OBJECT
def test_names_are_case_sensitive(api: Api, name: str) -> None:
    put(api, name)
    assert_error(api.get(f"/api/secrets/{name.upper()}"), 404, "secret not found")


@SET
def test_a_replaced_secret_keeps_its_creation_time(api: Api, name: str) -> None:
    first = put(api, name)
    second = put(api, name, VALUE + "!")
    assert second["created_at"] == first["created_at"]
    assert parse_time(second["updated_at"]) > parse_time(first["updated_at"])
    assert ok(api.get(f"/api/secrets/{name}")) == second


@SET
@pytest.mark.parametrize("content", [b"{}", b"null", b'{"value":null}', b'{"value":""}', b'{"VALUE":"x"}'])
def test_an_omitted_or_null_value_is_an_empty_string(api: Api, name: str, content: bytes) -> None:
    secret = ok(api.request("PUT", f"/api/secrets/{name}", content=content))
    assert secret["name"] == name


@SET
def test_a_value_may_be_long_and_contain_any_character(api: Api, name: str) -> None:
    put(api, name, "\0\n\t'\"€" + "x" * 100_000)


@COMMON
@SET
def test_data_after_the_first_json_value_is_ignored(api: Api, name: str) -> None:
    for content in (b'{"value":"x"} {"value":"y"}', b' {"value":"x"}nonsense', b"{}]"):
        ok(api.request("PUT", f"/api/secrets/{name}", content=content))


@COMMON
@SET
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "EOF"),
        (b"  \n", "EOF"),
        (b'{"value":"x","note":1}', 'json: unknown field "note"'),
        (b'{"value":5}', None),
        (b"[]", None),
        (b'{"value":', None),
    ],
)
def test_a_malformed_body_returns_400(api: Api, name: str, content: bytes, reason: str | None) -> None:
    response = api.request("PUT", f"/api/secrets/{name}", content=content)
    assert_error(response, 400, starting(INVALID) if reason is None else INVALID + reason)
    assert_error(api.get(f"/api/secrets/{name}"), 404, "secret not found")


@OBJECT
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("wrong", ["-a", "_a", ".a", "a:b", "a%20b", "%41", "%C3%A4", "a" * 129])
def test_an_invalid_name_returns_400_before_anything_else(api: Api, method: str, wrong: str) -> None:
    expected = f'secret name "{wrong}" must match {PATTERN}'
    response = api.request(method, f"/api/secrets/{wrong}?project_id=x", content=b"nonsense")
    assert_error(response, 400, expected)


@OBJECT
def test_a_name_has_up_to_128_characters(api: Api, name: str) -> None:
    longest = name + "a" * (128 - len(name) - 4) + "_.-9"
    try:
        assert put(api, longest)["name"] == longest
    finally:
        assert delete(api, longest).status_code == 204


@LIST
def test_secrets_are_listed_by_name(api: Api, new_name: Callable[[], str]) -> None:
    names = [new_name() for _ in range(3)]
    made = {name: put(api, name) for name in names}
    listed = ok(api.get("/api/secrets"))
    assert set(listed) == {"secrets"}
    assert len(listed["secrets"]) <= 200
    ours = [secret for secret in listed["secrets"] if secret["name"] in made]
    assert ours == [made[name] for name in sorted(names)]


@DELETE
def test_a_deleted_secret_is_gone_and_a_repeated_delete_returns_404(api: Api, name: str) -> None:
    assert_error(delete(api, name), 404, "secret not found")
    put(api, name)
    response = delete(api, name)
    assert (response.status_code, response.content) == (204, b"")
    assert_error(delete(api, name), 404, "secret not found")
    assert_error(api.get(f"/api/secrets/{name}"), 404, "secret not found")
    assert name not in [secret["name"] for secret in ok(api.get("/api/secrets"))["secrets"]]


@DELETE
@GET
def test_bodies_of_reads_and_deletes_are_not_read(api: Api, name: str) -> None:
    put(api, name)
    ok(api.request("GET", f"/api/secrets/{name}", content=b"nonsense"))
    assert api.request("DELETE", f"/api/secrets/{name}", content=b"nonsense").status_code == 204


@COMMON
@pytest.mark.parametrize("field", ["project_id", "environment_id"])
def test_a_request_must_not_name_a_project_or_environment(api: Api, name: str, field: str) -> None:
    response = api.request("PUT", f"/api/secrets/{name}", {"value": VALUE, field: "x"})
    assert_error(response, 400, NAMED_SCOPE)
    for method, path in (("GET", ""), ("GET", f"/{name}"), ("DELETE", f"/{name}")):
        assert_error(api.request(method, f"/api/secrets{path}?{field}=x"), 400, NAMED_SCOPE)
        assert api.request(method, f"/api/secrets{path}?{field}=%20").status_code in (200, 404)
    ok(api.request("PUT", f"/api/secrets/{name}?{field}=x", {"value": VALUE, field: " "}))


@COMMON
@pytest.mark.scoped_keys
def test_secrets_need_a_separate_permission(api: Api, scoped_key: Callable[..., Api], name: str) -> None:
    caller = scoped_key("runs:read", "runs:create", "tasks:deploy")
    assert_error(caller.get("/api/secrets"), 403, "permission is required")
    for method in METHODS:
        response = caller.request(method, f"/api/secrets/{name}", {"value": VALUE})
        assert_error(response, 403, "permission is required")
    assert_error(api.get(f"/api/secrets/{name}"), 404, "secret not found")
    put(scoped_key("secrets:write"), name)


@COMMON
@SET
@pytest.mark.scoped_keys
def test_name_body_and_scope_are_checked_before_the_permission(scoped_key: Callable[..., Api]) -> None:
    caller = scoped_key("runs:read")
    name = unique("secret")
    response = caller.request("PUT", f"/api/secrets/{name}", content=b"nonsense")
    assert_error(response, 400, starting(INVALID))
    assert_error(caller.request("PUT", f"/api/secrets/{name}", {"project_id": "x"}), 400, NAMED_SCOPE)
    for method in ("GET", "DELETE"):
        response = caller.request(method, f"/api/secrets/{name}?project_id=x")
        assert_error(response, 400, NAMED_SCOPE)
        assert_error(caller.request(method, f"/api/secrets/{name}"), 403, "permission is required")


@SET
def test_a_task_that_declares_a_secret_starts_once_the_secret_is_set(
    api: Api, secret_task: str, declared_secret: str
) -> None:
    body = api.start_body(task_id=secret_task)
    assert api.post("/api/sessions", body).status_code == 400
    put(api, declared_secret)
    ok(api.post("/api/sessions", body), 201)
    assert delete(api, declared_secret).status_code == 204
    assert api.post("/api/sessions", api.start_body(task_id=secret_task)).status_code == 400


@pytest.fixture
def declared_secret(under_test: UnderTest, api: Api, secret_task: str) -> Iterator[str]:
    """The name of the secret that the task declares. The secret is deleted afterwards."""
    response = api.post("/api/sessions", api.start_body(task_id=secret_task))
    if response.status_code == 201 and under_test.local is None:
        pytest.skip(f"needs a server on which the secret that {secret_task} declares is not set")
    assert response.status_code == 400, "the secret is set already"
    name = response.json()["error"].split()[1].strip('"')
    yield name
    delete(api, name)
