"""How a client is copied and pickled: a pickle contains nothing of it, and later use raises an error that
says so."""

from __future__ import annotations

from typing import Any, NoReturn, Self

from .errors import HelmrError


class Detached:
    """Takes the place of the connection in a pickled object.

    A pickle holds neither credentials nor connections. Objects can thus be read in another process, but
    methods that would send a request raise `HelmrError`.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # a protocol that Python looks for
            raise AttributeError(name)
        raise HelmrError(
            "this object was pickled without its client: pass it, or its id, to a "
            "client of this process, for example client.runs.retrieve(run) or client.sessions.open(session)"
        )


def cannot_be_pickled(what: str, advice: str) -> NoReturn:
    """Say what to do instead. Raises `HelmrError`."""
    raise HelmrError(f"{what} cannot be pickled: {advice}")


class Shared:
    """An object that is shared with copies of its owner: its connections are not copied."""

    __slots__ = ()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self
