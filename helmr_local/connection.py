"""The HTTP connection: uvicorn's two parsers, each for what it reads well."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Not uvicorn's logger: a program that serves something else with uvicorn would read it as its own, and one
# without any logging would get it on stderr.
logger = logging.getLogger("helmr_local.http")
logger.addHandler(logging.NullHandler())  # silent in a program that sets up no logging

_USUAL = re.compile(rb"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE) ")
_UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)


class HttpConnection(HttpToolsProtocol):
    """Reads requests with httptools, which takes a third of the time of h11.

    httptools refuses methods that it does not know, which the contract answers with 405, and loses the body
    of a request that offers to upgrade the protocol, as Java's client does: connections with either are
    handed to h11. A request that is no HTTP gets a plain 400, before the contract begins.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._options = options
        self.logger = logger
        self._within = False  # a request that has begun and has not ended

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(OnePacket(transport, self.loop))

    def data_received(self, data: bytes) -> None:
        if not self._within and (not _USUAL.match(data) or _UPGRADE.search(data)):
            self._hand_over(data)
        else:
            super().data_received(data)

    def on_message_begin(self) -> None:
        self._within = True
        super().on_message_begin()

    def on_message_complete(self) -> None:
        self._within = False
        super().on_message_complete()

    def on_headers_complete(self) -> None:
        hosts = [name for name, _ in self.headers].count(b"host")
        assert self.parser is not None
        if hosts > 1 or (not hosts and self.parser.get_http_version() != "1.0"):
            raise ValueError("a request names one host")  # answered as what is no HTTP
        super().on_headers_complete()

    def _hand_over(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        self.connections.discard(self)
        successor = _H11Connection(**self._options)
        successor.connection_made(self.transport)
        self.transport.set_protocol(successor)
        successor.data_received(data)


class _H11Connection(H11Protocol):
    """For what httptools would misread."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.logger = logger

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing is amiss: an offer may be passed over."""


class OnePacket(asyncio.Transport):
    """Sends the head of an answer together with what is written in the same turn of the event loop: uvicorn
    writes head and body apart. What follows later, the events of a stream, leaves at once."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._held:
            self._held.append(bytes(data))
        elif data[:5] == b"HTTP/":
            self._held.append(bytes(data))
            self._loop.call_soon(self._flush)
        else:
            self._transport.write(data)

    def _flush(self) -> None:
        if self._held:
            data = b"".join(self._held)
            self._held.clear()
            self._transport.write(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._transport.set_protocol(protocol)
