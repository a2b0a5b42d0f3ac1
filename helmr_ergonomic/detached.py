"""What becomes of a client in a copy, and in a pickle: nothing is left of it there, and an error says so."""

from __future__ import annotations

from typing import Any, NoReturn, Self

from .errors import HelmrError


class Detached:
    """Stands where a connection to a control plane was, in an object that was pickled.

    A pickle holds neither credentials nor connections. So what was read can be read again in another process,
    and whatever would send a request raises `HelmrError`.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # a protocol that Python looks for
            raise AttributeError(name)
        raise HelmrError(
            "this object was pickled, and its client does not travel in a pickle: give it, or its id, to a "
            "client of this process, for example client.runs.retrieve(run) or client.sessions.open(session)"
        )


def cannot_be_pickled(what: str, advice: str) -> NoReturn:
    """Say what to do instead. Raises `HelmrError`."""
    raise HelmrError(f"{what} cannot be pickled: {advice}")


class Shared:
    """An object that a copy of what holds it goes on using: its connections are not copied."""

    __slots__ = ()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self
