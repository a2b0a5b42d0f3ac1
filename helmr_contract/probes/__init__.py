"""The source of the probe task, for deployment."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent

LANGUAGES = {"typescript": _HERE / "probe.ts", "python": _HERE.parent / "probe.py"}


def source(language: str) -> str:
    """Return the source of the probe in that language."""
    return LANGUAGES[language].read_text(encoding="utf-8")
