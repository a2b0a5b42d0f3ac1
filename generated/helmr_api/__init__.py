# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""A client library for accessing Helmr control plane"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client import AsyncClient as AsyncClient
    from .client import Client as Client
else:

    def __getattr__(name):
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from . import client

        return getattr(client, name)


__all__ = ("AsyncClient", "Client")
