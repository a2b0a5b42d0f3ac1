# Derived from helmr_ergonomic/_async/resource.py. Edit that file, then run `make generate`.
"""The base class of this layer's resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .transport import Transport


class Resource:
    """A generated resource that uses this layer's transport."""

    __slots__ = ()  # the facades become instances of these classes, whose layout must not differ
    _sender: Any

    @property
    def _transport(self) -> Transport:
        transport: Transport = self._sender
        return transport
