"""The data of a page of stream records is decoded together, with the same results as one by one."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass
from typing import Any

import pytest

from helmr_api import models
from helmr_ergonomic import OutputStream, StreamRecord
from helmr_ergonomic._records import records_of
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
