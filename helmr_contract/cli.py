"""`helmr-contract`: test a Helmr control plane against its contract."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

from rich.console import Console

from helmr_api.display import printable
from helmr_contract.arguments import parser_of_command
from helmr_contract.choosing import UnknownNameError
from helmr_contract.interrupts import termination_interrupts
from helmr_contract.parsing import CANNOT_TEST, INTERRUPTED, KEPT, Parser
from helmr_contract.rules import chosen
from helmr_contract.secrets import Scrubber

__all__ = ["main"]

# Without any handler, Python prints the warnings of libraries between the lines of the output.
_SILENT = logging.NullHandler()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    logging.getLogger().addHandler(_SILENT)
    try:
        with termination_interrupts():
            return _run(sys.argv[1:] if arguments is None else list(arguments))
    except KeyboardInterrupt:  # before the tests, or again while the report is written
        print("helmr-contract: interrupted", file=sys.stderr)
        return INTERRUPTED


def _run(given: list[str]) -> int:
    if given[:1] == ["client"]:
        from helmr_contract.client.cli import main as client

        return client(given[1:])
    if given[:1] == ["rules"]:
        return _list_rules(given[1:])
    if given[:1] == ["probe"]:
        return _print_probe(given[1:])
    options = parser_of_command().parse_args(given)
    # It imports Schemathesis and pytest, which takes a second.
    from helmr_contract.command import Command

    key = os.environ.get("HELMR_CONTRACT_KEY") or os.environ.get("HELMR_API_KEY")
    return Command(options, key, Scrubber(key), Console(highlight=False)).run()


def _list_rules(arguments: Sequence[str]) -> int:
    """Run `helmr-contract rules [PATTERN ...]`."""
    parser = Parser(prog="helmr-contract rules", description="Lists the rules of the contract and their ids.")
    parser.add_argument("pattern", nargs="*", help="such as 'start-idempotency/*'")
    try:
        found = chosen(parser.parse_args(arguments).pattern)
    except UnknownNameError as error:
        print(printable(f"helmr-contract: {error}"), file=sys.stderr)
        return CANNOT_TEST
    console = Console(highlight=False)
    for rule in found:
        needs = [
            *(["a worker"] if rule.needs_worker else []),
            *(["scoped keys"] if rule.needs_scoped_keys else []),
        ]
        more = f" (needs {' and '.join(needs)})" if needs else ""
        console.print(f"{rule.id}{more}", markup=False, soft_wrap=True)
    return KEPT


def _print_probe(arguments: Sequence[str]) -> int:
    """Run `helmr-contract probe [--language LANGUAGE]`."""
    from helmr_contract.probes import LANGUAGES, source

    parser = Parser(
        prog="helmr-contract probe",
        description="Prints the source of the probe task that the tests use, for deployment behind the "
        "server.",
    )
    parser.add_argument(
        "--language", choices=list(LANGUAGES), default="typescript", help="default: %(default)s"
    )
    Console(highlight=False).print(
        printable_source(source(parser.parse_args(arguments).language)), markup=False, soft_wrap=True, end=""
    )
    return KEPT


def printable_source(text: str) -> str:
    """Return the text, line by line, with unprintable characters replaced."""
    return "\n".join(printable(line) for line in text.split("\n"))


if __name__ == "__main__":
    sys.exit(main())
