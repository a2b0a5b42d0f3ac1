"""The server: one thread with an event loop that owns the database, the engine and the listener."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import os
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

from .app import App
from .catalog import Catalog
from .clock import Clock, RealClock
from .connection import HttpConnection
from .engine import Engine
from .engine.core import Core
from .implementing import Implementation, secrets_of_this_process
from .settings import LocalSettings
from .store import Database, DatabaseError

logger = logging.getLogger("helmr_local")

STOP_SECONDS = 10.0
"""How long a stop may take; no part of it takes more than a few seconds unless task code is stuck."""
T = TypeVar("T")


class ListenError(ValueError):
    """The server will not listen there."""


def check_host(host: str, beyond_loopback: bool) -> None:
    """Refuse an address that others can reach, unless told so in words.

    Raises:
        ListenError: What to do instead.
    """
    if beyond_loopback or host == "localhost":
        return
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ListenError(
            f"helmr-local is made for this machine only and will not listen on {host}: anybody who reaches "
            "it can try to use it over plain http. Use 127.0.0.1, or add --listen-beyond-loopback if that "
            "is meant"
        )


class FileLock:
    """Keeps a second server off a database file; the system drops it when the process ends."""

    def __init__(self, path: str) -> None:
        self._path = path + ".lock"
        self._handle: int | None = None

    def acquire(self) -> None:
        database = self._path.removesuffix(".lock")
        if os.path.isdir(database):
            raise DatabaseError(f"cannot open the database {database}: it is a directory")
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise DatabaseError(f"cannot open the database {database}: {error.strerror}") from None
        try:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # a system without flock relies on the user
            pass
        except OSError:
            os.close(handle)
            raise ListenError(f"another helmr-local uses {database}") from None
        self._handle = handle

    def release(self) -> None:
        if self._handle is not None:
            # The file stays: removing it could take it from under a server that is about to lock it.
            os.close(self._handle)
            self._handle = None


class Server:
    """A control plane on a loopback port, in a thread of its own."""

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
        self._catalog = Catalog(implementations)
        self._database = None if database is None else str(Path(database))
        self._secrets = secrets_of_this_process(implementations) if secrets is None else dict(secrets)
        self._settings = settings
        self._clock = clock or RealClock()
        self._lock = None if self._database is None else FileLock(self._database)
        self._host, self._port = host, port
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._uvicorn: uvicorn.Server | None = None
        self._engine: Engine | None = None
        self.url = ""

    # --- from the outside --------------------------------------------------------------------------

    def start(self) -> None:
        """Listen, and return when requests are answered.

        Raises:
            ListenError, DatabaseError, DeploymentError, RoutingError, OSError: It cannot be.
        """
        if self._lock is not None:
            self._lock.acquire()
        try:
            family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
            # The protocol is named because asyncio turns off the delay of small packets only then.
            listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            try:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind((self._host, self._port))
            except OSError as error:
                listener.close()
                raise ListenError(f"cannot listen on {self._host}:{self._port}: {error.strerror}") from error
            host = f"[{self._host}]" if ":" in self._host else self._host
            self.url = f"http://{host}:{listener.getsockname()[1]}"
            self._thread = threading.Thread(
                target=self._run, args=(listener,), name="helmr-local", daemon=True
            )
            self._thread.start()
            self._ready.wait()
            if self._failure is not None:
                self._thread.join()
                raise self._failure
        except BaseException:
            if self._lock is not None:
                self._lock.release()
            raise

    def stop(self) -> None:
        """Stop listening and working. Harmless when it has stopped already.

        Nothing is left behind but task code that does not stop: its thread, or the server's own when an
        async task blocks it.
        """
        if self._uvicorn is not None and self._loop is not None:
            loop, engine = self._loop, self._engine
            if engine is not None:
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(engine.notifier.close)
            self._uvicorn.should_exit = True
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)
            if self._thread.is_alive():
                logger.warning("the server did not stop: an async task blocks it with code that never awaits")
                return  # it still holds the database, and so the lock
        if self._lock is not None:
            self._lock.release()

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def on_engine(self, work: Callable[[Engine], T]) -> T:
        """Run a function on the server's thread.

        Raises:
            RuntimeError: The server does not run.
        """
        loop, engine = self._loop, self._engine
        if loop is None or engine is None or self._thread is None or not self._thread.is_alive():
            raise RuntimeError("the server is not running")

        async def run() -> T:
            return work(engine)

        return asyncio.run_coroutine_threadsafe(run(), loop).result()

    # --- on the server's thread --------------------------------------------------------------------

    def _run(self, listener: socket.socket) -> None:
        loop = asyncio.new_event_loop()
        try:
            loop.run_until_complete(self._serve(listener))
        except BaseException as error:
            if self._ready.is_set():
                logger.exception("the server failed")
            else:
                self._failure = error
        finally:
            _wind_up(loop)
            listener.close()
            self._ready.set()

    async def _serve(self, listener: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        database = Database(self._database)
        try:
            engine = Engine(
                Core(
                    database,
                    self._clock,
                    self._settings,
                    self._catalog,
                    _server_secret(database),
                    self._settings.public_url or self.url,
                    self._secrets,
                )
            )
            app = App(engine)
            engine.start()
        except BaseException:
            database.close()
            raise
        self._engine = engine
        self._uvicorn = uvicorn.Server(
            uvicorn.Config(
                app,
                http=HttpConnection,
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                server_header=False,
                proxy_headers=False,
                date_header=True,
                timeout_keep_alive=120,
                timeout_graceful_shutdown=2,
            )
        )
        serving = asyncio.ensure_future(self._uvicorn.serve(sockets=[listener]))
        try:
            while not self._uvicorn.started and not serving.done():  # noqa: ASYNC110  # uvicorn has no event
                await asyncio.sleep(0.001)
            self._ready.set()
            await serving
        finally:
            await engine.stop()


def _wind_up(loop: asyncio.AbstractEventLoop) -> None:
    """Close the loop. `asyncio.run` would wait for ever for a task that will not be cancelled."""

    async def cancel_the_rest() -> None:
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        if rest:
            await asyncio.wait(rest, timeout=1.0)

    loop.run_until_complete(cancel_the_rest())
    loop.run_until_complete(loop.shutdown_asyncgens())
    # What is left has been reported, and would be once more when it is collected.
    loop.set_exception_handler(lambda loop, context: None)
    loop.close()


def _server_secret(database: Database) -> bytes:
    """The secret that token secrets are derived from; made once per database."""
    with database.transaction():
        row = database.one("SELECT value FROM facts WHERE name = 'server_secret'")
        if row is not None:
            known: bytes = row["value"]
            return known
        secret = os.urandom(32)
        database.insert("facts", {"name": "server_secret", "value": secret})
        return secret
