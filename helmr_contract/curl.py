"""Formats a request as a curl command that repeats it, with credentials from the environment."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from helmr_contract.secrets import Scrubber

# Headers that curl adds or computes itself.
_LEFT_TO_CURL = {
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "transfer-encoding",
    "user-agent",
    "x-schemathesis-testcaseid",
}

_GLOBBED = frozenset("[]{}")  # curl would treat these as globs in a URL


def curl_line(
    method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes | str | None, scrub: Scrubber
) -> str:
    """Return one line for a POSIX shell, which expands variables such as `$HELMR_API_KEY`."""
    parts = ["curl", "-sS", "-i"]
    if method.upper() == "HEAD":
        parts.append("-I")
    elif method.upper() != "GET" or body:
        parts += ["-X", method.upper()]
    for name, value in headers:
        if name.lower() not in _LEFT_TO_CURL and not (name.lower() == "accept" and value == "*/*"):
            parts += ["-H", _quote(scrub(f"{name}: {value}" if value else f"{name};"))]
    if body:
        text = body.decode("utf-8", errors="replace") if isinstance(body, bytes) else body
        # Unlike --data, this does not read a file if the body starts with @.
        parts += ["--data-raw", _quote(scrub(text))]
    if not _GLOBBED.isdisjoint(url):
        parts.append("--globoff")
    parts.append(_quote(scrub(url)))
    return " ".join(parts)


def _quote(text: str) -> str:
    """Quote a string for the shell, except for the variables that the shell must expand."""
    quoted = shlex.quote(text)
    for variable in ("$HELMR_API_KEY", "$HELMR_PUBLIC_ACCESS_TOKEN", "$HELMR_CALLBACK_SECRET"):
        if variable in text:
            quoted = quoted.replace(variable, f"'\"{variable}\"'")
    return quoted.removesuffix("''") if quoted.endswith("\"''") else quoted
