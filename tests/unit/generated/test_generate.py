"""`make generate`: the files it writes, its report, the documents it rejects, and what the client imports."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.generated.conftest import DOCUMENT, generate
from tests.unit.scripts import script


def modules_after(statement: str, path: Path) -> set[str]:
    """Return the modules loaded by a new interpreter after it ran a statement."""
    program = f"import sys; sys.path.insert(0, {str(path)!r}); {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_a_model_does_not_import_other_models_or_httpx(sample: Path) -> None:
    for statement in (
        "from sample_api.models import Thing",
        "from sample_api.models.thing import Thing",
        "import sample_api.models as m; m.Thing",
    ):
        loaded = modules_after(statement, sample)
        assert {name for name in loaded if name.startswith("sample_api.models.")} <= {
            "sample_api.models.thing",
            "sample_api.models.status",  # enum values, for which no class is generated
        }
        assert not loaded & {"httpx", "dateutil"}


def test_importing_an_endpoint_does_not_import_models_or_httpx(sample: Path) -> None:
    loaded = modules_after("import sample_api.api.things.get_thing", sample)
    assert not {name for name in loaded if name.startswith("sample_api.models.")}
    assert not loaded & {
        "httpx",
        "dateutil",
        "attrs",
        "sample_api.client",
        "sample_api.api.things.post_note",
    }


def test_importing_a_resource_does_not_import_models_endpoints_or_httpx(sample: Path) -> None:
    loaded = modules_after("from sample_api.resources import AsyncThings, Things; Things.create", sample)
    assert not {name for name in loaded if name.startswith(("sample_api.models", "sample_api.api"))}
    assert not loaded & {"httpx", "dateutil", "attrs"}


def test_every_model_is_listed_and_an_unknown_name_is_an_attribute_error(
    models: Any,
) -> None:
    for name in models.__all__:
        assert getattr(models, name) is not None
        assert name in dir(models)
    with pytest.raises(AttributeError, match="'Nothing'"):
        models.Nothing  # noqa: B018 - the access is what is tested


# --- the generator ----------------------------------------------------------------------------------


@pytest.fixture
def project(sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory laid out like this project, with the sample document, its client and its registration."""
    shutil.copy(sample / "openapi.yaml", tmp_path)
    shutil.copytree(
        sample / "sample_api", tmp_path / "generated/helmr_api", ignore=shutil.ignore_patterns("__pycache__")
    )
    (tmp_path / "helmr_ergonomic/_async").mkdir(parents=True)
    shutil.copy(generate.ROOT / "helmr_ergonomic/errors.py", tmp_path / "helmr_ergonomic")
    (tmp_path / "helmr").mkdir()
    generate.registration.write(tmp_path)
    monkeypatch.setattr(generate, "PUBLIC_MODULE", None)  # as for the sample
    return tmp_path


def test_generating_again_changes_nothing(project: Path) -> None:
    assert generate.write(project) == ([], [])
    assert generate.drift(project) == []


def test_drift_lists_changed_missing_and_extra_files(project: Path) -> None:
    client = project / "generated/helmr_api"
    (client / "models/thing.py").write_text("# changed by hand\n")
    (client / "models/pending.py").unlink()
    (client / "models/mine.py").write_text("")
    (client / "api/old").mkdir()
    (client / "api/old/__init__.py").write_text("")
    assert generate.drift(project) == [
        "generated/helmr_api/models/pending.py: missing",
        "generated/helmr_api/api/old/__init__.py: extra",
        "generated/helmr_api/models/mine.py: extra",
        "generated/helmr_api/models/thing.py: differs from the document",
    ]
    generate.write(project)
    assert generate.drift(project) == []
    assert not (client / "api/old").exists()


def test_a_document_change_is_reported_in_public_names(project: Path) -> None:
    document = project / "openapi.yaml"
    text = document.read_text()
    for old, new in (
        ("enum: [queued, running, done]", "enum: [queued, done, lost]"),
        (
            "required: [code], properties: {code: {type: string}}",
            "properties: {code: {type: string}, more: {}}",
        ),
        ("operationId: postNote", "operationId: sendNote"),
        ("x-sdk-method: post\n", "x-sdk-method: send\n"),
        ("TimeoutParts", "TimeoutSum"),
        ("MAX_VALUE_BYTES", "MAX_VALUE"),
    ):
        assert old in text
        text = text.replace(old, new)
    document.write_text(text)
    _, names = generate.write(project)
    assert [name for name in names if not name[2:].startswith(("argument", "parameter"))] == [
        "+ constant MAX_VALUE",
        "+ endpoint things.send_note",
        "+ field Pending.more",
        "+ field TimeoutSum.additional_properties",
        "+ field TimeoutSum.seconds",
        "+ method ThingsNotes.send",
        "+ model TimeoutSum",
        "+ value Status 'lost'",
        "- constant MAX_VALUE_BYTES",
        "- endpoint things.post_note",
        "- field TimeoutParts.additional_properties",
        "- field TimeoutParts.seconds",
        "- method ThingsNotes.post",
        "- model TimeoutParts",
        "- value Status 'running'",
    ]
    assert {"+ argument ThingsNotes.send(note)", "- parameter things.post_note(note)"} <= set(names)
    assert generate.write(project) == ([], [])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "application/json: {schema: {$ref: '#/components/schemas/Chunk'}}",
            "application/xml: {schema: {type: string}}",
        ),
        ("tags: {type: array, items: {type: string}}", "tags: {type: array}"),
        ("{$ref: '#/components/schemas/Pending'}", "{$ref: '#/components/schemas/Missing'}"),
        ("operationId: postNote", "operationId: getThing"),
        (
            "application/octet-stream: {schema: {type: string, format: binary}}}\n      responses",
            "text/csv: {schema: {type: string}}}\n      responses",
        ),
        ('"200": {description: known', '"2XX": {description: known'),
        ("in: header, schema", "in: cookie, schema"),
        ("openapi: 3.1.0", "openapi: ["),
        ("openapi: 3.1.0", "openapi: 2"),
    ],
)
def test_an_unsupported_feature_of_the_document_is_an_error(tmp_path: Path, old: str, new: str) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "openapi.yaml").write_text(
        text.replace(old, new).replace("text/event-stream", "application/pdf"), encoding="utf-8"
    )
    with pytest.raises(script("generator.errors").GenerationFailed):
        generate.generate(tmp_path / "made", tmp_path / "openapi.yaml")


def test_a_yaml_document_is_parsed_into_json_values(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "{a: 2026-06-06, b: no, c: 12:30, d: 010, e: ~, f: 1e3, g: true, h: -7, i: 1.0, j: on}"
    )
    assert script("openapi_document").load(tmp_path / "a.yaml") == {
        "a": "2026-06-06",
        "b": "no",
        "c": "12:30",
        "d": 10,
        "e": None,
        "f": 1000.0,
        "g": True,
        "h": -7,
        "i": 1.0,
        "j": "on",
    }


def test_a_document_that_is_not_an_object_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("- 1")
    with pytest.raises(ValueError, match="does not contain an object"):
        script("openapi_document").load(tmp_path / "a.yaml")
