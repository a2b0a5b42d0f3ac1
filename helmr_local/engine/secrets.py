"""The values of the secrets that tasks declare."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

Source = Callable[[str, Iterable[str]], Mapping[str, str]]
"""Returns the values of these secrets in the environment with this id; names without a value are omitted."""


class TaskSecrets:
    """Reads from the registered source or, until one is registered, from the secrets that the server was
    started with.
    """

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = dict(given)
        self._source: Source = self._of_the_server

    def provide(self, source: Source) -> None:
        """Register this source."""
        self._source = source

    def values(self, environment_id: str, names: Iterable[str]) -> Mapping[str, str]:
        """Return the values of these secrets; names without a value are omitted."""
        return self._source(environment_id, names)

    def missing(self, environment_id: str, names: Iterable[str]) -> str | None:
        """Return the first of these names that has no value."""
        wanted = list(names)
        if not wanted:
            return None
        found = self.values(environment_id, wanted)
        return next((name for name in wanted if name not in found), None)

    def _of_the_server(self, environment_id: str, names: Iterable[str]) -> Mapping[str, str]:
        return {name: self._given[name] for name in names if name in self._given}
