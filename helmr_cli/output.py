"""Results on standard output: tables for people, one line of JSON per value for programs."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, TextIO, cast

from helmr import LogLine
from helmr_api.display import masked, one_line, printable

__all__ = ["Printer", "as_json"]

# The most useful fields, in the order of columns; the JSON has all of them.
_COLUMNS: Final[tuple[str, ...]] = (
    *("id", "run_id", "sequence", "path", "name", "direction", "kind", "external_id", "size_bytes"),
    *("task_id", "status", "activity", "state", "command", "message"),
    *("attempt_number", "exit_code", "failure_kind", "terminal_reason", "tags", "data", "cron", "timezone"),
    *("created_at", "at", "started_at", "finished_at", "expires_at", "next_run_at"),
)
_MOST_COLUMNS: Final = 7
_WIDEST: Final = 44
# JSON already escapes the first 32 characters; these are also control characters of terminals.
_CONTROL: Final = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class Printer:
    """Prints results, as tables or as JSON.

    Credentials are masked, unless `show_secrets` is set.
    """

    def __init__(self, out: TextIO, *, as_lines: bool, show_secrets: bool) -> None:
        self._out = out
        self._as_lines = as_lines
        self._show_secrets = show_secrets

    def result(self, value: Any) -> None:
        """Print what a method returned: an object, a list of them, a stream of them, or nothing."""
        if value is None:
            return
        if isinstance(value, bytes):
            self._bytes(value)
        elif isinstance(value, bool | str | int | float):
            self._line(json.dumps(value) if self._as_lines else printable(str(value)))
        elif isinstance(value, Iterator):
            for one in cast("Iterator[object]", value):
                self._one(one)
        elif isinstance(value, Iterable) and not hasattr(cast("object", value), "to_dict"):
            self._list(as_json(one) for one in cast("Iterable[object]", value))
        else:
            self._object(as_json(value))

    def json(self, value: Any) -> None:
        """Print a value as one line of JSON."""
        is_unicode = (self._out.encoding or "utf-8").lower() in {"utf-8", "utf8"}
        text = json.dumps(value, ensure_ascii=not is_unicode, separators=(",", ":"), default=str)
        self._line(_CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text))

    def _bytes(self, value: bytes) -> None:
        """Write a file: verbatim, or escaped if standard output is a terminal."""
        if self._out.isatty():
            text = printable(value.decode("utf-8", "replace"))
            self._out.write(text if self._show_secrets else masked(text))
        else:
            self._out.flush()
            self._out.buffer.write(value)

    def _one(self, item: object) -> None:
        value = as_json(item)
        if self._as_lines:
            self.json(value)
        elif isinstance(item, LogLine):
            self._line(one_line(item.message))
        else:
            self._line("  ".join(self._cell(value, name) for name in _columns([value])).rstrip())

    def _list(self, values: Iterator[dict[str, Any]]) -> None:
        if self._as_lines:
            for value in values:
                self.json(value)
            return
        # the first items determine the column widths; the others are printed as they arrive
        first = list(islice(values, 200))
        names = _columns(first)
        if not first:
            print("nothing found", file=sys.stderr)
            return
        rows = [[self._cell(value, name) for name in names] for value in first]
        widths = [max(len(name), *(len(row[at]) for row in rows)) for at, name in enumerate(names)]
        self._row([one_line(name.upper()) for name in names], widths)
        for row in rows:
            self._row(row, widths)
        for value in values:
            self._row([self._cell(value, name) for name in names], widths)

    def _object(self, value: dict[str, Any]) -> None:
        if self._as_lines:
            self.json(value)
            return
        width = max((len(name) for name in value), default=0)
        for name, field in value.items():
            text = field if isinstance(field, str) else json.dumps(field, ensure_ascii=False)
            self._line(f"{one_line(name):<{width}}  {one_line(text)}")

    def _row(self, cells: Sequence[str], widths: Sequence[int]) -> None:
        line = "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
        available = shutil.get_terminal_size((120, 24)).columns
        self._line(line if len(line) <= available else f"{line[: available - 1]}…")

    def _cell(self, value: Mapping[str, Any], name: str) -> str:
        field = value.get(name)
        if field is None:
            return "-"
        text = field if isinstance(field, str) else json.dumps(field, ensure_ascii=False)
        if name == "at" or name.endswith("_at"):
            text = re.sub(r"\.\d+", "", text)
        text = one_line(text)
        return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"

    def _line(self, text: str) -> None:
        print(text if self._show_secrets else masked(text), file=self._out, flush=not self._as_lines)


def as_json(value: Any) -> dict[str, Any]:
    """The JSON object as the server sent it, or the fields of a log line."""
    if isinstance(value, LogLine):
        return {**value._asdict(), "at": value.at.isoformat()}
    fields: dict[str, Any] = value.to_dict()
    return fields


def _columns(values: Sequence[Mapping[str, Any]]) -> list[str]:
    present = {name for value in values for name, field in value.items() if field not in (None, [], {})}
    if "id" in present:
        present.discard("run_id")
    return [name for name in _COLUMNS if name in present][:_MOST_COLUMNS] or sorted(present)[:_MOST_COLUMNS]
