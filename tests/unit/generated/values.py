"""A sample object, and strict comparison of JSON values."""

from __future__ import annotations

import json
from typing import Any

ID = "0197b3c4-5d6e-7f80-9a1b-2c3d4e5f6072"
THING: dict[str, Any] = {
    "id": ID,
    "status": "running",
    "statuses": ["queued"],
    "created_at": "2026-06-06T01:00:00.5Z",
    "finished_at": None,
    "output": None,
    "error": None,
    "events": [{"kind": "a", "attributes": {"code": "x"}}, {"kind": "new", "attributes": {}}],
    "reference": {"type": "id", "id": "t0"},
}


def same_json(one: object, other: object) -> bool:
    """True if two JSON values are equal, where 1, 1.0 and True all differ."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
