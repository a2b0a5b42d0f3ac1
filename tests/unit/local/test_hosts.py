"""The host names that a server accepts."""

from __future__ import annotations

import pytest

from helmr_local.hosts import (
    AllowedHosts,
    HostError,
    check_allowed,
    check_public_url,
    loopback_url,
)


@pytest.mark.parametrize(
    "header",
    [
        "localhost",
        "LocalHost:8080",
        "localhost.",
        "127.0.0.1",
        "127.1.2.3:1",
        "[::1]",
        "[::1]:8080",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "127.0.0.1:",
    ],
)
def test_all_names_of_the_loopback_interface_are_accepted(header: str) -> None:
    hosts = AllowedHosts()
    assert [hosts.allows(header, None) for _ in range(2)] == [True, True]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "evil.test",
        "evil.test:8080",
        "localhost.evil.test",
        "evil.localhost",
        "xlocalhost",
        "127.0.0.1.evil.test",
        "evil127.0.0.1",
        "127.0.0.1@evil.test",
        "evil.test:80:localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "127.0.0.01",
        "128.0.0.1",
        "0.0.0.0",  # noqa: S104
        "[::]",
        "[::2]",
        "[::1",
        "::1",
        "[evil.test]",
        "localhost:99999",
        "localhost:99999999999999999999",
        "localhost:x",
        "localhost..",
        " localhost",
    ],
)
def test_other_names_are_rejected(header: str) -> None:
    assert not AllowedHosts({"helmr.test"}).allows(header, "192.0.2.1")


@pytest.mark.parametrize(
    ("header", "local", "served"),
    [
        ("192.0.2.1:8080", "192.0.2.1", True),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("[fe80::1%25eth0]", "fe80::1%eth0", True),
        ("[FE80:0::1]", "fe80::1", True),
        ("192.0.2.2", "192.0.2.1", False),
        ("helmr.test", "192.0.2.1", False),
    ],
)
def test_the_address_of_the_connection_is_accepted(header: str, local: str, served: bool) -> None:
    assert AllowedHosts().allows(header, local) is served


@pytest.mark.parametrize(
    ("allowed", "header"),
    [
        ("helmr.test", "HELMR.test:443"),
        ("Helmr.Test.", "helmr.test"),
        ("host.docker.internal", "host.docker.internal"),
        ("my_service", "my_service:80"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8::1", "[2001:db8:0::1]:80"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        ("*", "anything.test"),
        ("*", ""),
    ],
)
def test_a_user_may_allow_more_hosts(allowed: str, header: str) -> None:
    assert AllowedHosts({check_allowed(allowed)}).allows(header, None)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "http://helmr.test",
        "helmr.test:80",
        "[::1]:80",
        "helmr test",
        "*.test",
        "-x",
        "a/b",
        "[x]",
        "a@b",
        ".",
    ],
)
def test_an_invalid_allowed_host_is_rejected(name: str) -> None:
    with pytest.raises(HostError, match="an allowed host is a name or an address"):
        check_allowed(name)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "https://helmr.test", "http://[::1]:1", "https://a.test/x"]
)
def test_a_valid_public_url_is_accepted(url: str) -> None:
    assert (check_public_url(url), check_public_url(url + "/")) == (url, url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "helmr.test",
        "ftp://helmr.test",
        "http://",
        "http://a b",
        "http://user:secret@helmr.test",
        "http://helmr.test:99999",
        "http://helmr.test:x",
        "http://helmr.test?x",
        "http://helmr.test#x",
        "http://[::1",
        "http://h\u00e9lmr.test",
        "http://helmr.test/\n",
    ],
)
def test_an_invalid_public_url_is_rejected(url: str) -> None:
    with pytest.raises(HostError, match="the public URL is"):
        check_public_url(url)


@pytest.mark.parametrize(
    ("listening", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("localhost", "http://localhost:80"),
        ("::1", "http://[::1]:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),  # noqa: S104
        ("::", "http://[::1]:80"),
        ("0:0::0", "http://[::1]:80"),
        ("192.0.2.1", "http://192.0.2.1:80"),
    ],
)
def test_the_url_of_a_server_can_be_connected_to(listening: str, url: str) -> None:
    assert loopback_url(listening, 80) == url
