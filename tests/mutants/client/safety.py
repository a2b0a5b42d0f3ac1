"""Faults that reveal a credential or send it to the wrong place, and of connections."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from http.cookiejar import CookieJar
from typing import Any

import httpx

from helmr_api.errors import ConfigurationError

from ..planting import instead, replaced, with_argument
from .common import CONFIG, CONNECTION, ENVIRONMENT, ERRORS, LAYER, SDK, TRANSPORT, both, mutant


def _or_below_localhost(is_loopback: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda host: is_loopback(host) or host.endswith(".localhost")


def _as_https(url: httpx.URL) -> httpx.URL:
    return url.copy_with(scheme="https") if url.scheme == "http" else url


def _if_usable(apply_to: Callable[[Any, httpx.URL], bool]) -> Callable[[Any, httpx.URL], bool]:
    def applies(settings: Any, url: httpx.URL) -> bool:
        if not apply_to(settings, url):
            return False
        try:
            settings.proxy(ssl.create_default_context())
        except ConfigurationError:
            return False
        return True

    return applies


class _Following:
    """A client that follows redirects, whatever its caller wants."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, request: httpx.Request, **options: Any) -> Any:
        return self._client.send(request, **{**options, "follow_redirects": True})


def _with_token(shown: Callable[[Any], str]) -> Callable[[Any], str]:
    def text(model: Any) -> str:
        token = getattr(model, "public_access_token", None)
        return shown(model) + ("" if token is None else f" {token}")

    return text


def _with_request(reduced: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def state(error: Any) -> Any:
        rebuild, (kind, args, fields) = reduced(error)
        return rebuild, (kind, args, {**fields, "request": getattr(error, "request", None)})

    return state


MUTANTS = [
    mutant(
        "http-to-remote-accepted",
        "the key is sent over plain http to a remote host",
        SDK + "1",
        instead("helmr_api.urls:is_loopback", lambda host: True),
        CONFIG,
    ),
    mutant(
        "loopback-by-suffix",
        "foo.localhost counts as this machine",
        SDK + "1",
        replaced("helmr_api.urls:is_loopback", _or_below_localhost),
        CONFIG,
    ),
    mutant(
        "query-in-url-accepted",
        "a control plane URL with a query is accepted",
        SDK + "1",
        with_argument("helmr_api.urls:check_url", "url", lambda url: re.split("[?#]", url)[0]),
        CONFIG,
    ),
    mutant(
        "proxy-for-plain-http",
        "plain http goes through a proxy of the environment",
        SDK + "1",
        with_argument("helmr_api.connection:_Ways.of", "url", _as_https),
        ENVIRONMENT,
    ),
    mutant(
        "cookies-kept",
        "the server's cookies are stored and sent back",
        SDK + "2",
        replaced("helmr_api.connection:_NoCookies", lambda _: CookieJar),
        ENVIRONMENT,
    ),
    mutant(
        "bad-proxy-ignored",
        "https bypasses an unusable proxy of the environment",
        SDK + "2",
        replaced("helmr_api.proxies:ProxySettings.apply_to", _if_usable),
        ENVIRONMENT,
    ),
    mutant(
        "connections-of-another-event-loop",
        "an asynchronous client uses the connections of an event loop that has ended",
        SDK + "2",
        replaced("helmr_api.connection:_running_loop", lambda _: lambda: None),
        CONNECTION + "test_loops.py",
    ),
    mutant(
        "redirect-followed",
        "redirects are followed, with the API key",
        SDK + "2",
        both(
            LAYER + "_async.connections:send_with",
            lambda target: with_argument(target, "http", _Following),
        ),
        TRANSPORT,
    ),
    mutant(
        "secret-in-repr",
        "the repr of a token shows its public access token",
        "tokens-auth-errors.md 3.1",
        replaced("helmr_api.model:Model.__repr__", _with_token),
        TRANSPORT,
        ERRORS,
    ),
    mutant(
        "callback-secret-in-text",
        "the URL of a callback shows its secret in messages",
        "tokens-auth-errors.md 4.3",
        instead("helmr_api.connection:SecretURL.__str__", lambda url: httpx.URL.__str__(url)),
        TRANSPORT,
    ),
    mutant(
        "callback-secret-in-log",
        "the log line of a callback shows its URL",
        "tokens-auth-errors.md 4.3",
        instead(LAYER + "transport:Outgoing.name", lambda call: f"{call.request.method} {call.request.path}"),
        TRANSPORT,
    ),
    mutant(
        "exchange-pickled",
        "a pickled error contains the request with its key",
        SDK + "3",
        replaced("helmr_api.errors:HelmrError.__reduce__", _with_request),
        ERRORS,
        TRANSPORT,
    ),
]
