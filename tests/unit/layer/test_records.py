"""The data of a page of stream records are converted together, with the same results as one by one."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import attrs
import pytest

from helmr_api import models
from helmr_api.formats import decode_json
from helmr_ergonomic import OutputStream, StreamRecord, _records
from helmr_ergonomic._records import read_page, records_of
from helmr_ergonomic.errors import OutputValidationError, UnexpectedResponseError

FIELDS = {
    "id": "0197b3c5-0000-7000-8000-000000000008",
    "stream_id": "0197b3c4-6000-7000-8000-000000000006",
    "content_type": "application/json",
    "created_at": "2026-06-10T08:02:30.5Z",
}


@dataclass
class Finding:
    summary: str
    score: float = 0.0


findings = OutputStream("findings", Finding)


def page(*data: Any) -> list[models.StreamRecord]:
    return [
        models.StreamRecord.from_dict({**FIELDS, "sequence": number, "data": one})
        for number, one in enumerate(data, 1)
    ]


def test_each_record_has_its_own_data_and_its_json() -> None:
    records = records_of(page({"summary": "a"}, {"summary": "b", "score": 2}), findings, 0)

    assert [type(record) for record in records] == [StreamRecord, StreamRecord]
    assert [record.data for record in records] == [Finding("a"), Finding("b", 2.0)]
    assert [record.data_json for record in records] == [{"summary": "a"}, {"summary": "b", "score": 2}]
    assert records[0].data is records[0].data


def test_data_that_does_not_match_are_an_error_of_their_record_only() -> None:
    good, bad = records_of(page({"summary": "a"}, {"summary": 1}), findings, 0)

    assert good.data == Finding("a")
    with pytest.raises(OutputValidationError, match=r"data\.summary: expected str, got int"):
        _ = bad.data
    assert bad.data_json == {"summary": 1}


def test_a_validator_is_not_called_until_the_data_are_read() -> None:
    seen: list[Any] = []

    def check(raw: Any) -> Any:
        seen.append(raw)
        return raw

    (record,) = records_of(page(5), OutputStream("numbers", check), 0)

    assert seen == []
    assert (record.data, record.data, seen) == (5, 5, [5])


@pytest.mark.parametrize("data", [None, 1, {"a": [1]}])
def test_without_a_type_the_data_are_the_json(data: Any) -> None:
    (record,) = records_of(page(data), OutputStream("any"), 0)

    assert record.data == record.data_json == data


def test_copies_and_pickles_keep_the_data() -> None:
    (record,) = records_of(page({"summary": "a"}), findings, 0)

    for other in (copy.copy(record), copy.deepcopy(record), pickle.loads(pickle.dumps(record))):  # noqa: S301
        assert (other, other.data) == (record, Finding("a"))


def test_a_page_that_repeats_records_is_refused() -> None:
    with pytest.raises(UnexpectedResponseError, match="record 1 after 1"):
        records_of(page({"summary": "a"}), findings, 1)
    assert records_of([], findings, 1) == ()


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the reader use the fast parser from the first page on."""
    monkeypatch.setattr(_records._pages, "_left", 0)


def text_of(*data: str, **fields: Any) -> bytes:
    """The JSON of a page of records with these data."""
    records = [
        json.dumps({**FIELDS, **fields, "sequence": number})[:-1] + f', "data": {one}}}'
        for number, one in enumerate(data, 1)
    ]
    return f'{{"records": [{", ".join(records)}]}}'.encode("utf-8", "surrogateescape")


def expected(content: bytes, stream: OutputStream[Any]) -> tuple[StreamRecord[Any], ...]:
    page = models.StreamRecordList.from_dict(decode_json(content))
    return records_of(page.records, stream, 0)


PAGES = [
    text_of('{"summary": "a"}', '{"summary": "b", "score": 2, "later": [1, {"x": null}]}'),
    text_of('{"summary": "\u00e9"}', '{ "summary" : "\\ud83d\\ude00" }'),
    text_of('{"summary": "a"}', '{"summary": 1}', "null"),
    text_of('{"summary": "a", "later": 1e999}', '{"summary": "a", "later": 123456789012345678901234567890}'),
    text_of('{"summary": "a", "later": "\\ud800"}'),
    text_of('{"summary": "a"}', correlation_id="c"),
    text_of('{"summary": "a"}', created_at="2026-06-10T08:02:30.120Z"),
    text_of('{"summary": "a"}', later=1),
    text_of(),
]


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("content", PAGES)
def test_a_page_from_text_is_the_same_as_from_json(content: bytes) -> None:
    for found, other in zip(read_page(content, findings, 0), expected(content, findings), strict=True):
        assert type(found) is StreamRecord
        try:
            assert other.data == found.data
        except OutputValidationError as error:
            with pytest.raises(OutputValidationError, match=str(error).replace(".", r"\.")):
                _ = found.data
        assert repr(found.created_at) == repr(other.created_at)
        assert found.to_dict() == other.to_dict()
        assert (found, hash(found), repr(found)) == (other, hash(other), repr(other))
        assert found.additional_properties is found.additional_properties
        assert found.data_json is found.data_json


def unpickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301  of our own making


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("use", [copy.copy, copy.deepcopy, unpickled, attrs.evolve])
def test_a_record_with_json_not_parsed_yet_can_be_copied(use: Any) -> None:
    (record,) = read_page(PAGES[5], findings, 0)
    other = use(record)
    assert (other.data_json, other.additional_properties) == ({"summary": "a"}, {})
    assert (other, other.to_dict()) == (record, record.to_dict())
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        record.data_json = None


@pytest.mark.usefixtures("eager")
def test_an_unknown_field_that_python_cannot_hold_does_not_spoil_the_data() -> None:
    (record,) = read_page(text_of('{"summary": "a", "later": ' + "9" * 5_000 + "}"), findings, 0)
    assert record.data == Finding("a")
    with pytest.raises(UnexpectedResponseError, match=r"StreamRecord\.data_json cannot .* limit"):
        _ = record.data_json


@pytest.mark.usefixtures("eager")
def test_a_page_that_is_not_valid_utf_8_is_refused() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        read_page(text_of('{"summary": "a", "later": "\udcff"}'), findings, 0)
    with pytest.raises(ValueError, match="utf-8"):  # of a field that is given twice, the last counts
        read_page(text_of('{"summary": "a"}', data="\udcff").replace(b"\\udcff", b"\xff"), findings, 0)


@pytest.mark.usefixtures("eager")
def test_a_decimal_from_text_is_the_same_as_from_json() -> None:
    numbers = OutputStream("numbers", list[Decimal])
    content = text_of("[0.1000000000000000055, 1e2]")
    (found,), (other,) = read_page(content, numbers, 0), expected(content, numbers)
    assert repr(found.data) == repr(other.data)


@pytest.mark.usefixtures("eager")
def test_a_page_from_text_that_repeats_records_is_refused() -> None:
    with pytest.raises(UnexpectedResponseError, match="record 1 after 1"):
        read_page(PAGES[0], findings, 1)
