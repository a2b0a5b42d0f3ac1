"""Client configuration: accepted URLs, required settings and option checks."""

from __future__ import annotations

import ipaddress

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helmr_api.urls import check_url
from helmr_ergonomic import AsyncHelmrClient, HelmrClient, PublicClient
from helmr_ergonomic.errors import ArgumentError, ConfigurationError


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://LOCALHOST", "http://localhost"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("http://127.1:8080/", "http://127.0.0.1:8080"),
        ("http://127.255.1.2", "http://127.255.1.2"),
        ("http://2130706433/", "http://127.0.0.1"),
        ("http://0x7f.1", "http://127.0.0.1"),
        ("http://0177.0.0.1", "http://127.0.0.1"),
        ("http://[::1]:3000/x", "http://[::1]:3000/x"),
        ("http://[0:0:0:0:0:0:0:1]", "http://[::1]"),
        ("HTTPS://Api.Example.Test/", "https://api.example.test"),
        ("https://a.test/base/", "https://a.test/base"),
        ("https://a.test/base//", "https://a.test/base"),
        ("https://a.test:443", "https://a.test"),
        ("  https://a.test\n", "https://a.test"),
    ],
)
def test_https_and_http_to_loopback_are_accepted_and_normalised(given: str, normal: str) -> None:
    assert check_url(given) == normal


@pytest.mark.parametrize(
    "url",
    [
        "http://0.0.0.0",
        "http://localhost.",
        "http://foo.localhost",
        "http://[::ffff:127.0.0.1]",
        "http://10.0.0.1",
        "http://192.168.1.1",
        "http://128.0.0.1",
        "http://127.0.0.1.nip.io",
        "http://127.0.0.1.example.test",
        "http://example.test",
        "http://3232235777",
        "http://[fe80::1]",
    ],
)
def test_plain_http_to_any_other_host_is_rejected(url: str) -> None:
    with pytest.raises(ConfigurationError, match="refusing to send credentials over plaintext"):
        check_url(url)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://a.test?x=1", "query or fragment"),
        ("https://a.test?", "query or fragment"),
        ("https://a.test#top", "query or fragment"),
        ("http://localhost/#", "query or fragment"),
        ("ftp://a.test", "unsupported scheme"),
        ("a.test", "http\\(s\\) URL"),
        ("localhost:8080", "http\\(s\\) URL"),
        ("https://", "has no host"),
        ("https://user:secret@a.test", "user name or password"),
        ("http://127.0.0.1:80@evil.test", "user name or password"),
        ("http://localhost\\@evil.test", "backslashes"),
        ("http://local host", "blanks"),
        ("http://127.0.0.1:99999", "is malformed"),
        ("http://256.0.0.1", "an invalid host"),
        ("http://127.0.0.1.0.1", "an invalid host"),
        ("http://127.0.0.08", "an invalid host"),
        ("http://%6cocalhost", "an invalid host"),
        ("http://[::1", "is malformed"),
        ("https://[::1", "is malformed"),
        ("https://a.test:99999", "is malformed"),
        ("https://a.test:port", "is malformed"),
        ("https://a\tb.test", "control characters"),
        ("https://a.test\x1b[2J", "control characters"),
        ("https://a.test\x9b2J", "control characters"),
        ("https://a。test", "an invalid host"),
        ("https://☃.test", "an invalid host"),
        ("https://\ud800.test", "an invalid host"),
        ("https://a.test/\ud800", "an invalid"),
        ("https://a.test/api/v1/tokens/1/callback/hlmr_callback_secret", "must not contain a credential"),
        ("https://hlmr_sk_secret", "must not contain a credential"),
    ],
)
def test_invalid_urls_and_urls_with_extra_parts_are_rejected(url: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=text) as caught:
        check_url(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("client", [HelmrClient, AsyncHelmrClient])
def test_the_error_for_a_missing_setting_names_it(
    client: type[HelmrClient] | type[AsyncHelmrClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HELMR_API_URL", raising=False)
    monkeypatch.delenv("HELMR_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match="HELMR_API_URL"):
        client()
    monkeypatch.setenv("HELMR_API_URL", "https://a.test")
    with pytest.raises(ConfigurationError, match="HELMR_API_KEY"):
        client()
    monkeypatch.setenv("HELMR_API_URL", "  ")
    with pytest.raises(ConfigurationError, match="HELMR_API_URL"):
        client()


def test_an_empty_option_does_not_fall_back_to_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELMR_API_URL", "https://a.test")
    monkeypatch.setenv("HELMR_API_KEY", "hlmr_sk_x")
    with pytest.raises(ConfigurationError, match="HELMR_API_URL"):
        HelmrClient(url="")
    with pytest.raises(ConfigurationError, match="HELMR_API_KEY"):
        HelmrClient(api_key="")
    with HelmrClient() as client:
        assert client.url == "https://a.test"


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel", "\x00"])
def test_a_key_that_is_invalid_in_a_header_is_rejected_without_showing_it(key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        HelmrClient(url="https://a.test", api_key=key)
    assert key not in str(caught.value)
    with pytest.raises(ArgumentError) as shown:
        PublicClient(key, url="https://a.test")
    assert key not in str(shown.value)


@pytest.mark.parametrize("url", [5, b"https://a.test", ["https://a.test"]])
def test_a_url_or_key_that_is_not_a_string_is_rejected(url: object) -> None:
    with pytest.raises(ConfigurationError, match="URL must be a string"):
        HelmrClient(url, "key")  # type: ignore[arg-type]  # that is the point
    with pytest.raises(ConfigurationError, match="the API key must be a string"):
        HelmrClient("https://a.test", url)  # type: ignore[arg-type]  # that is the point


def test_the_error_for_an_invalid_environment_variable_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELMR_API_URL", "http://helmr.example")
    with pytest.raises(ConfigurationError, match=r"^HELMR_API_URL: refusing to send credentials"):
        HelmrClient(api_key="key")


PARTS = ["127.0.0.1", "localhost", "::1", "evil.test", "0x7f", "80", *"[]@:./%\\\t"]


@given(parts=st.lists(st.sampled_from(PARTS) | st.characters(codec=None), max_size=8))
@example(["127.0.0.1", "\uff0e", "evil.test"])
@example(["127.0.0.1", "\t", "evil.test"])
@example(["localhost", ":", "80", ":", "evil.test"])
@example(["[", "::1", "%", "evil.test", "]"])
@example(["localhost", "%", "00", "evil.test"])
def test_httpx_connects_to_loopback_for_every_accepted_plain_http_url(parts: list[str]) -> None:
    try:
        accepted = check_url("http://" + "".join(parts))
    except ConfigurationError:
        return
    read = httpx.URL(accepted)
    assert (read.scheme, read.userinfo) == ("http", b"")
    assert read.host == "localhost" or ipaddress.ip_address(read.host).is_loopback
    assert check_url(accepted) == accepted


def test_an_http_client_of_the_wrong_kind_is_rejected() -> None:
    with httpx.Client() as http, pytest.raises(ConfigurationError, match=r"httpx\.AsyncClient"):
        AsyncHelmrClient("https://a.test", "key", http_client=http)  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize("retries", [-1, True])
def test_max_retries_must_be_a_non_negative_integer(retries: int) -> None:
    with pytest.raises(ArgumentError, match="max_retries"):
        HelmrClient("https://a.test", "key", max_retries=retries)
