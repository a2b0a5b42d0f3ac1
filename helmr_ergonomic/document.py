"""The contract's OpenAPI document, as it came with this package."""

from __future__ import annotations

from importlib.resources import files

from ._public import public


def openapi() -> str:
    """The text of the OpenAPI document (YAML) that this package's version speaks.

    >>> openapi().startswith("openapi: 3.1")
    True
    """
    packaged = files("helmr_ergonomic").joinpath("openapi.yaml")
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    # A checkout has it beside the packages.
    from pathlib import Path

    return Path(__file__).parents[1].joinpath("openapi.yaml").read_text(encoding="utf-8")


public(openapi)
