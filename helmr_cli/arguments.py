"""Commands made from the methods of the client: a resource is a command, its methods are subcommands.

Nested resources are commands too: `workspaces.files.list(…)` is `helmr workspaces files list …`.

Parameters that may be given by position are positional arguments; the others are options. The annotation of a
parameter decides how its argument is parsed: a flag for `bool`, a number for `int`, seconds or a duration for
`Duration | float`, JSON for free-form values, and a string for everything else, which the client parses.
"""

from __future__ import annotations

import argparse
import inspect
import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

__all__ = [
    "WAIT_HELP",
    "Method",
    "add_method",
    "duration_value",
    "json_value",
    "methods",
    "nested",
    "summary",
]

# Methods whose arguments cannot be given on a command line have hand-written commands, or none.
_BY_HAND: Final = frozenset({"create_public_token", "open", "send_batch", "start", "start_and_wait"})
WAIT_HELP: Final = "how long to wait: seconds, or a duration such as 90s or 1h30m"
# Other users of a machine can see the arguments of its processes, so credentials must not be passed there.
_CREDENTIALS: Final = frozenset({"callback_url", "public_access_token"})


@dataclass(frozen=True)
class Method:
    """A method of a resource, as a command."""

    path: tuple[str, ...]
    """Its attribute path in the client: `("runs", "events", "list")`."""
    parameters: tuple[inspect.Parameter, ...]
    description: str

    def call(self, client: object, given: argparse.Namespace) -> Any:
        """Call the method with the given arguments; the others keep their defaults."""
        target = client
        for name in self.path:
            target = getattr(target, name)
        positional: list[Any] = []
        named: dict[str, Any] = {}
        for parameter in self.parameters:
            value = getattr(given, parameter.name)
            if value is None:
                continue
            if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
                positional.append(value)
            else:
                named[parameter.name] = value
        call: Callable[..., Any] = target  # type: ignore[assignment]
        return call(*positional, **named)


def methods(resource: type, path: tuple[str, ...]) -> Iterator[Method]:
    """The public methods of a resource that a command line can call, in definition order."""
    names = [name for one in reversed(resource.__mro__) for name in vars(one) if not name.startswith("_")]
    for name in dict.fromkeys(names):
        found = inspect.getattr_static(resource, name)
        if name in _BY_HAND or not inspect.isfunction(found):
            continue
        parameters = list(inspect.signature(found).parameters.values())[1:]
        kept = tuple(one for one in parameters if not _is_python_only(one))
        if all(one in kept or one.default is not one.empty for one in parameters):
            yield Method((*path, name), kept, inspect.getdoc(found) or "")


def nested(resource: object) -> Iterator[tuple[str, str, object]]:
    """The nested resources of a resource, with their names and descriptions."""
    for name in dir(resource):
        found = inspect.getattr_static(resource, name)
        if isinstance(found, property) and not name.startswith("_"):
            yield name, inspect.getdoc(found) or "", getattr(resource, name)


def add_method(parser: argparse.ArgumentParser, method: Method) -> None:
    """Add the arguments of a method to its parser."""
    descriptions = _documented(method.description)
    for parameter in method.parameters:
        text = descriptions.get(parameter.name, "").replace("%", "%%") or None
        if text is None and _parts(parameter) >= {"Duration", "float"}:
            text = WAIT_HELP
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            options = _option(parameter)
            if parameter.default is parameter.empty:
                options["required"] = True
            parser.add_argument(f"--{parameter.name.replace('_', '-')}", help=text, **options)
        else:
            is_required = parameter.default is parameter.empty
            if _is_list(parameter):
                count: dict[str, Any] = {"nargs": "+" if is_required else "*"}
            else:
                count = {} if is_required else {"nargs": "?"}
            kind = json_value if _is_json(parameter) else int if _is_number(parameter) else string_value
            parser.add_argument(parameter.name, help=text, type=kind, **count)


def summary(description: str) -> str:
    """The first sentence of a docstring."""
    paragraph = " ".join(description.partition("\n\n")[0].split())
    return re.split(r"(?<=[.;:])\s", paragraph, maxsplit=1)[0].rstrip(".;:").replace("`", "")


def json_value(text: str) -> Any:
    """The JSON value of an argument; `-` reads it from standard input."""
    try:
        return json.loads(_standard_input() if text == "-" else text)
    except ValueError as error:
        hint = "" if text[:1] in '{["' else f"; for a string, write '{json.dumps(text)}'"
        raise argparse.ArgumentTypeError(f"not JSON: {error}{hint}") from None


def string_value(text: str) -> str:
    """The string value of an argument; `-` reads it from standard input, without its last newline."""
    return _standard_input().removesuffix("\n") if text == "-" else text


def _standard_input() -> str:
    """All of standard input. A pipe contains UTF-8, whatever encoding Windows implies."""
    _read_utf_8(sys.stdin)
    return sys.stdin.read()


def _read_utf_8(stream: object) -> None:
    if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
        stream.reconfigure(encoding="utf-8-sig")


def duration_value(text: str) -> float | str:
    """The time to wait: a number of seconds, or a duration string that the client parses."""
    try:
        return float(text)
    except ValueError:
        return text


def _option(parameter: inspect.Parameter) -> dict[str, Any]:
    parts = _parts(parameter)
    if "bool" in parts:
        return {"action": "store_const", "const": True}
    if _is_list(parameter):
        return {"action": "append", "metavar": parameter.name.removesuffix("s").upper()}
    if _is_json(parameter):
        return {"type": json_value, "metavar": "JSON"}
    if parts >= {"Duration", "float"}:
        return {"type": duration_value, "metavar": "DURATION"}
    return {"type": int, "metavar": "N"} if _is_number(parameter) else {}


def _is_list(parameter: inspect.Parameter) -> bool:
    return any(one.startswith(("Sequence[", "list[", "tuple[")) for one in _parts(parameter))


def _is_json(parameter: inspect.Parameter) -> bool:
    named = {"Any", "JSON", "JSONObject"}
    return any(one in named or one.startswith(("Mapping[", "dict[")) for one in _parts(parameter))


def _is_number(parameter: inspect.Parameter) -> bool:
    parts = _parts(parameter)
    return "int" in parts and "str" not in parts


def _is_python_only(parameter: inspect.Parameter) -> bool:
    """Whether only a program can pass it, as for tasks, types, functions, credentials and `**options`."""
    variadic = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    parts = _parts(parameter)
    kinds = ("Callable[", "DataType", "type[", "Iterable[")
    return (
        parameter.name in _CREDENTIALS
        or parameter.kind in variadic
        or any(one.startswith(kinds) for one in parts)
        or (parameter.name, parts) == ("type", {"Any", "None"})
        or (any(one.startswith("Task[") for one in parts) and "str" not in parts)
    )


def _parts(parameter: inspect.Parameter) -> set[str]:
    """The types of a union, as written."""
    annotation = parameter.annotation
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    found: list[str] = []
    depth = start = 0
    for at, character in enumerate(text):
        depth += (character in "[(") - (character in ")]")
        if character == "|" and depth == 0:
            found.append(text[start:at])
            start = at + 1
    return {one.strip() for one in (*found, text[start:])}


def _documented(description: str) -> dict[str, str]:
    """The description of each argument in the `Args` section of a docstring."""
    _, _, section = description.partition("\nArgs:\n")
    section = re.split(r"\n(?=\S)", section, maxsplit=1)[0]
    found = re.findall(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", section, re.MULTILINE)
    return {name: " ".join(text.replace("`", "").split()) for name, text in found}
