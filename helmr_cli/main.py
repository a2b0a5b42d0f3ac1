"""The `helmr` command: the client on the command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, Final

from helmr import HelmrClient, HelmrError, WaitResult, __version__
from helmr.errors import ArgumentError
from helmr_ergonomic._facades import RESOURCES

from .arguments import Method, add_method, methods, nested, summary
from .commands import add_commands
from .endings import CHECKS
from .extras import print_everything
from .output import Printer

__all__ = ["main"]

_DESCRIPTION: Final = """\
The client of a Helmr control plane. HELMR_API_URL and HELMR_API_KEY select the control plane and environment.
The commands helmr-local and helmr-contract run a local control plane and test any control plane.
"""
_EPILOG: Final = """\
Output is a table on a terminal, and elsewhere one line of JSON for each value.
Exit status: 0 success; 1 the request failed, or the run or deployment that it waited for; 2 wrong usage.
"""
_TO_THE_END: Final = frozenset({"follow", "lines", "wait"})
"""Methods that wait for a run or deployment to end."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        print_everything(stream)
    parser = _parser()
    given, unknown = parser.parse_known_args(arguments)
    if unknown:
        advice = "; put -- before a command with options of its own" if "command" in given else ""
        given.parser.error(f"unrecognized arguments: {' '.join(unknown)}{advice}")
    if "shell" in given:
        return _completion(parser, given.shell)
    if getattr(given, "handler", None) is None:
        given.parser.print_help()
        return 0
    as_lines = given.json or not sys.stdout.isatty()
    try:
        with HelmrClient() as client:
            printer = Printer(sys.stdout, as_lines=as_lines, show_secrets=given.show_secrets)
            status: int = given.handler(client, given, printer)
        sys.stdout.flush()
    except HelmrError as error:
        print(f"helmr: {error}", file=sys.stderr)
        return 2 if isinstance(error, ArgumentError) else 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reading end of the pipe was closed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return status


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print JSON on a terminal too")
    common.add_argument("--show-secrets", action="store_true", help="print tokens and callback URLs in full")

    parser = argparse.ArgumentParser(
        prog="helmr",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.set_defaults(parser=parser)
    commands = _Subcommands(parser, common)
    add_commands(commands)
    for name, load in RESOURCES.items():
        resource = load()
        instance = resource(None)  # this command makes no requests, so it needs no transport
        _add_resource(commands, (name,), instance, summary(resource.__doc__ or ""))
    completion = commands.add_parser("completion", help="print the completion script of a shell")
    completion.add_argument("shell", choices=["bash", "zsh", "tcsh"])
    return parser


def _add_resource(commands: _Subcommands, path: tuple[str, ...], resource: object, about: str) -> None:
    found, within = list(methods(type(resource), path)), list(nested(resource))
    if not found and not within:
        return
    parser = commands.add_parser(path[-1].replace("_", "-"), help=about)
    parser.set_defaults(handler=None)
    subcommands = _Subcommands(parser, commands.common)
    for name, description, inner in within:
        _add_resource(subcommands, (*path, name), inner, summary(description))
    for method in found:
        *_, command = method.path
        about = summary(method.description)
        made = subcommands.add_parser(command.replace("_", "-"), help=about, description=about)
        add_method(made, method)
        made.set_defaults(handler=_calling(method))


def _calling(method: Method) -> Any:
    def run(client: HelmrClient, given: argparse.Namespace, printer: Printer) -> int:
        result = method.call(client, given)
        if isinstance(result, WaitResult):
            printer.json(result.unwrap())  # the data that completed a token
            return 0
        printer.result(result)
        check = CHECKS.get(method.path[0])
        if check is not None and method.path[-1] in _TO_THE_END:
            check(client, getattr(given, method.parameters[0].name))
        return 0

    return run


class _Subcommands:
    """The subcommands of a parser; each takes the common options."""

    def __init__(self, parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
        self._added = parser.add_subparsers(metavar="COMMAND", title="commands")
        self.common = common

    def add_parser(self, name: str, **options: Any) -> argparse.ArgumentParser:
        made = self._added.add_parser(name, parents=[self.common], **options)
        made.set_defaults(parser=made)
        return made


def _completion(parser: argparse.ArgumentParser, shell: str) -> int:
    try:
        import shtab
    except ModuleNotFoundError:
        print("helmr: completion needs the package shtab: pip install 'helmr[cli]'", file=sys.stderr)
        return 1
    print(shtab.complete(parser, shell=shell))
    return 0
