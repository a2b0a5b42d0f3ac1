"""Resource classes: methods, arguments, pages, and how they are generated."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.generated.conftest import DOCUMENT, generate
from tests.unit.generated.values import ID, THING
from tests.unit.scripts import script

Load = Callable[[str], Any]


class Recorder:
    """A sender that records each request and returns the next of its prepared results."""

    def __init__(self, *results: Any) -> None:
        self.requests: list[Any] = []
        self._results: Iterator[Any] = iter(results)

    def send(self, request: Any) -> Any:
        self.requests.append(request)
        return next(self._results)


class AsyncRecorder(Recorder):
    async def send(self, request: Any) -> Any:
        return super().send(request)


class Half:
    """The sync or the async resources, behind one interface."""

    def __init__(self, load: Load, asynchronous: bool) -> None:
        self._resources = load("resources")
        self._asynchronous = asynchronous

    def make(self, name: str, *results: Any) -> tuple[Any, list[Any]]:
        """Return a resource and the list of requests it sends."""
        sender = (AsyncRecorder if self._asynchronous else Recorder)(*results)
        return getattr(self._resources, f"{'Async' if self._asynchronous else ''}{name}")(
            sender
        ), sender.requests

    def get(self, made: Any) -> Any:
        """Return the result of a method call, awaited if needed."""
        return asyncio.run(_awaited(made)) if self._asynchronous else made

    def items(self, pager: Any) -> list[Any]:
        """Return all items of a pager."""
        items: list[Any] = self.get(pager.all())
        return items


async def _awaited(made: Any) -> Any:
    return await made


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def half(request: pytest.FixtureRequest, load: Load) -> Half:
    return Half(load, request.param)


def test_a_method_sends_its_operations_request(half: Half, models: Any) -> None:
    things, requests = half.make("Things", models.Thing.from_dict(THING))
    made = half.get(things.create("x", external_id="e", parent=models.ById(type_="id", id="p")))
    assert made == models.Thing.from_dict(THING)
    (request,) = requests
    assert (request.method, request.path) == ("POST", "/api/things")
    assert request.json == {"name": "x", "external_id": "e", "parent": {"type": "id", "id": "p"}}


def test_lists_and_mappings_of_any_kind_are_sent_as_json(half: Half) -> None:
    from types import MappingProxyType

    things, requests = half.make("Things", None)
    half.get(things.update(ID, tags=("a", "b"), metadata=MappingProxyType({"a": 1}), data=None))
    assert requests[0].json == {"tags": ["a", "b"], "metadata": {"a": 1}, "data": None}


def test_an_object_with_an_id_is_accepted_as_its_id(half: Half, models: Any) -> None:
    things, requests = half.make("Things", None, None)
    half.get(things.delete(ID))
    half.get(things.delete(models.Thing.from_dict(THING)))
    assert [request.path for request in requests] == [f"/api/things/{ID}"] * 2


@pytest.mark.parametrize("reference", [None, 7, "", "  ", object(), {"id": ID}])
def test_a_value_without_an_id_is_rejected_before_any_request(half: Half, load: Load, reference: Any) -> None:
    things, requests = half.make("Things")
    with pytest.raises(load("errors").ArgumentError, match="must be an id or an object with an id"):
        half.get(things.delete(reference))
    assert requests == []


def test_a_secret_passed_as_an_id_is_not_shown(load: Load) -> None:
    class Credential:
        id = None
        value = "s3cret"

        def __repr__(self) -> str:
            return "s3cret"

    with pytest.raises(load("errors").ArgumentError) as caught:
        load("types").id_of(Credential())
    assert "s3cret" not in str(caught.value)
    with pytest.raises(load("errors").ArgumentError, match="must not be a URL or a credential") as caught:
        load("types").id_of("https://h/callback/hlmr_callback_s3cret")
    assert "s3cret" not in str(caught.value)


def test_operations_by_id_and_by_name_share_one_method(half: Half, load: Load, models: Any) -> None:
    found = models.ThingEnvelope(thing=None)
    things, requests = half.make("Things", found, found)
    half.get(things.get(ID))
    half.get(things.get(name="n"))
    assert [(one.path, one.params) for one in requests] == [
        (f"/api/things/{ID}", {}),
        ("/api/things/by-name", {"name": "n"}),
    ]
    for both_or_none in ({}, {"name": "n"}):
        with pytest.raises(load("errors").ArgumentError, match="pass either thing or name"):
            half.get(things.get(*((ID,) if both_or_none else ()), **both_or_none))
    assert len(requests) == 2


def test_a_method_returns_the_result_field_that_the_document_declares(half: Half, models: Any) -> None:
    thing = models.Thing.from_dict(THING)
    things, _ = half.make("Things", models.ThingEnvelope(thing=thing))
    assert half.get(things.get(ID)) is thing


def test_a_response_without_a_body_returns_none(half: Half) -> None:
    things, _ = half.make("Things", None)
    assert half.get(things.delete(ID)) is None


def test_resources_can_be_nested(half: Half, models: Any) -> None:
    things, requests = half.make("Things", models.EventList(events=[]))
    assert half.items(things.events.list(ID, status="queued")) == []
    assert (requests[0].path, requests[0].params) == (f"/api/things/{ID}/events", {"status": "queued"})


def test_bytes_and_files_can_be_arguments(half: Half, load: Load, models: Any) -> None:
    files, requests = half.make("Files", b"x", None, models.Thing.from_dict(THING))
    assert half.get(files.read("a")) == b"x"
    half.get(files.write("a", body=b"y"))
    half.get(files.upload(manifest=models.ThingCreateRequest(name="n"), source=load("types").File(b"z")))
    assert [request.content for request in requests] == [None, b"y", None]
    assert [name for name, _ in requests[2].files] == ["manifest", "source"]


def test_path_parameters_are_positional_and_the_rest_keyword_only(load: Load) -> None:
    for name in ("Things", "AsyncThings"):
        parameters = inspect.signature(getattr(load("resources"), name).create).parameters
        assert [(one.name, one.kind.name) for one in parameters.values()][:3] == [
            ("self", "POSITIONAL_OR_KEYWORD"),
            ("name", "POSITIONAL_OR_KEYWORD"),
            ("value", "KEYWORD_ONLY"),
        ]
        parameters = inspect.signature(getattr(load("resources"), name).delete).parameters
        assert parameters["thing"].kind is inspect.Parameter.POSITIONAL_ONLY


def test_sync_and_async_resources_have_the_same_methods(load: Load) -> None:
    resources = load("resources")
    for name in resources.__all__:
        if not name.startswith("Async"):
            one, other = getattr(resources, name), getattr(resources, f"Async{name}")
            assert vars(one).keys() == vars(other).keys()
            for method in vars(one).keys() - vars(object).keys() - {"__module__", "__dict__", "__weakref__"}:
                assert inspect.getdoc(getattr(one, method)) == inspect.getdoc(getattr(other, method))


# Pages ------------------------------------------------------------------------------------------------------


def page(models: Any, *ids: str, following: str | None = None) -> Any:
    things = [models.Thing.from_dict({**THING, "id": one}) for one in ids]
    return models.ThingPage(things=things, next_cursor=following)


def test_a_pager_requests_pages_one_after_another(half: Half, models: Any) -> None:
    pages = [page(models, "1", "2", following="a"), page(models, following="b"), page(models, "3")]
    things, requests = half.make("Things", *pages, *pages)
    pager = things.list(page_size=2)
    assert requests == [], "nothing is requested before it is iterated"
    assert [thing.id for thing in half.items(pager)] == ["1", "2", "3"]
    assert [request.params for request in requests] == [
        {"limit": 2},
        {"cursor": "a", "limit": 2},
        {"cursor": "b", "limit": 2},
    ]
    assert [thing.id for thing in half.items(pager)] == ["1", "2", "3"], "each iteration starts again"


def test_a_pager_starts_at_the_given_cursor(half: Half, models: Any) -> None:
    things, requests = half.make("Things", page(models))
    assert half.items(things.list(cursor="z")) == []
    assert requests[0].params == {"cursor": "z"}


def test_a_pager_continues_after_the_last_item_until_a_page_is_empty(half: Half, models: Any) -> None:
    def notes(*numbers: int) -> Any:
        return models.NoteList(notes=[models.Note(number=number) for number in numbers])

    things, requests = half.make("Things", notes(1, 2), notes(5), notes())
    assert [note.number for note in half.items(things.notes.list("n", ID))] == [1, 2, 5]
    assert [request.params for request in requests] == [{}, {"after": 2}, {"after": 5}]


def test_first_requests_no_more_pages_than_needed(half: Half, models: Any) -> None:
    things, requests = half.make(
        "Things", page(models, following="a"), page(models, "1", following="b"), page(models)
    )
    assert half.get(things.list().first()).id == "1"
    assert len(requests) == 2
    things, _ = half.make("Things", page(models))
    assert half.get(things.list().first()) is None


@pytest.mark.parametrize(
    ("cursors", "items"),
    [(["a", "a"], 1), (["a", "b", "a"], 2), (["a", "b", "c", "b"], 3)],
    ids=["a page is repeated", "the cursors go round", "they go round after a while"],
)
def test_an_endless_list_is_an_error(
    half: Half, load: Load, models: Any, cursors: list[str], items: int
) -> None:
    things, _ = half.make("Things", *(page(models, str(at), following=one) for at, one in enumerate(cursors)))
    seen: list[str] = []

    async def read_async() -> None:
        async for thing in things.list():
            seen.append(thing.id)

    def read() -> None:
        seen.extend(thing.id for thing in things.list())

    with pytest.raises(load("errors").PagingError, match="does not end"):
        asyncio.run(read_async()) if half._asynchronous else read()
    assert seen == [str(at) for at in range(items)], "no item of the repeated page is given"


def test_a_server_that_never_advances_is_an_error(half: Half, load: Load, models: Any) -> None:
    things, _ = half.make("Things", page(models, "1", following="z"))
    with pytest.raises(load("errors").PagingError, match="does not end"):
        half.items(things.list(cursor="z"))


def test_an_async_pager_can_be_awaited(load: Load, models: Any) -> None:
    half = Half(load, True)
    things, _ = half.make("Things", page(models, "1"))
    assert [thing.id for thing in half.get(things.list())] == ["1"]


# Generation -------------------------------------------------------------------------------------------------


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "openapi.yaml").write_text(text.replace(old, new), encoding="utf-8")
    return tmp_path / "openapi.yaml"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("      x-sdk-method: create\n", "", "createThing has no x-sdk-method"),
        ("x-sdk-method: upload", "x-sdk-method: read", "files.read is the method of"),
        ("  things.notes: Notes on things.\n", "", "does not describe things.notes"),
        ("x-sdk-items: things", "x-sdk-items: nothing", "no field nothing"),
        ("x-sdk-items: things", "x-sdk-items: next_cursor", "next_cursor is not a list"),
        ("next: next_cursor", "next: nothing", "no field nothing"),
        ("x-sdk-result: thing", "x-sdk-result: nothing", "no field nothing"),
        ("x-sdk-positional: [name]", "x-sdk-positional: [nothing]", "no argument nothing"),
        ("cursor: cursor", "cursor: nothing", "no argument nothing"),
        ("x-sdk-names: {limit: page_size}", "x-sdk-names: {limit: cursor}", "two arguments cursor"),
        ("MAX_VALUE_BYTES: maxLength", "MAX_VALUE_BYTES: minLength", "minLength, which is not there"),
        ("MAX_VALUE_BYTES: maxLength", "TERMINAL_STATUSES: maxLength", "TERMINAL_STATUSES has two values"),
        (
            "contentSchema: {$ref: '#/components/schemas/Event'}",
            "contentSchema: {type: object}",
            "needs a named schema",
        ),
    ],
)
def test_an_invalid_extension_is_an_error(tmp_path: Path, old: str, new: str, problem: str) -> None:
    with pytest.raises(script("generator.errors").GenerationFailed, match=problem):
        generate.generate(tmp_path / "made", changed(tmp_path, old, new))
