"""The checks of `make build` before a release."""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.unit.scripts import ROOT, script

build = script("build")

DOCUMENT = (ROOT / "openapi.yaml").read_bytes()
METADATA = b"""\
Metadata-Version: 2.4
License-Expression: Apache-2.0

# Helmr

See [the guide](https://github.com/helmr/helmr-python/blob/v1.2.3/docs/index.md) and [below](#below).
"""
WHEEL = {
    **dict.fromkeys(sorted(build.packaged()), b""),
    "helmr_ergonomic/openapi.yaml": DOCUMENT,
    "helmr-1.2.3.dist-info/METADATA": METADATA,
    "helmr-1.2.3.dist-info/licenses/LICENSE": (ROOT / "LICENSE").read_bytes(),
}


def wheel(folder: Path, content: dict[str, bytes]) -> Path:
    path = folder / "helmr-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def test_a_complete_wheel_passes(tmp_path: Path) -> None:
    build.check_wheel(wheel(tmp_path, WHEEL))


LOST = [
    *(f"{package}/py.typed" for package in build.PACKAGES),
    "helmr_ergonomic/openapi.yaml",
    "helmr_contract/schema/schemathesis.toml",
    "helmr_contract/unreachable.toml",
    "helmr_contract/report/report.css",
    "helmr_contract/behaviour/test_start.py",
    "helmr_local/store/schema.sql",
]


@pytest.mark.parametrize("lost", LOST)
def test_an_incomplete_wheel_is_rejected(tmp_path: Path, lost: str) -> None:
    content = {name: data for name, data in WHEEL.items() if name != lost}
    with pytest.raises(build.Failed, match=f"lacks {lost}"):
        build.check_wheel(wheel(tmp_path, content))


@pytest.mark.parametrize("more", ["tests/test_x.py", "helmr_local/__pycache__/app.pyc", "scripts/build.py"])
def test_a_wheel_with_extra_files_is_rejected(tmp_path: Path, more: str) -> None:
    with pytest.raises(build.Failed, match="contains more than the packages"):
        build.check_wheel(wheel(tmp_path, {**WHEEL, more: b""}))


def test_a_wheel_with_another_document_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(build.Failed, match="a document other"):
        build.check_wheel(wheel(tmp_path, {**WHEEL, "helmr_ergonomic/openapi.yaml": b"openapi: 3.1.0"}))


@pytest.mark.parametrize("content", [None, b"", b"MIT"])
def test_a_wheel_without_the_repositorys_licence_is_rejected(tmp_path: Path, content: bytes | None) -> None:
    name = "helmr-1.2.3.dist-info/licenses/LICENSE"
    changed = {key: data for key, data in WHEEL.items() if key != name}
    with pytest.raises(build.Failed, match="lacks the LICENSE"):
        build.check_wheel(wheel(tmp_path, changed if content is None else {**changed, name: content}))


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (b"License-Expression: Apache-2.0", b"License: other", "has no licence"),
        (
            b"(https://github.com/helmr/helmr-python/blob/v1.2.3/docs/index.md)",
            b"(docs/index.md)",
            "docs/index.md",
        ),
        (b"(https://github.com/helmr/helmr-python/blob/v1.2.3/docs/index.md)", b"(/docs)", "cannot follow"),
    ],
)
def test_a_wheel_with_metadata_unusable_on_pypi_is_rejected(
    tmp_path: Path, before: bytes, after: bytes, message: str
) -> None:
    assert before in METADATA
    changed = {**WHEEL, "helmr-1.2.3.dist-info/METADATA": METADATA.replace(before, after)}
    with pytest.raises(build.Failed, match=message):
        build.check_wheel(wheel(tmp_path, changed))


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="git says what belongs into the sdist")
def test_an_sdist_that_lacks_a_tracked_file_is_rejected(tmp_path: Path) -> None:
    sdist = tmp_path / "helmr-1.2.3.tar.gz"
    with tarfile.open(sdist, "w:gz") as archive:
        field = tarfile.TarInfo("helmr-1.2.3/openapi.yaml")
        field.size = len(DOCUMENT)
        archive.addfile(field, io.BytesIO(DOCUMENT))
    with pytest.raises(build.Failed, match=r"lacks \.ci/run, "):
        build.check_sdist(sdist)


def test_this_python_is_tried_first_and_none_twice() -> None:
    found = list(build.pythons())
    assert found[0] == sys.executable
    assert len(found) == len(set(found))


def test_a_failing_command_stops_the_build_and_shows_its_output() -> None:
    with pytest.raises(build.Failed, match=r"ended with 3\nwrong"):
        build.run([sys.executable, "-c", "import sys; print('wrong'); sys.exit(3)"])


def test_commands_run_in_a_clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "somewhere")
    monkeypatch.setenv("HELMR_API_KEY", "hlmr_sk_x")
    program = "import os; print({'PYTHONPATH', 'HELMR_API_KEY', 'VIRTUAL_ENV'} & os.environ.keys())"
    assert build.run([sys.executable, "-c", program]).strip() == "set()"
