"""The control plane's URL and the API key, from arguments or the environment."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from helmr_api.urls import bearer_value, check_url

from ._public import public
from ._validation import listed
from .errors import ConfigurationError

if TYPE_CHECKING:
    from .hooks import Hook

URL_VARIABLE: Final = "HELMR_API_URL"
API_KEY_VARIABLE: Final = "HELMR_API_KEY"
_hooks: tuple[Hook, ...] = ()


def configure(*, hooks: Sequence[Hook]) -> None:
    """Set the hooks of the clients behind the facades (`sessions`, `runs`, …), in `helmr.aio` too.

    It takes effect with the next call of a facade. Existing handles and other objects keep their client.

    Args:
        hooks: Functions that are called around each request, see `HelmrClient`. They replace the current
            hooks; an empty list removes them.

    Raises:
        ArgumentError: `hooks` is not a list.

    >>> configure(hooks=[])
    """
    global _hooks
    _hooks = tuple(listed(hooks, "hooks"))


def settings() -> tuple[str | None, str | None, tuple[Hook, ...]]:
    """Return the URL and key that are now in the environment, and the hooks."""
    return os.environ.get(URL_VARIABLE), os.environ.get(API_KEY_VARIABLE), _hooks


def configured_url(url: str | None) -> str:
    """Return the base URL to use: the argument, or else `HELMR_API_URL`.

    Raises `ConfigurationError` if it is missing or not allowed (see `check_url`).
    """
    given = _given(url, URL_VARIABLE, "control plane URL", "url")
    try:
        return check_url(given)
    except ConfigurationError as error:
        if url is not None:
            raise
        raise ConfigurationError(f"{URL_VARIABLE}: {error.message}") from None


def configured_key(api_key: str | None) -> str:
    """Return the API key to use: the argument, or else `HELMR_API_KEY`.

    Raises `ConfigurationError` if it is missing or invalid in a header.
    """
    return bearer_value(_given(api_key, API_KEY_VARIABLE, "API key", "api_key"), "the API key")


def _given(value: str | None, variable: str, what: str, argument: str) -> str:
    """Return the value, or that of the variable. Raises `ConfigurationError` if both are missing."""
    found = os.environ.get(variable) if value is None else value
    if found is None or (isinstance(found, str) and not found.strip()):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ConfigurationError(
            f"no {what}: set the environment variable {variable}, or pass {argument}=... to the client"
        )
    return found


public(configure)
