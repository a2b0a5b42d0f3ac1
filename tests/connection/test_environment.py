"""Proxies and certificates from the environment: one rule for both clients and the contract tool."""

from __future__ import annotations

import asyncio
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helmr_api import AsyncClient, Client
from helmr_api.api.runs import count_runs
from helmr_api.connection import new_http_client
from helmr_api.errors import ConnectionFailed, UnexpectedStatus
from helmr_api.proxies import ProxySettings
from helmr_contract.target import Target
from helmr_ergonomic import AsyncHelmrClient, HelmrClient, HelmrError
from helmr_ergonomic._async import connections as async_connections
from helmr_ergonomic._sync import connections as sync_connections
from helmr_ergonomic.errors import ArgumentError, ConfigurationError, HelmrConnectionError

from .peers import CERTIFICATE, COUNTS, AiohttpHelmrClient, ConnectProxy, Peer, response

KEY = "hlmr_sk_" + "k" * 43


def by_client(url: str) -> None:
    with HelmrClient(url, KEY, max_retries=0) as client:
        client.runs.counts()


def by_async_client(url: str) -> None:
    async def call() -> None:
        async with AsyncHelmrClient(url, KEY, max_retries=0) as client:
            await client.runs.counts()

    asyncio.run(call())


def by_aiohttp_client(url: str) -> None:
    async def call() -> None:
        async with AiohttpHelmrClient(url, KEY, max_retries=0) as client:
            await client.runs.counts()

    asyncio.run(call())


def by_client_with_httpx_pool(url: str) -> None:
    with mock.patch.object(sync_connections, "is_replaceable", return_value=False):
        by_client(url)


def by_async_client_with_httpx_pool(url: str) -> None:
    with mock.patch.object(async_connections, "is_replaceable", return_value=False):
        by_async_client(url)


@contextmanager
def not_of_the_server() -> Iterator[None]:
    """Suppress `UnexpectedStatus` for any status below 500."""
    try:
        yield
    except UnexpectedStatus as error:
        assert error.status_code < 500  # noqa: PT017 - the status tells whether it came through


def by_low_level_client(url: str) -> None:
    with Client(url, KEY) as client, not_of_the_server():
        count_runs.sync(client=client)


def by_low_level_client_async(url: str) -> None:
    async def call() -> None:
        async with AsyncClient(url, KEY) as client:
            with not_of_the_server():
                await count_runs.asyncio(client=client)

    asyncio.run(call())


def by_command(url: str) -> None:
    with Target(url, KEY).client() as client:
        assert client.get("/api/runs/counts").status_code < 500


CALLS: list[Callable[[str], None]] = [
    by_client,
    by_async_client,
    by_aiohttp_client,
    by_client_with_httpx_pool,
    by_async_client_with_httpx_pool,
    by_low_level_client,
    by_low_level_client_async,
    by_command,
]
each_client = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__.removeprefix("by_"))


@pytest.fixture
def plane() -> Iterator[Peer]:
    """A control plane over http."""
    with Peer(response()) as peer:
        yield peer


@pytest.fixture
def tls_plane() -> Iterator[Peer]:
    """A control plane over https."""
    with Peer(response(), tls=True) as peer:
        yield peer


@pytest.fixture
def proxy(tls_plane: Peer) -> Iterator[ConnectProxy]:
    with ConnectProxy(tls_plane) as peer:
        yield peer


# --- http to this machine ----------------------------------------------------------------------------------


@each_client
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_plain_http_to_this_machine_bypasses_the_proxy(
    call: Callable[[str], None], host: str, plane: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ConnectProxy(None) as recorder:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, recorder.url)
        call(f"http://{host}:{plane.port}")
    assert recorder.raw == []
    assert plane.seen.count(b"Bearer " + KEY.encode()) == 1


PROXIES = [
    "",
    "socks5://127.0.0.1:1",
    "socks://h:1",
    "http://127.0.0.1:port",
    "http://u:s3cret@[::1",
    "h:3128",
    "x",
]
EXCEPTIONS = [
    "",
    "*",
    "[::1]",
    "fd00::/8",
    "10.0.0.0/99",
    "a.test",
    "<local>",
    "127.0.0.1",
    ",,",
    "http://x",
    "[",
    "/",
]
FILES = ["", "/nonexistent/file.pem", "/", os.devnull, str(CERTIFICATE)]
ENVIRONMENTS = st.fixed_dictionaries(
    {},
    optional={
        **{
            name: st.sampled_from(PROXIES)
            for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
        },
        **{name: st.sampled_from(PROXIES) for name in ("HTTP_PROXY", "http_proxy")},
        **{name: st.sampled_from(EXCEPTIONS) for name in ("NO_PROXY", "no_proxy")},
        **{name: st.sampled_from(FILES) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")},
        "SSLKEYLOGFILE": st.sampled_from(["", "/nonexistent/keys", "/", os.devnull]),
    },
)
per_example = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@per_example
@given(environment=ENVIRONMENTS, call=st.sampled_from(CALLS))
def test_no_environment_variable_breaks_plain_http_to_this_machine(
    plane: Peer, environment: dict[str, str], call: Callable[[str], None]
) -> None:
    with mock.patch.dict(os.environ, environment):
        call(plane.url)


# --- https -------------------------------------------------------------------------------------------------


@per_example
@given(environment=ENVIRONMENTS, kind=st.sampled_from([HelmrClient, AsyncHelmrClient]))
def test_an_environment_is_used_or_rejected_with_the_variable_name(
    environment: dict[str, str], kind: Any
) -> None:
    refusal: ConfigurationError | None = None
    with mock.patch.dict(os.environ, environment):
        try:
            kind("https://a.test", KEY)
        except ConfigurationError as error:
            refusal = error
    if refusal is not None:
        assert [name for name, value in environment.items() if value and name in str(refusal)]
        assert "s3cret" not in "".join(traceback.format_exception(refusal))


@each_client
def test_https_trusts_certificates_from_the_environment(
    call: Callable[[str], None], tls_plane: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(
        (HelmrConnectionError, ConnectionFailed, httpx.ConnectError), match=r"CERTIFICATE_VERIFY_FAILED"
    ):
        call(tls_plane.url)
    assert tls_plane.seen == b""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    call(tls_plane.url)
    assert tls_plane.seen.count(b"Bearer " + KEY.encode()) == 1


def test_a_certificate_directory_is_used(
    tls_plane: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    with pytest.raises(HelmrConnectionError):
        by_client(tls_plane.url)
    # OpenSSL looks up certificates by the hash of their subject.
    (tmp_path / "eadc1405.0").write_bytes(CERTIFICATE.read_bytes())
    by_client(tls_plane.url)


def test_tls_keys_are_logged_to_sslkeylogfile(
    tls_plane: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    by_client(tls_plane.url)
    assert "CLIENT_TRAFFIC_SECRET_0" in (tmp_path / "keys").read_text()


@each_client
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_https_uses_the_proxy_from_the_environment(
    call: Callable[[str], None], variable: str, proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    monkeypatch.setenv(variable, f"http://user:p%40ss@{proxy.address}")
    call("https://helmr.test")
    assert proxy.asked == ["CONNECT helmr.test:443 HTTP/1.1"]
    assert b"proxy-authorization: basic dxnlcjpwqhnz" in proxy.seen.lower()
    assert KEY.encode() not in proxy.seen


def test_a_proxy_can_use_https(tls_plane: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with ConnectProxy(tls_plane, tls=True) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        by_client("https://helmr.test")
    assert proxy.asked == ["CONNECT helmr.test:443 HTTP/1.1"]
    assert KEY.encode() not in proxy.seen


@each_client
@pytest.mark.parametrize(
    "exception", ["*", "127.0.0.1", "10.0.0.1 127.0.0.0/8", "127/8", "127.*", "{address}"]
)
def test_https_to_a_no_proxy_host_bypasses_the_proxy(
    call: Callable[[str], None],
    exception: str,
    tls_plane: Peer,
    proxy: ConnectProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", exception.format(address=tls_plane.address))
    call(tls_plane.url)
    assert proxy.asked == []


@pytest.mark.parametrize(
    ("exceptions", "straight", "through"),
    [
        ("", [], ["https://a.test", "https://127.0.0.1"]),
        ("*", ["https://a.test", "https://[::1]:8"], []),
        ("x, *", ["https://a.test"], []),
        ("a.test", ["https://a.test", "https://b.a.test:8443"], ["https://ba.test", "https://a.test.evil"]),
        (".a.test", ["https://a.test", "https://b.a.test"], ["https://ba.test"]),
        ("*.a.test", ["https://b.a.test", "https://c.b.a.test"], ["https://ba.test"]),
        ("A.Test.", ["https://a.test", "https://a.test.", "https://B.A.TEST"], []),
        ("a.test:8443", ["https://a.test:8443", "https://b.a.test:8443"], ["https://a.test"]),
        ("a.test:443", ["https://a.test", "https://a.test:443"], ["https://a.test:8443"]),
        ("https://a.test,all://b.test", ["https://a.test", "https://b.test"], []),
        ("http://a.test", [], ["https://a.test"]),
        ("[::1]", ["https://[::1]", "https://[0:0::1]:9"], ["https://[::2]", "https://127.0.0.1"]),
        ("::1", ["https://[::1]"], ["https://[::2]"]),
        ("[::1]:9", ["https://[::1]:9"], ["https://[::1]"]),
        ("fd00::/8", ["https://[fd12::1]"], ["https://[fe80::1]", "https://a.test"]),
        ("[fd00::]/8", ["https://[fd12::1]"], ["https://[fe80::1]"]),
        ("10.0.0.0/8", ["https://10.1.2.3"], ["https://11.0.0.1", "https://[::10]"]),
        ("10.1.2.3/8", ["https://10.9.9.9"], ["https://11.0.0.1"]),
        ("169.254/16", ["https://169.254.1.1"], ["https://169.255.1.1"]),
        (
            "10.0.0.1",
            ["https://10.0.0.1", "https://[::ffff:10.0.0.1]"],
            ["https://10.0.0.10", "https://110.0.0.1"],
        ),
        ("192.168.*", ["https://192.168.7.7"], ["https://192.169.7.7"]),
        ("bücher.test", ["https://bücher.test", "https://xn--bcher-kva.test"], ["https://test"]),
        ("a.test b.test\tc.test", ["https://a.test", "https://b.test", "https://c.test"], []),
        ("localhost", ["https://localhost"], ["https://localhost.test"]),
    ],
)
def test_no_proxy_patterns_match_hosts(
    exceptions: str, straight: list[str], through: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", exceptions)
    proxies = ProxySettings()
    assert [url for url in straight + through if proxies.apply_to(httpx.URL(url))] == through


@pytest.mark.parametrize(
    "exceptions",
    ["10.0.0.0/99", "[a.test]", "[::1", "a.test/8", "<local>", "a:99999", "fd00::/x", "a..b", "☃"],
)
def test_an_invalid_no_proxy_entry_is_rejected(exceptions: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", f"ok.test,{exceptions}")
    HelmrClient("https://a.test", KEY).close()  # without a proxy, NO_PROXY has no effect
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    with pytest.raises(ConfigurationError, match="entry 2 of NO_PROXY"):
        HelmrClient("https://a.test", KEY)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("socks5://u:s3cret@127.0.0.1:1080", "names a SOCKS proxy, which needs another"),
        ("socks://127.0.0.1:1080", "is not a usable proxy"),
        ("ftp://u:s3cret@127.0.0.1", "is not a usable proxy"),
        ("http://u:s3cret@127.0.0.1:port", "is not a usable proxy"),
        ("http://u:s3cret@127.0.0.1:99999", "is not a usable proxy"),
        ("http://u:s3cret@[::1", "is not a usable proxy"),
        ("http://", "is not a usable proxy"),
        ("u:s3cret@:8080", "is not a usable proxy"),
    ],
)
def test_an_unusable_proxy_is_rejected(value: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)  # socksio is not installed
    monkeypatch.setenv("ALL_PROXY", value)
    for make in (HelmrClient, AsyncHelmrClient):
        with pytest.raises(ConfigurationError, match=f"^ALL_PROXY {reason}") as caught:
            make("https://a.test", KEY)
        assert "s3cret" not in str(caught.value)
    monkeypatch.setenv("NO_PROXY", "a.test")
    HelmrClient("https://a.test", KEY).close()
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("all_proxy", "")  # an empty value disables it
    HelmrClient("https://a.test", KEY).close()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SSL_CERT_FILE", "/nonexistent/ca.pem"),
        ("SSL_CERT_FILE", "/"),
        ("SSL_CERT_FILE", __file__),
        ("SSL_CERT_DIR", "/nonexistent"),
        ("SSL_CERT_DIR", __file__),
        ("SSLKEYLOGFILE", "/nonexistent/keys.log"),
        ("SSLKEYLOGFILE", "/"),
    ],
)
def test_an_unusable_certificate_file_is_rejected(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    for make in (HelmrClient, AsyncHelmrClient):
        with pytest.raises(ConfigurationError, match=f"^{variable} is '{value}'"):
            make("https://a.test", KEY)
    with pytest.raises(ConfigurationError, match=f"^{variable} "):
        Client("https://a.test", KEY)


def test_callbacks_to_other_hosts_follow_the_same_rule(
    plane: Peer, tls_plane: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "/api/v1/tokens/0198a1b2-c3d4-7e5f-8091-a2b3c4d5e6f7/callback/hlmr_callback_x"
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent/ca.pem")
    with HelmrClient(plane.url, KEY, max_retries=0) as client:
        client.runs.counts()
        with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
            client.tokens.complete(callback_url=f"{tls_plane.url}{path}", data=1)
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        with pytest.raises(HelmrError, match="unexpected structure"):
            client.tokens.complete(callback_url=f"{tls_plane.url}{path}", data=1)
    assert b"hlmr_callback_x" in tls_plane.seen
    assert b"Authorization" not in tls_plane.seen


# --- redirects, cookies, .netrc ----------------------------------------------------------------------------


@each_client
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(call: Callable[[str], None], status: int) -> None:
    with Peer(response()) as elsewhere, Peer(response(status, b"{}", f"Location: {elsewhere.url}/")) as plane:
        try:
            call(plane.url)
        except HelmrError as error:
            assert "redirect" in str(error)  # noqa: PT017  the low-level client returns the response
        assert elsewhere.raw == []
        assert plane.seen.count(b" HTTP/1.1\r\n") == 1


def test_cookies_are_neither_stored_nor_sent() -> None:
    cookie = "Set-Cookie: helmr_session_dev=stolen; Path=/; HttpOnly"
    with Peer(response(200, COUNTS, cookie)) as plane:
        with HelmrClient(plane.url, KEY) as client:
            client.runs.counts()
            client.runs.counts()
        with Client(plane.url, KEY) as low_level:
            count_runs.sync(client=low_level)
            count_runs.sync(client=low_level)
        with Target(plane.url, KEY).client() as tool:
            tool.get("/api/runs/counts")
            tool.get("/api/runs/counts")
        assert plane.seen.count(b" HTTP/1.1\r\n") == 6
        assert b"cookie" not in plane.seen.lower()


@each_client
def test_netrc_is_not_read(
    call: Callable[[str], None], plane: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login user password s3cret\ndefault login user password s3cret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    call(plane.url)
    assert b"Basic" not in plane.seen
    assert b"Bearer " + KEY.encode() in plane.seen


@pytest.mark.parametrize("option", [{"follow_redirects": True}, {"cookies": {"a": "b"}}])
def test_an_option_that_breaks_the_rule_is_rejected(option: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match="redirects are never followed and cookies never sent"):
        Client("https://a.test", KEY, **option)


# --- the low-level client ----------------------------------------------------------------------------------


def test_the_low_level_client_has_the_same_url_rule() -> None:
    for url in (
        "http://a.test",
        "http://x.localhost",
        "https://u:s3cret@a.test",
        "https://[::1",
        "https://a.test?b",
    ):
        with pytest.raises(ConfigurationError) as caught:
            Client(url, KEY)
        assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("token", ["", "two words", "s3cret\nX-Evil: 1", "s3crét"])
def test_a_token_that_is_invalid_in_a_header_is_rejected_without_being_shown(token: str) -> None:
    with pytest.raises(ConfigurationError, match="token is empty or contains invalid characters") as caught:
        Client("https://a.test", token)
    assert "s3cr" not in str(caught.value)


def test_plain_http_is_never_sent_to_another_machine() -> None:
    for url in ("http://a.test/", "http://x.localhost/", "http://10.0.0.1/", "ftp://a.test/"):
        with (
            new_http_client() as client,
            pytest.raises(ConfigurationError, match="refusing to send a request"),
        ):
            client.get(url)


def test_a_proxy_and_certificates_can_be_passed_explicitly(
    tls_plane: Peer, proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://u:s3cret@nowhere.test:port")
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent/ca.pem")
    with Client("https://helmr.test", KEY, verify=str(CERTIFICATE), proxy=proxy.url) as client:
        assert count_runs.sync(client=client).queued == 0
    assert proxy.asked == ["CONNECT helmr.test:443 HTTP/1.1"]
    with Client(tls_plane.url, KEY, verify=False, proxy=proxy.url) as client:
        assert count_runs.sync(client=client).queued == 0


def test_plain_http_does_not_use_an_explicit_proxy(plane: Peer, proxy: ConnectProxy) -> None:
    with Client(plane.url, KEY, proxy=proxy.url) as client:
        assert count_runs.sync(client=client).queued == 0
    assert proxy.asked == []


# --- the caller's own http_client --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_an_http_client_that_would_reveal_the_key_to_a_proxy_is_rejected(
    kind: str, plane: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")

    def call(**options: Any) -> None:
        if kind == "sync":
            with httpx.Client(**options) as http:
                HelmrClient(plane.url, KEY, http_client=http).runs.counts()
            return

        async def calls() -> None:
            async with httpx.AsyncClient(**options) as http:
                await AsyncHelmrClient(plane.url, KEY, http_client=http).runs.counts()

        asyncio.run(calls())

    with pytest.raises(ConfigurationError, match="http_client sends plain http through a proxy"):
        call()
    with pytest.raises(ConfigurationError, match="http_client sends plain http through a proxy"):
        call(trust_env=False, proxy="https://proxy.test")
    assert plane.seen == b""
    call(trust_env=False)
    call(transport=httpx.MockTransport(lambda request: httpx.Response(200, content=COUNTS)))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    call()
    with Peer(response()) as recorder:  # a proxy on this machine, such as a request debugger
        call(proxy=recorder.url)
    assert KEY.encode() in recorder.seen
