# Copied from scripts/templates/modules/proxies.py: edit that file, then run `make generate`.
"""The proxy of https requests: `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, interpreted as curl does."""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import re
import ssl
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, NamedTuple

import httpx

from .errors import ConfigurationError

__all__ = ["ProxySettings"]

SCHEMES: Final = ("http", "https", "socks5", "socks5h")
SYSTEM: Final = "the proxy of the system settings"

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ProxySettings:
    """The proxy of https requests, if any, and the hosts that it does not apply to.

    Args:
        given: The caller's proxy, which replaces that of the environment.

    Raises:
        ConfigurationError: `NO_PROXY` contains an entry that is not a host, address or network.
    """

    def __init__(self, given: str | httpx.URL | httpx.Proxy | None = None) -> None:
        self._name, self._value = ("proxy", given) if given is not None else _configured()
        exceptions = ("", "") if given is not None or not self._value else _variable("no_proxy")
        self._exceptions = tuple(_entries(*exceptions))

    def apply_to(self, url: httpx.URL) -> bool:
        """True if requests to an https URL go through the proxy."""
        if not self._value:
            return False
        host = url.raw_host.decode("ascii").lower().removesuffix(".")
        address = _address(host)
        if any(exception.covers(host, address, url.port or 443) for exception in self._exceptions):
            return False
        return not (self._name == SYSTEM and urllib.request.proxy_bypass(host))

    @property
    def url(self) -> str:
        """The URL of the proxy, which may contain a password; http if it has no scheme."""
        text = str(self._value.url if isinstance(self._value, httpx.Proxy) else self._value).strip()
        return text if "://" in text else f"http://{text}"

    def proxy(self, context: ssl.SSLContext) -> httpx.Proxy:
        """Return the proxy as an `httpx.Proxy`; `context` verifies it if its URL is https.

        Raises:
            ConfigurationError: The value is not a usable proxy. The message does not contain it, because it
                may have a password.
        """
        if isinstance(self._value, httpx.Proxy):
            return self._value
        proxy: httpx.Proxy | None = None
        with suppress(httpx.InvalidURL, ValueError):
            is_https = self.url.lower().startswith("https:")
            proxy = httpx.Proxy(self.url, ssl_context=context if is_https else None)
        if proxy is None or not proxy.url.host or not 0 < (proxy.url.port or 1) < 65536:
            raise ConfigurationError(
                f"{self._name} is not a usable proxy: it must be a URL such as http://proxy.example:3128, "
                f"its scheme one of {', '.join(SCHEMES)}; correct it, unset it, or list the host in NO_PROXY"
            )
        if proxy.url.scheme.startswith("socks") and importlib.util.find_spec("socksio") is None:
            raise ConfigurationError(
                f"{self._name} names a SOCKS proxy, which needs another package: pip install 'httpx[socks]', "
                "or unset it, or list the host in NO_PROXY"
            )
        return proxy


def _variable(name: str) -> tuple[str, str]:
    """Return the name of an environment variable as it is set, and its value. The lower-case name takes
    precedence, even if empty."""
    for spelled in (name, name.upper()):
        value = os.environ.get(spelled)
        if value is not None:
            return spelled, value.strip()
    return name, ""


def _configured() -> tuple[str, str]:
    """Return the setting for the https proxy and its value; two empty strings if there is none."""
    for name in ("https_proxy", "all_proxy"):
        spelled, value = _variable(name)
        if value:
            return spelled, value
    if sys.platform in ("darwin", "win32") and not urllib.request.getproxies_environment():
        if value := urllib.request.getproxies().get("https", ""):
            return SYSTEM, value
    return "", ""


# --- exceptions -------------------------------------------------------------------------------


class _Exception(NamedTuple):
    """One entry of `NO_PROXY`: a host pattern or a network, and optionally a port."""

    pattern: re.Pattern[str] | None
    network: _Network | None
    port: int | None

    def covers(self, host: str, address: _Address | None, port: int) -> bool:
        if self.port is not None and self.port != port:
            return False
        if self.network is not None:
            return address is not None and address.version == self.network.version and address in self.network
        return self.pattern is not None and self.pattern.fullmatch(host) is not None


def _entries(variable: str, value: str) -> Iterator[_Exception]:
    for number, entry in enumerate(re.split(r"[\s,]+", value.strip(" \t,"))):
        if entry:
            found = _entry(entry.lower())
            if found is None:
                raise ConfigurationError(
                    f"entry {number + 1} of {variable} is not a host name, IP address or network: "
                    "correct or remove it"
                )
            if found.port != 0:
                yield found


_NEVER: Final = _Exception(None, None, 0)
_ENTRY: Final = r"""(?x)(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?
        (?:\[(?P<bracketed>[^\[\]]*)\] | (?P<host>[^\[\]:/]*) | (?P<bare>[^\[\]/]*:[^\[\]/]*:[^\[\]/]*))
        (?:/(?P<length>\d{1,3}))?
        (?::(?P<port>\d{1,5}))?
        /?"""


def _entry(entry: str) -> _Exception | None:
    """Parse one entry; `None` if it is malformed."""
    match = re.fullmatch(_ENTRY, entry)
    if match is None:
        return None
    if match["scheme"] not in (None, "https", "all"):
        return _NEVER  # an entry for another protocol
    port = None if match["port"] is None else int(match["port"])
    if port is not None and not 0 < port < 65536:
        return None
    host = match["bracketed"] or match["bare"] or match["host"] or ""
    network = _network(host, match["length"])
    if network is not None:
        return _Exception(None, network, port)
    if match["length"] is not None or match["bracketed"] is not None or match["bare"] is not None:
        return None
    name = host.removesuffix(".")
    if name == "*":
        return _Exception(re.compile(".*", re.DOTALL), None, port)
    name = name.removeprefix("*").removeprefix(".")
    if not name.isascii():
        try:
            name = httpx.URL(f"https://{name}").raw_host.decode("ascii")
        except (httpx.InvalidURL, UnicodeError):
            return None
    if not re.fullmatch(r"[\w*-]+(?:\.[\w*-]+)*", name, re.ASCII):
        return None
    # A domain matches its subdomains; a star in it matches anything, as in 192.168.*
    return _Exception(re.compile(r"(?:.+\.)?" + re.escape(name).replace(r"\*", ".*")), None, port)


def _network(host: str, length: str | None) -> _Network | None:
    address = host
    if length is not None and re.fullmatch(r"\d+(\.\d+){0,2}", host):
        address = host + ".0" * (3 - host.count("."))  # 10/8 and 169.254/16, the BSD notation
    try:
        return ipaddress.ip_network(address if length is None else f"{address}/{length}", strict=False)
    except ValueError:
        return None


def _address(host: str) -> _Address | None:
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
