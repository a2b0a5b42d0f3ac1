"""The `helmr-local` command."""

from __future__ import annotations

import argparse
import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

from helmr_ergonomic import __version__

from . import page, reloading
from .catalog import DeploymentError, environment_of
from .clock import RealClock
from .console import banner, configure
from .fixed_key import VARIABLE, FixedKey, fixed_key
from .keys import check_scopes, create_api_key
from .page import opening
from .server import ListenError, Server, listening_socket
from .settings import LocalSettings
from .shell import assignment
from .store import UNAVAILABLE, Database, DatabaseError
from .tasks import collect


class UsageError(ValueError):
    """The command line is invalid."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="helmr-local", description="A local Helmr control plane.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    served = argparse.ArgumentParser(add_help=False)
    served.add_argument(
        "--tasks",
        action="append",
        default=[],
        metavar="MODULE",
        help="a module that contains functions decorated with @implement; repeatable",
    )
    served.add_argument("--database", metavar="FILE", help="keep the state in this file (default: in memory)")
    served.add_argument(
        "--secret",
        action="append",
        metavar="NAME[=ENVVAR]",
        help="a secret of the environment, read from an environment variable; once one is given, "
        "starting a task that declares any other is refused (default: every secret that a task "
        "declares, read from the variable of the same name)",
    )
    served.add_argument(
        "--public-url",
        metavar="URL",
        help="the URL by which others reach the server, used in the callback URLs of tokens",
    )
    served.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="HOST",
        help="also serve requests addressed to this host; * for any host (default: the loopback "
        "interface, --host and the host of --public-url)",
    )
    served.add_argument(
        "--cors-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="allow web pages of this origin, such as http://localhost:5173, to use the API with a "
        "key; * for any origin, null for pages opened from files; repeatable",
    )
    served.add_argument("--access-log", action="store_true", help="log one line per request to stderr")
    served.add_argument(
        "--logs",
        action="store_true",
        help="show what task code prints and logs, prefixed with the name of its run",
    )
    served.add_argument(
        "--quiet",
        action="store_true",
        help="show neither the progress of runs nor the tracebacks of failed ones",
    )

    serve = commands.add_parser("serve", parents=[served], help="serve until interrupted")
    serve.add_argument("--host", default="127.0.0.1", help="a loopback address (default: %(default)s)")
    serve.add_argument("--port", type=int, default=0, help="default: a free port")
    serve.add_argument(
        "--listen-beyond-loopback",
        action="store_true",
        help="allow a --host that other machines can reach; traffic is unencrypted http",
    )
    serve.add_argument(
        "--api-key-file",
        metavar="FILE",
        help="use the API key in this file, creating the file with a new key if it does not exist "
        f"(default: the environment variable {VARIABLE}, or a new key for each new database)",
    )
    serve.add_argument(
        "--reload",
        action=argparse.BooleanOptionalAction,
        help="restart when task code changes; sessions, port and key are kept",
    )
    serve.add_argument(
        "--watch",
        action="append",
        default=[],
        metavar="PATH",
        help="with --reload, also watch this file or folder; repeatable",
    )
    serve.add_argument(
        "--allow-exec",
        action="store_true",
        help="run the commands and terminals of workspaces even when other machines can reach the "
        "server: anyone with a key can then run programs on this machine",
    )
    serve.add_argument(
        "--open",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="open the web page in the browser",
    )
    run = commands.add_parser(
        "run",
        parents=[served],
        help="serve while one command runs, with HELMR_API_URL and HELMR_API_KEY in its environment",
        usage="helmr-local run [options] [--] COMMAND [ARGUMENT ...]",
    )
    run.add_argument(
        "program",
        nargs=argparse.REMAINDER,
        metavar="COMMAND",
        help="the command to run and its arguments; helmr-local exits with its exit status",
    )
    keys = commands.add_parser("keys", help="API keys").add_subparsers(dest="action", required=True)
    create = keys.add_parser("create", help="create a key and print it once")
    create.add_argument(
        "--database", metavar="FILE", required=True, help="the database file that `serve` uses"
    )
    create.add_argument(
        "--scopes",
        help="comma-separated, such as runs:create,runs:read (default: all)",
    )
    create.add_argument("--expires-at", metavar="TIME", help="RFC 3339 time with a time zone")
    create.add_argument(
        "--environment", default="default", help="keys of one environment see only that environment's data"
    )
    for subparser in (serve, run, create):
        subparser.set_defaults(parser=subparser)
    return parser


def _parsed(words: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments. On an error, print the usage of the subcommand and exit."""
    arguments, unknown = _parser().parse_known_args(words)
    if unknown:
        arguments.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    if arguments.command == "run":
        if arguments.program[:1] == ["--"]:
            del arguments.program[0]
        if not arguments.program:
            arguments.parser.error("the following arguments are required: COMMAND")
    return arguments


def _secrets(named: Sequence[str] | None) -> dict[str, str] | None:
    if named is None:
        return None
    secrets: dict[str, str] = {}
    for option in named:
        name, separator, variable = option.partition("=")
        variable = variable if separator else name
        if not name or not variable:
            raise UsageError(f"--secret takes NAME or NAME=ENVVAR, not {name!r}")
        if variable not in os.environ:
            raise UsageError(f"--secret {name}: the environment variable {variable} is not set")
        secrets[name] = os.environ[variable]
    return secrets


def _server(arguments: argparse.Namespace, tasks: Sequence[str], **where: Any) -> Server:
    return Server(
        collect(tasks),
        database=arguments.database,
        secrets=_secrets(arguments.secret),
        settings=LocalSettings(
            access_log=arguments.access_log,
            public_url=arguments.public_url,
            allowed_hosts=tuple(arguments.allow_host),
            cors_origins=tuple(arguments.cors_origin),
            allow_exec=getattr(arguments, "allow_exec", False),
        ),
        **where,
    )


# Signals that ask a program to exit. SIGHUP, or SIGBREAK on Windows, means that its terminal was closed.
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]


def _on_signal(signum: signal.Signals, handler: Callable[[int, FrameType | None], None]) -> None:
    """Install a signal handler, unless the parent process has set the signal to be ignored, as nohup does."""
    if signal.getsignal(signum) is not signal.SIG_IGN:
        signal.signal(signum, handler)


def _serving(arguments: argparse.Namespace, tasks: Sequence[str]) -> Server:
    return _server(
        arguments,
        tasks,
        host=arguments.host,
        port=arguments.port,
        beyond_loopback=arguments.listen_beyond_loopback,
    )


def _serve(arguments: argparse.Namespace) -> int:
    if arguments.reload:
        return _serve_again(arguments)
    if arguments.watch and arguments.reload is None:
        raise UsageError("--watch needs --reload")
    key = fixed_key(arguments.api_key_file, os.environ)
    server = _serving(arguments, arguments.tasks)
    stopping = threading.Event()

    def stop(signum: int, frame: FrameType | None) -> None:
        stopping.set()

    for signum in (signal.SIGINT, *_ENDING):
        _on_signal(signum, stop)
    server.start()
    try:
        opened_at = _announce(server, key, arguments.database)
        if not arguments.quiet:
            print(banner(server.url, server.task_ids, arguments.database), file=sys.stderr, flush=True)
        with opening.browser(opened_at) if arguments.open else nullcontext(True) as opened:
            if not opened:
                print("helmr-local: found no browser to open the page", file=sys.stderr)
            while not stopping.is_set() and server.running:
                stopping.wait(0.5)
    finally:
        server.stop()
    return 0


def _announce(server: Server, key: FixedKey | None, database: str | None) -> str:
    """Print the URL and the key that clients need, and return the link that opens the page."""
    print(assignment("HELMR_API_URL", server.public_url), flush=True)
    address = f"{server.url}/"  # without the key, which the page then asks for
    if key is not None:
        chosen = key.value
        server.on_loop(lambda plane: plane.create_api_key(secret=chosen))
        print(f"{key.shown}\n# page: {address}", flush=True)
        return page.link(server.url, chosen)
    if server.on_loop(lambda plane: plane.db.one("SELECT 1 FROM api_keys LIMIT 1") is None):
        made = server.on_loop(lambda plane: plane.create_api_key())
        address = page.link(server.url, made)
        print(assignment("HELMR_API_KEY", made), flush=True)
    else:
        print(
            "# HELMR_API_KEY was printed when this database was created; to make another key: "
            f"helmr-local keys create --database {database}",
            flush=True,
        )
    print(f"# page: {address}", flush=True)
    return address


def _serve_again(arguments: argparse.Namespace) -> int:
    places = [*reloading.folders_of(arguments.tasks), *map(Path, arguments.watch)]
    for place in places:
        if not place.exists():
            raise UsageError(f"--watch {place}: no such file or directory")
    if not places:
        raise UsageError("--reload needs --tasks or --watch")
    # Check here what no change to a source file can fix, so that an error ends this process instead of each
    # process that it starts.
    _serving(arguments, ())
    fixed_key(arguments.api_key_file, os.environ)
    with listening_socket(arguments.host, arguments.port) as probe:
        port = probe.getsockname()[1]
    opens = iter([list[str]()])  # in the first process only

    def command(database: str) -> list[str]:
        last = ["--no-reload", "--port", str(port), "--database", database]
        return [sys.executable, "-m", "helmr_local", *arguments.words, *last, *next(opens, ["--no-open"])]

    def tell(what: str) -> None:
        if not arguments.quiet:
            print(f"helmr-local: {what}", file=sys.stderr, flush=True)

    return reloading.serve(command, arguments.database, places, tell)


def _run(arguments: argparse.Namespace) -> int:
    running: list[subprocess.Popen[bytes]] = []
    received: list[int] = []

    def terminate(signum: int, frame: FrameType | None) -> None:
        received.append(signum)
        for program in running:
            program.terminate()

    def interrupt(signum: int, frame: FrameType | None) -> None:
        """Ignore Ctrl-C: the terminal also sends it to the program, which decides when to exit."""
        if not running:
            received.append(signum)

    for signum in _ENDING:
        _on_signal(signum, terminate)
    _on_signal(signal.SIGINT, interrupt)
    server = _server(arguments, arguments.tasks)
    server.start()
    try:
        key = server.on_loop(lambda plane: plane.create_api_key())
        environment = {**os.environ, "HELMR_API_URL": server.url, "HELMR_API_KEY": key}
        if received:
            return 128 + received[0]
        try:
            command = startable(arguments.program)
            program = subprocess.Popen(command, env=environment)  # noqa: S603  # what the user typed
        except OSError as error:
            raise UsageError(f"cannot run {arguments.program[0]}: {error.strerror}") from error
        running.append(program)
        if received and received[0] != signal.SIGINT:  # during its start
            program.terminate()
        status = program.wait()
        return status if status >= 0 else 128 - status
    finally:
        server.stop()


def startable(command: Sequence[str], system: str = os.name) -> list[str]:
    """Return the command in a form that this system can start.

    Windows finds programs by their bare name only if they end in `.exe`, but npm and others are `.cmd` files.
    """
    program, *arguments = command
    if system == "nt":
        program = shutil.which(program) or program
    return [program, *arguments]


def is_broken_pipe(error: OSError, system: str = os.name) -> bool:
    """Return whether the error means that the reader of our output is gone. Windows has no dedicated error
    for this.
    """
    return isinstance(error, BrokenPipeError) or (system == "nt" and error.errno == errno.EINVAL)


def _create_key(arguments: argparse.Namespace) -> int:
    scopes = None
    if arguments.scopes is not None:
        scopes = check_scopes(name.strip() for name in arguments.scopes.split(",") if name.strip())
    expires_at = None
    if arguments.expires_at is not None:
        try:
            expires_at = datetime.fromisoformat(arguments.expires_at)
        except ValueError:
            raise UsageError(
                "--expires-at takes an RFC 3339 time such as 2030-01-01T00:00:00Z, not "
                f"{arguments.expires_at!r}"
            ) from None
    if not os.path.exists(arguments.database):
        raise UsageError(f"there is no database {arguments.database}; helmr-local serve creates it")
    database = Database(arguments.database)
    try:
        environment = environment_of(database, arguments.environment)
        with database.transaction():
            key = create_api_key(database, environment.id, RealClock().now(), scopes, expires_at)
    except UNAVAILABLE as error:
        raise DatabaseError(f"cannot use the database {arguments.database}: {error}") from error
    finally:
        database.close()
    print(key)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    parsed = _parsed(words)
    parsed.words = words
    configure(
        quiet=getattr(parsed, "quiet", False),
        show_progress=parsed.command == "serve",
        show_logs=getattr(parsed, "logs", False),
    )
    try:
        return {"serve": _serve, "run": _run, "keys": _create_key}[parsed.command](parsed)
    except OSError as error:
        if not is_broken_pipe(error):
            raise
        # The reader of our output is gone. Discard the rest, because Python would report unwritten output on
        # exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + 13  # the status a shell reports after SIGPIPE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except (
        UsageError,
        ListenError,
        DatabaseError,
        DeploymentError,
        ImportError,
        TypeError,
        ValueError,
    ) as error:
        print(f"helmr-local: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
