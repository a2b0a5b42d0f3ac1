"""A user-chosen API key, from a file or an environment variable."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from .keys import API_KEY_PREFIX, check_api_key, new_secret
from .shell import assignment_from_file

VARIABLE = "HELMR_LOCAL_API_KEY"


@dataclass(frozen=True, slots=True)
class FixedKey:
    """A user-chosen API key.

    Args:
        shown: The printed line, which names the source of the key but does not contain it.
    """

    value: str = field(repr=False)
    shown: str


def fixed_key(file: str | None, environment: Mapping[str, str]) -> FixedKey | None:
    """Return the user-chosen key, if any: from the file, which is created if it does not exist, or the
    environment.

    Raises:
        ValueError: The value is not a valid key, or the file cannot be used.
    """
    if file is not None:
        try:
            value = _read_or_make(file)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise ValueError(f"cannot use the key file {file}: {reason}") from error
        return FixedKey(check_api_key(value, f"the file {file}"), assignment_from_file("HELMR_API_KEY", file))
    chosen = environment.get(VARIABLE, "").strip()
    if not chosen:
        return None
    return FixedKey(check_api_key(chosen, VARIABLE), f"# HELMR_API_KEY is the value of {VARIABLE}")


def _read_or_make(file: str) -> str:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        with open(file, encoding="utf-8") as known:
            return known.read(1000).strip()
    key = new_secret(API_KEY_PREFIX)
    with os.fdopen(descriptor, "w", encoding="utf-8") as made:
        made.write(key + "\n")
    return key
