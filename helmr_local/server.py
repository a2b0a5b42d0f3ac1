"""The server: a thread whose event loop owns the database, the engine and the listener."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import os
import socket
import threading
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from . import capture, machine
from .app import App
from .catalog import Catalog
from .clock import Clock, RealClock
from .contexts import TaskContexts
from .control_plane import ControlPlane
from .engine.context import Context
from .engine.travel import Travel
from .hosts import AllowedHosts, check_allowed, check_public_url, host_name, loopback_url
from .http.cors import check_origin
from .http1.connection import Limits
from .http1.listener import Listener
from .implementation import Implementation
from .resources import registry
from .settings import LocalSettings
from .store import UNAVAILABLE, Database, DatabaseError, DataDirectory, files
from .task_calls import LoopClosedError, on_loop
from .tasks import secrets_of_this_process

logger = logging.getLogger("helmr_local")

STOP_SECONDS = 10.0
"""The time that a stop may take. No part of it takes more than a few seconds unless task code is stuck."""
GRACE_SECONDS = 2.0
"""The time that requests in progress may take to finish when the server stops."""
_SERVER_SECRET = "server_secret"  # noqa: S105  # the name of a setting
T = TypeVar("T")


class ListenError(ValueError):
    """The server cannot or will not listen on that address."""


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a server that listens on that host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_host(host: str, beyond_loopback: bool) -> None:
    """Refuse an address that others can reach, unless explicitly allowed.

    Raises:
        ListenError: The message says what to do instead.
    """
    if not (beyond_loopback or is_loopback(host)):
        raise ListenError(
            f"helmr-local is meant for this machine only and will not listen on {host}: anyone "
            "who can reach it can try to use it over plain http. Use 127.0.0.1, or add "
            "--listen-beyond-loopback if that is intended"
        )


def claim_port(listener: socket.socket) -> None:
    """Set the socket options, before `bind`, that keep other servers from sharing the port and let a
    restarted server bind it at once.

    `SO_REUSEADDR` does both except on Windows, where it lets any number of servers share a port. There,
    `SO_EXCLUSIVEADDRUSE` forbids that, and a restart needs no option.
    """
    exclusive: int | None = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR if exclusive is None else exclusive, 1)


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address, where port 0 is any free port; it does not listen yet.

    Raises:
        ListenError: It cannot be bound: the port is in use, or the address does not belong to this machine.
    """
    # The protocol is named because only then does asyncio turn off Nagle's algorithm.
    listener = socket.socket(
        socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
    )
    try:
        claim_port(listener)
        if host == "::":  # all addresses, including IPv4
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ListenError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listener


class Server:
    """A control plane on a loopback port, in its own thread. It can be started once."""

    def __init__(
        self,
        implementations: list[Implementation[Any, Any]],
        *,
        database: str | os.PathLike[str] | None,
        secrets: Mapping[str, str] | None,
        settings: LocalSettings,
        host: str = "127.0.0.1",
        port: int = 0,
        beyond_loopback: bool = False,
        clock: Clock | None = None,
    ) -> None:
        check_host(host, beyond_loopback)
        if not 0 <= port <= 65535:
            raise ListenError(f"a port is a number from 0 to 65535, not {port}")
        self._hosts = _hosts(host, settings)
        for origin in settings.cors_origins:
            check_origin(origin)
        self._catalog = Catalog(implementations)
        self._database = None if database is None else files.absolute(str(Path(database)))
        self._secrets = secrets_of_this_process(implementations) if secrets is None else dict(secrets)
        self._settings = settings
        self._clock = clock or RealClock()
        self._lock = None if self._database is None else files.FileLock(self._database)
        self._host, self._port = host, port
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._plane: ControlPlane | None = None
        self.used = False
        self.url = ""

    # --- called from other threads -------------------------------------------------------------------

    @property
    def task_ids(self) -> list[str]:
        """The ids of the tasks that it executes."""
        return sorted(self._catalog.by_task)

    def start(self) -> None:
        """Start listening, and return once requests are served.

        Raises:
            ListenError, DatabaseError, DeploymentError, RoutingError, OSError: It cannot serve.
        """
        if self.used:
            raise RuntimeError("this server has already run")
        self.used = True
        if self._database is not None and self._lock is not None:
            files.check(self._database)
            if not self._lock.acquire():
                raise ListenError(f"another helmr-local uses {self._database}")
        try:
            listener = listening_socket(self._host, self._port)
            self.url = loopback_url(self._host, listener.getsockname()[1])
            self._thread = threading.Thread(
                target=self._run, args=(listener,), name="helmr-local", daemon=True
            )
            self._thread.start()
            self._ready.wait()
            if self._failure is not None:
                self._thread.join()
                raise self._failure
        except BaseException:
            if self._thread is not None and self._thread.is_alive():  # interrupted while starting
                self._ready.wait(STOP_SECONDS)
                self.stop()
            elif self._lock is not None:
                self._lock.release()
            raise

    def stop(self) -> None:
        """Stop listening and executing. Does nothing if it has already stopped. Only task code that does not
        stop is left behind: its thread or, if an async task blocks the event loop, the server's thread.
        """
        loop, plane, stopping = self._loop, self._plane, self._stopping
        if loop is not None and plane is not None and stopping is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(plane.notifier.close)
                loop.call_soon_threadsafe(stopping.set)
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)
            if self._thread.is_alive():
                logger.warning("the server did not stop: an async task blocks it with code that never awaits")
                return  # the server still holds the database, and so the lock
        if self._lock is not None:
            self._lock.release()

    @property
    def public_url(self) -> str:
        """The URL by which others reach the server."""
        return (self._settings.public_url or self.url).rstrip("/")

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def is_here(self) -> bool:
        """True on the server's own thread, where async tasks run."""
        return threading.current_thread() is self._thread

    def on_loop(self, work: Callable[[ControlPlane], T]) -> T:
        """Run a function on the server's thread, retrying while the database is unavailable.

        Raises:
            RuntimeError: The server is not running.
            DatabaseError: The database stays unavailable.
        """
        loop, plane = self._loop, self._plane
        if loop is None or plane is None or self._thread is None or not self._thread.is_alive():
            raise RuntimeError("the server is not running")
        if self.is_here:
            return work(plane)
        return self._await(self._patiently(work, plane), loop)

    def travel(self, move: Callable[[Travel], Coroutine[Any, Any, T]]) -> T:
        """Move the server's clock, and wait until that is done.

        Raises:
            RuntimeError: The server is not running, its clock is real, or the caller is an async task.
        """
        loop, plane = self._loop, self._plane
        if loop is None or plane is None or not self.running:
            raise RuntimeError("the server is not running")
        if plane.travel is None:
            raise RuntimeError(
                "the clock of this server is real; only a simulated one, such as "
                'LocalHelmr(clock="manual"), can be moved'
            )
        if self.is_here:
            raise RuntimeError("an async task cannot move the clock of the server that it runs on")
        return self._await(move(plane.travel), loop)

    @staticmethod
    def _await(work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T:
        try:
            return on_loop(work, loop)
        except LoopClosedError:
            raise RuntimeError("the server is not running") from None

    async def _patiently(self, work: Callable[[ControlPlane], T], plane: ControlPlane) -> T:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.write_patience
        while True:
            try:
                return work(plane)
            except UNAVAILABLE as error:
                if loop.time() >= until:
                    raise DatabaseError(f"the database is unavailable: {error}") from error
            await asyncio.sleep(0.02)

    # --- on the server's thread --------------------------------------------------------------------

    def _run(self, listener: socket.socket) -> None:
        loop = asyncio.new_event_loop()
        loop.time = machine.monotonic  # type: ignore[method-assign]  # immune to tests that replace `time`
        try:
            _run_until_stopped(loop, self._serve(listener))
        except BaseException as error:
            if self._ready.is_set():
                logger.exception("the server failed")
            else:
                self._failure = error
        finally:
            _wind_up(loop)
            capture.release()  # from task code that was left behind
            listener.close()
            self._ready.set()

    async def _serve(self, listener: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        database = Database(self._database, registry.schema())
        try:
            plane = ControlPlane(
                Context(
                    database,
                    self._clock,
                    self._settings,
                    self._catalog,
                    _server_secret(database),
                    self.public_url,
                    self._secrets,
                    RealClock(),
                    DataDirectory(self._database),
                    runs_commands=self._settings.allow_exec or is_loopback(self._host),
                ),
                TaskContexts,
            )
            app = App(plane, hosts=self._hosts)
            plane.start()
        except UNAVAILABLE as error:
            database.close()
            raise DatabaseError(f"cannot use the database {self._database}: {error}") from error
        except BaseException:
            database.close()
            raise
        self._plane = plane
        self._stopping = asyncio.Event()
        served = Listener(app, listener, _limits(self._settings))
        try:
            served.start()
            self._ready.set()
            await self._stopping.wait()
            await served.stop(GRACE_SECONDS)
        finally:
            await plane.stop()


def _hosts(listening: str, settings: LocalSettings) -> AllowedHosts:
    names = {host_name(f"[{listening}]" if ":" in listening else listening)}
    names.update(check_allowed(name) for name in settings.allowed_hosts)
    if settings.public_url is not None:
        names.add(host_name(urlsplit(check_public_url(settings.public_url)).netloc))
    return AllowedHosts(names)


def _limits(settings: LocalSettings) -> Limits:
    return Limits(
        head_bytes=settings.header_limit,
        head_seconds=settings.header_timeout,
        request_seconds=settings.request_timeout,
        idle_seconds=settings.keep_alive_timeout,
    )


def _run_until_stopped(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, None]) -> None:
    """Run the loop until the work is done, even if task code stops the loop or raises `SystemExit`."""
    task = loop.create_task(work)
    task.add_done_callback(lambda _: loop.stop())
    while not task.done():
        try:
            loop.run_forever()  # in case task code stops the loop
        except (SystemExit, KeyboardInterrupt) as error:
            # asyncio propagates these from the task that raised them to the caller of the loop. Code that
            # awaits the task receives them as well.
            logger.warning("%s was raised in a task on the server's event loop", type(error).__name__)
    task.result()


def _wind_up(loop: asyncio.AbstractEventLoop) -> None:
    """Close the loop. `asyncio.run` would wait forever for a task that ignores cancellation."""

    async def cancel_the_rest() -> None:
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        if rest:
            await asyncio.wait(rest, timeout=1.0)

    _run_until_stopped(loop, cancel_the_rest())
    _run_until_stopped(loop, loop.shutdown_asyncgens())
    # Errors of the remaining tasks have already been reported. Garbage collection would report them again.
    loop.set_exception_handler(lambda loop, context: None)
    loop.close()


def _server_secret(database: Database) -> bytes:
    """Return the secret from which token secrets are derived; it is created once per database."""
    with database.transaction():
        row = database.one("SELECT value FROM server_settings WHERE name = ?", (_SERVER_SECRET,))
        if row is not None:
            known: bytes = row["value"]
            return known
        secret = os.urandom(32)
        database.insert("server_settings", {"name": _SERVER_SECRET, "value": secret})
        return secret
