"""Retries, timeouts, errors, options, raw responses and masked credentials, sync and async."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from helmr_ergonomic import AsyncHelmrClient, AsyncPublicClient, HelmrClient, PublicClient, errors
from helmr_ergonomic.errors import HelmrError
from helmr_ergonomic.limits import TimeLimits
from helmr_ergonomic.timing import LEEWAY, with_leeway

from . import responses
from .driver import KEY, URL, Driver
from .responses import RUN_ID, SESSION_ID, TOKEN_ID, body_of, error, fresh, ok


class Script:
    """Responds to each request with the next entry of a script; the last entry repeats."""

    def __init__(self, *steps: httpx.Response | Exception | Callable[[], httpx.Response]) -> None:
        self.steps = list(steps)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        return step() if callable(step) else fresh(step)


BROKEN = httpx.ReadError("connection reset")
GOOD_RUN = ok(responses.run())
GOOD_START = ok(responses.start(), 201)


# --- retries -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_safe_requests_are_retried_after_a_transient_error(
    drive: Driver, naps: list[float], status: int
) -> None:
    server = Script(error(status, "busy"), BROKEN, GOOD_RUN)
    assert drive(drive.client(server).runs.retrieve(RUN_ID)).id == RUN_ID
    assert len(server.requests) == 3
    assert 0 <= naps[0] <= 0.5
    assert 0 <= naps[1] <= 1.0


@pytest.mark.parametrize("failure", [BROKEN, error(503, "busy"), httpx.ReadTimeout("slow")])
def test_cancelling_a_session_is_retried(
    drive: Driver, naps: list[float], failure: Exception | httpx.Response
) -> None:
    """The document declares it safe: an already cancelled session is returned unchanged."""
    server = Script(failure, ok(responses.session(status="cancelled")))
    assert drive(drive.client(server).sessions.cancel(SESSION_ID)).status == "cancelled"
    assert len(naps) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 413, 500, 501])
def test_permanent_errors_are_not_retried(drive: Driver, naps: list[float], status: int) -> None:
    server = Script(error(status, "no", "a_code"))
    with pytest.raises(errors.HelmrStatusError) as caught:
        drive(drive.client(server).runs.retrieve(RUN_ID))
    assert (caught.value.status, caught.value.code, caught.value.message) == (status, "a_code", "no")
    assert caught.value.response is not None
    assert caught.value.request is server.requests[0]
    assert (len(server.requests), naps) == (1, [])


def test_a_start_is_retried_with_an_identical_body(drive: Driver, naps: list[float]) -> None:
    server = Script(BROKEN, error(502, "bad gateway"), GOOD_START)
    drive(drive.client(server).sessions.start("greet", {"a": 1}))
    assert len(server.requests) == 3
    assert len({request.content for request in server.requests}) == 1
    assert body_of(server.requests[0])["idempotency_key"]


@pytest.mark.parametrize("failure", [BROKEN, error(503, "busy"), httpx.ReadTimeout("slow")])
def test_requests_that_are_not_idempotent_are_not_retried(
    drive: Driver, naps: list[float], failure: Exception | httpx.Response
) -> None:
    client = drive.client(Script(failure))
    calls: list[Callable[..., Any]] = [
        lambda: client.tokens.complete(TOKEN_ID, 1),
        lambda: client.tokens.cancel(TOKEN_ID),
        lambda: client.sessions.close(SESSION_ID),
        lambda: client.sessions.update(SESSION_ID, tags=["a"]),
    ]
    for call in calls:
        with pytest.raises(HelmrError):
            drive(call())
    assert naps == []


@pytest.mark.parametrize("failure", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow")])
def test_any_request_is_retried_after_a_failure_to_connect(
    drive: Driver, naps: list[float], failure: Exception
) -> None:
    server = Script(failure, ok(responses.token("cancelled")))
    assert drive(drive.client(server).tokens.cancel(TOKEN_ID)).status == "cancelled"
    assert len(server.requests) == 2


def test_retries_are_limited(drive: Driver, naps: list[float]) -> None:
    server = Script(error(503, "busy"))
    with pytest.raises(errors.ServerError):
        drive(drive.client(server, max_retries=2).runs.retrieve(RUN_ID))
    assert len(server.requests) == 3
    server = Script(BROKEN)
    with pytest.raises(errors.HelmrConnectionError):
        drive(drive.client(server, max_retries=0).runs.retrieve(RUN_ID))
    assert (len(server.requests), len(naps)) == (1, 2)


def test_retry_after_is_honoured(drive: Driver, naps: list[float]) -> None:
    server = Script(error(429, "slow down", **{"Retry-After": "7"}), GOOD_RUN)
    drive(drive.client(server).runs.retrieve(RUN_ID))
    assert 7 <= naps[0] <= 7 * 1.25


def test_a_very_long_retry_after_raises_immediately(drive: Driver, naps: list[float]) -> None:
    server = Script(error(429, "tomorrow", **{"Retry-After": "86400"}))
    with pytest.raises(errors.HelmrStatusError, match="tomorrow"):
        drive(drive.client(server).runs.retrieve(RUN_ID))
    assert (len(server.requests), naps) == (1, [])


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3), ("0.5", 0.5), ("", None), ("0", None), ("-1", None), ("soon", None), ("inf", None),
        ("nan", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_is_parsed_as_seconds(header: str, seconds: float | None) -> None:
    from helmr_ergonomic.retries import retry_after

    assert retry_after(httpx.Response(429, headers={"Retry-After": header})) == seconds


def test_retry_after_is_parsed_as_a_date() -> None:
    from email.utils import formatdate
    from time import time

    from helmr_ergonomic.retries import retry_after

    found = retry_after(httpx.Response(429, headers={"Retry-After": formatdate(time() + 30, usegmt=True)}))
    assert found is not None
    assert 28 <= found <= 30


# --- pending starts ----------------------------------------------------------------------------------------


def pending(**headers: str) -> httpx.Response:
    return error(202, "session_start_pending", "idempotency_pending", **headers)


@pytest.mark.parametrize("call", ["start", "start_and_wait"])
def test_a_pending_start_is_repeated_until_it_completes(drive: Driver, naps: list[float], call: str) -> None:
    ended = ok(responses.start("succeeded"), 200)
    server = Script(pending(**{"Retry-After": "1"}), pending(), ended)
    drive(getattr(drive.client(server).sessions, call)("greet", idempotency_key="k"))
    assert naps == [1, 0.25]
    assert len({request.content for request in server.requests}) == 1


def test_a_pending_start_fails_after_ten_seconds(
    drive: Driver, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]

    def monotonic() -> float:
        clock[0] += 1.5
        return clock[0]

    monkeypatch.setattr(f"helmr_ergonomic._{drive.kind}.transport.monotonic", monotonic)
    server = Script(pending(**{"Retry-After": "1"}))
    with pytest.raises(errors.IdempotencyPendingError) as caught:
        drive(drive.client(server).sessions.start("greet"))
    assert (caught.value.status, caught.value.code) == (202, "idempotency_pending")
    assert 3 <= len(server.requests) <= 8


def test_a_pending_start_is_not_repeated_without_retries(drive: Driver, naps: list[float]) -> None:
    with pytest.raises(errors.IdempotencyPendingError):
        drive(drive.client(Script(pending()), max_retries=0).sessions.start("greet"))
    assert naps == []


def test_a_202_without_idempotency_pending_is_an_error(drive: Driver) -> None:
    with pytest.raises(errors.UnexpectedResponseError):
        drive(drive.client(Script(ok({}, 202))).sessions.start("greet"))


# --- errors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "kind", "message"),
    [
        (httpx.ConnectError("refused"), errors.HelmrConnectionError, "check HELMR_API_URL"),
        (httpx.ConnectTimeout("x"), errors.HelmrTimeoutError, "no connection to https://helmr.test in time"),
        (httpx.ReadTimeout("x"), errors.HelmrTimeoutError, "did not respond to GET /api/runs/counts in time"),
        (httpx.PoolTimeout("x"), errors.HelmrTimeoutError, "all connections"),
        (httpx.ReadError("reset"), errors.HelmrConnectionError, "broke during GET /api/runs/counts"),
        (httpx.RemoteProtocolError("cut"), errors.HelmrConnectionError, "cut"),
        (httpx.ProxyError("403"), errors.HelmrConnectionError, "cannot connect"),
        (httpx.DecodingError("gzip"), errors.HelmrConnectionError, "gzip"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_httpx_errors_become_helmr_errors(
    drive: Driver, naps: list[float], failure: Exception, kind: type[HelmrError], message: str
) -> None:
    with pytest.raises(kind, match=message) as caught:
        drive(drive.client(Script(failure), max_retries=0).runs.counts())
    assert type(caught.value) is kind
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, text="<html>Welcome</html>", headers={"content-type": "text/html"}),
        httpx.Response(200, content=b""),
        httpx.Response(200, content=b'{"id": "cut'),
        ok([]),
        ok({"id": RUN_ID}),
        ok({**responses.run(), "created_at": "yesterday"}),
        ok({**responses.run(), "created_at": 7}),
        ok(None),
        ok(responses.run(), 299),
        httpx.Response(204),
    ],
)
def test_a_malformed_success_is_an_unexpected_response_error(drive: Driver, response: httpx.Response) -> None:
    with pytest.raises(errors.UnexpectedResponseError, match="is this URL a Helmr control plane") as caught:
        drive(drive.client(Script(response)).runs.retrieve(RUN_ID))
    assert caught.value.response is not None
    assert caught.value.response.content == response.content


@pytest.mark.parametrize(
    "response", [ok({}), ok({"records": None}), ok({"records": [{}]}), ok({"records": [7]}), ok("x")]
)
def test_a_malformed_page_of_records_is_an_unexpected_response_error(
    drive: Driver, response: httpx.Response
) -> None:
    with pytest.raises(errors.UnexpectedResponseError):
        drive.items(drive.client(Script(response)).sessions.open(SESSION_ID).output("x").list())


def test_errors_from_proxies_redirects_and_odd_bodies_keep_their_status(drive: Driver) -> None:
    html = httpx.Response(403, text="<html>blocked</html>", headers={"content-type": "text/html; charset=x"})
    with pytest.raises(errors.PermissionDeniedError, match=r"Forbidden; .* \(text/html\)") as caught:
        drive(drive.client(Script(html)).runs.counts())
    assert (caught.value.code, caught.value.status) == (None, 403)
    moved = httpx.Response(302, headers={"location": "https://evil.test/"})
    server = Script(moved)
    with pytest.raises(errors.HelmrStatusError, match="redirect"):
        drive(drive.client(server).runs.counts())
    assert len(server.requests) == 1
    for odd in (ok([], 404), ok({"error": 7, "code": 3}, 404)):
        with pytest.raises(errors.NotFoundError):
            drive(drive.client(Script(odd)).runs.counts())


def test_redirects_are_not_followed_even_if_the_callers_client_would() -> None:
    seen: list[str] = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(307, headers={"location": "https://evil.test/"})

    http = httpx.Client(transport=httpx.MockTransport(server), follow_redirects=True)
    with http, pytest.raises(errors.HelmrStatusError):
        HelmrClient(URL, KEY, http_client=http).runs.counts()
    assert seen == [f"{URL}/api/runs/counts"]


# --- options -----------------------------------------------------------------------------------------------


def test_timeouts_reach_httpx(drive: Driver) -> None:
    server = Script(GOOD_RUN)
    client = drive.client(server)
    for made, wanted in (
        (client, {"connect": 10.0, "read": 60.0, "write": 60.0, "pool": 60.0}),
        (client.with_options(timeout=5), {"connect": 5, "read": 5, "write": 5, "pool": 5}),
        (client.with_options(timeout=None), dict.fromkeys(("connect", "read", "write", "pool"))),
        (
            client.with_options(timeout=httpx.Timeout(3, read=9)),
            {"connect": 3, "read": 9, "write": 3, "pool": 3},
        ),
    ):
        drive(made.runs.retrieve(RUN_ID))
        assert server.requests[-1].extensions["timeout"] == wanted
    drive(client.with_options(timeout=5).with_options(max_retries=1).runs.retrieve(RUN_ID))
    assert server.requests[-1].extensions["timeout"]["read"] == 5


def test_with_options_does_not_change_the_original_client(drive: Driver, naps: list[float]) -> None:
    server = Script(error(503, "busy"))
    client = drive.client(server, max_retries=1)
    with pytest.raises(errors.ServerError):
        drive(client.with_options(max_retries=0).runs.counts())
    assert len(server.requests) == 1
    with pytest.raises(errors.ServerError):
        drive(client.runs.counts())
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "options",
    [
        *({"timeout": wrong} for wrong in (-1, 0, "5", True, float("nan"))),
        *({"max_retries": wrong} for wrong in (-1, "5", True, 1.5)),
    ],
)
def test_invalid_options_are_rejected_immediately(drive: Driver, options: dict[str, Any]) -> None:
    with pytest.raises(errors.ArgumentError, match=next(iter(options))):
        drive.client(Script(GOOD_RUN), **options)
    with pytest.raises(errors.ArgumentError, match=next(iter(options))):
        drive.client(Script(GOOD_RUN)).with_options(**options)


HALF = "\ud800"
"""A lone surrogate, which is invalid in URLs and JSON."""


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.runs.retrieve(HALF),
        lambda client: client.runs.retrieve("x" * 70_000),
        lambda client: client.sessions.retrieve(external_id=HALF),
        lambda client: client.sessions.retrieve(external_id=5),
        lambda client: client.tasks.retrieve(""),
        lambda client: client.tasks.retrieve(HALF),
        lambda client: client.tasks.retrieve(None),
        lambda client: client.sessions.open(SESSION_ID).output("s").read(correlation_id=HALF),
        lambda client: client.sessions.open(SESSION_ID).output("s").read(correlation_id="x" * 70_000),
    ],
)
def test_an_argument_that_is_invalid_in_a_url_is_an_argument_error(
    drive: Driver, ask: Callable[[Any], Any]
) -> None:
    server = Script(GOOD_RUN)
    client = drive.client(server)
    with pytest.raises(errors.ArgumentError):
        drive(ask(client))
    assert not server.requests


def test_a_deeply_nested_response_is_an_unexpected_response_error(drive: Driver) -> None:
    deep = httpx.Response(200, content=b"[" * 100_000, headers={"content-type": "application/json"})
    with pytest.raises(errors.UnexpectedResponseError):
        drive(drive.client(Script(deep)).runs.counts())


def test_closing_a_client_made_by_with_options_closes_nothing(drive: Driver) -> None:
    client = drive.client(Script(GOOD_RUN))
    with_options = client.with_options(timeout=1)
    drive(with_options.aclose() if drive.kind == "async" else with_options.close())
    drive(client.aclose() if drive.kind == "async" else client.close())  # keeps the caller's HTTP client
    assert drive(client.runs.retrieve(RUN_ID)).id == RUN_ID


def test_a_closed_client_raises_a_configuration_error() -> None:
    client = HelmrClient(URL, KEY)
    with client:
        pass
    with pytest.raises(errors.ConfigurationError, match="closed"):
        client.runs.counts()


def test_raw_responses(drive: Driver, naps: list[float]) -> None:
    server = Script(error(503, "busy"), GOOD_RUN)
    client = drive.client(server)
    raw = client.with_raw_response
    with pytest.raises(HelmrError, match="no response yet"):
        _ = raw.response
    assert drive(raw.runs.retrieve(RUN_ID)).id == RUN_ID
    assert [response.status_code for response in raw.responses] == [503, 200]
    assert raw.response.headers["Helmr-API-Version"] == "2026-06-06"
    assert client.with_raw_response.responses == []


# --- masked credentials ------------------------------------------------------------------------------------

SECRETS = (KEY, "hlmr_public_access_pp", "hlmr_callback_cc", "hlmr_pat_x")
TOKEN = responses.token(
    callback_url=f"https://helmr.test/api/v1/tokens/{TOKEN_ID}/callback/hlmr_callback_cc",
    public_access_token="hlmr_public_access_pp",
)


def assert_silent(*strings: object) -> None:
    for text in strings:
        shown = f"{text!r} {text}"
        assert not [secret for secret in SECRETS if secret in shown], shown


def test_reprs_show_no_credential(drive: Driver) -> None:
    client = drive.client(Script(ok(TOKEN, 201)))
    token = drive(client.tokens.create())
    assert token.public_access_token == "hlmr_public_access_pp"
    assert_silent(client, token, client.tokens, client._transport, drive.public(Script(GOOD_RUN)))
    from helmr_ergonomic._tokens import callback

    assert_silent(callback(token.callback_url))


@pytest.mark.parametrize("kind", [HelmrClient, AsyncHelmrClient, PublicClient, AsyncPublicClient])
def test_the_repr_of_an_uninitialized_client_does_not_raise(kind: Any) -> None:
    assert kind.__name__ in repr(kind.__new__(kind))


def test_logs_and_errors_show_no_credential(
    drive: Driver, caplog: pytest.LogCaptureFixture, naps: list[float]
) -> None:
    caplog.set_level(logging.DEBUG)
    failures: list[Any] = [BROKEN, error(503, "busy"), error(401, "token scope denied"), ok([]), ok({})]
    for failure in failures:
        client = drive.client(Script(failure))
        token = drive(drive.client(Script(ok(TOKEN, 201))).tokens.create())
        public = drive.public(Script(failure))
        calls: list[Callable[..., Any]] = [
            lambda client=client, token=token: client.tokens.complete(callback_url=token.callback_url),
            lambda client=client, token=token: client.tokens.complete(token),
            lambda client=client: client.runs.counts(),
            lambda public=public: public.open(SESSION_ID).input("x").send(1),
            lambda public=public, token=token: public.complete_by_callback(token.callback_url, 1),
        ]
        for call in calls:
            with pytest.raises(HelmrError) as caught:
                drive(call())
            raised = caught.value
            assert_silent(raised, getattr(raised, "request", None), getattr(raised, "response", None))
            if (request := getattr(raised, "request", None)) is not None:
                assert_silent(request.headers, request.url)
            if (response := getattr(raised, "response", None)) is not None:
                assert_silent(response.url, response.request.headers)
    records = [record.getMessage() for record in caplog.records]
    assert_silent(*records)
    assert any(record.name == "helmr" for record in caplog.records)
    assert any("[secret]" in text for text in records)  # httpx itself logged the callback URL


def test_requests_and_retries_are_logged(
    drive: Driver, caplog: pytest.LogCaptureFixture, naps: list[float]
) -> None:
    caplog.set_level(logging.DEBUG, logger="helmr")
    drive(drive.client(Script(BROKEN, GOOD_RUN)).runs.retrieve(RUN_ID))
    strings = [record.getMessage() for record in caplog.records if record.name == "helmr"]
    assert strings[0].startswith(f"GET /api/runs/{RUN_ID} failed (HelmrConnectionError), trying again in")
    assert strings[1].startswith(f"GET /api/runs/{RUN_ID} -> 200 in ")
    assert strings[1].endswith("(attempt 2)")


# --- sharing -----------------------------------------------------------------------------------------------


def test_threads_may_share_a_client() -> None:
    server = Script(GOOD_RUN)
    with httpx.Client(transport=httpx.MockTransport(server)) as http:
        client = HelmrClient(URL, KEY, http_client=http)
        failures: list[BaseException] = []

        def work() -> None:
            try:
                for _ in range(50):
                    assert client.runs.retrieve(RUN_ID).id == RUN_ID
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
    assert len(server.requests) == 400


def test_event_hooks_of_the_callers_client_see_every_request(drive: Driver) -> None:
    seen: list[str] = []

    def note(request: httpx.Request) -> None:
        seen.append(request.url.path)

    async def note_async(request: httpx.Request) -> None:
        seen.append(request.url.path)

    client = drive.client(Script(GOOD_RUN))
    client._transport._http.client.event_hooks = {"request": [note if drive.kind == "sync" else note_async]}
    drive(client.runs.retrieve(RUN_ID))
    assert seen == [f"/api/runs/{RUN_ID}"]


def test_an_http_client_with_a_tiny_timeout_times_out() -> None:
    """Even if a response would arrive within the tolerance that longer timeouts have."""
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={}))
    assert TimeLimits.of_client(httpx.Client(transport=transport, timeout=1e-6)).attempt == pytest.approx(
        4e-6
    )
    assert with_leeway(4e-6) == pytest.approx(8e-6)
    assert with_leeway(60) == pytest.approx(60 + LEEWAY)
