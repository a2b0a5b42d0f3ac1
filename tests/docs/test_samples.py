"""The code samples of every operation send valid requests that a control plane accepts."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from examples import tasks
from examples.review import Report, ReviewRequest, approval, email, report, review_pull_request
from helmr_ergonomic import facade, task
from helmr_ergonomic.errors import HelmrStatusError
from helmr_local import LocalHelmr, LocalSettings, Sandbox, TaskContext, implement

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts" / "docs"), str(ROOT / "scripts")]
import samples  # noqa: E402

import openapi_document  # noqa: E402
import other_languages  # noqa: E402
import spec  # noqa: E402

DOCUMENT = openapi_document.load(ROOT / "openapi.yaml")
SPEC = spec.Spec(DOCUMENT)
OPERATIONS = {one.id: one for one in SPEC.operations if one.method != "options"}
RUST = Path(__file__).parent / "rust"
ARCHIVE = bytes(1024)
"""An empty tar archive."""
FAULTS = {400, 405, 413, 422, 500}
"""Statuses that no sample may get: they mean that its request, or the server, is wrong."""


@implement(task("nightly-report"), sandbox=Sandbox("python"))
def nightly_report(ctx: TaskContext[None]) -> None:
    """The task that the schedule examples start."""


@implement(review_pull_request, inputs=[approval], outputs=[report, email])
def review(ctx: TaskContext[ReviewRequest]) -> Report:
    """The reviewer of the examples, which waits for a decision. Without a tag it ends at once."""
    return tasks.review(ctx) if ctx.run.tags else Report(summary="reads well")


@pytest.fixture(autouse=True)
def with_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to a directory with the file that the samples upload."""
    monkeypatch.chdir(tmp_path)
    Path(samples.FILE).write_bytes(ARCHIVE)


@pytest.fixture(scope="module")
def plane() -> Iterator[Mapping[str, str]]:
    """Environment variables of the samples, and the ids that replace the document's example ids."""
    local = LocalHelmr(tasks=[review, nightly_report], settings=LocalSettings(start_and_wait=0.1))
    with local as helmr, helmr.client() as client:
        started = client.sessions.start(
            "review-pull-request",
            {"owner": "OWNER", "repo": "REPO", "prNumber": 42},
            external_id="github:OWNER/REPO#42",
            tags=["waits"],
        )
        token = client.tokens.create(timeout="1h")
        workspace = client.workspaces.create("python")
        deployment = client.deployments.current()
        assert deployment is not None
        yield {
            "HELMR_API_URL": helmr.url,
            "HELMR_API_KEY": helmr.api_key,
            "HELMR_PUBLIC_ACCESS_TOKEN": str(token.public_access_token),
            example("SessionId"): str(started.session.id),
            example("RunId"): str(started.run.id),
            example("TokenId"): str(token.id),
            example("WorkspaceId"): str(workspace.id),
            example("VersionId"): str(workspace.current_version_id),
            example("DeploymentId"): deployment.id,
            example("DeploymentReference"): deployment.version,
            hash_of_example(): f"sha256:{hashlib.sha256(ARCHIVE).hexdigest()}",
        }


def example(parameter: str) -> str:
    return str(DOCUMENT["components"]["parameters"][parameter]["example"])


def hash_of_example() -> str:
    form = DOCUMENT["components"]["requestBodies"]["DeploymentCreate"]["content"]["multipart/form-data"]
    return str(form["examples"]["archive"]["value"]["metadata"]["content_hash"])


def ready(source: str, plane: Mapping[str, str]) -> str:
    """Return the sample with ids that exist in this control plane."""
    for name, value in plane.items():
        if not name.startswith("HELMR_"):
            source = source.replace(name, value)
    return source


def environment(plane: Mapping[str, str]) -> dict[str, str]:
    return os.environ | {name: value for name, value in plane.items() if name.startswith("HELMR_")}


def sample(operation_id: str, language: str) -> str:
    return samples.samples(SPEC, OPERATIONS[operation_id])[language]


def is_fine(operation_id: str, status: int) -> bool:
    return str(status) in OPERATIONS[operation_id].definition["responses"] and status not in FAULTS


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on the PATH")
def test_curl(plane: Mapping[str, str]) -> None:
    for operation_id in OPERATIONS:
        script = (
            ready(sample(operation_id, "curl"), plane).rstrip("\n") + " -sS -o /dev/null -w '%{http_code}'"
        )
        done = subprocess.run(
            ["bash", "-c", script], env=environment(plane), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{operation_id}: {done.stderr}"
        assert is_fine(operation_id, int(done.stdout)), f"{operation_id}: {done.stdout}\n{script}"


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_python(operation_id: str, plane: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in plane.items():
        if name.startswith("HELMR_"):
            monkeypatch.setenv(name, value)
    code = compile(ready(sample(operation_id, "Python"), plane), operation_id, "exec")
    with contextlib.redirect_stdout(io.StringIO()), contextlib.closing(facade):
        refused = None
        try:
            exec(code, {"__name__": "__main__"})  # noqa: S102  # our own sample
        except HelmrStatusError as error:
            refused = error.status
    assert refused is None or is_fine(operation_id, refused), f"{operation_id}: {refused}"


@pytest.mark.tool("node")
def test_typescript(plane: Mapping[str, str], tmp_path: Path) -> None:
    blocks = [
        f"{{ {ready(sample(operation_id, 'TypeScript'), plane)} }}".replace(
            "console.log(response.status,", f"console.log({json.dumps(operation_id)}, response.status,"
        )
        for operation_id in OPERATIONS
    ]
    program = tmp_path / "samples.mjs"
    program.write_text("\n".join(blocks), encoding="utf-8")
    done = subprocess.run(
        ["node", str(program)], env=environment(plane), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    check_statuses(done.stdout)


@pytest.mark.tool("go")
def test_go(plane: Mapping[str, str], tmp_path: Path) -> None:
    """Compile all samples into one program: each is a package that exports its `main` as `Main`."""
    (tmp_path / "go.mod").write_text("module samples\n\ngo 1.22\n", encoding="utf-8")
    imports, calls = [], []
    for operation_id in OPERATIONS:
        name = operation_id.lower()
        (tmp_path / name).mkdir()
        source = ready(sample(operation_id, "Go"), plane)
        source = source.replace("package main", f"package {name}").replace("func main()", "func Main()")
        (tmp_path / name / "sample.go").write_text(source, encoding="utf-8")
        imports.append(f'"samples/{name}"')
        calls.append(f'fmt.Print("{operation_id} "); {name}.Main()')
    program = ["package main", "import (", '"fmt"', *imports, ")", "func main() {", *calls, "}", ""]
    (tmp_path / "main.go").write_text("\n".join(program), encoding="utf-8")
    assert said(["go", "vet", "./..."], tmp_path, plane) == ""
    check_statuses(said(["go", "run", "."], tmp_path, plane))


@pytest.mark.tool("javac")
def test_java(plane: Mapping[str, str], tmp_path: Path) -> None:
    for operation_id in OPERATIONS:
        name = operation_id[0].upper() + operation_id[1:]
        source = ready(sample(operation_id, "Java"), plane).replace("class Sample", f"class {name}")
        (tmp_path / f"{name}.java").write_text(source, encoding="utf-8")
    calls = [f'System.out.print("{one} "); {one[0].upper() + one[1:]}.main(arguments);' for one in OPERATIONS]
    program = ["class All { public static void main(String[] arguments) throws Exception {", *calls, "} }"]
    (tmp_path / "All.java").write_text("\n".join(program), encoding="utf-8")
    said(["javac", "-d", "out", *sorted(path.name for path in tmp_path.glob("*.java"))], tmp_path, plane)
    check_statuses(said(["java", "-cp", "out", "All"], tmp_path, plane))


@pytest.mark.tool("cargo")
@pytest.mark.timeout(900)
def test_rust(plane: Mapping[str, str], tmp_path: Path) -> None:
    """Compile all samples into one program, with one module per sample."""
    for file in RUST.iterdir():
        shutil.copy(file, tmp_path)
    modules, calls = [], []
    for operation_id in OPERATIONS:
        name = operation_id.lower()
        source = ready(sample(operation_id, "Rust"), plane).replace("fn main()", "pub fn main()")
        (tmp_path / f"{name}.rs").write_text(source, encoding="utf-8")
        modules.append(f"mod {name};")
        calls.append(f'print!("{operation_id} "); {name}::main()?;')
    program = [*modules, "fn main() -> Result<(), Box<dyn std::error::Error>> {", *calls, "Ok(()) }", ""]
    (tmp_path / "main.rs").write_text("\n".join(program), encoding="utf-8")
    other_languages.write_cargo_lock(tmp_path)
    # Keep the compiled crates between runs.
    run = ["cargo", "run", "--quiet", "--locked", "--target-dir", str(ROOT / "build" / "samples-rust")]
    check_statuses(said(run, tmp_path, plane))


def check_statuses(printed: str) -> None:
    """Check that the program called all operations in order and printed an accepted status for each."""
    got = re.findall(r"^(\w+) (\d{3}) ", printed, re.MULTILINE)
    assert [name for name, _ in got] == list(OPERATIONS)
    assert [one for one in got if not is_fine(one[0], int(one[1]))] == []


def said(command: list[str], folder: Path, plane: Mapping[str, str]) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment(plane), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_operation_has_a_sample_in_each_language_in_the_reference() -> None:
    rendered: Any = samples.with_samples(DOCUMENT)
    for path, item in rendered["paths"].items():
        for method, operation in item.items():
            if method in spec.METHODS and method != "options":
                labels = [one["label"] for one in operation["x-codeSamples"]]
                assert labels == list(samples.LANGUAGES), f"{method} {path}"
