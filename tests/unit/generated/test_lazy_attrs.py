"""Attrs classes that attrs completes on first use: they must behave like those that attrs creates at once."""

from __future__ import annotations

import copy
import gc
import inspect
import os
import pickle
import subprocess
import sys
import typing
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, ClassVar, Generic, TypeVar

import attrs
import pytest

from helmr_api import lazy_attrs, models
from helmr_api.model import Model, setters

T = TypeVar("T")


def make(library: Any) -> tuple[Any, Any, Any]:
    """Return new classes, which nothing has used."""

    @library.frozen(kw_only=True, repr=False)
    class Frozen(Model):
        """Words."""

        _shown = ("id",)
        kinds: ClassVar[list[str]] = []
        id: str
        size: int = 3
        tags: list[str] = library.field(factory=list[str])

        @property
        def double(self) -> int:
            return self.size * 2

        def __hash__(self) -> int:
            return hash(self.id)

    @library.define(kw_only=True, repr=False)
    class Sent(Model):
        id: str
        size: int | None = None

        def __init__(self, *, id: str, size: int | None = None) -> None:
            self.id = id
            self.size = size

    @library.define(eq=False)
    class Outcome(Generic[T]):
        index: int
        secret: T = library.field(repr=False)

    return Frozen, Sent, Outcome


USES: dict[str, Callable[[Any, Any, Any], object]] = {
    "repr": lambda frozen, sent, outcome: [
        repr(made) for made in (frozen(id="a"), sent(id="a"), outcome(1, "no"))
    ],
    "equality": lambda frozen, sent, outcome: [
        frozen(id="a") == frozen(id="a", tags=[]),
        frozen(id="a") != frozen(id="a", size=4),
        sent(id="a") == sent(id="a"),
        sent(id="a") == sent(id="b"),
        outcome(1, 2) == outcome(1, 2),
        frozen(id="a") == "a",
    ],
    "hash": lambda frozen, sent, outcome: [
        hash(frozen(id="a")) == hash("a"),
        sent.__hash__,
        outcome.__hash__ is object.__hash__,
    ],
    "set": lambda frozen, sent, outcome: setattr(frozen.__new__(frozen), "id", "a"),
    "delete": lambda frozen, sent, outcome: delattr(frozen(id="a"), "id"),
    "change": lambda frozen, sent, outcome: setattr(sent(id="a"), "id", "b"),
    "an unknown attribute": lambda frozen, sent, outcome: setattr(sent(id="a"), "more", 1),
    "an unset field": lambda frozen, sent, outcome: frozen.__new__(frozen).id,
    "a missing argument": lambda frozen, sent, outcome: frozen(),
    "an unknown argument": lambda frozen, sent, outcome: sent(id="a", more=1),
    "a positional argument": lambda frozen, sent, outcome: frozen("a"),
    "property": lambda frozen, sent, outcome: frozen(id="a").double,
    "a new list each": lambda frozen, sent, outcome: frozen(id="a").tags is frozen(id="a").tags,
    "fields": lambda frozen, sent, outcome: [
        [attrs.fields(kind) == attrs.fields(kind), attrs.has(kind)] for kind in (frozen, sent, outcome)
    ],
    "the names of fields": lambda frozen, sent, outcome: [
        [(field.name, field.type, field.repr, field.kw_only, field.default) for field in attrs.fields(kind)]
        for kind in (frozen, sent, outcome)
    ],
    "evolve": lambda frozen, sent, outcome: [
        attrs.asdict(attrs.evolve(frozen(id="a"), size=1)),
        attrs.asdict(attrs.evolve(sent(id="a"), size=1)),
        attrs.asdict(attrs.evolve(outcome(1, 2), index=3)),
    ],
    "copy": lambda frozen, sent, outcome: [
        attrs.asdict(copied(made))
        for made in (frozen(id="a", tags=["b"]), sent(id="a"), outcome(1, 2))
        for copied in (copy.copy, copy.deepcopy)
    ],
    "state": lambda frozen, sent, outcome: [frozen(id="a").__getstate__(), sent(id="a").__getstate__()],
    "signature": lambda frozen, sent, outcome: [
        str(inspect.signature(kind)) for kind in (frozen, sent, outcome)
    ],
    "match": lambda frozen, sent, outcome: [kind.__match_args__ for kind in (frozen, sent, outcome)],
    "names": lambda frozen, sent, outcome: [
        (kind.__name__, kind.__qualname__, kind.__module__, kind.__doc__) for kind in (frozen, sent, outcome)
    ],
    "annotations": lambda frozen, sent, outcome: [
        typing.get_type_hints(kind) for kind in (frozen, sent, outcome)
    ],
    "slots": lambda frozen, sent, outcome: [kind.__slots__ for kind in (frozen, sent, outcome)],
    "weak reference": lambda frozen, sent, outcome: [
        weakref.ref(made)() is made for made in (frozen(id="a"), sent(id="a"), outcome(1, 2))
    ],
    "generic": lambda frozen, sent, outcome: outcome[int](1, 2).index,
    "subclass": lambda frozen, sent, outcome: attrs.asdict(type("Mine", (frozen,), {})(id="a")),
    "a subclass of attrs": lambda frozen, sent, outcome: str(
        inspect.signature(attrs.make_class("Mine", {"more": attrs.field(default=1)}, bases=(sent,)))
    ),
    "a frozen subclass of attrs": lambda frozen, sent, outcome: setattr(
        attrs.define(kw_only=True)(type("Mine", (frozen,), {"__annotations__": {"more": "int"}}))(
            id="a", more=1
        ),
        "more",
        2,
    ),
    "a subclass whose state includes that of its base": lambda frozen, sent, outcome: type(
        "Mine",
        (frozen,),
        {"__slots__": (), "__getstate__": lambda self: {**frozen.__getstate__(self), "more": 1}},
    )(id="a").__getstate__(),
    "no such attribute": lambda frozen, sent, outcome: frozen.__dataclass_fields__,
    "an attribute that attrs does not add": lambda frozen, sent, outcome: frozen.__signature__,
}


def outcome_of(use: Callable[[Any, Any, Any], object], library: Any) -> object:
    try:
        return use(*make(library))
    except Exception as error:
        return type(error), str(error)


@pytest.mark.parametrize("use", USES.values(), ids=list(USES))
def test_a_class_behaves_as_if_attrs_had_made_it_at_once(use: Callable[[Any, Any, Any], object]) -> None:
    assert outcome_of(use, lazy_attrs) == outcome_of(use, attrs)


@pytest.mark.parametrize("use", USES.values(), ids=list(USES))
def test_a_completed_class_behaves_as_before(use: Callable[[Any, Any, Any], object]) -> None:
    def after_completion(frozen: Any, sent: Any, outcome: Any) -> object:
        for kind in (frozen, sent, outcome):
            attrs.fields(kind)
        return use(frozen, sent, outcome)

    assert outcome_of(after_completion, lazy_attrs) == outcome_of(after_completion, attrs)


def test_several_threads_may_complete_a_class_at_once() -> None:
    for _ in range(20):
        frozen, _sent, _outcome = make(lazy_attrs)
        together = Barrier(4)

        def create(kind: Any = frozen, together: Barrier = together) -> object:
            together.wait()
            return attrs.asdict(kind(id="a"))

        with ThreadPoolExecutor(4) as pool:
            made = [pool.submit(create) for _ in range(4)]
            assert [one.result() for one in made] == [{"id": "a", "size": 3, "tags": []}] * 4


def test_a_class_may_be_completed_while_it_is_being_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As by another thread, or by a signal handler: attrs changes the class that it gets."""
    frozen, _sent, _outcome = make(lazy_attrs)
    field = attrs.field

    def complete_first(**options: Any) -> Any:
        monkeypatch.setattr(attrs, "field", field)
        attrs.fields(frozen)
        return field(**options)

    monkeypatch.setattr(attrs, "field", complete_first)
    assert attrs.asdict(frozen(id="a")) == {"id": "a", "size": 3, "tags": []}


def test_a_completed_class_has_only_what_attrs_adds() -> None:
    for lazy, eager in zip(make(lazy_attrs), make(attrs), strict=True):
        attrs.fields(lazy)
        assert {*dir(lazy)} - {*dir(eager)} <= {"_field_types"}


def test_the_class_as_written_does_not_remain() -> None:
    before = {*Model.__subclasses__()}
    frozen, sent, _outcome = make(lazy_attrs)
    gc.collect()
    assert {*Model.__subclasses__()} - before == {frozen, sent}
    assert attrs.fields(frozen) != attrs.fields(sent)
    gc.collect()
    assert {*Model.__subclasses__()} - before == {frozen, sent}


def test_a_response_is_created_and_read_without_attrs() -> None:
    frozen, _sent, _outcome = make(lazy_attrs)
    made = frozen.__new__(frozen)
    for set_field, value in zip(setters(frozen), ("a", 1, []), strict=True):
        set_field(made, value)
    assert (made.id, made.size, made.tags, repr(made)) == ("a", 1, [], "Frozen(id='a')")
    assert "__attrs_attrs__" in vars(frozen)
    assert not isinstance(vars(frozen)["__attrs_attrs__"], tuple)
    assert attrs.fields(frozen) is vars(frozen)["__attrs_attrs__"]


def test_a_model_of_the_client_is_pickled_and_compared_before_anything_else() -> None:
    program = """
import pickle, sys
from helmr_api.models import ErrorEnvelope
made = ErrorEnvelope.from_dict({"error": "no"})
assert "attrs" not in sys.modules
sys.stdout.buffer.write(pickle.dumps(made))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert pickle.loads(done.stdout) == models.ErrorEnvelope.from_dict({"error": "no"})  # noqa: S301


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_fork_waits_for_the_first_use_in_another_thread() -> None:
    program = """
import os, signal, sys
from threading import Event, Thread
from helmr_api.models import ErrorEnvelope

importing, forking = Event(), Event()

class Finder:
    def find_spec(name, path, target=None):
        if name == "attrs":
            importing.set()
            forking.wait()

made = ErrorEnvelope.from_dict({"error": "no"})
sys.meta_path.insert(0, Finder)
Thread(target=lambda: made == made).start()
importing.wait()
os.register_at_fork(before=forking.set)  # the last hook runs first
child = os.fork()
if not child:
    signal.alarm(20)
    os._exit(made != ErrorEnvelope.from_dict({"error": "no"}))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True)
