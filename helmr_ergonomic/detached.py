"""Copying and pickling of objects that have a client: a pickle never contains the client, and using it raises
an error that says so."""

from __future__ import annotations

from typing import Any, Self

from .errors import HelmrError


class Detached:
    """Replaces the connection in a pickled object.

    A pickle contains neither credentials nor connections. Objects can thus be read in another process, but
    methods that would send a request raise `HelmrError`.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Python looks up protocol methods here
            raise AttributeError(name)
        raise HelmrError(
            "this object was pickled without its client: pass it, or its id, to a "
            "client of this process, for example client.runs.retrieve(run) or client.sessions.open(session)"
        )


class Shared:
    """An object that copies of its owner share, so that its connections are not copied."""

    __slots__ = ()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self
