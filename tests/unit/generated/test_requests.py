"""The HTTP requests of the generated client, and the parsing of responses."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import httpx
import pytest

from tests.unit.generated.values import ID, THING, same_json

Load = Callable[[str], Any]


def wire(request: Any) -> httpx.Request:
    """Return the HTTP request that the sample client sends."""
    sent: list[httpx.Request] = []

    def serve(made: httpx.Request) -> httpx.Response:
        made.read()
        sent.append(made)
        return httpx.Response(418)

    import importlib

    client = importlib.import_module("sample_api.client")
    errors = importlib.import_module("sample_api.errors")
    with httpx.Client(transport=httpx.MockTransport(serve)) as http, pytest.raises(errors.UnexpectedStatus):
        client.Client("https://h", "t0ken", http_client=http).send(request)
    return sent[0]


@pytest.mark.parametrize(
    ("part", "encoded"),
    [
        ("plain-1_~", "plain-1_~"),
        ("a/b", "a%2Fb"),
        ("a%2Fb", "a%252Fb"),
        ("a b?c#d&e=f+g;h", "a%20b%3Fc%23d%26e%3Df%2Bg%3Bh"),
        ("ü☃", "%C3%BC%E2%98%83"),
        (".", "%2E"),
        ("..", "%2E%2E"),
        ("...", "..."),
        ("\r\n", "%0D%0A"),
    ],
)
def test_a_path_parameter_stays_one_segment(load: Load, part: str, encoded: str) -> None:
    request = load("api.things.post_note").request(part, part)
    assert request.path == f"/api/things/{encoded}/notes/{encoded}"
    assert wire(request).url.raw_path == request.path.encode()


@pytest.mark.parametrize("part", ["", "\ud800"])
def test_an_invalid_path_parameter_is_rejected(load: Load, part: str) -> None:
    with pytest.raises(load("errors").ArgumentError, match="a part of the path"):
        load("api.things.get_thing").request(part)


def test_a_request_contains_only_what_was_passed(load: Load) -> None:
    when = datetime(2026, 6, 6, 1, tzinfo=UTC)
    list_events = load("api.things.list_events")
    request = list_events.request("a", status="later", since=when, anything=True, last_event_id="7")
    assert (request.method, request.path) == ("GET", "/api/things/a/events")
    assert request.params == {"status": "later", "since": "2026-06-06T01:00:00Z", "anything": True}
    assert request.headers == {"Last-Event-ID": "7"}
    sent = wire(request)
    assert sent.url.query == b"status=later&since=2026-06-06T01%3A00%3A00Z&anything=true"
    assert sent.headers["last-event-id"] == "7"
    bare = list_events.request("a")
    assert (bare.params, bare.headers, bare.json) == ({}, {}, load("types").UNSET)


@pytest.mark.parametrize(
    ("body", "text"),
    [(None, b"null"), ({"a": 1}, b'{"a":1}'), ("x", b'"x"'), (False, b"false"), ("ü", '"ü"'.encode())],
)
def test_a_free_form_body_is_sent_even_if_it_is_null(load: Load, body: object, text: bytes) -> None:
    sent = wire(load("api.things.post_note").request("a", "b", body=body))
    assert sent.content == text
    assert sent.headers["content-type"] == "application/json"


@pytest.mark.parametrize("body", [float("nan"), object(), {"a": "\ud800"}, {1: {2}}])
def test_a_body_that_is_not_json_is_rejected_before_sending(load: Load, body: object) -> None:
    with pytest.raises(load("errors").ArgumentError, match="not a JSON value"):
        load("client").Client("https://h").send(load("api.things.post_note").request("a", "b", body=body))


def test_an_omitted_optional_body_is_not_sent(load: Load) -> None:
    for request in (
        load("api.things.post_note").request("a", "b"),
        load("api.things.use_secret").request("a", "b"),
    ):
        sent = wire(request)
        assert sent.content == b""
        assert "content-type" not in sent.headers


def test_a_bytes_body_is_sent_verbatim(load: Load) -> None:
    sent = wire(load("api.files.write_file").request("a", body=b"\x00\xff"))
    assert (sent.method, sent.content) == ("PUT", b"\x00\xff")
    assert sent.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("content", [b"tar \x00\xff", BytesIO(b"tar \x00\xff")])
def test_multipart_parts_are_sent_in_document_order(load: Load, models: Any, content: Any) -> None:
    body = models.Upload(
        source=load("types").File(content, name="a.tar", content_type="application/x-tar"),
        manifest=models.ThingCreateRequest(name="x", parent=models.ById(type_="id", id="a")),
        note="ü",
    )
    sent = wire(load("api.files.upload_file").request(body=body))
    kind, _, boundary = sent.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    parts = sent.content.split(f"--{boundary}".encode())[1:-1]
    assert [part.strip(b"\r\n") for part in parts] == [
        b'Content-Disposition: form-data; name="note"\r\n\r\n' + "ü".encode(),
        b'Content-Disposition: form-data; name="manifest"\r\nContent-Type: application/json\r\n\r\n'
        b'{"name":"x","parent":{"type":"id","id":"a"}}',
        b'Content-Disposition: form-data; name="source"; filename="a.tar"\r\n'
        b"Content-Type: application/x-tar\r\n\r\ntar \x00\xff",
    ]


# Properties of operations -----------------------------------------------------------------------------------


def test_a_request_declares_whether_it_is_safe_to_repeat(load: Load, models: Any) -> None:
    assert load("api.things.get_thing").request("a").safe_to_repeat, "GET is by itself"
    assert load("api.things.delete_thing").request("a").safe_to_repeat, "the document says so"
    assert not load("api.things.update_thing").request("a", body=models.ThingRequest()).safe_to_repeat


@pytest.mark.parametrize(
    ("identity", "safe"),
    [
        ({}, False),
        ({"idempotency_key": " "}, False),
        ({"idempotency_key": "k"}, True),
        ({"external_id": "e"}, True),
    ],
)
def test_an_identifying_field_makes_a_request_safe_to_repeat(
    load: Load, models: Any, identity: dict[str, str], safe: bool
) -> None:
    request = load("api.things.create_thing").request(body=models.ThingCreateRequest(name="n", **identity))
    assert request.safe_to_repeat is safe
    keyed = request.with_key("made")
    assert keyed.safe_to_repeat
    assert keyed.json == {"name": "n", "idempotency_key": "made"} if not safe else keyed is request


def test_no_key_is_added_if_the_body_has_no_key_field(load: Load) -> None:
    request = load("api.things.post_note").request("a", "b", body={})
    assert request.with_key("made") is request


def test_fields_that_the_document_tells_clients_to_omit_are_not_parameters(load: Load) -> None:
    import inspect

    assert "legacy" not in inspect.signature(load("api.things.list_events").request).parameters
    assert "legacy" not in inspect.signature(load("api.things.list_events").stream).parameters
    assert list(inspect.signature(load("api.things.delete_thing").request).parameters) == ["thing_id"]


def test_the_credential_is_sent_only_where_required(load: Load) -> None:
    assert wire(load("api.things.get_thing").request("a")).headers["authorization"] == "Bearer t0ken"
    assert "authorization" not in wire(load("api.things.use_secret").request("a", "b")).headers


def test_the_repr_of_a_request_hides_a_secret_in_its_path(load: Load) -> None:
    assert repr(load("api.things.get_thing").request("a")) == "Request(GET /api/things/a)"
    assert repr(load("api.things.use_secret").request("a", "s3cret")) == "Request(POST [secret])"


# Responses --------------------------------------------------------------------------------------------------


def result(load: Load, request: Any, response: httpx.Response) -> Any:
    """Return the sample client's result for a response."""
    with httpx.Client(transport=httpx.MockTransport(lambda _: response)) as http:
        return load("client").Client("https://h", http_client=http).send(request)


def test_the_status_selects_the_response_model(load: Load, models: Any) -> None:
    request = load("api.things.use_secret").request("a", "b")
    assert request.statuses == (200, 503)
    assert result(load, request, httpx.Response(200, json=THING)) == models.Thing.from_dict(THING)
    assert result(load, request, httpx.Response(503, json={"code": "x"})) == models.Pending(code="x")


def test_a_response_without_a_body_returns_none(load: Load) -> None:
    request = load("api.things.delete_thing").request("a")
    assert request.statuses == (204,)
    assert result(load, request, httpx.Response(204)) is None


def test_a_binary_response_returns_its_bytes(load: Load) -> None:
    request = load("api.files.read_file").request("a")
    assert result(load, request, httpx.Response(200, content=b"\x00\xff")) == b"\x00\xff"


def test_union_and_list_responses_are_parsed(load: Load, models: Any) -> None:
    request = load("api.things.post_note").request("a", "b", body=1)
    assert result(load, request, httpx.Response(200, json={"type": "id", "id": "a"})) == models.ById(
        type_="id", id="a"
    )
    (thing,) = result(load, request, httpx.Response(201, json=[THING]))
    assert thing.to_dict() == THING


@pytest.mark.parametrize("status", [202, 204, 299, 302, 404, 418, 500])
def test_the_error_for_an_undocumented_status_does_not_show_the_body(load: Load, status: int) -> None:
    request = load("api.things.create_thing").request(body=load("models").ThingCreateRequest(name="n"))
    errors = load("errors")
    with pytest.raises(errors.UnexpectedStatus, match=str(status)) as caught:
        result(load, request, httpx.Response(status, text="s3cret"))
    assert isinstance(caught.value, errors.HelmrError)
    assert "s3cret" not in str(caught.value)
    assert caught.value.content == b"s3cret"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'{"error":"no","code":"gone"}', "gone"),
        (b'{"error":"no"}', None),
        (b'{"code":"not\\u001b a code"}', None),
        (b'{"code":7}', None),
        (b"[]", None),
        (b"<html>", None),
        (b"[" * 10_000, None),
    ],
)
def test_an_error_has_the_code_of_its_body(load: Load, content: bytes, code: str | None) -> None:
    error = load("errors").UnexpectedStatus(409, content)
    assert error.code == code
    assert (
        str(error) == f"unexpected status 409{' gone' if code else f', with a body of {len(content)} bytes'}"
    )
    copied = copy.copy(error)
    assert (str(copied), copied.code, copied.content) == (str(error), code, content)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"{", b'"\xff"', b"[]", b"1", b'{"id": 1}', b"[" * 10_000]
)
def test_an_unexpected_body_raises_a_helmr_error(load: Load, content: bytes) -> None:
    errors = load("errors")
    with pytest.raises(errors.UnexpectedBody) as caught:
        result(load, load("api.things.get_thing").request("a"), httpx.Response(200, content=content))
    assert isinstance(caught.value, errors.HelmrError)


def test_an_unreachable_server_raises_a_helmr_error(load: Load) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused: t0ken", request=request)

    errors = load("errors")
    with (
        httpx.Client(transport=httpx.MockTransport(refuse)) as http,
        pytest.raises(errors.ConnectionFailed, match=r"no response from https://h: refused: \[secret\]$"),
    ):
        load("client").Client("https://h", "t0ken", http_client=http).send(
            load("api.things.get_thing").request("a")
        )


def test_a_request_can_map_its_result(load: Load) -> None:
    request = load("api.things.get_thing").request("a")
    response = httpx.Response(200, json={"thing": None}, headers={"x": "1"})
    assert result(load, request.returning(lambda value: value["thing"]), response) is None
    assert result(load, request.mapped(lambda envelope: envelope.thing), response) is None
    read = request.reading(lambda got: (got.status_code, got.headers["X"], got.content))
    assert result(load, read, response) == (200, "1", b'{"thing":null}')
    assert (read.path, read.statuses, read.safe_to_repeat) == (request.path, request.statuses, True)


def test_the_functions_of_an_endpoint_send_its_request(load: Load) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        assert request.url.raw_path == b"/api/things?cursor=a&limit=1"
        return httpx.Response(200, json={"things": [THING]})

    with httpx.Client(transport=httpx.MockTransport(serve)) as http:
        client = load("client").Client("https://h/", http_client=http)
        assert load("api.things.list_things").sync(client=client, cursor="a", limit=1).things[0].id == ID


async def _of_asyncio(load: Load) -> Any:
    def serve(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"thing": THING})

    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(serve)) as http,
        load("client").AsyncClient("https://h", http_client=http) as client,
    ):
        return await load("api.things.get_thing").asyncio("a", client=client)


def test_the_async_function_of_an_endpoint_sends_its_request(load: Load) -> None:
    import asyncio

    assert asyncio.run(_of_asyncio(load)).thing.to_dict() == THING


def test_the_repr_of_a_client_shows_no_credential(load: Load) -> None:
    for name in ("Client", "AsyncClient"):
        client = getattr(load("client"), name)("https://h", "t0ken", headers={"x": "s3cret"})
        assert repr(client) == f"{name}('https://h')"


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
def test_json_is_parsed_like_the_standard_library_does(load: Load, text: str) -> None:
    import json

    assert same_json(load("formats").decode_json(text.encode()), json.loads(text.encode()))


# Event streams ----------------------------------------------------------------------------------------------


def test_an_event_stream_is_requested_as_documented(load: Load) -> None:
    stream = load("api.things.list_events").stream("a b", offset=3, status="queued", last_event_id="7")
    assert stream.path == "/api/things/a%20b/events"
    assert stream.params == {"follow": "1", "offset": 3, "status": "queued"}
    assert stream.headers == {"Accept": "text/event-stream", "Last-Event-ID": "7"}


def test_the_events_of_a_single_type_stream_are_parsed_by_its_schema(load: Load, models: Any) -> None:
    stream = load("api.things.list_events").stream("a")
    assert stream.read("whatever", '{"kind":"a","attributes":{}}') == models.Event(kind="a", attributes={})


def test_frames_are_parsed_by_event_name(load: Load, models: Any) -> None:
    stream = load("api.things.follow_output").stream("a")
    assert stream.params == {}
    assert stream.read("chunk", '{"offset":0,"data":"x"}') == models.Chunk(offset=0, data="x")
    assert stream.read("end", '{"state":"exited"}') == models.End(state="exited")
    assert stream.read("lost", '{"state":"lost"}') == models.End(state="lost")
    assert stream.read("later", "{}") is None
