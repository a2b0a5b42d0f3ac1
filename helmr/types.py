"""The objects of the API: a class for each, with a field for each field of its JSON object.

    from helmr.types import Session

Methods return these, or classes such as `helmr.Run` that add behaviour to one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helmr_api.models import *
else:

    def __getattr__(name: str) -> Any:
        from helmr_api import models

        if name not in models.__all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(models, name)

    def __dir__() -> list[str]:
        from helmr_api import models

        return sorted(models.__all__)
