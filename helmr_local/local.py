"""`LocalHelmr`: a control plane for the duration of a `with` block."""

from __future__ import annotations

import asyncio
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, get_args

from .clock import MICROSECOND, Clock, RealClock, SteppedClock
from .control_plane import ControlPlane
from .resources.starts import key_digest
from .server import Server
from .settings import LocalSettings
from .store import files
from .task_types import Seconds, seconds
from .tasks import TaskSources, collect

if TYPE_CHECKING:
    from helmr_ergonomic import AsyncHelmrClient, HelmrClient

ClockKind = Literal["real", "manual", "skip"]


class _Reachable(ABC):
    """The address and key that a client needs."""

    @property
    @abstractmethod
    def url(self) -> str: ...

    @property
    @abstractmethod
    def api_key(self) -> str: ...

    def environ(self) -> dict[str, str]:
        """Return the environment variables that clients read."""
        return {"HELMR_API_URL": self.url, "HELMR_API_KEY": self.api_key}

    def client(self) -> HelmrClient:
        """Return a client; close it, or use it in a `with` block."""
        from helmr_ergonomic import HelmrClient

        return HelmrClient(url=self.url, api_key=self.api_key)

    def async_client(self) -> AsyncHelmrClient:
        """Return an async client; close it, or use it in an `async with` block."""
        from helmr_ergonomic import AsyncHelmrClient

        return AsyncHelmrClient(url=self.url, api_key=self.api_key)


class LocalEnvironment(_Reachable):
    """One environment of a `LocalHelmr`. Its keys cannot access any other environment. Tests that share a
    server each use a separate environment. Made by `LocalHelmr.environment`.
    """

    def __init__(self, server: LocalHelmr, name: str) -> None:
        self.server = server
        """The server that the environment belongs to."""
        self.name = name
        self._api_key: str | None = None

    @property
    def url(self) -> str:
        """The URL of the server."""
        return self.server.url

    @property
    def api_key(self) -> str:
        """A key of this environment with every scope, created on first use."""
        if self._api_key is None:
            self._api_key = self.create_api_key()
        return self._api_key

    def create_api_key(
        self, scopes: Iterable[str] | None = None, *, expires_at: datetime | None = None
    ) -> str:
        """Create a key of this environment; see `LocalHelmr.create_api_key`."""
        return self.server.create_api_key(scopes, expires_at=expires_at, environment=self.name)

    def __repr__(self) -> str:
        return f"LocalEnvironment(name={self.name!r}, server={self.server!r})"


class LocalHelmr(_Reachable):
    """A local control plane on a loopback port, with `with` or `async with`.

    Args:
        tasks: Functions decorated with `implement`, modules that contain such functions, or the names of such
            modules.
        database: A file that keeps the state; None keeps it in memory until the server stops.
        secrets: The secrets of the environment, by name; starting a task that declares any other is refused.
            None reads every secret that a task declares from the environment variable of that name; if it is
            not set, the secret is empty.
        settings: The control plane's limits and intervals; by default the contract's values.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        listen_beyond_loopback: Allow a `host` that other machines can reach, over plain http.
        allow_exec: Run the commands and terminals of workspaces even when the server listens beyond the
            loopback interface.
        public_url: The URL by which others reach the server, used in callback URLs; by default `url`.
        allowed_hosts: Hosts that requests may name, besides loopback hosts, `host` and that of `public_url`;
            `*` allows any. Other requests get a 421, so that no web page can reach the server through its own
            domain name.
        cors_origins: Origins of web pages that may use the whole API with a key, such as
            `http://localhost:5173`; `*` for any. Pages of `public_url` may use the public operations anyway.
        clock: `real` is the time of the machine. `manual` stands still until `advance` or `advance_to_next`
            moves it. `skip` also advances automatically while every run is sleeping or waiting for its next
            attempt. It does not skip past the timeout of a wait for an input or a token, which may be about
            to arrive.
        now: The initial time of a simulated clock, with a time zone; None means the current time.

    Raises:
        ValueError: `public_url`, one of `allowed_hosts` or `cors_origins`, `clock` or `now` is invalid.
        ListenError, DatabaseError, DeploymentError: On entering, if it cannot serve.

    Example:
        >>> from helmr import task
        >>> from helmr_local import LocalHelmr, implement
        >>> greet = task("greet", payload=str, output=str)
        >>> @implement(greet)
        ... def run(ctx):
        ...     return f"hello {ctx.payload}"
        >>> with LocalHelmr(tasks=[run]) as helmr:
        ...     helmr.url.startswith("http://127.0.0.1:")
        True
    """

    def __init__(
        self,
        tasks: TaskSources = (),
        *,
        database: str | os.PathLike[str] | None = None,
        secrets: Mapping[str, str] | None = None,
        settings: LocalSettings | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        listen_beyond_loopback: bool = False,
        allow_exec: bool = False,
        public_url: str | None = None,
        allowed_hosts: Iterable[str] = (),
        cors_origins: Iterable[str] = (),
        clock: ClockKind = "real",
        now: datetime | None = None,
    ) -> None:
        settings = settings or LocalSettings()
        settings = replace(
            settings,
            public_url=settings.public_url if public_url is None else public_url,
            allowed_hosts=(*settings.allowed_hosts, *allowed_hosts),
            cors_origins=(*settings.cors_origins, *cors_origins),
            allow_exec=settings.allow_exec or allow_exec,
        )
        implementations = collect(tasks)
        # The same file after each restart, even if the working directory has changed.
        place = None if database is None else files.absolute(str(Path(database)))

        self._clock = _clock(clock, now)

        def server() -> Server:
            if isinstance(self._clock, SteppedClock):  # without the timers of an earlier start
                self._clock = SteppedClock(self._clock.now(), skips=self._clock.skips)
            return Server(
                implementations,
                database=place,
                secrets=secrets,
                settings=settings,
                host=host,
                port=port,
                beyond_loopback=listen_beyond_loopback,
                clock=self._clock,
            )

        self._new_server = server
        self._server = server()
        self._life = threading.Lock()
        self._keeping_key = threading.Lock()
        self._api_key: str | None = None

    # --- lifecycle ---------------------------------------------------------------------------------

    def start(self) -> LocalHelmr:
        """Start serving, as `with` does on entering. After a stop it can be started again, with a new key.

        Raises:
            RuntimeError: It is already running.
            ListenError, DatabaseError, DeploymentError: It cannot serve.
        """
        self._refuse_own_thread()
        with self._life:
            if self._server.running:
                raise RuntimeError("LocalHelmr is already running: create another one for a second server")
            if self._server.used:
                self._server = self._new_server()
            self._api_key = None
            self._server.start()
        return self

    def stop(self) -> None:
        """Stop serving, as `with` does on leaving. No thread or task is left behind. Does nothing if it is
        not serving.

        Raises:
            RuntimeError: It was called by an async task, which the server itself runs.
        """
        self._refuse_own_thread()
        with self._life:
            self._server.stop()

    def _refuse_own_thread(self) -> None:
        if self._server.is_here:
            raise RuntimeError("an async task can neither stop nor start the server that it runs on")

    def __enter__(self) -> LocalHelmr:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> LocalHelmr:
        starting = asyncio.ensure_future(asyncio.to_thread(self.start))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await asyncio.wait([starting])  # it starts in any case, so wait for it and stop it
            if starting.exception() is None:
                await asyncio.to_thread(self.stop)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    # --- what a client needs -----------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The URL by which this machine reaches the server. Raises `RuntimeError` while the server is not
        running.
        """
        if not self._server.running:
            raise RuntimeError("LocalHelmr is not running: use it in a with block, or call start()")
        return self._server.url

    @property
    def api_key(self) -> str:
        """A key with every scope, created on first use after each start."""
        if self._api_key is None:
            made = self.create_api_key()
            # The lock is not held while the key is created, because an async task may be creating it as well.
            with self._keeping_key:
                self._api_key = self._api_key or made
        return self._api_key

    def environment(self, name: str) -> LocalEnvironment:
        """Return an environment of this server, creating it on first use. Keys of one environment cannot
        access any other.

        Args:
            name: Any name; `api_key` belongs to `default`.
        """
        return LocalEnvironment(self, name)

    def create_api_key(
        self,
        scopes: Iterable[str] | None = None,
        *,
        expires_at: datetime | None = None,
        environment: str = "default",
    ) -> str:
        """Create an API key, which cannot be shown again.

        Args:
            scopes: Names such as `runs:read`; None means all.
            expires_at: The time at which the key expires, with a time zone.
            environment: Keys of different environments cannot see each other's data.

        Raises:
            ValueError: A scope is unknown.
        """
        return self._server.on_loop(lambda plane: plane.create_api_key(scopes, expires_at, environment))

    # --- time --------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The server's current time, in UTC."""
        return datetime.fromtimestamp(self._clock.now() / MICROSECOND, UTC)

    def advance(self, duration: Seconds, *, patience: float = 5.0) -> None:
        """Advance the clock; return when everything that was due on the way is done.

        Sleeps, timeouts, delays between attempts, TTLs, expiries, schedules and maximum durations happen in
        order. Before each, and at the end, task code runs until it waits for something.

        Args:
            duration: The time to advance by: a `timedelta`, a string such as `"90m"`, or seconds.
            patience: The seconds of real time that task code may run between two steps. The clock does not
                wait for a run that takes longer, and a warning is logged; 0 does not wait for task code.

        Raises:
            ValueError: `duration` is not positive, or is not a valid duration.
            RuntimeError: The clock is real, or the server is not running.

        Example:
            >>> from helmr_local import LocalHelmr
            >>> with LocalHelmr(clock="manual") as helmr:
            ...     before = helmr.now()
            ...     helmr.advance("1h")
            ...     print(helmr.now() - before)
            1:00:00
        """
        microseconds = round((seconds(duration, "duration") or 0.0) * MICROSECOND)
        self._server.travel(lambda travel: travel.advance(microseconds, patience))

    def advance_to_next(self, *, patience: float = 5.0) -> datetime | None:
        """Advance the clock to the next time at which something is due; return when that is done.

        Args:
            patience: As in `advance`.

        Returns:
            The server's new time; None if nothing is due, in which case the clock does not move.

        Raises:
            RuntimeError: The clock is real, or the server is not running.
        """
        return self.now() if self._server.travel(lambda travel: travel.advance_to_next(patience)) else None

    # --- simulated failures -------------------------------------------------------------------------

    @contextmanager
    def start_in_flight(self, task_id: str, idempotency_key: str) -> Generator[None]:
        """Within the block, simulate a start with this key that is in progress elsewhere: other starts with
        it get a 202.
        """

        def claim(plane: ControlPlane) -> bytes:
            key = key_digest(plane.environment("default").id, task_id, idempotency_key.strip())
            if not plane.starts.claims.take(key):
                raise RuntimeError("such a start is already in progress")
            return key

        key = self._server.on_loop(claim)
        try:
            yield
        finally:
            self._server.on_loop(lambda plane: plane.starts.claims.release(key))

    def lose_worker(self, run_id: str) -> bool:
        """Drop the execution of a run as if its worker had died; return False if it is not executing."""
        return self._server.on_loop(lambda plane: plane.worker.lose(run_id))

    def sweep(self) -> None:
        """Expire what is due now, without waiting for the background sweep."""
        self._server.on_loop(lambda plane: plane.sweep())

    def __repr__(self) -> str:
        return f"LocalHelmr(url={self._server.url!r})" if self._server.running else "LocalHelmr(not serving)"


def _clock(kind: str, now: datetime | None) -> Clock:
    if kind not in get_args(ClockKind):
        raise ValueError(f"clock must be one of {', '.join(get_args(ClockKind))}, not {kind!r}")
    if kind == "real":
        if now is not None:
            raise ValueError('now= needs a simulated clock: clock="manual" or clock="skip"')
        return RealClock()
    if now is None:
        start = RealClock().now()
    elif now.tzinfo is None:
        raise ValueError("now must have a time zone")
    else:
        start = (now - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)
    return SteppedClock(start, skips=kind == "skip")
