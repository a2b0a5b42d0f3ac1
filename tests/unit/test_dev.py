"""The files that `make dev` watches."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from helmr_local import reloading
from tests.unit.scripts import ROOT, script

dev = script("dev")


def test_the_sources_of_the_server_are_watched() -> None:
    words = dev.command()
    places = [Path(place) for word, place in pairwise(words) if word == "--watch"]
    watched = set(reloading.sources(places))
    assert {
        ROOT / "openapi.yaml",
        ROOT / "examples" / "tasks.py",
        ROOT / "helmr_local" / "app.py",
        ROOT / "helmr_local" / "page" / "main.js",
        ROOT / "helmr_local" / "page" / "page.css",
    } <= watched
    assert all(file.is_file() for file in watched)
    assert reloading.state(places) == reloading.state(places)
