"""The fast parser (msgspec) returns the same models as `from_dict`."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from typing import Any

import attrs
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helmr_api import models
from helmr_api.formats import decode_json, format_datetime
from helmr_api.model import Model
from helmr_api.reading import MOST_PAUSE, WORTH_IT, Reader, read_json, reader
from helmr_api.structs import MOST_USES, Forms, UnsupportedError
from tests.unit.generated.test_committed_client import (
    is_sent,
    made_request,
    object_models,
    response_examples,
)


@cache
def examples() -> dict[type[Any], list[bytes]]:
    """The document's response examples, grouped by model."""
    found: dict[type[Any], list[bytes]] = {}
    for case in response_examples():
        path, operation, status, example = case.values
        request = made_request(operation, path)
        if status in request.statuses:
            result = request.read(httpx.Response(status, json=example))
            if isinstance(result, Model):
                found.setdefault(type(result), []).append(json.dumps(example).encode())
    return found


def whole(value: Any) -> Any:
    """Everything observable about a value, for comparison."""
    if isinstance(value, Model):
        fields = attrs.fields(type(value))  # type: ignore[arg-type]
        return type(value), {field.name: whole(getattr(value, field.name)) for field in fields}
    if isinstance(value, datetime):
        return type(value), value, value.tzinfo, format_datetime(value)
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, dict):
        return dict, list(value), {name: whole(item) for name, item in value.items()}
    return type(value), value


def outcome(read: Any, *arguments: Any) -> Any:
    """Return the function's result, or the exception it raised."""
    try:
        return whole(read(*arguments))
    except Exception as error:
        return type(error), str(error)


def eager(model: Any) -> Reader[Any]:
    """A reader that uses the fast parser from the first body on."""
    made = Reader(model)
    made._left = 0
    return made


def test_the_fast_parser_supports_every_response_model() -> None:
    def is_unsupported(name: str) -> bool:
        try:
            Forms(getattr(models, name))
        except UnsupportedError:
            return True
        return False

    received = [name for name in object_models() if not is_sent(getattr(models, name))]
    assert [name for name in received if is_unsupported(name)] == []


def test_the_fast_parser_reads_the_documents_examples() -> None:
    slow: set[str] = set()
    for model, strings in examples().items():
        forms = Forms(model)
        for text in strings:
            try:
                made = forms.read(text)
            except Exception:
                slow.add(model.__name__)
                continue
            same = model.from_dict(decode_json(text))
            assert whole(made) == whole(same)
            assert made == same
            assert hash(made) == hash(same)
            assert repr(made) == repr(same)
            assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == same  # noqa: S301  of our own making
            assert list(made.to_dict()) == list(same.to_dict())
    # A cached start, a start that timed out, and a token whose data is null.
    assert slow <= SLOW


SLOW = {"SessionStart", "Token"}

ODD = st.one_of(
    st.sampled_from(
        [
            *(
                None,
                True,
                False,
                0,
                1,
                -1,
                2**63,
                2**70,
                1.0,
                -0.0,
                0.5,
                1e300,
                "",
                "x",
                [],
                {},
                [None],
                {"x": None},
            ),
            "2026-06-06T12:00:00Z",
            "2026-06-06T12:00:00.120Z",
            "2026-06-06T12:00:00.000000Z",
            "2026-06-06T12:00:10.5Z",
            "2026-06-06T12:00:00.1234567Z",
            "2026-06-06T12:00:00.123456789Z",
            "2026-06-06T12:00:60Z",
            "2026-06-06T24:00:00Z",
            "2026-06-06T12:00:00+00:00",
            "2026-06-06T12:00:00-00:00",
            "2026-06-06T12:00:00.5+05:30",
            "2026-06-06T12:00:00",
            "2026-06-06t12:00:00Z",
            "2026-06-06T12:00:00z",
            "2026-06-06 12:00:00Z",
            "2026-W23-6T12:00:00Z",
            "2026-06-06",
            "0000-06-06T12:00:00Z",
        ]
    ),
    st.text(max_size=3),
)
"""Values to substitute for any value of a response."""


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (container, key) for every nested value."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from places(value[key])


@pytest.mark.parametrize("model", examples(), ids=lambda model: model.__name__)
def test_the_fast_parser_agrees_with_from_dict_on_any_json(model: Any) -> None:
    @given(data=st.data())
    @settings(derandomize=True, max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))  # pyright: ignore[reportArgumentType]
    def check(data: st.DataObject) -> None:
        value: Any = [json.loads(data.draw(st.sampled_from(examples()[model])))]
        for _ in range(data.draw(st.integers(0, 3))):
            inside, key = data.draw(st.sampled_from(list(places(value))))
            match data.draw(st.sampled_from(["replace", "replace", "add", "remove"])):
                case "add" if isinstance(inside, dict):
                    name = data.draw(st.sampled_from(["later", "additional_properties", "data_json", ""]))
                    inside[name] = copy.deepcopy(data.draw(ODD))
                case "remove" if isinstance(inside, dict):
                    del inside[key]
                case _:
                    inside[key] = copy.deepcopy(data.draw(ODD))
        text = json.dumps(value[0], ensure_ascii=data.draw(st.booleans())).encode("utf-8", "surrogatepass")
        assert outcome(eager(model).read, text) == outcome(lambda: model.from_dict(decode_json(text)))

    check()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"status": "ready"} x',
        b'{"status": "\xff"}',
        b'{"status": "\\ud800"}',
        b'{"status": "a", "status": "b"}',
        b'{"status": 1, "status": "b"}',
        b'{"status": "a", "later": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"status": "a", "later": 1e999}',
    ],
)
def test_the_fast_parser_agrees_with_from_dict_on_malformed_bodies(text: bytes) -> None:
    model = models.Health
    assert outcome(eager(model).read, text) == outcome(lambda: model.from_dict(decode_json(text)))


EVENT: Any = models.RunEvent


def event_text(**fields: Any) -> bytes:
    page = json.loads(examples()[models.RunEventPage][0])
    return json.dumps(page["events"][0] | fields).encode()


def fast_reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that records the size of each body passed to the fast parser."""
    tried: list[int] = []
    read = Forms.read

    def counted(forms: Forms, content: bytes) -> Any:
        tried.append(len(content))
        return read(forms, content)

    monkeypatch.setattr(Forms, "read", counted)
    return tried


def test_the_fast_parser_is_not_built_for_a_rarely_read_model(monkeypatch: pytest.MonkeyPatch) -> None:
    tried, text = fast_reads(monkeypatch), event_text()
    made = Reader(EVENT)
    for _ in range(WORTH_IT // len(text)):
        made.read(text)
    assert tried == []
    made.read(text)
    assert tried == [len(text)]


def test_the_fast_parser_backs_off_when_a_server_sends_unknown_fields(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried, text = fast_reads(monkeypatch), event_text(later=1)
    made = Reader(EVENT)
    for _ in range(1000):
        assert made.read(text).additional_properties == {"later": 1}
    assert len(tried) <= 5
    made._pause, made._left = MOST_PAUSE, 0
    made.read(text)
    assert made._left == MOST_PAUSE
    made._left = 0
    made.read(event_text())
    assert made._left == 0, "what fits is read fast at once again"


class Special(models.RunEvent):
    """An event of a special kind."""

    __slots__ = ()


def special(events: Iterable[Any]) -> list[type[Any]]:
    return [Special if event.id == "2" else EVENT for event in events]


def read_all(*strings: bytes) -> Any:
    return eager(EVENT).read_all(strings, special, "id", "kind")


def test_several_bodies_are_parsed_together() -> None:
    strings = [event_text(id=str(number)) for number in range(3)]
    made = read_all(*strings)
    kinds = (EVENT, EVENT, Special)
    assert [type(one) for one in made] == list(kinds)
    assert [(one.id, one.kind) for one in made] == [(n, "run.created") for n in "012"]
    expected = [kind.from_dict(json.loads(text)) for kind, text in zip(kinds, strings, strict=True)]
    assert [whole(one) for one in made] == [whole(one) for one in expected]


@pytest.mark.parametrize(
    "use",
    [
        lambda event: event,
        lambda event: pickle.loads(pickle.dumps(event)),  # noqa: S301  its own
        copy.copy,
        copy.deepcopy,
        lambda event: attrs.evolve(event),
        lambda event: EVENT.from_dict(event.to_dict()),
    ],
)
def test_a_model_that_was_read_with_others_has_all_its_fields(use: Any) -> None:
    text = event_text(attributes={"deep": [1, {"a": None}]})
    expected = EVENT.from_dict(json.loads(text))
    for one in (use(read_all(text)[0]), use(expected)):
        assert one == expected
        assert (hash(one), repr(one)) == (hash(expected), repr(expected))
        assert whole(one) == whole(expected)


@pytest.mark.parametrize("name", [field.name for field in attrs.fields(EVENT)])
def test_each_field_of_such_a_model_can_be_the_first_one(name: str) -> None:
    text = event_text()
    assert whole(getattr(read_all(text)[0], name)) == whole(getattr(EVENT.from_dict(json.loads(text)), name))


def test_such_a_model_has_no_other_attributes_and_is_frozen() -> None:
    (made,) = read_all(event_text())
    assert not hasattr(made, "no_such_field")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        made.kind = "other"
    assert not hasattr(EVENT.from_dict(json.loads(event_text())), "no_such_field")


def test_several_threads_may_use_such_a_model_first() -> None:
    text = event_text()
    expected = whole(EVENT.from_dict(json.loads(text)))
    with ThreadPoolExecutor(4) as threads:
        for one in read_all(*[text] * 50):
            assert list(threads.map(whole, [one] * 4)) == [expected] * 4


def test_models_are_read_with_all_fields_once_many_are_used() -> None:
    """Copying the fields of one model takes longer than copying them among others."""

    reader = eager(EVENT)
    strings = [event_text(id="2"), event_text(id="3")] * MOST_USES

    def read() -> Any:
        return reader.read_all(strings, special, "id", "kind")

    first = read()
    assert not any(is_set(one, "message") for one in first)
    expected = [whole(one) for one in first]
    copied = read()
    assert [type(one) for one in copied] == [type(one) for one in first]
    assert all(is_set(one, "message") for one in copied)
    assert [whole(one) for one in copied] == expected
    while is_set(read()[0], "message"):
        """Until few models are used again, compared with those that were read."""


def is_set(model: Any, name: str) -> bool:
    """Return whether a field has been copied into a model."""
    try:
        object.__getattribute__(model, name)
    except AttributeError:
        return False
    return True


@pytest.mark.parametrize(
    "odd",
    [
        event_text(later=1),
        event_text(at="2026-13-01T00:00:00Z"),
        event_text(occurred_at="T"),
        event_text(at="2026-06-10T08:00:00+00:00"),
        event_text(message=1),
        event_text(trace={}),
        b"x",
        b"",
        event_text() + b"\n" + event_text(),
    ],
)
def test_read_all_returns_none_if_any_body_does_not_fit(odd: bytes) -> None:
    assert read_all(event_text(), odd) is None
    assert Reader(EVENT).read_all([event_text(), event_text()], special) is None, "too few so far"


def test_each_model_has_one_shared_reader() -> None:
    assert reader(EVENT) is reader(EVENT)
    assert whole(read_json(EVENT, event_text())) == whole(EVENT.from_dict(json.loads(event_text())))
