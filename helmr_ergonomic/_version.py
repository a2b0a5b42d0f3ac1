"""The two versions that every request carries."""

from typing import Final

API_VERSION: Final = "2026-06-06"
"""The contract this package speaks; sent as `Helmr-API-Version`."""

__version__: Final = "0.1.0"
