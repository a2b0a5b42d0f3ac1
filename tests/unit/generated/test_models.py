"""Models: parsing, serialization, repr, equality and copies."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from tests.unit.generated.values import ID, THING, same_json


def test_a_model_round_trips(models: Any) -> None:
    assert same_json(models.Thing.from_dict(THING).to_dict(), THING)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "later"},
        {"statuses": ["later", "queued"]},
        {"last_status": "later"},
        {"last_status": None},
        {"unknown": {"deep": [1, None]}},
        {"error": {"error": "x", "unknown": 1}},
        {"finished_at": "2026-06-06T01:00:00.123456789+05:30", "seen_at": None},
        {"seen_at": "2026-06-06T01:00:00Z"},
        {"day": "2026-06-06"},
        {"reference": {"type": "name", "id": "t0"}},
        {"reference": {"type": "later", "key": 1}},
        {"reference": "later a string"},
        {"timeout": "1h"},
        {"timeout": 1.5},
        {"timeout": {"seconds": 1, "weeks": 2}},
        {"timeout": None},
        {"output": {"a": [1, 1.0, True, None, "x"]}, "data": None},
        {"output": [], "data": False},
        {"metadata": {}},
        {"size": None, "rate": 1},
        {"size": 2**70, "rate": 1e300},
        {"additional_properties": 1, "self": 2, "from_dict": 3},
    ],
    ids=lambda fields: ",".join(fields),
)
def test_unknown_fields_and_values_survive_a_round_trip(models: Any, fields: dict[str, Any]) -> None:
    thing = {**THING, **fields}
    assert same_json(models.Thing.from_dict(thing).to_dict(), thing)


def test_a_union_is_parsed_as_the_matching_alternative(models: Any) -> None:
    def reference(value: object) -> object:
        return models.Thing.from_dict({**THING, "reference": value}).reference

    assert isinstance(reference({"type": "id", "id": "a"}), models.ById)
    assert isinstance(reference({"type": "name", "id": "a"}), models.ByName)
    assert reference({"type": "later", "id": "a"}) == {"type": "later", "id": "a"}


@pytest.mark.parametrize("cursor", [5, "5", "NQ=="])
def test_an_opaque_field_accepts_an_integer_or_a_string(models: Any, cursor: object) -> None:
    page = models.ThingPage.from_dict({"things": [], "next_cursor": cursor})
    assert page.to_dict()["next_cursor"] == cursor
    assert models.ThingPage.__annotations__["next_cursor"] == int | str | None


def test_an_omitted_response_field_is_none(models: Any) -> None:
    thing = models.Thing.from_dict(THING)
    assert (thing.data, thing.timeout, thing.seen_at, thing.metadata, thing.rate) == (None,) * 5
    assert "data" not in thing
    assert "data" not in thing.to_dict()


@pytest.mark.parametrize("name", ["data", "timeout", "seen_at", "size", "last_status"])
def test_an_allowed_null_differs_from_an_omitted_field(models: Any, name: str) -> None:
    left_out, null = models.Thing.from_dict(THING), models.Thing.from_dict({**THING, name: None})
    assert getattr(null, name) is None
    assert (name in left_out, name in null) == (False, True)
    assert null.additional_properties == {name: None}
    assert null != left_out


def test_a_value_replaces_a_null(models: Any) -> None:
    thing = attrs.evolve(models.Thing.from_dict({**THING, "data": None}), data=1)
    assert thing.to_dict()["data"] == 1


def test_a_free_form_object_is_a_dict(models: Any) -> None:
    thing = models.Thing.from_dict({**THING, "metadata": {"a": {"b": 1}}})
    assert thing.metadata == {"a": {"b": 1}}
    assert type(thing.metadata) is dict
    assert not hasattr(models, "Metadata")


def test_a_field_can_have_another_name_in_python(models: Any) -> None:
    assert models.Thing.from_dict({**THING, "output": 7}).output_json == 7


def test_only_the_fields_set_on_a_request_are_sent(models: Any, load: Callable[[str], Any]) -> None:
    assert models.ThingRequest().to_dict() == {}, "no default of the document, no null"
    given = models.ThingRequest(timeout=None, tags=[], retries=0, data=None, metadata={})
    assert given.to_dict() == {"tags": [], "retries": 0, "data": None, "metadata": {}}
    assert models.ThingRequest().data is load("types").UNSET, "any JSON can be null: that is not left out"


def test_requests_are_mutable_and_responses_are_not(models: Any) -> None:
    request = models.ThingRequest()
    request.retries = 2
    assert request.to_dict() == {"retries": 2}
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        models.Thing.from_dict(THING).status = "done"


def test_an_extended_schema_has_its_own_and_the_inherited_fields(models: Any) -> None:
    value = {"seconds": 1, "tags": ["a"], "timeout": "1h"}
    request = models.ThingWaitRequest.from_dict(value)
    assert (request.seconds, request.tags) == (1, ["a"])
    assert same_json(request.to_dict(), value)


def test_the_error_for_a_missing_required_field_names_it(models: Any) -> None:
    with pytest.raises(KeyError, match="status"):
        models.Thing.from_dict({name: value for name, value in THING.items() if name != "status"})


def test_the_docstring_of_a_model_has_the_documents_descriptions(models: Any) -> None:
    assert models.Thing.__doc__.startswith("Something.\n")
    assert "status: How it stands.\n" in models.Thing.__doc__, (
        "not the description of the schema it refers to"
    )


# Python protocols -------------------------------------------------------------------------------------------


def test_a_model_is_a_mapping_of_its_json_object(models: Any) -> None:
    thing = models.Thing.from_dict({**THING, "later": 1})
    assert dict(thing) == {**thing} == thing.to_dict()
    assert (thing["id"], thing["later"]) == (ID, 1)
    assert list(thing) == list(thing.keys()) == list(thing.to_dict())
    with pytest.raises(KeyError, match="data"):
        thing["data"]


def test_models_are_equal_when_all_their_fields_are(models: Any) -> None:
    one, same = models.Thing.from_dict(THING), models.Thing.from_dict(THING)
    assert one == same
    assert one != models.Thing.from_dict({**THING, "status": "done"})
    assert one != models.Thing.from_dict({**THING, "later": 1})
    assert one != THING


def test_a_response_with_an_id_is_hashed_by_it(models: Any) -> None:
    one, later = models.Thing.from_dict(THING), models.Thing.from_dict({**THING, "status": "done"})
    assert hash(one) == hash(models.Thing.from_dict(THING)) == hash(later)
    assert len({one, models.Thing.from_dict(THING), later}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(models.ThingRequest())


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))],  # noqa: S301 - of our own making
)
@pytest.mark.parametrize("name", ["Thing", "ThingRequest"])
def test_copies_and_pickles_are_equal(models: Any, name: str, copied: Callable[[Any], Any]) -> None:
    value = {
        "Thing": {**THING, "data": None, "finished_at": "2026-06-06T01:00:00.123456789Z"},
        "ThingRequest": {"timeout": {"seconds": 1}},
    }[name]
    made = getattr(models, name).from_dict(value)
    again = copied(made)
    assert again == made
    assert again.to_dict() == made.to_dict() == value


def test_a_repr_is_short_and_identifies_the_object(models: Any) -> None:
    thing = models.Thing.from_dict(
        {**THING, "timeout": {"seconds": 1}, "size": 3, "error": {"error": "x" * 500}, "text": "long" * 100}
    )
    assert repr(thing) == (
        f"Thing(id='{ID}', status='running', error=ErrorEnvelope(error='{'x' * 99}…), "
        "events=[2 items], reference=ById(type_='id', id='t0'), timeout=TimeoutParts(seconds=1), size=3)"
    )
    assert repr(models.ThingRequest(tags=["a"], retries=2, data={"secret": 1})) == "ThingRequest(retries=2)"


def test_reprs_contain_no_secrets(models: Any, load: Callable[[str], Any]) -> None:
    secret = "s3cret"
    thing = models.Thing.from_dict(
        {**THING, "public_access_token": secret, "callback_url": f"https://h/{secret}", "pin": secret}
    )
    assert thing.public_access_token == secret
    made = models.ThingCreateRequest(name="n", value=secret)
    request = load("api.things.use_secret").request(ID, secret, body=models.ThingRequest(data=secret))
    for shown in (thing, made, [thing], models.ThingEnvelope(thing=thing), request):
        assert secret not in repr(shown)
        assert secret not in str(shown)
    assert repr(made) == "ThingCreateRequest(name='n')"


def test_the_repr_of_a_model_with_a_single_string_shows_it(models: Any) -> None:
    assert repr(models.ErrorEnvelope(error="no")) == "ErrorEnvelope(error='no')"


def test_dates_and_date_times_become_python_values(models: Any) -> None:
    thing = models.Thing.from_dict({**THING, "day": "2026-06-06"})
    assert thing.created_at == datetime(2026, 6, 6, 1, 0, 0, 500000, tzinfo=UTC)
    assert thing.day.isoformat() == "2026-06-06"
