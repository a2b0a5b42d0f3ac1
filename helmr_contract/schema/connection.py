"""Makes Schemathesis keep the connection rule of `helmr_api.connection`.

It sends with requests, whose sessions read `~/.netrc` (which replaces the credential under test), take
proxies from the environment (plain http included), keep cookies and follow redirects.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import httpx
from requests.cookies import RequestsCookieJar
from schemathesis.transport.requests import SameHostRedirectsSession

from helmr_api.proxies import ProxySettings
from helmr_contract.document import Json
from helmr_contract.target import TargetError


def connection_settings(url: str) -> Json:
    """How a server is reached, as settings of Schemathesis.

    Raises:
        TargetError: The proxy needs a package that is not installed.
        ConfigurationError: The environment has an unusable value.
    """
    target = httpx.URL(url)
    if target.scheme == "http":
        return {}
    settings: Json = {}
    # The client that looked whether the server is there has read these, so that they are usable.
    if certificates := os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR"):
        settings["tls-verify"] = certificates
    proxies = ProxySettings()
    if proxies.apply_to(target):
        proxy = proxies.url
        if proxy.startswith("socks") and importlib.util.find_spec("socks") is None:
            raise TargetError("a SOCKS proxy needs another package for the schema tests: pip install pysocks")
        settings["proxy"] = proxy
    return settings


@contextmanager
def connection_rule() -> Generator[None]:
    """While it lasts, the sessions of Schemathesis take nothing from the environment and keep nothing."""
    changes: dict[str, Any] = {
        "trust_env": property(lambda session: False, lambda session, value: None),
        "cookies": property(lambda session: RequestsCookieJar(), lambda session, value: None),
        "get_redirect_target": _no_redirect,
    }
    with ExitStack() as stack:
        for name, value in changes.items():
            stack.enter_context(mock.patch.object(SameHostRedirectsSession, name, value, create=True))
        yield


def _no_redirect(session: object, response: object) -> None:
    """The target of a redirect: none."""
