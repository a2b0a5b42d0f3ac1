"""The commands that combine several methods: starts, logs, events and records."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any, TextIO

from helmr import HelmrClient
from helmr_api.display import printable

from .arguments import WAIT_HELP, duration_value, json_value
from .endings import check_run
from .output import Printer

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Add each command to the parser's subcommands."""
    start = commands.add_parser("start", help="start a session of a task, or find an existing one")
    start.add_argument("task", help="the id of a deployed task")
    start.add_argument(
        "payload", nargs="?", type=json_value, default=..., help="JSON; - reads standard input"
    )
    start.add_argument("--external-id", help="names the session permanently")
    start.add_argument("--idempotency-key", help="names this request; hashed as in the SDKs")
    start.add_argument("--idempotency-key-ttl", help="how long the key is remembered, such as 24h")
    start.add_argument("--tag", dest="tags", action="append", help="may be repeated")
    start.add_argument("--metadata", type=json_value, metavar="JSON", help="a JSON object")
    start.add_argument("--queue", help="the queue to wait in (default: the task's queue)")
    start.add_argument("--priority", type=int, metavar="N", help="higher priorities start first")
    start.add_argument("--ttl", help="how long the run may wait to be started, such as 10m")
    start.add_argument("--wait", action="store_true", help="wait until the run has ended, and print it")
    start.add_argument("--timeout", type=duration_value, metavar="DURATION", help=f"with --wait, {WAIT_HELP}")
    start.set_defaults(handler=_start)

    logs = commands.add_parser("logs", help="print what a run's task wrote to stdout and stderr")
    logs.add_argument("run")
    logs.add_argument("-f", "--follow", action="store_true", help="continue until the run has ended")
    logs.add_argument("--raw", action="store_true", help="print control characters unescaped")
    logs.set_defaults(handler=_logs)

    events = commands.add_parser("events", help="print the events of a run")
    events.add_argument("run")
    events.add_argument("-f", "--follow", action="store_true", help="continue until the run has ended")
    events.add_argument("--cursor", help="start after this event")
    events.set_defaults(handler=_events)

    send = commands.add_parser("send", help="send a record to an input stream of a session")
    _add_session(send)
    send.add_argument("data", type=json_value, help="JSON; - reads standard input")
    send.add_argument("--correlation-id", help="the correlation id of the record")
    send.add_argument("--idempotency-key", help="names this request; sent verbatim")
    send.set_defaults(handler=_send)

    records = commands.add_parser("records", help="print the records of a stream of a session")
    _add_session(records)
    records.add_argument(
        "--input", action="store_true", help="read the input stream instead of the output stream"
    )
    records.add_argument("--after", type=int, default=0, metavar="N", help="start after this sequence number")
    records.add_argument("-f", "--follow", action="store_true", help="continue until the session has ended")
    records.set_defaults(handler=_records)


def _add_session(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="the id of the session; with -x its external id")
    parser.add_argument("stream", help="the name of the stream")
    parser.add_argument("-x", "--external", action="store_true", help="SESSION is an external id")


def _start(client: HelmrClient, given: argparse.Namespace, printer: Printer) -> int:
    names = (
        *("external_id", "idempotency_key", "idempotency_key_ttl", "tags", "metadata", "queue"),
        *("priority", "ttl"),
    )
    options: Any = {name: getattr(given, name) for name in names if getattr(given, name) is not None}
    payload = () if given.payload is ... else (given.payload,)
    if not given.wait:
        printer.result(client.sessions.start(given.task, *payload, **options))
        return 0
    ended = client.sessions.start_and_wait(
        given.task, *payload, timeout_seconds=given.timeout, raise_on_timeout=True, **options
    )
    printer.result(ended.run)
    check_run(client, ended.run)
    return 0


def _logs(client: HelmrClient, given: argparse.Namespace, printer: Printer) -> int:
    streams = {"stdout": sys.stdout, "stderr": sys.stderr}

    def show(text: str, stream: TextIO) -> None:
        shown = printable(text) if stream.isatty() and not given.raw else text
        print(shown, end="", file=stream, flush=True)

    if given.follow:
        for chunk in client.runs.logs.follow(given.run):
            show(chunk.text, streams.get(chunk.stream, sys.stdout))
        check_run(client, given.run)
        return 0
    logs = client.runs.logs.retrieve(given.run)
    show(logs.stdout, sys.stdout)
    show(logs.stderr, sys.stderr)
    return 0


def _events(client: HelmrClient, given: argparse.Namespace, printer: Printer) -> int:
    events = client.runs.events
    if given.follow:
        printer.result(events.follow(given.run, cursor=given.cursor))
        check_run(client, given.run)
    else:
        printer.result(events.list(given.run, cursor=given.cursor))
    return 0


def _send(client: HelmrClient, given: argparse.Namespace, printer: Printer) -> int:
    sent = (
        _opened(client, given)
        .input(given.stream)
        .send(given.data, correlation_id=given.correlation_id, idempotency_key=given.idempotency_key)
    )
    printer.result(sent.record)
    return 0


def _records(client: HelmrClient, given: argparse.Namespace, printer: Printer) -> int:
    session = _opened(client, given)
    stream = session.input(given.stream) if given.input else session.output(given.stream)
    if not given.follow:
        printer.result(stream.list(after_sequence=given.after))
    elif given.input:
        given.parser.error("only output streams can be followed")
    else:
        followed: Iterator[Any] = session.output(given.stream).follow(after_sequence=given.after)
        printer.result(followed)
    return 0


def _opened(client: HelmrClient, given: argparse.Namespace) -> Any:
    sessions = client.sessions
    return sessions.open(external_id=given.session) if given.external else sessions.open(given.session)
