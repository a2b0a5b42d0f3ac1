"""Load `openapi.yaml`."""

from __future__ import annotations

import pickle
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import yaml

# libyaml's loader, if PyYAML has it, is ten times as fast.
LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _JsonLoader(LOADER):  # type: ignore[misc, valid-type]  # one of two safe loaders
    """Reads YAML 1.2 with JSON values, as OpenAPI requires.

    By default, PyYAML reads `no` as false and `12:30` as a number, and creates dates.
    """

    # PyYAML reads them from the class
    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}  # pyright: ignore[reportIncompatibleVariableOverride]


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    _JsonLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first)
_JsonLoader.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))  # 010 is ten


def load(path: Path) -> dict[str, Any]:
    """Return the document as JSON values. An unquoted date is a string.

    Raises:
        ValueError: the file is not YAML, or not an object.
    """
    try:
        document = pickle.loads(_parsed(path.read_text(encoding="utf-8")))  # noqa: S301 - pickled here
    except yaml.YAMLError as error:
        raise ValueError(f"{path.name} is not YAML: {error}") from error
    if not isinstance(document, dict):
        raise ValueError(f"{path.name} does not contain an object")
    return document


@lru_cache(maxsize=4)
def _parsed(text: str) -> bytes:
    """Return the pickled value: parsing takes 0.5 s, a copy for each caller 0.01 s."""
    return pickle.dumps(yaml.load(text, Loader=_JsonLoader))  # noqa: S506 - a safe loader
