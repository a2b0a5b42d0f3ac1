"""Conversion between JSON and the types of tasks and streams.

`codec_for` chooses one of three codecs by the type:

- `msgspec_codec`: msgspec Structs, dataclasses, attrs classes, TypedDicts, named tuples, built-in types;
- `pydantic_codec`: pydantic models and everything that contains them;
- `validator_codec`: a function, or an object with a `validate` method that follows Standard Schema.

msgspec and pydantic are imported when the first codec that needs them is created.
"""

from __future__ import annotations

from .base import Codec as Codec
from .base import DataType as DataType
from .base import OtherForm as OtherForm
from .base import SpecialForm as SpecialForm
from .choice import codec_for as codec_for
from .choice import early_codec_for as early_codec_for
from .text import json_bytes as json_bytes
from .text import json_value as json_value
from .text import parse_json as parse_json
