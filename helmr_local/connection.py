"""The HTTP connection: uvicorn's own, but what a broken client sends is told to `helmr_local`'s logger."""

from __future__ import annotations

import logging
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

logger = logging.getLogger("helmr_local.http")
logger.addHandler(logging.NullHandler())  # silent in a program that sets up no logging


class HttpConnection(H11Protocol):
    """Answers a request that is no HTTP with a plain 400, before the contract begins."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Not uvicorn's: a program that serves something else with uvicorn would read it as its own, and one
        # without any logging would get it on stderr.
        self.logger = logger
