"""Restricts where credentials are sent: over https, or over http to this machine."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import SplitResult, urlsplit

from .display import holds_credential
from .errors import ConfigurationError

__all__ = ["bearer_value", "check_url", "is_loopback"]

DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def check_url(url: str) -> str:
    """Check and normalise a URL: https, or http to a loopback host, without query, fragment or user name.

    The result keeps a base path, but has no trailing slash.

    Raises:
        ConfigurationError: the URL breaks the rule. The message never contains a password.

    >>> check_url("http://127.1:8080/")
    'http://127.0.0.1:8080'
    """
    if not isinstance(url, str):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ConfigurationError(f"the control plane URL must be a string, got {type(url).__name__}")
    text = url.strip()
    if "\\" in text or any(ord(char) <= 0x20 or 0x7F <= ord(char) <= 0x9F for char in text):
        raise ConfigurationError(
            "the control plane URL must not contain blanks, control characters or backslashes"
        )
    if holds_credential(text):
        raise ConfigurationError(
            "the control plane URL must not contain a credential: it is the URL of the control plane itself, "
            "such as https://api.example.test"
        )
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigurationError(
            "the control plane URL is malformed: it must be an http(s) URL with a port of at most 65535"
        ) from None
    if parts.scheme not in DEFAULT_PORTS:
        if not parts.scheme or not parts.netloc:
            raise ConfigurationError(
                "the control plane URL must be an http(s) URL such as https://api.example.test"
            )
        raise ConfigurationError(f"unsupported scheme {parts.scheme!r}: the control plane URL must use https")
    if "@" in parts.netloc:
        raise ConfigurationError(
            "the control plane URL must not contain a user name or password: pass the API key separately"
        )
    if not host:
        raise ConfigurationError("the control plane URL has no host")
    if "?" in text or "#" in text:
        raise ConfigurationError("the control plane URL must not contain a query or fragment")
    normal = _normal_host(host)
    if parts.scheme == "http" and not is_loopback(normal):
        raise ConfigurationError(
            f"refusing to send credentials over plaintext to {normal}: use https (http is for loopback hosts "
            "only)"
        )
    return _as_httpx_reads(parts.scheme, normal, port, _join(parts, normal, port))


def is_loopback(host: str) -> bool:
    """True if a host of a URL, without brackets, is this machine: `localhost`, `127.0.0.0/8` or `::1`.

    Other names are not resolved: the address of `x.localhost` depends on the resolver.

    >>> is_loopback("127.0.0.1"), is_loopback("x.localhost")
    (True, False)
    """
    if host in ("localhost", "127.0.0.1", "::1"):
        return True
    try:
        return ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        return False


def bearer_value(secret: str, what: str) -> str:
    """Return a credential for an `Authorization` header, without surrounding white space.

    Raises:
        ConfigurationError: it is invalid in a header. The message does not contain it.
    """
    if not isinstance(secret, str):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ConfigurationError(f"{what} must be a string, got {type(secret).__name__}")
    trimmed = secret.strip()
    if not trimmed or not trimmed.isascii() or not trimmed.isprintable() or " " in trimmed:
        raise ConfigurationError(f"{what} is empty or contains invalid characters: check how it was copied")
    return trimmed


def _join(parts: SplitResult, host: str, port: int | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    place = shown if port is None or port == DEFAULT_PORTS[parts.scheme] else f"{shown}:{port}"
    return f"{parts.scheme}://{place}{parts.path.rstrip('/')}"


def _as_httpx_reads(scheme: str, host: str, port: int | None, url: str) -> str:
    """Return the URL if httpx parses the same scheme, host and port, so that requests go to the host that was
    checked."""
    import httpx

    expected = None if port == DEFAULT_PORTS[scheme] else port
    try:
        read = httpx.URL(url)
        same_host = host in (read.host, read.raw_host.decode("ascii"))
        if same_host and (read.scheme, read.port) == (scheme, expected):
            return url
    except (httpx.InvalidURL, UnicodeError):
        pass
    raise ConfigurationError(f"the control plane URL has an invalid host: {host!r}")


def _normal_host(host: str) -> str:
    """Normalise a host as browsers do, so that an unusual spelling cannot disguise an address."""
    lowered = host.lower()
    if ":" in lowered:
        try:
            return ipaddress.IPv6Address(lowered).compressed
        except ValueError:
            raise ConfigurationError(f"the control plane URL has an invalid host: {host!r}") from None
    if "%" in lowered:
        raise ConfigurationError(f"the control plane URL has an invalid host: {host!r}")
    labels = lowered.removesuffix(".").split(".")
    if not _is_number(labels[-1]):
        return lowered
    address = _ipv4(labels)
    if address is None:
        raise ConfigurationError(f"the control plane URL has an invalid host: {host!r}")
    return address


def _is_number(label: str) -> bool:
    return (label.isascii() and label.isdigit()) or _hex(label) is not None


def _hex(label: str) -> int | None:
    if not label.startswith("0x"):
        return None
    try:
        return int(label[2:], 16) if "_" not in label else None
    except ValueError:
        return 0 if label == "0x" else None


def _ipv4(labels: list[str]) -> str | None:
    """Return the dotted form of an IPv4 address in any form that browsers accept: `127.1`, `2130706433`,
    octal."""
    if len(labels) > 4 or any(len(label) > 20 for label in labels):
        return None
    numbers: list[int] = []
    for label in labels:
        value = _hex(label)
        if value is None:
            if not (label.isascii() and label.isdigit()):
                return None
            try:
                value = int(label, 8 if len(label) > 1 and label.startswith("0") else 10)
            except ValueError:
                return None
        numbers.append(value)
    *firsts, last = numbers
    if any(number > 255 for number in firsts) or last >= 256 ** (5 - len(numbers)):
        return None
    value = last
    for index, number in enumerate(firsts):
        value += number << (8 * (3 - index))
    return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))
