"""How values of a task's or stream's type become JSON and come back.

`codec_for` chooses one of three codecs by the type:

- `msgspec_codec`: msgspec Structs, dataclasses, attrs classes, TypedDicts, named tuples, built-in types;
- `pydantic_codec`: pydantic models and everything that contains them;
- `validator_codec`: a function, or an object with a `validate` method in the manner of Standard Schema.

msgspec and pydantic are imported when the first codec that needs them is made.
"""

from __future__ import annotations

from .base import (
    Codec,
    DataType,
    OtherForm,
    SchemaResult,
    SpecialForm,
    StandardSchema,
    TypeAdapter,
    Validator,
)
from .choice import codec_for, early_codec_for
from .text import json_bytes, json_value, parse_json

__all__ = [
    "Codec",
    "DataType",
    "OtherForm",
    "SchemaResult",
    "SpecialForm",
    "StandardSchema",
    "TypeAdapter",
    "Validator",
    "codec_for",
    "early_codec_for",
    "json_bytes",
    "json_value",
    "parse_json",
]
