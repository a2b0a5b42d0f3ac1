"""Whatever anybody sends costs time in proportion to its length.

Eight times the length may cost up to 24 times as much; what is quadratic costs 64 times. What is compared is
the processor time of this thread, the best of a few tries. Because a busy machine makes even that time vary,
what seems too much is compared once more at 32 times the length, where quadratic cost is 1,024 times.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable
from typing import Any

import pytest

from helmr_local import access_log, hosts, ids
from helmr_local.document import load, routes
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
"""How many times the length, and how many times the cost is too much."""
FACTOR = COMPARED[0][0]
NOISE = 0.02
"""Seconds below which a cost is not worth comparing: at this length, what is quadratic takes far more."""
TRIES = 10

# What input is made of: a beginning, a part that is repeated, an end.
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

# Long strings in every field that is one, as the schemas' patterns and the handlers see them.
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
    """Decode a body and hold it against the schema, as a handler does."""
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
    """What handlers do with single fields once a body is decoded."""
    fields = BODIES_OF.of("createToken").decode(raw(text), "")
    timeout_nanoseconds(fields.get("timeout"), 1.0)
    normalised_tags(fields.get("tags", []))


# Everything that looks at input, as it is called.
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
    """Seconds of this thread that reading takes: the best of a few tries, or one that is quick enough."""
    best = float("inf")
    gc.disable()  # it goes through all that the tests before have left
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
def test_input_costs_in_proportion_to_its_length(reader: str) -> None:
    read = READERS[reader]
    for kind in INPUTS | (FIELDS if reader in BODIES else {}):
        assert is_in_proportion(read, lambda length, kind=kind: made(kind, length)), kind  # type: ignore[misc]


def test_what_is_not_in_proportion_is_found() -> None:
    def quadratic(text: str) -> int:
        return sum(text.count("a", at) for at in range(0, len(text), 64))

    assert not is_in_proportion(quadratic, lambda length: made("letters", length), noise=0.0)


@pytest.mark.parametrize("reader", ["stored", "metadata", "wire", "canonical", "quote"])
def test_what_is_kept_of_input_is_no_longer_than_a_few_times_its_length(reader: str) -> None:
    for kind in INPUTS:
        text = made(kind, SHORT)
        with contextlib.suppress(ApiError, jsontext.JsonError):
            assert len(READERS[reader](text)) <= 10 * len(raw(text)) + 100, kind
