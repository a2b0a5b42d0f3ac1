"""Multipart forms."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

# The parser warns of every invalid form; without a handler, Python would print that to stderr.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())

ParseOptions = Callable[[str], tuple[bytes, dict[bytes, bytes]]]


class FormError(ValueError):
    """The body is not a form; the message has the wording of the real server's library."""


@dataclass(frozen=True)
class Part:
    """One part of a form. The name is empty if the part has none."""

    name: str
    content: bytes


@dataclass
class Form:
    """The complete parts of a form, in order.

    Args:
        trouble: The reason why the form is incomplete; None if it is complete.
    """

    parts: list[Part] = field(default_factory=list[Part])
    trouble: str | None = None


def read_form(content_type: str, body: bytes) -> Form:
    """Parse the parts of a body.

    Raises:
        FormError: The content type does not name a form.
    """
    # Imported here because few servers ever receive a form.
    from python_multipart import MultipartParser
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import parse_options_header

    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        raise FormError("request Content-Type isn't multipart/form-data")
    boundary = options.get(b"boundary")
    if not boundary:
        raise FormError("no multipart boundary param in Content-Type")
    reader = _Reader(parse_options_header)
    try:
        parser = MultipartParser(boundary, reader.callbacks())
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        return Form(reader.form.parts, f"multipart: {error}")
    if not reader.ended:
        reader.form.trouble = "multipart: NextPart: EOF"
    return reader.form


class _Reader:
    """Collects the callbacks of the parser."""

    def __init__(self, parse_options: ParseOptions) -> None:
        self.form = Form()
        self._parse_options = parse_options
        self.ended = False
        self._name, self._field, self._value = "", bytearray(), bytearray()
        self._content = bytearray()

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._part_begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_part_data": self._part_data,
            "on_part_end": self._part_end,
            "on_end": self._end,
        }

    def _part_begin(self) -> None:
        self._name, self._content = "", bytearray()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if bytes(self._field).lower() == b"content-disposition":
            kind, options = self._parse_options(self._value.decode("latin-1"))
            if kind == b"form-data":
                self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._field.clear()
        self._value.clear()

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def _part_end(self) -> None:
        self.form.parts.append(Part(self._name, bytes(self._content)))

    def _end(self) -> None:
        self.ended = True
