"""The API keys with chosen scopes, for the rules about scopes."""

from __future__ import annotations

import json
import os
from pathlib import Path

from helmr_api.errors import ConfigurationError
from helmr_api.formats import is_object
from helmr_api.urls import bearer_value
from helmr_contract.target import TargetError

SCOPED_KEYS = "HELMR_CONTRACT_SCOPED_KEYS"


def scoped_keys() -> dict[str, str]:
    """Return the API keys in the file that HELMR_CONTRACT_SCOPED_KEYS names, by their names there.

    Raises:
        TargetError: The file cannot be read, or a key cannot be sent.
    """
    path = os.environ.get(SCOPED_KEYS)
    if not path:
        return {}
    try:
        stored: object = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise TargetError(f"{SCOPED_KEYS}: cannot read {path}: {error}") from None
    if not is_object(stored) or not all(isinstance(key, str) for key in stored.values()):
        raise TargetError(f"{SCOPED_KEYS}: {path} is not a JSON object of keys by their scopes")
    try:
        return {name: bearer_value(key, f"the key {name!r}") for name, key in stored.items()}
    except ConfigurationError as error:
        raise TargetError(f"{SCOPED_KEYS}: {error}") from None
