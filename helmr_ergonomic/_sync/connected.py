# Derived from helmr_ergonomic/_async/connected.py. Edit that file, then run `make generate`.
"""The base class of clients: it closes their connections."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self

from ..detached import Shared
from ..errors import HelmrError

if TYPE_CHECKING:
    from .transport import Transport


class Connected(Shared):
    """A client whose connections are closed by `close`, or at the end of its block."""

    _transport: Transport

    def close(self) -> None:
        """Close the connections. A client passed as `http_client` stays open.

        >>> client = HelmrClient()
        >>> client.close()
        """
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise HelmrError(
            "a client cannot be pickled: it holds connections and credentials; make one in the process that "
            "needs it"
        )

    def __repr__(self) -> str:
        if not hasattr(self, "_transport"):  # in a traceback with values, before __init__ has finished
            return object.__repr__(self)
        return f"{type(self).__name__}({self._transport.base_url!r})"
