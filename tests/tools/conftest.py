"""Tests of scripts that run tools of other languages. They are skipped if the tool is missing."""

from __future__ import annotations

import shutil

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in item.iter_markers("tool"):
            for name in mark.args:
                if shutil.which(name) is None:
                    item.add_marker(pytest.mark.skip(reason=f"{name} is not on the PATH"))
