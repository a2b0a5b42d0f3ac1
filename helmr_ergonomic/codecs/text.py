"""Untyped values, and the JSON text of requests."""

from __future__ import annotations

from typing import NoReturn

from helmr_api.formats import encode_json, is_list, is_object

from .._types import JSON
from ..errors import Issue, PayloadValidationError
from .base import AnyCodec, Codec

_ANY: AnyCodec = Codec()


def json_value(value: object, *, label: str, root: str = "payload") -> JSON:
    """Convert any value to plain JSON values (dict, list, str, int, float, bool, None). Raises
    `PayloadValidationError`."""
    return _ANY.encode(value, label=label, root=root)


def parse_json(text: str | bytes | bytearray, *, label: str) -> JSON:
    """Parse JSON text from outside. Raises `PayloadValidationError` if it is invalid."""
    import json

    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        message = "it is nested too deeply"
    except ValueError as exc:
        message = f"not JSON: {exc}"
    raise PayloadValidationError(label, [Issue((), message)])


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"it has no {name}")


def json_bytes(value: object, *, label: str, root: str = "payload") -> bytes:
    """Write plain JSON values as the text of a request.

    Raises `PayloadValidationError` for what JSON cannot express: NaN, the infinities, lone surrogates.
    """
    try:
        return encode_json(value)
    except RecursionError:
        raise PayloadValidationError(label, [Issue((), "it is nested too deeply", root=root)]) from None
    except (TypeError, ValueError) as exc:
        path = _guilty_part(value)
        if path and isinstance(path[0], str):  # the caller knows the name of a body field
            root, path = path[0], path[1:]
        raise PayloadValidationError(label, [Issue(path, str(exc), root=root)]) from None


def _guilty_part(value: object) -> list[str | int]:
    """Return the path of the part that cannot be written as JSON."""
    for key, part in value.items() if is_object(value) else enumerate(value) if is_list(value) else ():
        try:
            encode_json(part)
        except (TypeError, ValueError):
            return [key, *_guilty_part(part)]
    return []
