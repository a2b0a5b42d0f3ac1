"""The steps of docs/guides/regenerating.md: four changes of the document, tried on a copy."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.tools import changes
from tests.tools.repository import Repository
from tests.unit.scripts import script

ROOT = Path(__file__).resolve().parents[2]


spec_rules: Any = script("spec_rules")
spec_diff: Any = script("spec_diff")
toolchains: Any = script("toolchains")

ID = "0197b3c4-5d6e-7f80-9a1b-2c3d4e5f6072"
RUN: dict[str, Any] = {
    "id": ID,
    "project_id": ID,
    "environment_id": ID,
    "deployment_id": ID,
    "deployment_task_id": ID,
    "session_id": ID,
    "version": "20260610.1",
    "deployment_version": "20260610.1",
    "api_version": "2026-06-06",
    "task_id": "review-pull-request",
    "status": "queued",
    "metadata": {},
    "exit_code": None,
    "created_at": "2026-06-10T08:00:00.123456Z",
    "updated_at": "2026-06-10T08:00:00.123456Z",
}
# The files that spec_diff.py reads.
DOCUMENTS = ("openapi.yaml", "CHANGELOG.md", "helmr_ergonomic/_version.py")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "copy")


def lint(repository: Repository) -> list[str]:
    document = spec_rules.load(repository.root / "openapi.yaml")
    return [f"{found.pointer}: {found.text}" for found in spec_rules.check(document)]


# Regenerating the client ------------------------------------------------------------------------------------

RUN_ROUND_TRIP = f"""
import json
from helmr_api.models.run import Run
told = {{**json.loads({json.dumps(json.dumps(RUN))}), **MORE}}
run = Run.from_dict(told)
print(json.dumps([run.to_dict() == told, sorted(run.additional_properties), RESULT]))
"""


def round_trip(repository: Repository, more: dict[str, Any], result: str) -> Any:
    """Return [True if a parsed run is serialized unchanged, its unknown fields, `result`]."""
    return repository.ask(RUN_ROUND_TRIP.replace("MORE", repr(more)).replace("RESULT", result))


def regenerate(repository: Repository, change: Callable[[str], str], drifted: str) -> list[str]:
    """Edit the document, check for drift, generate and check again. Return the added and removed names."""
    repository.edit("openapi.yaml", change)
    assert lint(repository) == []

    status, output = repository.script("check_drift")
    assert status == 1, output
    assert f"generated/helmr_api/{drifted}" in output
    assert "DRIFT  generated client (generated/helmr_api from openapi.yaml)" in output
    assert "run `make generate`" in output

    status, output = repository.script("generate")
    assert status == 0, output
    names: list[str] = output.split("public names added (+) and removed (-):\n")[1].splitlines()

    status, output = repository.script("check_drift")
    assert status == 0, output
    return names


def test_a_new_field(repository: Repository) -> None:
    sent = {"started_at": "2026-06-10T08:00:01Z"}
    assert round_trip(repository, sent, "None") == [True, ["started_at"], None], "an older client keeps it"

    names = regenerate(repository, changes.new_field, "models/run.py: differs")

    assert names == ["+ field Run.started_at"]
    assert "\n".join(names) in GUIDE
    assert round_trip(repository, sent, "run.started_at.isoformat()") == [
        True,
        [],
        "2026-06-10T08:00:01+00:00",
    ]
    assert round_trip(repository, {}, "bool(run.started_at)") == [True, [], False], "the field is optional"


@pytest.mark.slow
def test_a_new_operation(repository: Repository) -> None:
    names = regenerate(repository, changes.new_operation, "api/tasks/list_queues.py: missing")

    assert "+ endpoint tasks.list_queues" in names
    assert "+ field QueueList.queues" in names
    assert "+ method Tasks.queues" in names
    assert "\n".join(names) in GUIDE
    response = repository.ask(
        """
import httpx, json
from helmr_api.api.tasks import list_queues
from helmr_api.resources import Tasks
class Sender:
    def send(self, request):
        return request.read(httpx.Response(200, json={"queues": ["reviews"]}))
request = list_queues.request()
print(json.dumps([request.method, request.path, Tasks(Sender()).queues().all()]))
"""
    )
    assert response == ["GET", "/api/queues", ["reviews"]]


@pytest.mark.slow
def test_a_new_enum_value(repository: Repository) -> None:
    paused = {"status": "paused"}
    assert round_trip(repository, paused, "run.status") == [True, [], "paused"], (
        "an older client passes it on"
    )

    names = regenerate(repository, changes.new_enum_value, "models/run_status.py: differs")

    assert names == ["+ value RunStatus 'paused'"]
    assert "\n".join(names) in GUIDE
    assert round_trip(repository, paused, "run.status") == [True, [], "paused"]
    values = "import json, typing; from helmr_api.models.run_status import RunStatus; print(json.dumps({}))"
    assert "paused" in repository.ask(values.format("typing.get_args(RunStatus)"))


@pytest.mark.slow
def test_a_removed_field(repository: Repository) -> None:
    sent = {"cli_version": "1.2.3"}
    assert round_trip(repository, sent, "run.cli_version") == [True, [], "1.2.3"]

    names = regenerate(repository, changes.removed_field, "models/run.py: differs")

    assert names == ["- field Run.cli_version"]
    assert "\n".join(names) in GUIDE
    found = round_trip(repository, sent, "hasattr(run, 'cli_version')")
    assert found == [True, ["cli_version"], False], "fields that an older server still sends are kept"


GUIDE = (ROOT / "docs" / "guides" / "regenerating.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "change", [changes.new_field, changes.new_operation, changes.new_enum_value, changes.removed_field]
)
def test_the_guide_shows_the_tested_change(change: Callable[[str], str]) -> None:
    before = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    old, new = Counter(before.splitlines()), Counter(change(before).splitlines())
    shown = {line.strip() for line in GUIDE.splitlines()}
    added = [line.strip() for line in new if line not in old]
    if added:
        assert shown & set(added), f"none of {added[:3]} is in the guide"
    else:
        assert "        cli_version:" in old - new
        assert "Runs no longer return `cli_version`." in GUIDE


# Requirements of a change -----------------------------------------------------------------------------------


@pytest.fixture
def released(tmp_path: Path) -> Repository:
    """A copy with the released version 0.1.0."""
    made = Repository(tmp_path / "copy", DOCUMENTS)
    made.edit("helmr_ergonomic/_version.py", at_version("0.1.0", different=False))
    made.edit("CHANGELOG.md", lambda text: RELEASED)
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "Release 0.1.0", "--allow-empty")
    return made


RELEASED = "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-06-10\n\n### Added\n\n- Everything.\n"


def at_version(version: str, *, different: bool = True) -> Callable[[str], str]:
    def change(text: str) -> str:
        lines = text.splitlines(keepends=True)
        made = [
            f'__version__: Final = "{version}"\n' if line.startswith("__version__") else line
            for line in lines
        ]
        return "".join(made) + ("" if different else "\n")

    return change


def unreleased(entry: str) -> Callable[[str], str]:
    return lambda text: text.replace("## [Unreleased]\n", f"## [Unreleased]\n\n{entry}\n", 1)


def diff(
    repository: Repository, capsys: pytest.CaptureFixture[str], arguments: Sequence[str] = ("HEAD",)
) -> tuple[int, str]:
    status = spec_diff.main(arguments, root=repository.root)
    captured = capsys.readouterr()
    return status, captured.out + captured.err


@pytest.mark.tool("go")
@pytest.mark.parametrize(
    ("change", "entry"),
    [
        (
            changes.new_field,
            "### Added\n\n  - `Run.started_at`: added in responses (`cancelRun`, `getRun`, ",
        ),
        (changes.new_operation, "### Added\n\n  - `listQueues`: new operation, GET /api/queues."),
        (changes.new_enum_value, "### Added\n\n  - `RunStatus`: value `paused` new in responses ("),
    ],
    ids=["field", "operation", "enum-value"],
)  # fmt: skip
def test_an_addition_can_land_immediately(
    released: Repository, capsys: pytest.CaptureFixture[str], change: Callable[[str], str], entry: str
) -> None:
    released.edit("openapi.yaml", change)
    status, output = diff(released, capsys)
    assert status == 0, output
    assert "additions (1)" in output
    assert "breaking" not in output.lower()
    assert "version: raise the patch part: 0.1.1 or later (last 0.1.0, " in output
    assert entry in output


@pytest.mark.tool("go")
def test_a_removed_field_needs_a_new_version_and_a_changelog_entry(
    released: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    released.edit("openapi.yaml", changes.removed_field)
    status, output = diff(released, capsys)
    assert status == 1
    assert "breaking (1)\n  Run.cli_version: removed the optional property `cli_version`" in output
    assert "version: raise the minor part: 0.2.0 or later" in output
    entry = "- **Breaking:** `Run.cli_version`: removed from responses ("
    assert f"### Removed\n\n  {entry}" in output
    assert output.endswith(
        "required before merging:\n"
        "  helmr_ergonomic/_version.py has 0.1.0: raise it to 0.2.0\n"
        "  CHANGELOG.md has no new entry that begins with **Breaking:** and names `Run.cli_version`\n"
        "  openapi.yaml still describes 2026-06-06, and the wire breaks at `Run.cli_version`: give it a "
        "new info.version; or, if the server changed within its version, a new info.x-as-of, and name that "
        "day in the entry in CHANGELOG.md; or begin the entry with **Correction:**, if the document was "
        "wrong\n"
    )
    assert output[output.index("required before merging:") :] in GUIDE

    released.edit("helmr_ergonomic/_version.py", at_version("0.2.0"))
    status, output = diff(released, capsys)
    assert status == 1, "the version alone is not enough"
    assert "_version.py says" not in output

    released.edit("CHANGELOG.md", unreleased("### Removed\n\n- **Breaking:** `Session` has lost a field.\n"))
    assert diff(released, capsys)[0] == 1, "an entry about something else is not enough"

    released.edit("CHANGELOG.md", unreleased(f"### Removed\n\n{entry}).\n"))
    status, output = diff(released, capsys)
    assert status == 1, "the document must state which version it describes"
    assert "CHANGELOG.md has" not in output

    released.edit("openapi.yaml", lambda text: text.replace("x-as-of: '2026-07-01'", "x-as-of: '2026-07-20'"))
    assert diff(released, capsys)[0] == 1, "a date alone is not enough"
    dated = f"{entry}), by the server of 2026-07-20"
    released.edit("CHANGELOG.md", lambda text: text.replace(f"{entry})", dated))
    status, output = diff(released, capsys)
    assert status == 0, output
    assert "describes: 2026-06-06 as of 2026-07-20 (before: 2026-06-06 as of 2026-07-01)" in output
    assert "required before merging" not in output

    released.edit("helmr_ergonomic/_version.py", at_version("0.1.9"))
    assert diff(released, capsys)[0] == 1, "the changelog alone is not enough"


@pytest.mark.tool("go")
def test_all_four_changes_are_reported_separately(
    released: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    for change in (changes.new_field, changes.new_operation, changes.new_enum_value, changes.removed_field):
        released.edit("openapi.yaml", change)
    status, output = diff(released, capsys, [])
    assert status == 1
    assert "breaking (1)\n  Run.cli_version:" in output
    assert "additions (3)\n  Run.started_at:" in output


@pytest.mark.tool("go")
def test_a_version_raised_since_the_release_also_covers_the_next_break(
    released: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    released.edit("helmr_ergonomic/_version.py", at_version("0.2.0"))
    released.git("commit", "--quiet", "--all", "--message", "Break something else")
    released.edit("openapi.yaml", changes.removed_field)
    released.edit("CHANGELOG.md", unreleased("### Removed\n\n- **Correction:** `Run.cli_version` is gone.\n"))
    status, output = diff(released, capsys)
    assert status == 0, output


@pytest.mark.tool("go")
def test_a_deprecation_breaks_nothing_but_the_later_removal_does(
    released: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "      operationId: listTasks\n"
    released.edit("openapi.yaml", lambda text: text.replace(line, f"{line}      deprecated: true\n"))
    status, output = diff(released, capsys)
    assert status == 0
    assert "### Deprecated\n\n  - `listTasks`: endpoint deprecated." in output

    released.git("commit", "--quiet", "--all", "--message", "Announce")
    released.edit("openapi.yaml", without_path("/api/tasks"))
    status, output = diff(released, capsys)
    assert status == 1
    assert "breaking (1)\n  listTasks: api path removed with deprecation" in output


def without_path(path: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        start = text.index(f"\n  {path}:\n")
        return text[:start] + text[text.index("\n  /", start + 1) :]

    return change


@pytest.mark.tool("go")
def test_another_api_version_is_a_breaking_change(
    released: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    released.edit("openapi.yaml", lambda text: text.replace("2026-06-06", "2026-09-01"))
    status, output = diff(released, capsys)
    assert status == 1
    assert "  ApiVersion: " in output


@pytest.mark.tool("go")
def test_a_change_of_wording_requires_nothing(
    released: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    released.edit("openapi.yaml", lambda text: text.replace("List the deployed tasks", "List tasks"))
    status, output = diff(released, capsys)
    assert (status, "only descriptions, examples and links changed" in output) == (0, True)


@pytest.mark.tool("go")
def test_a_renamed_operation_breaks_generated_clients(
    released: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    released.edit("openapi.yaml", lambda text: text.replace(": listTasks\n", ": listAllTasks\n"))
    status, output = diff(released, capsys)
    assert status == 1
    assert "listTasks" in output


@pytest.mark.tool("go")
def test_an_unchanged_document_is_reported_as_unchanged(
    released: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert diff(released, capsys) == (0, "openapi.yaml since HEAD\nnothing changed\n")


def test_without_go_the_message_names_the_missing_tool(
    released: Repository, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    git = shutil.which("git")
    assert git is not None
    (released.root / "bin").mkdir()
    (released.root / "bin" / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(released.root / "bin"))
    with pytest.raises(SystemExit) as ended:
        diff(released, capsys)
    assert ended.value.code == 1
    errors = capsys.readouterr().err
    assert (
        errors
        == "spec-diff stopped: Go 1.26 or newer is not on the PATH (go): get it from https://go.dev/dl\n"
    )


def test_without_an_earlier_document_nothing_breaks(
    released: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    document = (released.root / "openapi.yaml").read_text(encoding="utf-8")
    released.edit("openapi.yaml", lambda text: "")
    released.git("commit", "--quiet", "--all", "--message", "Empty")
    released.edit("openapi.yaml", lambda text: document)
    status, output = diff(released, capsys)
    assert (status, "there is no earlier document" in output) == (0, True)
    released.git("rm", "--quiet", "--force", "openapi.yaml")
    released.git("commit", "--quiet", "--message", "None at all")
    (released.root / "openapi.yaml").write_text(document, encoding="utf-8")
    status, output = diff(released, capsys)
    assert (status, "there is no earlier document" in output) == (0, True)


def test_an_unknown_base_commit_is_reported(released: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff(released, capsys, ["nonsense"]) == (2, "spec-diff: nonsense is not a commit of this clone\n")


def test_the_default_base_is_the_last_release(released: Repository) -> None:
    def head() -> str:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=released.root, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    wrote = head()
    released.edit("CHANGELOG.md", unreleased("### Fixed\n\n- Something.\n"))
    released.git("commit", "--quiet", "--all", "--message", "Go on")
    assert spec_diff.last_release(released.root) == wrote
    released.git("tag", "v0.9.0")
    released.git("tag", "v0.10.0")
    assert spec_diff.last_release(released.root) == "v0.10.0"


def test_before_the_first_release_there_is_nothing_to_compare(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.edit(
        "CHANGELOG.md", lambda text: "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Everything.\n"
    )
    repository.git("commit", "--quiet", "--all", "--message", "Unreleased")
    status, output = diff(repository, capsys, [])
    assert (status, "no release yet" in output) == (0, True)


# The release ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_wheel_has_the_changed_client_and_the_new_version(repository: Repository) -> None:
    repository.edit("openapi.yaml", changes.new_field)
    assert repository.script("generate")[0] == 0
    repository.edit("helmr_ergonomic/_version.py", at_version("7.8.9"))
    command = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(repository.root / "dist")]
    done = repository.python(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    wheel = repository.root / "dist" / "helmr-7.8.9-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        assert "started_at" in archive.read("helmr_api/models/run.py").decode()
        assert "started_at" in archive.read("helmr_ergonomic/openapi.yaml").decode()
