"""The base class of clients: it closes their connections."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self

from ..detached import Shared
from ..errors import HelmrError

if TYPE_CHECKING:
    from .transport import AsyncTransport


class AsyncConnected(Shared):
    """A client whose connections are closed by `aclose`, or at the end of its block."""

    _transport: AsyncTransport

    async def aclose(self) -> None:
        """Close the connections. A client passed as `http_client` stays open.

        >>> client = AsyncHelmrClient()
        >>> await client.aclose()
        """
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __reduce__(self) -> NoReturn:
        raise HelmrError(
            "a client cannot be pickled: it holds connections and credentials; make one in the process that "
            "needs it"
        )

    def __repr__(self) -> str:
        if not hasattr(self, "_transport"):  # in a traceback with values, before __init__ has finished
            return object.__repr__(self)
        return f"{type(self).__name__}({self._transport.base_url!r})"
