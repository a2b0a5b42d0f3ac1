"""Where the control plane is and who is calling: URL and API key, given or from the environment."""

from __future__ import annotations

import os
from typing import Final

from helmr_api.urls import bearer_value as bearer_value
from helmr_api.urls import check_url as check_url

from .errors import ConfigurationError

URL_VARIABLE: Final = "HELMR_API_URL"
API_KEY_VARIABLE: Final = "HELMR_API_KEY"


def environment() -> tuple[str | None, str | None]:
    """The URL and the key that the environment names now."""
    return os.environ.get(URL_VARIABLE), os.environ.get(API_KEY_VARIABLE)


def configured_url(url: str | None) -> str:
    """The base URL to use: the one given, else the one of `HELMR_API_URL`.

    Raises `ConfigurationError` when there is none or when it breaks the URL rule (see `check_url`).
    """
    given = url if url is not None else os.environ.get(URL_VARIABLE)
    if given is None or (isinstance(given, str) and not given.strip()):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ConfigurationError(
            f"no control plane URL: set the environment variable {URL_VARIABLE}, or pass url=... to the "
            "client"
        )
    try:
        return check_url(given)
    except ConfigurationError as error:
        if url is not None:
            raise
        raise ConfigurationError(f"{URL_VARIABLE}: {error.message}") from None


def configured_key(api_key: str | None) -> str:
    """The API key to use: the one given, else the one of `HELMR_API_KEY`.

    Raises `ConfigurationError` when there is none, or when it cannot be in a header.
    """
    given = api_key if api_key is not None else os.environ.get(API_KEY_VARIABLE)
    if given is None or (isinstance(given, str) and not given.strip()):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ConfigurationError(
            f"no API key: set the environment variable {API_KEY_VARIABLE}, or pass api_key=... to the client"
        )
    return bearer_value(given, "the API key")
