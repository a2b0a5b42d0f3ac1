"""The OpenAPI document that this package ships."""

from __future__ import annotations

from importlib.resources import files

from ._public import public


def openapi() -> str:
    """Return the OpenAPI document (YAML) for this version of the package.

    >>> openapi().startswith("openapi: 3.1")
    True
    """
    packaged = files("helmr_ergonomic").joinpath("openapi.yaml")
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    # In a checkout it is next to the packages.
    from pathlib import Path

    return Path(__file__).parents[1].joinpath("openapi.yaml").read_text(encoding="utf-8")


public(openapi)
