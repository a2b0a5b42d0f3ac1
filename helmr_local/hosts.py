"""The host names under which requests may address this server.

A web page can make its own domain name resolve to 127.0.0.1 (DNS rebinding) and then read the responses of
any server there. Its requests have that name in `Host`, so only known names are served.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

ANY_HOST = "*"
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]@]*)(?::([0-9]{0,5}))?")
_NAME = re.compile(r"[0-9a-z_]([0-9a-z\-._]*[0-9a-z_])?")


class HostError(ValueError):
    """A host name is invalid."""


def host_name(authority: str) -> str:
    """Normalize the host of `host:port`: lower case, without the port and without a trailing dot.

    Raises:
        HostError: The authority is invalid.
    """
    found = _AUTHORITY.fullmatch(authority)
    if found is None or (found[2] and int(found[2]) > 65535):
        raise HostError(f"{authority[:80]!r} is not a host")
    name = found[1].lower()
    if name.startswith("["):
        return _address(name[1:-1])
    return _address(name) if name[-1:].isdigit() else name.removesuffix(".")


def _address(text: str) -> str:
    """Normalize an IP address: IPv4-mapped IPv6 becomes IPv4, and a zone is removed."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        raise HostError(f"{text[:80]!r} is not an IP address") from None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def is_loopback(name: str) -> bool:
    """Return whether a normalized name always means this machine, independent of DNS."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def check_allowed(name: str) -> str:
    """Normalize a host that the user allows; `*` allows any.

    Raises:
        HostError: It is not a host.
    """
    if name == ANY_HOST:
        return name
    try:
        host = _address(name) if ":" in name and "[" not in name else host_name(name)
    except HostError:
        host = ""
    has_port = ":" in name.rpartition("]")[2] and "[" in name
    if has_port or (":" not in host and _NAME.fullmatch(host) is None):
        raise HostError(
            "an allowed host is a name or an address without scheme and port, such as helmr.test, or "
            f"{ANY_HOST} for any, not {name!r}"
        )
    return host


def check_public_url(url: str) -> str:
    """Check the URL by which others reach the server, and return it without a trailing slash.

    Raises:
        HostError: The URL is invalid.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        host_name(parts.netloc)  # so it has no user or password either
    except ValueError:  # for example a non-numeric port, or brackets without an address
        good = False
    else:
        good = good and url.isascii() and url.isprintable() and not {"?", "#", " "} & set(url)
    if not good:
        raise HostError(f"the public URL is http:// or https://, a host and an optional port, not {url!r}")
    return url.rstrip("/")


def loopback_url(host: str, port: int) -> str:
    """Return the URL at which this machine reaches a server that listens on that host."""
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(host)
        if address.is_unspecified:  # clients cannot connect to the wildcard address itself
            host = "::1" if address.version == 6 else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class AllowedHosts:
    """Decides which hosts are served: the loopback interface, some names, and the address a request arrived
    at.

    Args:
        names: Normalized names.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = frozenset(names)
        self._known: set[str] = set()  # accepted Host headers: clients repeat the same one

    def allows(self, header: str, local_address: str | None) -> bool:
        """Return whether to serve a request with this Host header that arrived at this address."""
        if ANY_HOST in self._names or header in self._known:
            return True
        try:
            name = host_name(header)
        except HostError:
            return False
        if name in self._names or is_loopback(name):
            if len(self._known) < 100:
                self._known.add(header)
            return True
        return local_address is not None and name == _address(local_address)
