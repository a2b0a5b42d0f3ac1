"""State shared by all parts of the control plane."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..catalog import Catalog
from ..clock import MICROSECOND, Clock, Timer
from ..settings import LocalSettings
from ..store import Database, DataDirectory, Writes
from .notifier import Notifier
from .secrets import TaskSecrets
from .signals import Signals


@dataclass
class Limit:
    """The time limit of a long request."""

    over: bool = False


@dataclass
class Context:
    """The database, the clock, and everything else that exists once per server.

    Args:
        server_secret: The key from which the secrets of tokens are derived.
        public_url: The URL by which others reach the server.
        given_secrets: The task secrets that the server was started with.
        machine_clock: The machine's time, used while waiting for an unavailable database; `clock` if None.
        data: The directory for data that is kept in files.
        runs_commands: True if execs and PTYs may run here.
    """

    db: Database
    clock: Clock
    settings: LocalSettings
    catalog: Catalog
    server_secret: bytes
    public_url: str
    given_secrets: Mapping[str, str]
    machine_clock: Clock | None = None
    data: DataDirectory = field(default_factory=DataDirectory)
    runs_commands: bool = True
    notifier: Notifier = field(default_factory=Notifier)
    signals: Signals = field(default_factory=Signals)
    writes: Writes = field(init=False)
    secrets: TaskSecrets = field(init=False)

    def __post_init__(self) -> None:
        self.writes = Writes(self.db, self.machine_clock or self.clock, self.settings.write_patience)
        self.secrets = TaskSecrets(self.given_secrets)

    def promote(self, environment_id: str, deployment_id: str) -> None:
        """Make a deployment the current one of its environment, and notify the resources that depend on
        it.
        """
        with self.db.transaction():
            self.catalog.promote(self.db, environment_id, deployment_id)
            self.signals.deployment_promoted(environment_id, deployment_id)

    def on_machine(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Call the callback after that many seconds of the machine's time, even while the engine's clock
        stands still.
        """
        clock = self.machine_clock or self.clock
        return clock.call_at(clock.now() + round(seconds * MICROSECOND), callback)

    @contextmanager
    def limit(self, news: asyncio.Event, seconds: float) -> Generator[Limit]:
        """Within the block, limit a request to that many seconds of the engine's clock. Expiry also sets
        `news`.
        """
        limit = Limit()

        def end() -> None:
            limit.over = True
            news.set()

        timer = self.clock.call_at(self.clock.now() + round(seconds * MICROSECOND), end)
        try:
            yield limit
        finally:
            timer.cancel()
