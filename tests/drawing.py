"""Random JSON values of a schema, the same in every run.

Hypothesis draws such values too, but takes more than 50 times as long, most of it for bookkeeping that helps
to find a smaller example of a failure.
"""

from __future__ import annotations

import re
import string
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import jsonschema_rs

# Parsers and encoders have got these wrong: escapes, separators, ends of planes, emoji, right to left.
_ODD = '\t\n\r"\\/ \x01\x1b\x7f\x85\xa0é\u2028\u2029\ufeff\ufffd\uffff\U0001f600\U0010ffff\u05d0\u202e'
_NUMBERS = (0.5, -1.25, 1e-7, 1e16, 1e21, 5e-324, 1.7976931348623157e308, 0.1 + 0.2)
_INTEGERS = (0, 1, -1, 255, 2**31 - 1, 2**31, -(2**31), 2**53, 2**53 + 1, 2**63 - 1, -(2**63))
_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_OFFSETS = ("Z", "+00:00", "-08:00", "+05:30", "+13:45")
_TRIES = 200


class Drawing:
    """Draws values of the schemas of a document.

    A value that the schema does not allow is drawn again: what is drawn need not respect each keyword.
    """

    def __init__(self, schemas: dict[str, Any], seed: str) -> None:
        self.schemas = schemas
        self.random = Random(seed)  # noqa: S311 - test data

    def values(self, schema: dict[str, Any], count: int) -> list[Any]:
        """Return that many values: the first with all fields, the second without optional ones."""
        rooted = {"components": {"schemas": self.schemas}, **schema}
        allowed = jsonschema_rs.Draft202012Validator(rooted, validate_formats=False).is_valid
        return [self._allowed(allowed, schema, {0: 1.0, 1: 0.0}.get(number, 0.6)) for number in range(count)]

    def _allowed(self, allowed: Callable[[Any], bool], schema: dict[str, Any], optional: float) -> Any:
        for _ in range(_TRIES):
            value = self.value(schema, optional)
            if allowed(value):
                return value
        raise AssertionError(f"drew no value that is allowed by {schema}")

    def resolved(self, schema: Any) -> dict[str, Any]:
        if not isinstance(schema, dict):  # true
            return {}
        while "$ref" in schema:
            name = schema["$ref"].removeprefix("#/components/schemas/")
            schema = {**self.schemas[name], **{k: v for k, v in schema.items() if k != "$ref"}}
        return self._joined(schema)

    def _joined(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the schema with its bases, and with one of its conditions and what follows from it."""
        parts = [*map(self.resolved, schema.get("allOf", ()))]
        if conditions := list(_conditions(schema)):
            chosen = self.random.choice([{}, *conditions])
            parts += [self.resolved(one) for one in (chosen.get("if"), chosen.get("then")) if one]
        for part in parts:
            schema = {
                **part,
                **schema,
                "properties": {**schema.get("properties", {}), **part.get("properties", {})},
                "required": [*schema.get("required", ()), *part.get("required", ())],
            }
        return schema

    def value(self, schema: Any, optional: float = 0.6) -> Any:
        """Return one value; `optional` is the share of optional fields that it has."""
        schema = self.resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.random.choice(self.choices(schema["enum"]))
        for several in ("oneOf", "anyOf"):
            if several in schema:
                return self.value(self.random.choice(schema[several]), optional)
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = self.random.choice(kind)
        match kind:
            case "object":
                return self._object(schema, optional)
            case "array":
                return [self.value(schema.get("items"), optional) for _ in range(self._length(schema))]
            case "string":
                return self._string(schema)
            case "integer":
                return self._integer(schema)
            case "number":
                return self._integer(schema) if self.random.random() < 0.4 else self._number(schema)
            case "boolean":
                return self.random.random() < 0.5
            case "null":
                return None
            case _:
                return self.any_json(2)

    # Objects and arrays -------------------------------------------------------------------------------------

    def _object(self, schema: dict[str, Any], optional: float) -> dict[str, Any]:
        required = schema.get("required", ())
        made = {
            name: self.value(field, optional)
            for name, field in schema.get("properties", {}).items()
            if name in required or self.random.random() < optional
        }
        inside = schema.get("additionalProperties", True)
        if inside is not False and optional:
            for _ in range(self.random.choice((0, 0, 1, 2))):
                made.setdefault(self.name(), self.value(inside, optional))
        names = list(made)
        self.random.shuffle(names)
        return {name: made[name] for name in names}

    def _length(self, schema: dict[str, Any]) -> int:
        least = schema.get("minItems", 0)
        return self.random.randint(least, min(schema.get("maxItems", least + 3), least + 3))

    def name(self) -> str:
        """Return the name of a field that the schema does not declare."""
        return self.text()

    def any_json(self, depth: int) -> Any:
        scalars = (
            lambda: None,
            lambda: self.random.random() < 0.5,
            lambda: self._integer({}),
            lambda: self._number({}),
            self.text,
        )
        kind = self.random.randrange(7 if depth else 5)
        if kind < 5:
            return scalars[kind]()
        items = [self.any_json(depth - 1) for _ in range(self.random.randrange(4))]
        return items if kind == 5 else {self.text(): item for item in items}

    # Scalars ------------------------------------------------------------------------------------------------

    def choices(self, values: list[Any]) -> list[Any]:
        return values

    def matches(self, pattern: str, text: str) -> bool:
        return re.search(pattern, text) is not None

    def text(self) -> str:
        kind = self.random.randrange(8)
        if kind == 0:
            return ""
        if kind == 1:
            return str(self.random.randrange(10 ** self.random.randint(1, 18)))
        if kind == 2:
            return "".join(chr(self._code_point()) for _ in range(self.random.randint(1, 6)))
        length = 300 if kind == 3 and self.random.random() < 0.1 else self.random.randint(1, 8)
        return "".join(self.random.choices(_ODD if kind < 5 else string.ascii_letters + "-_. ", k=length))

    def _code_point(self) -> int:
        code = self.random.randrange(1, 0x110000 - 0x800)  # not U+0000, and no surrogates
        return code if code < 0xD800 else code + 0x800

    def _string(self, schema: dict[str, Any]) -> str:
        match schema.get("format"):
            case "uuid":
                return str(uuid.UUID(int=self.random.getrandbits(128)))
            case "date-time":
                return self.date_time()
            case "uri":
                return "https://helmr.example/x"
        pattern = schema.get("pattern", "")
        for _ in range(_TRIES):
            text = self.text()
            if self.matches(pattern, text):
                return text
        raise AssertionError(f"drew no string that matches {pattern}")

    def date_time(self) -> str:
        """RFC 3339 times as in the contract: 0 to 9 fraction digits without trailing zeros, any offset."""
        instant = datetime(2000, 1, 1) + timedelta(seconds=self.random.randrange(100 * 365 * 86400))
        digits = "".join(self.random.choices(string.digits, k=self.random.randint(0, 9))).rstrip("0")
        return f"{instant.isoformat()}{'.' + digits if digits else ''}{self.random.choice(_OFFSETS)}"

    def _integer(self, schema: dict[str, Any]) -> int:
        low, high = _RANGES.get(schema.get("format", ""), (-(2**70), 2**70))
        low, high = max(low, schema.get("minimum", low)), min(high, schema.get("maximum", high))
        known = [one for one in (*_INTEGERS, low, high) if low <= one <= high]
        return self.random.choice(known) if self.random.random() < 0.5 else self.random.randint(low, high)

    def _number(self, schema: dict[str, Any]) -> float:
        low, high = schema.get("minimum", -1e6), schema.get("maximum", 1e6)
        known = [one for one in _NUMBERS if low <= one <= schema.get("maximum", one)]
        if known and self.random.random() < 0.5:
            return self.random.choice(known)
        return self.random.uniform(low, high)


def _conditions(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield each `if` of a chain of `else`."""
    while isinstance(schema, dict) and "if" in schema:
        yield schema
        schema = schema.get("else")
