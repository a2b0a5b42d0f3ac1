"""Where the control plane is and who is calling: the URL rule, the API key, the environment variables."""

from __future__ import annotations

import ipaddress
import os
from typing import Final
from urllib.parse import SplitResult, urlsplit

from .errors import ConfigurationError

__all__ = [
    "API_KEY_VARIABLE",
    "URL_VARIABLE",
    "bearer_value",
    "check_url",
    "configured_key",
    "configured_url",
]

URL_VARIABLE: Final = "HELMR_API_URL"
API_KEY_VARIABLE: Final = "HELMR_API_KEY"


def configured_url(url: str | None) -> str:
    """The base URL to use: the one given, else the one of `HELMR_API_URL`.

    Raises `ConfigurationError` when there is none or when it breaks the URL rule (see `check_url`).
    """
    given = url if url is not None else os.environ.get(URL_VARIABLE)
    if given is None or not given.strip():
        raise ConfigurationError(
            f"no control plane URL: set the environment variable {URL_VARIABLE}, or pass url=... to the "
            "client"
        )
    return check_url(given)


def configured_key(api_key: str | None) -> str:
    """The API key to use: the one given, else the one of `HELMR_API_KEY`.

    Raises `ConfigurationError` when there is none, or when it cannot stand in a header.
    """
    given = api_key if api_key is not None else os.environ.get(API_KEY_VARIABLE)
    if given is None or not given.strip():
        raise ConfigurationError(
            f"no API key: set the environment variable {API_KEY_VARIABLE}, or pass api_key=... to the client"
        )
    return bearer_value(given, "the API key")


def bearer_value(secret: str, what: str) -> str:
    """A credential that may stand in an `Authorization` header, without the white space around it.

    Raises `ConfigurationError`, which does not show it, when it may not.
    """
    trimmed = secret.strip()
    if not trimmed or not trimmed.isascii() or not trimmed.isprintable() or " " in trimmed:
        raise ConfigurationError(
            f"{what} is empty or holds characters that no key has: check how it was copied"
        )
    return trimmed


def check_url(url: str) -> str:
    """The URL rule: https, or http to a loopback host; no query, fragment or user name. A base path is kept.

    Returns the URL normalised, without a trailing slash. Raises `ConfigurationError` otherwise; its message
    never shows a password.

    >>> check_url("http://127.1:8080/")
    'http://127.0.0.1:8080'
    """
    text = url.strip()
    if "\\" in text or any(ord(char) <= 0x20 or ord(char) == 0x7F for char in text):
        raise ConfigurationError(
            "the control plane URL must not hold blanks, control characters or backslashes"
        )
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigurationError("the control plane URL cannot be read: it must be an http(s) URL") from None
    if parts.scheme not in ("http", "https"):
        if not parts.scheme or not parts.netloc:
            raise ConfigurationError(
                "the control plane URL must be an http(s) URL such as https://api.example.test "
                f"(see {URL_VARIABLE})"
            )
        raise ConfigurationError(f"unsupported scheme {parts.scheme!r}: the control plane URL must use https")
    if not host:
        raise ConfigurationError("the control plane URL names no host")
    if "@" in parts.netloc:
        raise ConfigurationError(
            "the control plane URL must not hold a user name or password: the API key goes into "
            f"{API_KEY_VARIABLE}"
        )
    if "?" in text or "#" in text:
        raise ConfigurationError("the control plane URL must not include a query or fragment")
    normal = _normal_host(host)
    if parts.scheme == "http" and not _is_loopback(normal):
        raise ConfigurationError(
            f"refusing to send credentials over plaintext to {normal}: use https (http is for loopback hosts "
            "only)"
        )
    return _join(parts, normal, port)


def _join(parts: SplitResult, host: str, port: int | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    default = 443 if parts.scheme == "https" else 80
    place = shown if port is None or port == default else f"{shown}:{port}"
    return f"{parts.scheme}://{place}{parts.path.rstrip('/')}"


def _normal_host(host: str) -> str:
    """A host as browsers normalise it, so that no spelling of an address passes for another one."""
    lowered = host.lower()
    if ":" in lowered:
        try:
            return ipaddress.IPv6Address(lowered).compressed
        except ValueError:
            raise ConfigurationError(f"the control plane URL names no valid host: {host!r}") from None
    if "%" in lowered:
        raise ConfigurationError(f"the control plane URL names no valid host: {host!r}")
    labels = lowered.removesuffix(".").split(".")
    if not _is_number(labels[-1]):
        return lowered
    address = _ipv4(labels)
    if address is None:
        raise ConfigurationError(f"the control plane URL names no valid host: {host!r}")
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
    """The dotted form of an IPv4 address in any of the forms that browsers read (`127.1`, `2130706433`,
    octal).
    """
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
    if len(numbers) > 4 or any(number > 255 for number in firsts) or last >= 256 ** (5 - len(numbers)):
        return None
    value = last
    for index, number in enumerate(firsts):
        value += number << (8 * (3 - index))
    return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))


def _is_loopback(host: str) -> bool:
    if host in ("localhost", "::1"):
        return True
    parts = host.split(".")
    return len(parts) == 4 and parts[0] == "127" and all(p.isdigit() and int(p) <= 255 for p in parts)
