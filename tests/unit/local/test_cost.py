"""Processing any input takes time linear in its length.

Eight times the length may take up to 24 times as long; a quadratic algorithm takes 64 times as long. The
tests compare the CPU time of this thread, the best of several tries. Because even CPU time varies on a busy
machine, a failure is confirmed at 32 times the length, where a quadratic algorithm takes 1,024 times as long.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable
from typing import Any

import pytest

from helmr_api.document import load
from helmr_local import access_log, hosts, ids
from helmr_local.document import routes
from helmr_local.errors import ApiError
from helmr_local.http.bodies import RequestBodies
from helmr_local.http.request import bearer, whole_number
from helmr_local.http.routing import Router
from helmr_local.http1.body import ChunkedBody
from helmr_local.http1.head import Refused, read_head
from helmr_local.resources.tokens import timeout_nanoseconds
from helmr_local.resources.validation import check_retry, metadata_text, normalised_tags
from helmr_local.wire import decoding, durations, jsontext, strings, times, urls

SHORT = 4_000
COMPARED = ((8, 24), (32, 256))
"""Pairs of a length factor and the largest allowed cost factor."""
FACTOR = COMPARED[0][0]
NOISE = 0.02
"""Costs below this many seconds pass: at this length, a quadratic algorithm takes far longer."""
TRIES = 10

# Each input consists of a beginning, a repeated part and an end.
INPUTS = {
    "letters": ("", "a", ""),
    "digits": ("", "1", ""),
    "one long number": ("1.", "1", ""),
    "one long exponent": ("1e", "1", ""),
    "numbers": ("[", "1e5,", "1]"),
    "huge numbers": ("[", "1e131071,", "1]"),
    "tiny numbers": ("[", "1e-16383,", "1]"),
    "floats of many digits": ("[", "1." + "1" * 300 + ",", "1]"),
    "long integers": ("[", "1" * 4300 + ",", "1]"),
    "negative zeros": ("[", "-0,", "-0]"),
    "no numbers": ("", "-0", ""),
    "quotes": ("", '"', ""),
    "escaped quotes": ('"', '\\"', ""),
    "brackets, then escaped quotes": ("[]" * 201 + '"', '\\"', ""),
    "brackets, then quotes": ("[" * 201, '"a', ""),
    "backslashes": ('"', "\\", ""),
    "escapes": ('"', "\\u0041", '"'),
    "escaped NUL": ('{"data":"', "\\u0000", '"}'),
    "lone surrogates": ('{"data":"', "\\ud800", '"}'),
    "opening brackets": ("", "[", ""),
    "empty arrays": ("[", "[],", "[]]"),
    "towers": ("[", "[" * 150 + "]" * 150 + ",", "1]"),
    "objects in objects": ("", '{"a":', ""),
    "repeated fields": ("{", '"data":1,', '"data":1}'),
    "fields of other case": ("{", '"DATA":1,', '"DaTa":1}'),
    "tags": ('{"tags":[', '"a",', '"a"]}'),
    "tags that are none": ('{"tags":[', "1,", "1]}"),
    "a long tag": ('{"tags":["', "a", '"]}'),
    "a long idempotency key": ('{"idempotency_key":"', "a", '"}'),
    "a long unknown field": ('{"', '\\"', '":1}'),
    "a long timeout": ('{"timeout":"', "0ns", '1h"}'),
    "timeout parts": ('{"timeout":{', '"hours":1,', '"minutes":1}}'),
    "a retry policy": ('{"retry":{', '"maxAttempts":1,', '"enabled":true}}'),
    "spaces": ("", " ", ""),
    "spaces of all kinds": ("x", "\t \x0b\u2003", "x"),
    "letters beyond ASCII": ("", "é", ""),
    "characters that cannot be printed": ("", "\u0080\U000e0001", ""),
    "bytes that are no UTF-8": ('{"data":"', "\udcff", '"}'),
    "percent signs": ("", "%", ""),
    "percent escapes": ("/", "%41", ""),
    "percent escapes of escapes": ("/", "%25", ""),
    "slashes": ("", "/", ""),
    "segments": ("/api", "/sessions", ""),
    "pairs": ("", "a=b&", ""),
    "names": ("", "&", ""),
    "parts of a duration": ("", "1h", ""),
    "parts of a duration without value": ("", "0ns", "x"),
    "a fraction of a duration": ("1.", "1", "h"),
    "a fraction of a second": ("2026-01-01T00:00:00.", "1", "Z"),
    "headers": ("GET / HTTP/1.1\r\n", "a: b\r\n", "host: a"),
    "headers without value": ("GET / HTTP/1.1\r\n", ":\r\n", ""),
    "one long header": ("GET / HTTP/1.1\r\nx:", " ", "y"),
    "line ends": ("", "\r\n", ""),
    "a long target": ("GET /", "?", " HTTP/1.1\r\nhost: a"),
    "a long host": ("GET / HTTP/1.1\r\nhost: ", "a.", ""),
    "a long list of options": ("GET / HTTP/1.1\r\nhost: a\r\nconnection: ", "a,", ""),
    "chunks": ("", "3\r\nabc\r\n", ""),
    "chunks with extensions": ("", "10;a=b\r\n0123456789abcdef\r\n", ""),
    "trailers": ("0\r\n", "a: b\r\n", "\r\n"),
    "colons": ("[", ":", "]"),
    "dots": ("", "1.", ""),
    "an address": ("[", "1:", "]"),
    "a bearer": ("Bearer", " ", "x"),
}

# A long string in each string field, for the schemas' patterns and the handlers.
BODIES_OF = RequestBodies(load())
STRING_FIELDS = {
    name
    for operation in ("startSession", "appendInputRecord", "createToken")
    for name, kind in BODIES_OF.of(operation).fields.items()
    if isinstance(kind, str) and kind != decoding.ANY
}
FIELDS = {
    f"{name} of {part}": (f'{{"task_id":"work","{name}":"', part, '"}')
    for name in STRING_FIELDS
    for part in ("a", "1", "1h", "0ns", "a/", ".-", " ")
}

ROUTER = Router(routes(load()))


def decoded(operation: str) -> Callable[[str], object]:
    """Return a function that decodes and validates a body, like a handler does."""
    body = BODIES_OF.of(operation)

    def decode(text: str) -> object:
        fields = body.decode(raw(text), "")
        return BODIES_OF.refusal(operation, jsontext.floating(body.document_form(fields)))

    return decode


def raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def chunked(text: str) -> bytes:
    return ChunkedBody().feed(bytearray(raw(text)))


def chunked_in_pieces(text: str) -> bytes:
    reader, buffer, data = ChunkedBody(), bytearray(), raw(text)
    for at in range(0, len(data), 7):
        buffer += data[at : at + 7]
        reader.feed(buffer)
    return bytes(buffer)


def chosen_fields(text: str) -> None:
    """Parse the fields that handlers process themselves."""
    fields = BODIES_OF.of("createToken").decode(raw(text), "")
    timeout_nanoseconds(fields.get("timeout"), 1.0)
    normalised_tags(fields.get("tags", []))


# Every function that processes input.
READERS: dict[str, Callable[[str], Any]] = {
    "read_head": lambda text: read_head(raw(text)),
    "chunked body": chunked,
    "chunked body in pieces": chunked_in_pieces,
    "routing_path": lambda text: urls.routing_path(raw(text)),
    "parse_query": lambda text: urls.parse_query(raw(text)),
    "router": lambda text: ROUTER.find("GET", text),
    "shown_path": lambda text: access_log.shown_path(raw(text)),
    "allowed host": lambda text: hosts.AllowedHosts().allows(text, "127.0.0.1"),
    "bearer": lambda text: bearer({"authorization": text}),
    "whole_number": whole_number,
    "trim": strings.trim,
    "quote": strings.quote,
    "printable": strings.printable,
    "positive_duration": durations.positive_duration,
    "parse_rfc3339": times.parse_rfc3339,
    "parse_uuid": ids.parse_uuid,
    "parse": lambda text: jsontext.parse(raw(text)),
    "pairs": lambda text: jsontext.unpair(jsontext.pairs(raw(text))),
    "stored": lambda text: jsontext.stored(jsontext.parse(raw(text))),
    "metadata": lambda text: metadata_text({"a": jsontext.parse(raw(text))}),
    "python": lambda text: jsontext.python(jsontext.stored(jsontext.parse(raw(text)))),
    "wire": lambda text: jsontext.wire(jsontext.parse(raw(text))),
    "canonical": lambda text: jsontext.canonical(jsontext.parse(raw(text))),
    "retry": lambda text: check_retry(jsontext.parse(raw(text))),
    "start": decoded("startSession"),
    "append": decoded("appendInputRecord"),
    "create token": decoded("createToken"),
    "complete token": decoded("completeToken"),
    "create public access token": decoded("createPublicAccessToken"),
    "fields of a token": chosen_fields,
}


BODIES = {"start", "append", "create token"}


def cost(read: Callable[[str], Any], text: str, enough: float) -> float:
    """Return the CPU seconds that reading takes: the best of several tries, or the first that is fast
    enough."""
    best = float("inf")
    gc.disable()  # a collection would also traverse objects of earlier tests
    try:
        for _ in range(TRIES):
            began = time.thread_time()
            with contextlib.suppress(ApiError, jsontext.JsonError, Refused):
                read(text)
            best = min(best, time.thread_time() - began)
            if best <= enough:
                break
    finally:
        gc.enable()
    return best


def made(kind: str, length: int) -> str:
    beginning, part, end = (INPUTS | FIELDS)[kind]
    return beginning + part * (length // len(part)) + end


def is_in_proportion(read: Callable[[str], Any], text: Callable[[int], str], noise: float = NOISE) -> bool:
    if cost(read, text(SHORT * FACTOR), noise) <= noise:
        return True
    short = cost(read, text(SHORT), 0.0)
    return any(cost(read, text(SHORT * factor), most * short) <= most * short for factor, most in COMPARED)


@pytest.mark.parametrize("reader", READERS)
def test_processing_input_takes_linear_time(reader: str) -> None:
    read = READERS[reader]
    for kind in INPUTS | (FIELDS if reader in BODIES else {}):
        assert is_in_proportion(read, lambda length, kind=kind: made(kind, length)), kind  # type: ignore[misc]


def test_a_quadratic_algorithm_is_detected() -> None:
    def quadratic(text: str) -> int:
        return sum(text.count("a", at) for at in range(0, len(text), 64))

    assert not is_in_proportion(quadratic, lambda length: made("letters", length), noise=0.0)


@pytest.mark.parametrize("reader", ["stored", "metadata", "wire", "canonical", "quote"])
def test_stored_input_is_at_most_ten_times_as_long(reader: str) -> None:
    for kind in INPUTS:
        text = made(kind, SHORT)
        with contextlib.suppress(ApiError, jsontext.JsonError):
            assert len(READERS[reader](text)) <= 10 * len(raw(text)) + 100, kind
