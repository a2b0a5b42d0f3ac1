"""The two versions that every request carries."""

from typing import Final

from helmr_api.constants import API_VERSION

__all__ = ["API_VERSION", "__version__"]

__version__: Final = "0.1.0"
