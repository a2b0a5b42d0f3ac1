"""The generator and its templates, on a small document; and the committed client, on the real one."""

from __future__ import annotations

import copy
import importlib
import importlib.util
import json
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]


def _load(name: str) -> ModuleType:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(ROOT / "scripts"))


generate = _load("generate")

# `<Thing>` stands for a reference to a schema.
SAMPLE = re.sub(
    r"<(\w+)>",
    r"{$ref: '#/components/schemas/\1'}",
    """
openapi: 3.1.0
info: {title: Sample, version: "1"}
paths:
  /api/things/{thing_id}/streams/{stream}:
    parameters:
      - {name: thing_id, in: path, required: true, schema: {type: string}}
      - {name: stream, in: path, required: true, schema: {type: string}}
    get:
      operationId: getThing
      tags: [Things]
      parameters:
        - {name: limit, in: query, schema: {type: integer, default: 20}}
        - {name: status, in: query, schema: <Status>}
        - {name: since, in: query, schema: {type: string, format: date-time}}
        - {name: anything, in: query, schema: {}}
        - {name: Last-Event-ID, in: header, schema: {type: string}}
      responses:
        "200":
          description: ok
          content:
            application/json: {schema: <Thing>}
            text/event-stream: {schema: {type: string}}
        "201": {description: made, content: {application/json: {schema: <Thing>}}}
        "202": {description: wait, content: {application/json: {schema: <Pending>}}}
        "204": {description: nothing}
        "409": {description: no, content: {application/json: {schema: <ErrorEnvelope>}}}
    post:
      operationId: postThing
      tags: [Things]
      requestBody: {content: {application/json: {schema: {}}}}
      responses:
        "200": {description: ok, content: {application/json: {schema: <Reference>}}}
        "201": {description: ok, content: {application/json: {schema: {type: array, items: <Thing>}}}}
    put:
      operationId: putThing
      tags: [Things]
      requestBody: {required: true, content: {application/json: {schema: <ThingRequest>}}}
      responses: {"204": {description: ok}}
components:
  schemas:
    ErrorEnvelope: {type: object, required: [error], properties: {error: {type: string}}}
    Status: {type: string, enum: [queued, running]}
    Pending: {type: object, required: [code], properties: {code: {type: string}}}
    Metadata: {type: object, additionalProperties: true, propertyNames: {maxLength: 9}}
    ById: {type: object, required: [type, id], properties: {type: {const: id}, id: {type: string}}}
    ByName:
      type: object
      required: [type, id]
      properties: {type: {type: string, enum: [name]}, id: {type: string}}
    Reference: {oneOf: [<ById>, <ByName>]}
    TimeoutParts: {type: object, properties: {seconds: {type: number}}}
    Timeout: {oneOf: [{type: string}, {type: number}, <TimeoutParts>, {type: "null"}]}
    Event:
      type: object
      required: [kind, attributes]
      properties: {kind: {type: string}, attributes: <Metadata>}
      if: {properties: {kind: {const: a}}}
      then: {properties: {attributes: <Pending>}}
      else: {if: {properties: {kind: {const: b}}}, then: {properties: {attributes: <ById>}}}
    ThingWaitRequest:
      type: object
      allOf: [<ThingRequest>]
      required: [seconds]
      properties: {seconds: {type: number}}
    ThingRequest:
      type: object
      additionalProperties: false
      properties:
        timeout: <Timeout>
        tags: {type: array, items: {type: string}}
        retries: {type: integer, default: 3}
    Thing:
      type: object
      required: [id, status, statuses, created_at, finished_at, output, error, events, reference]
      properties:
        id: {type: string}
        status: <Status>
        statuses: {type: array, items: <Status>}
        last_status: {oneOf: [<Status>, {type: "null"}]}
        created_at: {type: string, format: date-time}
        finished_at: {type: [string, "null"], format: date-time}
        seen_at: {type: [string, "null"], format: date-time}
        output: {description: any JSON}
        data: {description: any JSON}
        error: {oneOf: [<ErrorEnvelope>, {type: "null"}]}
        events: {type: array, items: <Event>}
        metadata: <Metadata>
        reference: <Reference>
        timeout: <Timeout>
        public_access_token: {type: string}
        callback_url: {type: string}
        pin: {type: string, format: password}
        text: {type: string, contentMediaType: application/json, contentSchema: {type: object}}
        size: {type: [integer, "null"]}
        rate: {type: number}
""",
)

THING: dict[str, Any] = {
    "id": "t1",
    "status": "running",
    "statuses": ["queued"],
    "created_at": "2026-06-06T01:00:00.5Z",
    "finished_at": None,
    "output": None,
    "error": None,
    "events": [{"kind": "a", "attributes": {"code": "x"}}, {"kind": "new", "attributes": {}}],
    "reference": {"type": "id", "id": "t0"},
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the client of the sample document, importable as `sample_api`."""
    folder = tmp_path_factory.mktemp("sample")
    (folder / "openapi.yaml").write_text(SAMPLE)
    generate.generate(folder / "sample_api", folder / "openapi.yaml")
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    yield folder
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == "sample_api"]:
        del sys.modules[name]


@pytest.fixture
def models(sample: Path) -> ModuleType:
    return importlib.import_module("sample_api.models")


@pytest.fixture
def get_thing(sample: Path) -> ModuleType:
    return importlib.import_module("sample_api.api.things.get_thing")


def same_json(one: object, other: object) -> bool:
    """Equal as JSON texts: 1 is not True, and not 1.0."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


# --- models -----------------------------------------------------------------------------------------


def test_what_is_read_is_written_back(models: ModuleType) -> None:
    assert same_json(models.Thing.from_dict(THING).to_dict(), THING)


@pytest.mark.parametrize(
    "members",
    [
        {"status": "later"},
        {"statuses": ["later", "queued"]},
        {"last_status": "later"},
        {"last_status": None},
        {"unknown": {"deep": [1, None]}},
        {"error": {"error": "x", "unknown": 1}},
        {"finished_at": "2026-06-06T01:00:00.123456789+05:30", "seen_at": None},
        {"seen_at": "2026-06-06T01:00:00Z"},
        {"reference": {"type": "name", "id": "t0"}},
        {"reference": {"type": "later", "key": 1}},
        {"reference": "later a string"},
        {"timeout": "1h"},
        {"timeout": 1.5},
        {"timeout": {"seconds": 1, "weeks": 2}},
        {"timeout": None},
        {"output": {"a": [1, 1.0, True, None, "x"]}, "data": None},
        {"output": [], "data": False},
        {"metadata": {}},
        {"size": None, "rate": 1},
        {"size": 2**70, "rate": 1e300},
        {"additional_properties": 1, "self": 2, "from_dict": 3},
    ],
    ids=lambda members: ",".join(members),
)
def test_the_unexpected_survives_a_round_trip(models: ModuleType, members: dict[str, Any]) -> None:
    thing = {**THING, **members}
    assert same_json(models.Thing.from_dict(thing).to_dict(), thing)


def test_a_union_is_read_as_the_member_it_looks_like(models: ModuleType) -> None:
    def reference(value: object) -> object:
        return models.Thing.from_dict({**THING, "reference": value}).reference

    assert isinstance(reference({"type": "id", "id": "a"}), models.ById)
    assert isinstance(reference({"type": "name", "id": "a"}), models.ByName)
    assert reference({"type": "later", "id": "a"}) == {"type": "later", "id": "a"}


def test_left_out_and_null_are_told_apart(models: ModuleType) -> None:
    types = importlib.import_module("sample_api.types")
    thing = models.Thing.from_dict(THING)
    assert thing.output is None
    assert thing.data is types.UNSET
    assert "data" not in thing.to_dict()
    assert copy.deepcopy(thing).to_dict() == thing.to_dict()
    assert pickle.loads(pickle.dumps(thing)) == thing  # noqa: S301 - of our own making


def test_a_default_of_the_document_is_not_sent(models: ModuleType, get_thing: ModuleType) -> None:
    assert models.ThingRequest().to_dict() == {}
    assert get_thing.get_kwargs("a", "b")["params"] == {}


def test_a_schema_that_extends_another_has_the_members_of_both(models: ModuleType) -> None:
    value = {"seconds": 1, "tags": ["a"], "timeout": None}
    request = models.ThingWaitRequest.from_dict(value)
    assert (request.seconds, request.tags) == (1, ["a"])
    assert same_json(request.to_dict(), value)


def test_a_missing_required_member_is_an_error_naming_it(models: ModuleType) -> None:
    with pytest.raises(KeyError, match="status"):
        models.Thing.from_dict({name: value for name, value in THING.items() if name != "status"})


def test_secrets_are_in_no_repr(models: ModuleType, sample: Path) -> None:
    secret = "s3cret"
    thing = models.Thing.from_dict(
        {**THING, "public_access_token": secret, "callback_url": f"https://h/{secret}", "pin": secret}
    )
    assert thing.public_access_token == secret
    assert secret not in repr(thing)
    types = importlib.import_module("sample_api.types")
    response = types.Response(status_code=200, content=secret.encode(), headers={"x": secret}, parsed=thing)
    assert secret not in repr(response)
    client = importlib.import_module("sample_api.client")
    with client.AuthenticatedClient("https://h", secret, headers={"x": secret}) as made:
        assert made.get_httpx_client().headers["authorization"] == f"Bearer {secret}"
        assert secret not in repr(made)


# --- date-times -------------------------------------------------------------------------------------

INSTANT = datetime(2026, 6, 6, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-06-06T01:00:00Z", INSTANT),
        ("2026-06-06T01:00:00.1Z", INSTANT + timedelta(milliseconds=100)),
        ("2026-06-06T01:00:00.12Z", INSTANT + timedelta(milliseconds=120)),
        ("2026-06-06T01:00:00.000001Z", INSTANT + timedelta(microseconds=1)),
        ("2026-06-06T01:00:00.1234567Z", INSTANT + timedelta(microseconds=123456)),
        ("2026-06-06T01:00:00.123456789Z", INSTANT + timedelta(microseconds=123456)),
        ("2026-06-06T01:00:00.100Z", INSTANT + timedelta(milliseconds=100)),
        ("2026-06-06T06:30:00+05:30", INSTANT),
        ("2026-06-05T17:00:00.5-08:00", INSTANT + timedelta(milliseconds=500)),
        ("2026-06-06t01:00:00z", INSTANT),
        ("2026-06-06T01:00:00-00:00", INSTANT),
        ("2026-06-06T00:59:60Z", INSTANT),
        ("2026-06-06T00:59:60.5Z", INSTANT + timedelta(milliseconds=500)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_date_time_is_read_exactly_and_written_as_it_was(sample: Path, text: str, value: datetime) -> None:
    types = importlib.import_module("sample_api.types")
    parsed = types.parse_datetime(text)
    assert parsed == value
    assert types.format_datetime(parsed) == text
    assert types.format_datetime(copy.deepcopy(parsed)) == text
    assert types.format_datetime(pickle.loads(pickle.dumps(parsed))) == text  # noqa: S301 - of our own making
    assert types.parse_datetime(types.format_datetime(parsed + timedelta(hours=1))) == value + timedelta(
        hours=1
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-06-06",
        "2026-06-06T01:00:00",
        "2026-06-06 01:00:00Z",
        "2026-13-06T01:00:00Z",
        "2026-06-06T01:00:00.Z",
    ],
)
def test_what_is_no_date_time_is_refused(sample: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        importlib.import_module("sample_api.types").parse_datetime(text)


@given(
    value=st.datetimes(
        timezones=st.builds(lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-1439, 1439)),
        min_value=datetime(1, 1, 3),
        max_value=datetime(9999, 12, 29),
    )
)
@settings(derandomize=True, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_datetime_is_written_so_that_it_reads_back(sample: Path, value: datetime) -> None:
    types = importlib.import_module("sample_api.types")
    text = types.format_datetime(value)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?(Z|[+-]\d\d:\d\d)", text)
    back = types.parse_datetime(text)
    assert back == value
    assert back.utcoffset() == value.utcoffset()


# --- requests and answers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "encoded"),
    [
        ("plain-1_~", b"plain-1_~"),
        ("a/b", b"a%2Fb"),
        ("a%2Fb", b"a%252Fb"),
        ("a b?c#d&e=f+g;h", b"a%20b%3Fc%23d%26e%3Df%2Bg%3Bh"),
        ("ü☃", b"%C3%BC%E2%98%83"),
        (".", b"%2E"),
        ("..", b"%2E%2E"),
        ("...", b"..."),
        ("\r\n", b"%0D%0A"),
    ],
)
def test_a_path_part_stays_one_part(get_thing: ModuleType, part: str, encoded: bytes) -> None:
    with httpx.Client(base_url="https://h/base") as client:
        request = client.build_request(**get_thing.get_kwargs(part, part))
    assert request.url.raw_path == b"/base/api/things/" + encoded + b"/streams/" + encoded


def test_an_empty_path_part_is_refused(get_thing: ModuleType) -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        get_thing.get_kwargs("", "x")


def test_a_request_has_what_was_given_and_nothing_else(get_thing: ModuleType) -> None:
    when = datetime(2026, 6, 6, 1, tzinfo=UTC)
    kwargs = get_thing.get_kwargs(
        "a", stream="b", limit=5, status="later", since=when, anything=True, last_event_id="7"
    )
    assert kwargs == {
        "method": "GET",
        "url": "/api/things/a/streams/b",
        "params": {"limit": 5, "status": "later", "since": "2026-06-06T01:00:00Z", "anything": True},
        "headers": {"Last-Event-ID": "7"},
    }


@pytest.mark.parametrize(
    ("body", "text"),
    [(None, b"null"), ({"a": 1}, b'{"a":1}'), ("x", b'"x"'), (False, b"false"), ("ü", '"ü"'.encode())],
)
def test_a_body_of_any_json_is_sent_even_when_it_is_null(sample: Path, body: object, text: bytes) -> None:
    post_thing = importlib.import_module("sample_api.api.things.post_thing")
    request = httpx.Request(**{**post_thing.get_kwargs("a", "b", body=body), "url": "https://h/"})
    assert request.content == text
    assert request.headers["content-type"] == "application/json"


def test_an_optional_body_left_out_is_not_sent(sample: Path) -> None:
    post_thing = importlib.import_module("sample_api.api.things.post_thing")
    assert post_thing.get_kwargs("a", "b").keys() == {"method", "url", "headers"}


def test_a_body_is_written_without_what_is_unset(models: ModuleType) -> None:
    put_thing = importlib.import_module("sample_api.api.things.put_thing")
    body = models.ThingRequest(timeout=models.TimeoutParts(seconds=2), tags=["a"])
    assert put_thing.get_kwargs("a", "b", body=body)["json"] == {"timeout": {"seconds": 2}, "tags": ["a"]}
    assert put_thing.get_kwargs("a", "b", body=models.ThingRequest(timeout=None))["json"] == {"timeout": None}


def test_an_answer_is_read_by_its_status(get_thing: ModuleType, models: ModuleType) -> None:
    def parse(status: int, body: object) -> object:
        return get_thing.parse_response(httpx.Response(status, json=body))

    assert isinstance(parse(200, THING), models.Thing)
    assert isinstance(parse(201, THING), models.Thing)
    assert parse(202, {"code": "idempotency_pending"}) == models.Pending(code="idempotency_pending")
    assert parse(409, {"error": "x"}) == models.ErrorEnvelope(error="x")
    assert get_thing.parse_response(httpx.Response(204)) is None
    assert parse(418, {"error": "x"}) is None


def test_an_event_stream_is_left_to_its_reader(get_thing: ModuleType) -> None:
    response = httpx.Response(
        200, headers={"content-type": "text/event-stream; charset=utf-8"}, text="data: {}\n\n"
    )
    assert get_thing.parse_response(response) is None


def test_answers_that_are_a_union_or_a_list(sample: Path, models: ModuleType) -> None:
    post_thing = importlib.import_module("sample_api.api.things.post_thing")
    assert post_thing.parse_response(httpx.Response(200, json={"type": "id", "id": "a"})) == models.ById(
        type_="id", id="a"
    )
    (thing,) = post_thing.parse_response(httpx.Response(201, json=[THING]))
    assert thing.to_dict() == THING


def test_an_undocumented_status_raises_where_that_is_wanted_without_showing_the_body(
    get_thing: ModuleType, sample: Path
) -> None:
    client = importlib.import_module("sample_api.client").Client("https://h", raise_on_unexpected_status=True)
    errors = importlib.import_module("sample_api.errors")
    with pytest.raises(errors.UnexpectedStatus, match="418") as caught:
        get_thing.parse_response(httpx.Response(418, text="s3cret"), client=client)
    assert "s3cret" not in str(caught.value)


def test_the_ready_made_functions_send_and_parse(get_thing: ModuleType, sample: Path) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        assert request.url.raw_path == b"/api/things/a/streams/b?limit=1"
        return httpx.Response(200, json=THING)

    client = importlib.import_module("sample_api.client").Client("https://h")
    with httpx.Client(base_url="https://h", transport=httpx.MockTransport(serve)) as http:
        client.set_httpx_client(http)
        assert get_thing.sync("a", "b", client=client, limit=1).to_dict() == THING
        assert get_thing.sync_detailed("a", "b", client=client, limit=1).status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        '{"a":[1,2.5,true,null,"ü"]}',
        "123456789012345678901234567890",
        "1e400",
        '"\\ud800"',
        '{"a":1,"a":2}',
        "\ufeff[]",
    ],
)
def test_json_is_read_as_the_standard_library_reads_it(sample: Path, text: str) -> None:
    types = importlib.import_module("sample_api.types")
    assert same_json(types.decode_json(text.encode()), json.loads(text.encode()))


@pytest.mark.parametrize("content", [b"", b"<html>", b"{", b'"\xff"'])
def test_what_is_no_json_is_a_value_error(get_thing: ModuleType, content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        get_thing.parse_response(httpx.Response(200, content=content))


# --- imports ----------------------------------------------------------------------------------------


def _modules_after(statement: str, path: Path) -> set[str]:
    program = f"import sys; sys.path.insert(0, {str(path)!r}); {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_one_model_imports_neither_the_others_nor_httpx(sample: Path) -> None:
    for statement in (
        "from sample_api.models import Thing",
        "from sample_api.models.thing import Thing",
        "import sample_api.models as m; m.Thing",
    ):
        loaded = _modules_after(statement, sample)
        assert {name for name in loaded if name.startswith("sample_api.models.")} <= {
            "sample_api.models.thing",
            "sample_api.models.status",  # the values of an enum: no class is made for them
        }
        assert not loaded & {"httpx", "dateutil"}


def test_importing_one_endpoint_imports_no_model_nor_httpx(sample: Path) -> None:
    loaded = _modules_after("import sample_api.api.things.get_thing", sample)
    assert not {name for name in loaded if name.startswith("sample_api.models.")}
    assert not loaded & {
        "httpx",
        "dateutil",
        "attrs",
        "sample_api.client",
        "sample_api.api.things.post_thing",
    }


def test_every_model_is_an_attribute_and_listed_and_a_wrong_name_is_an_attribute_error(
    models: ModuleType,
) -> None:
    for name in models.__all__:
        assert getattr(models, name) is not None
        assert name in dir(models)
    with pytest.raises(AttributeError, match="'Nothing'"):
        models.Nothing  # noqa: B018 - the access is what is tested


# --- the generator ----------------------------------------------------------------------------------


@pytest.fixture
def project(sample: Path, tmp_path: Path) -> Path:
    """A folder laid out like this project, with the sample document and its client."""
    shutil.copy(sample / "openapi.yaml", tmp_path)
    shutil.copytree(
        sample / "sample_api", tmp_path / "generated/helmr_api", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path


def test_generating_again_changes_nothing(project: Path) -> None:
    assert generate.write(project) == ([], [])
    assert generate.drift(project) == []


def test_each_file_that_differs_or_is_missing_or_extra_is_named(project: Path) -> None:
    client = project / "generated/helmr_api"
    (client / "models/thing.py").write_text("# changed by hand\n")
    (client / "models/pending.py").unlink()
    (client / "models/mine.py").write_text("")
    (client / "api/old").mkdir()
    (client / "api/old/__init__.py").write_text("")
    assert generate.drift(project) == [
        "generated/helmr_api/models/pending.py: missing",
        "generated/helmr_api/api/old/__init__.py: extra",
        "generated/helmr_api/models/mine.py: extra",
        "generated/helmr_api/models/thing.py: differs from what the document gives",
    ]
    generate.write(project)
    assert generate.drift(project) == []
    assert not (client / "api/old").exists()


def test_a_change_of_the_document_is_told_in_public_names(project: Path) -> None:
    document = project / "openapi.yaml"
    text = document.read_text()
    text = text.replace("enum: [queued, running]", "enum: [queued, done]")
    text = text.replace(
        "Pending: {type: object, required: [code]", "Pending: {type: object, required: [code, more]"
    )
    text = text.replace("code: {type: string}}}", "code: {type: string}, more: {type: string}}}", 1)
    text = text.replace("operationId: postThing", "operationId: sendThing").replace(
        "TimeoutParts", "TimeoutSum"
    )
    document.write_text(text)
    _, names = generate.write(project)
    assert [name for name in names if "endpoint" in name or "model" in name] == [
        "+ endpoint things.send_thing",
        "+ model TimeoutSum",
        "- endpoint things.post_thing",
        "- model TimeoutParts",
    ]
    assert {"+ member Pending.more", "+ value Status 'done'", "- value Status 'running'"} <= set(names)
    assert generate.write(project) == ([], [])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "application/json: {schema: {$ref: '#/components/schemas/Thing'}}",
            "application/xml: {schema: {type: string}}",
        ),
        ("tags: {type: array, items: {type: string}}", "tags: {type: array}"),
        ("{$ref: '#/components/schemas/Pending'}", "{$ref: '#/components/schemas/Missing'}"),
        ("operationId: postThing", "operationId: getThing"),
    ],
)
def test_what_the_generator_would_leave_out_is_an_error(project: Path, old: str, new: str) -> None:
    text = (project / "openapi.yaml").read_text()
    assert old in text
    (project / "openapi.yaml").write_text(
        text.replace(old, new).replace("text/event-stream", "application/pdf")
    )
    with pytest.raises(generate.GenerationFailed):
        generate.drift(project)


# --- the committed client ---------------------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """YAML without dates: a time in an example is the string that JSON has."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@cache
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((ROOT / "openapi.yaml").read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    return loaded


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = document()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            if method in ("get", "put", "post", "delete", "options", "head", "patch", "trace"):
                shared = item.get("parameters", [])
                yield method, path, {**operation, "parameters": [*shared, *operation.get("parameters", [])]}


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[ -]", "_", name).lower()


def endpoint(operation: dict[str, Any]) -> ModuleType:
    return importlib.import_module(
        f"helmr_api.api.{snake(operation['tags'][0])}.{snake(operation['operationId'])}"
    )


def response_examples() -> Iterator[Any]:
    for _, _, operation in operations():
        for status, answer in operation["responses"].items():
            content = resolve(answer).get("content", {}).get("application/json", {})
            named = {name: resolve(example)["value"] for name, example in content.get("examples", {}).items()}
            if "example" in content:
                named["example"] = content["example"]
            for name, value in named.items():
                yield pytest.param(
                    operation, int(status), value, id=f"{operation['operationId']}-{status}-{name}"
                )


@pytest.mark.parametrize(("operation", "status", "example"), list(response_examples()))
def test_every_answer_in_the_document_is_read_and_written_back(
    operation: dict[str, Any], status: int, example: object
) -> None:
    parsed = endpoint(operation).parse_response(httpx.Response(status, json=example))
    assert parsed is not None
    written = parsed.to_dict() if hasattr(parsed, "to_dict") else parsed
    assert same_json(written, example)


def test_the_document_has_answers_to_read() -> None:
    assert len(list(response_examples())) >= len(list(operations()))


def test_every_operation_has_an_endpoint_with_its_method_and_path() -> None:
    for method, path, operation in operations():
        module = endpoint(operation)
        names = re.findall(r"{(\w+)}", path)
        body = resolve(operation["requestBody"]) if "requestBody" in operation else {"required": False}
        arguments: dict[str, Any] = {name: f"<{name}>" for name in names}
        query = [resolve(one) for one in operation["parameters"]]
        arguments |= {snake(one["name"]): "x" for one in query if one.get("required") and one["in"] != "path"}
        if body.get("required"):
            arguments["body"] = _Body()
        kwargs = module.get_kwargs(**arguments)
        expected = re.sub(r"{(\w+)}", r"%3C\1%3E", path)
        assert (kwargs["method"], kwargs["url"]) == (method.upper(), expected)
        assert callable(module.parse_response)


class _Body:
    def to_dict(self) -> dict[str, Any]:
        return {}


def object_schemas() -> list[str]:
    schemas = document()["components"]["schemas"]
    return [name for name, schema in schemas.items() if schema.get("type") == "object"]


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """JSON values that a schema describes, and what a newer server may add: unknown members and enum values.

    Lengths and patterns are left aside: the client does not judge them.
    """
    schema = resolve(schema)
    for base in map(resolve, schema.get("allOf", [])):
        schema = {
            **base,
            "properties": {**base.get("properties", {}), **schema.get("properties", {})},
            "required": [*base.get("required", []), *schema.get("required", [])],
        }
    kinds = schema.get("type")
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from([*schema["enum"], "a_later_value"])
    for several in ("oneOf", "anyOf"):
        if several in schema:
            return st.one_of([values(one) for one in schema[several]])
    if isinstance(kinds, list):
        return st.one_of([values({**schema, "type": kind}) for kind in kinds])
    if kinds == "object":
        required = schema.get("required", [])
        members = {name: values(one) for name, one in schema.get("properties", {}).items()}
        inside = schema.get("additionalProperties", True)
        more = (
            st.just({})
            if inside is False
            else st.dictionaries(
                st.from_regex(r"later_[a-z]{1,3}", fullmatch=True),
                values(inside if isinstance(inside, dict) else {}),
                max_size=2,
            )
        )
        known = st.fixed_dictionaries(
            {name: one for name, one in members.items() if name in required},
            optional={name: one for name, one in members.items() if name not in required},
        )
        return st.builds(lambda some, others: {**others, **some}, known, more)
    if kinds == "array":
        return st.lists(values(schema["items"]), max_size=2)
    if kinds == "string" and schema.get("format") == "date-time":
        fraction = st.sampled_from(["", ".5", ".120", ".123456", ".123456789"])
        offset = st.sampled_from(["Z", "z", "+05:30", "-00:00"])
        return st.builds("2026-06-0{}T01:02:03{}{}".format, st.integers(1, 9), fraction, offset)
    if kinds is None:
        return st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=3),
            lambda inner: (
                st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
            ),
            max_leaves=4,
        )
    scalars: dict[str, st.SearchStrategy[Any]] = {
        "string": st.text(max_size=5),
        "integer": st.integers(),
        "number": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
        "boolean": st.booleans(),
        "null": st.none(),
    }
    return scalars[kinds]


@pytest.mark.parametrize("name", object_schemas())
def test_any_value_of_a_schema_is_read_and_written_back(name: str) -> None:
    model = getattr(importlib.import_module("helmr_api.models"), name)

    @given(value=values({"$ref": f"#/components/schemas/{name}"}))
    @settings(derandomize=True, max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    def check(value: dict[str, Any]) -> None:
        assert same_json(model.from_dict(value).to_dict(), value)

    check()


def test_the_committed_client_imports_no_more_than_it_needs() -> None:
    loaded = _modules_after("import helmr_api.models; helmr_api.models.Run", ROOT / "generated")
    assert "helmr_api.models.run" in loaded
    assert "helmr_api.models.session" not in loaded
    assert not loaded & {"httpx", "dateutil"}
    loaded = _modules_after("import helmr_api.api.runs.get_run", ROOT / "generated")
    assert not {name for name in loaded if name.startswith("helmr_api.models.")}
    assert not loaded & {"httpx", "dateutil"}


def test_the_committed_client_is_what_the_document_gives() -> None:
    assert generate.drift() == []


def test_the_drift_check_ends_with_one_line_for_each_tree_and_says_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    check_drift = _load("check_drift")
    assert check_drift.main({"one": list, "two": lambda: ["b.py: missing"]}) == 1
    assert capsys.readouterr().out.splitlines() == [
        "b.py: missing",
        "ok     one",
        "DRIFT  two",
        "run `make generate` and commit what it changes",
    ]
    assert check_drift.main({"one": list}) == 0
