"""Cross-origin access (CORS): decides which web pages of other origins may use the API.

By contract, pages of the server's public origin may use the public operations. The user of a local server may
allow other origins to use the whole API, such as pages under development, or documentation with a request
console.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from helmr_api.constants import API_VERSION_HEADER

from ..asgi import Header
from ..wire.strings import trim

ANY_ORIGIN = "*"
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s]+", re.IGNORECASE)
_HEADER_NAMES = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~, -]{0,1000}")
_SENT = f"authorization, content-type, {API_VERSION_HEADER}"
_READ = f"{API_VERSION_HEADER}, date, retry-after".lower().encode()
Origin = tuple[str, str]


class OriginError(ValueError):
    """An origin that the user allows is invalid."""


def check_origin(text: str) -> str:
    """Check and return an origin that the user allows: `http://localhost:5173`, `null` (pages opened from
    files) or `*`.

    Raises:
        OriginError: It is invalid.
    """
    if text not in (ANY_ORIGIN, "null") and (_ORIGIN.fullmatch(text) is None or _origin(text) is None):
        raise OriginError(
            "an origin is a scheme, a host and an optional port, without a path, such as "
            f"http://localhost:5173; or {ANY_ORIGIN} for any, or null for pages of files; not {text!r}"
        )
    return text


class Origins:
    """The allowed origins of one server.

    Args:
        public_url: The URL of the server, whose pages may use the public operations.
        allowed: Origins whose pages may use the whole API.
    """

    def __init__(self, public_url: str, allowed: Iterable[str] = ()) -> None:
        self._public = _origin(public_url)
        names = set(allowed)
        self._any = ANY_ORIGIN in names
        self._allowed = {_origin(name) for name in names - {ANY_ORIGIN}}

    def headers(self, method: str, headers: dict[str, str], public_methods: str | None) -> list[Header]:
        """Return the CORS headers for an operation's response; none for a page that may not read it.

        Args:
            headers: The request's headers.
            public_methods: The methods that a preflight of the path allows the public origin; None if the
                document has no such preflight.
        """
        sent = headers.get("origin")
        if sent is None:
            return []
        origin = _origin(trim(sent))
        if self._allows(origin):
            return [*_for_origin(sent), (b"access-control-expose-headers", _READ)]
        if public_methods is None or origin != self._public:
            return []
        preflight = _for_preflight(public_methods, _SENT) if method == "OPTIONS" else []
        return [*_for_origin(sent), *preflight]

    def preflight(self, headers: dict[str, str], methods: str) -> list[Header]:
        """Return the headers that allow a page to use all methods of a path; none for a page that may not.

        Args:
            headers: The request's headers.
        """
        sent = headers.get("origin")
        if sent is None or not self._allows(_origin(trim(sent))):
            return []
        wanted = headers.get("access-control-request-headers", "")
        return [
            *_for_origin(sent),
            *_for_preflight(methods, wanted if _HEADER_NAMES.fullmatch(wanted) and wanted else _SENT),
        ]

    def _allows(self, origin: Origin | None) -> bool:
        return self._any or (origin is not None and origin in self._allowed)


def _origin(text: str) -> Origin | None:
    if text == "null":
        return ("", "null")
    try:
        parts = urlsplit(text)
    except ValueError:  # brackets without an address
        return None
    return parts.scheme.lower(), parts.netloc.lower()


def _for_origin(origin: str) -> list[Header]:
    return [(b"access-control-allow-origin", origin.encode()), (b"vary", b"origin")]


def _for_preflight(methods: str, headers: str) -> list[Header]:
    return [
        (b"access-control-allow-methods", methods.encode()),
        (b"access-control-allow-headers", headers.encode()),
        (b"access-control-max-age", b"600"),
    ]
