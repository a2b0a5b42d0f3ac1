"""Output never contains credentials or control characters, whatever the caller or the server sends."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmr_api import AsyncClient, Client
from helmr_api.api.public_access import complete_token_by_callback
from helmr_api.api.runs import get_run
from helmr_api.api.sessions import get_session_by_external_id
from helmr_api.api.tokens import complete_token, get_token, list_tokens
from helmr_api.display import masked, one_line, presentable, printable
from helmr_api.models import TokenCompleteRequest
from helmr_ergonomic import errors
from helmr_ergonomic.errors import ArgumentError, HelmrError

from .driver import KEY, Driver
from .responses import SESSION_ID, TOKEN_ID  # words: allow

SECRET = "x" * 43
CALLBACK_URL = f"https://helmr.test/api/v1/tokens/{TOKEN_ID}/callback/hlmr_callback_{SECRET}"
MISTAKES = [
    CALLBACK_URL,
    CALLBACK_URL.removeprefix("https://"),
    f"hlmr_callback_{SECRET}",
    f"hlmr_public_access_{SECRET}",
    f"hlmr_pat_{SECRET}",
    f" hlmr_sk_{SECRET}",
    f"https://helmr.test/{SECRET}",
]


def refuse(request: httpx.Request) -> httpx.Response:
    pytest.fail("a request was sent")


BY_ID: list[Callable[[Any, str], Any]] = [
    lambda client, given: client.tokens.retrieve(given),
    lambda client, given: client.tokens.complete(given, 1),
    lambda client, given: client.tokens.complete(given, 1, public_access_token="hlmr_pat_1"),
    lambda client, given: client.tokens.cancel(given),
    lambda client, given: client.tokens.wait(given, timeout=1),
    lambda client, given: client.tokens.list(after=given),
    lambda client, given: client.runs.retrieve(given),
    lambda client, given: client.runs.cancel(given),
    lambda client, given: client.runs.wait(given, timeout=1),
    lambda client, given: client.runs.logs.retrieve(given),
    lambda client, given: client.runs.list(session=given),
    lambda client, given: client.sessions.retrieve(given),
    lambda client, given: client.sessions.open(given),
    lambda client, given: client.sessions.close(given),
    lambda client, given: client.sessions.cancel(given),
    lambda client, given: client.sessions.update(given, tags=["a"]),
    lambda client, given: client.sessions.start("greet", {}, workspace_id=given),
    lambda client, given: client.tasks.retrieve(given),
]


@pytest.mark.parametrize("call", BY_ID)
def test_a_secret_passed_as_an_id_is_rejected_and_not_shown(
    drive: Driver, call: Callable[[Any, str], Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = drive.client(refuse)
    for mistake in MISTAKES:
        with pytest.raises(ArgumentError) as caught:
            drive(call(client, mistake))
        assert SECRET not in f"{caught.value!r} {caught.value}"
    assert SECRET not in caplog.text


def test_a_public_client_rejects_a_secret_passed_as_an_id(drive: Driver) -> None:
    public = drive.public(refuse)
    for mistake in MISTAKES:
        for call in (lambda wrong: public.complete(wrong, 1), public.open):
            with pytest.raises(ArgumentError) as caught:
                drive(call(mistake))
            assert SECRET not in str(caught.value)


@pytest.mark.parametrize("given", MISTAKES[:6])
def test_a_credential_is_rejected_as_an_external_id(drive: Driver, given: str) -> None:
    client = drive.client(refuse)
    with pytest.raises(ArgumentError, match="external_id must not be a credential") as caught:
        drive(client.sessions.retrieve(external_id=given))
    assert SECRET not in str(caught.value)
    with pytest.raises(ArgumentError, match="external_id must not be a credential"):
        drive(client.sessions.start("greet", {}, external_id=given))


def test_an_external_id_may_be_a_url(drive: Driver) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        assert request.url.params["external_id"] == "https://github.com/OWNER/REPO/pull/42"
        return httpx.Response(404, json={"error": "session not found"})

    with pytest.raises(errors.NotFoundError):
        drive(drive.client(respond).sessions.retrieve(external_id="https://github.com/OWNER/REPO/pull/42"))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_low_level_client_rejects_a_secret_passed_as_an_id(mistake: str) -> None:
    body = TokenCompleteRequest()
    for build in (
        lambda: get_token.request(mistake),
        lambda: get_run.request(mistake),
        lambda: complete_token.request(mistake, body=body),
    ):
        with pytest.raises(ArgumentError, match="must not be a URL or a credential") as caught:
            build()
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize("mistake", MISTAKES[:6])
def test_a_credential_is_rejected_as_a_query_parameter(mistake: str) -> None:
    for build in (
        lambda: list_tokens.request(cursor=mistake),
        lambda: get_session_by_external_id.request(external_id=mistake),
    ):
        with pytest.raises(ArgumentError, match="must not be a credential") as caught:
            build()
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("status", [200, 400, 0])
def test_no_log_of_the_low_level_client_shows_a_callback_secret(
    kind: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def respond(request: httpx.Request) -> httpx.Response:
        if not status:
            raise httpx.ConnectError(f"no route for {request.url}")
        return httpx.Response(status, json={})

    def call() -> None:
        arguments: Any = {"body": TokenCompleteRequest(), "token_id": TOKEN_ID}
        secret = f"hlmr_callback_{SECRET}"
        mock = httpx.MockTransport(respond)
        if kind == "sync":
            with Client("https://a.test", transport=mock) as client:
                complete_token_by_callback.sync(callback_secret=secret, client=client, **arguments)
            return

        async def run() -> None:
            async with AsyncClient("https://a.test", transport=mock) as client:
                await complete_token_by_callback.asyncio(callback_secret=secret, client=client, **arguments)

        asyncio.run(run())

    with pytest.raises(HelmrError) as caught:
        call()
    assert SECRET not in f"{caught.value} {caught.value!r} {caplog.text}"
    assert status == 0 or "/[secret]" in caplog.text, "httpx has logged the request"


@pytest.mark.parametrize("parameter", ["x" * 70_000, "\ud800"])
def test_the_low_level_client_rejects_a_parameter_that_is_invalid_in_a_url(parameter: str) -> None:
    with (
        Client("https://a.test", transport=httpx.MockTransport(refuse)) as client,
        pytest.raises(ArgumentError, match="an argument is invalid in a URL"),
    ):
        list_tokens.sync(client=client, cursor=parameter)
    with pytest.raises(errors.ConfigurationError, match="this client is closed"):
        list_tokens.sync(client=client)


# --- text from the server ----------------------------------------------------------------------------------

HOSTILE = "\x1b]0;title\x07\x1b[2J\x9b31m\r\nfake: line\u202e\u2028\ud800 done"


@pytest.mark.parametrize("status", [400, 401, 404, 409, 503])
def test_control_characters_in_a_server_error_are_escaped(drive: Driver, status: int) -> None:
    body = {"error": f"{HOSTILE}\n", "code": HOSTILE}
    content = json.dumps(body).encode()
    client = drive.client(lambda request: httpx.Response(status, content=content), max_retries=0)
    with pytest.raises(errors.HelmrStatusError) as caught:
        drive(client.runs.counts())
    shown = str(caught.value)
    assert shown.isprintable()
    assert r"\x1b]0;title\x07\x1b[2J\x9b31m\r\nfake: line\u202e\u2028\ud800 done" in shown
    assert caught.value.message.isprintable()
    "".join(traceback.format_exception(caught.value)).encode()  # must be encodable
    assert caught.value.response is not None
    assert caught.value.response.json()["error"] == body["error"], "the response is as it was"


def test_control_characters_in_a_status_line_and_content_type_are_escaped(drive: Driver) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            418,
            headers=[(b"content-type", b"\x1b[31mred")],
            content=b"x",
            extensions={"reason_phrase": b"\x1b[2Jcleared"},
        )

    with pytest.raises(HelmrError) as caught:
        drive(drive.client(respond).runs.counts())
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("key", [KEY, "a-key-of-another-form"])
def test_a_credential_echoed_by_the_server_is_masked(drive: Driver, key: str) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json={"error": f"bad header: {request.headers['authorization']}"})

    with pytest.raises(errors.BadRequestError) as caught:
        drive(drive.client(respond, api_key=key).runs.counts())
    assert key not in f"{caught.value!r} {caught.value} {pickle.dumps(caught.value)!r}"
    assert "[secret]" in caught.value.message


def test_every_error_class_masks_secrets_and_escapes_control_characters() -> None:
    raw = f"line one\nline two\t{KEY} \x1b[2J{CALLBACK_URL}"
    for kind in (HelmrError, ArgumentError, errors.RunFailedError, errors.HelmrConnectionError):
        error = kind(raw)
        for shown in (str(error), error.message, repr(error), str(pickle.loads(pickle.dumps(error)))):  # noqa: S301
            assert SECRET not in shown
            assert KEY not in shown
            assert "\x1b" not in shown
        assert str(error).startswith("line one\nline two\thlmr_sk_[secret] \\x1b[2J")


@given(st.text(st.characters(codec=None)))
def test_only_unprintable_characters_are_escaped(text: str) -> None:
    shown = one_line(text)
    shown.encode()
    assert shown.isprintable() or not text.isprintable()
    assert not set(shown) & set(map(chr, (*range(0x20), *range(0x7F, 0xA0), 0x202E, 0x2066, 0x2028)))
    if text.isprintable():
        assert shown == text
    assert printable(printable(text)) == printable(text)
    assert presentable(presentable(text)) == presentable(text)


@given(st.from_regex(r"hlmr_(sk|pat|public_access|callback)_[A-Za-z0-9_-]{4,43}", fullmatch=True), st.text())
def test_a_credential_is_masked_anywhere_in_a_string(secret: str, around: str) -> None:
    assert secret not in masked(f"{around}{secret} {around}")
    assert secret not in masked(f"{around}/{secret}/{around}")


def test_the_repr_of_a_session_handle_has_its_id(drive: Driver) -> None:
    assert SESSION_ID in repr(drive.client(refuse).sessions.open(SESSION_ID))
