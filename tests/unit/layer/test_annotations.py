"""The annotations of public objects are types, for programs that read them."""

from __future__ import annotations

import copy
import datetime
import inspect
import pickle
import subprocess
import sys
import typing
from collections.abc import Callable
from typing import Any

import attrs
import pytest

import helmr
import helmr.types
from helmr_api.annotations import resolve_later
from helmr_api.model import Model


def is_object(value: Any) -> bool:
    """True for a class of values: a model, a named tuple, or an attrs class that holds no connection."""
    if not isinstance(value, type):
        return False
    if attrs.has(value) and not issubclass(value, Model):
        return not any(field.name.startswith("_") for field in attrs.fields(value))
    return issubclass(value, Model) or hasattr(value, "_field_defaults")


OBJECTS = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module, names in ((helmr, helmr.__all__), (helmr.types, dir(helmr.types)))
    for name in names
    if is_object(getattr(module, name))
}
ARGUMENTS = {"helmr.Send", "helmr.AsyncSend"}
"""They hold a handle, whose type is imported for type checkers only."""


@pytest.mark.parametrize("name", sorted(OBJECTS.keys() - ARGUMENTS))
def test_the_types_of_an_object_can_be_read(name: str) -> None:
    kind = OBJECTS[name]
    hints = typing.get_type_hints(kind)
    assert not [one for one in hints.values() if isinstance(one, (str, typing.ForwardRef))]
    own = inspect.get_annotations(kind)
    assert not [one for one in own.values() if isinstance(one, (str, typing.ForwardRef))]
    assert inspect.get_annotations(kind, eval_str=True) == own


def test_attrs_resolves_the_types_of_a_model() -> None:
    attrs.resolve_types(helmr.types.StreamRecord)
    fields: Any = attrs.fields(helmr.types.StreamRecord)
    assert fields.created_at.type is datetime.datetime
    assert fields.correlation_id.type == str | None


def test_a_class_with_behaviour_names_the_types_of_its_parts() -> None:
    hints = typing.get_type_hints(helmr.SessionStart)
    assert hints["session"] is helmr.Session
    assert typing.get_origin(hints["run"]) is helmr.Run


def test_a_model_is_read_after_attrs_resolved_its_types() -> None:
    program = """
import attrs, json
from helmr_api import models, structs
for name in models.__all__:
    if attrs.has(getattr(models, name)):
        attrs.resolve_types(getattr(models, name))
record = {"id": "r", "stream_id": "s", "sequence": 1, "data": 1, "content_type": "c",
    "created_at": "2026-06-06T01:00:00Z"}
print(structs.Forms(models.StreamRecord).read(json.dumps(record).encode()).created_at.year)
models.StreamRecord.from_dict(record).check_types()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "2026\n"


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, dict, lambda own: own | {}, lambda own: pickle.loads(pickle.dumps(own))],  # noqa: S301
)
def test_annotations_can_be_copied(copied: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    own = helmr.types.StreamRecord.__annotations__
    assert copied(own) == inspect.get_annotations(helmr.types.StreamRecord)


@pytest.mark.parametrize(
    "read",
    [
        lambda own: own.get("at"),
        lambda own: own.copy()["at"],
        lambda own: (own | {})["at"],
        lambda own: ({} | own)["at"],
        lambda own: own.setdefault("at"),
        lambda own: own.pop("at"),
        lambda own: own.popitem()[1],
    ],
)
def test_each_way_to_read_an_annotation_resolves_it(read: Callable[[dict[str, Any]], object]) -> None:
    class Written:
        at: datetime.datetime

    assert Written.__annotations__ == {"at": "datetime.datetime"}
    resolve_later(Written, globals())
    assert read(Written.__annotations__) is datetime.datetime
