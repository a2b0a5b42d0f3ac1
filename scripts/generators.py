"""Run known client generators: `python scripts/generators.py [NAME ...]`.

Each generates a client from `build/openapi-client.yaml` in `build/generators/`, which is then compiled,
type-checked or imported if the language's tools are installed. A small program in scripts/generators/ then
runs the client against a local control plane. A table at the end shows the results. `--page` writes it and
the rules of the rendering to docs/guides/generators.md.

All tools are pinned: openapi-generator below, the others in the lock files of scripts/generators/.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shlex
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

import client_rendering
import other_languages
import progress
import renderings
import toolchains

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "scripts" / "generators"
BUILD = ROOT / "build" / "generators"
DOCUMENT = BUILD / "openapi-client.yaml"
PAGE = ROOT / "docs" / "guides" / "generators.md"

OPENAPI_GENERATOR = "7.25.0"
OPENAPI_GENERATOR_SHA256 = "41ce4f6b07f196676439d710759fa1ced7a08066d06ff1bf314681470289efae"
JAVA = other_languages.Tool("java", (11, 0), "Java", "https://adoptium.net")
PHP = other_languages.Tool("php", (8, 1), "PHP", "https://www.php.net")
RUBY = other_languages.Tool("ruby", (3, 0), "Ruby", "https://www.ruby-lang.org")
NO_EXTRAS = {"modelTests": "false", "apiTests": "false", "modelDocs": "false", "apiDocs": "false"}


class Failed(Exception):
    """A generator or the check of its client failed. The message is its output."""


@dataclass(frozen=True)
class Generator:
    """A client generator, its requirements, and the checks of its client."""

    name: str
    """The name of its folder below build/generators/."""
    language: str
    tool: str
    make: Callable[[Path], None]
    """Generates the client in a folder."""
    settings: str = ""
    """The settings that it needs, for the table."""
    check: Callable[[Path], None] | None = None
    checked: str = "not compiled"
    steps: Callable[[Path], None] | None = None
    """Runs a program that performs the five steps of `make clients` with the client."""
    run_by: str = "`make generators`"
    """The command that runs such a program, or the reason why there is none."""
    options: dict[str, str] = field(default_factory=dict)
    tools: tuple[other_languages.Tool, ...] = ()


def run(command: Sequence[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(
            f"{shlex.join(command)}: exit status {done.returncode}\n{done.stdout}{done.stderr}"[-4000:]
        )
    return done.stdout


# Tools ------------------------------------------------------------------------------------------------------


def openapi_generator() -> Path:
    """Return the pinned openapi-generator, downloaded by Maven if necessary.

    Raises:
        toolchains.Missing: Maven is not installed, or the file does not match the pinned hash.
    """
    JAVA.demand()
    other_languages.MAVEN.demand()
    name = f"openapi-generator-cli-{OPENAPI_GENERATOR}.jar"
    path = ROOT / "build" / "tools" / name
    if not path.exists():
        with progress.Step(f"fetching openapi-generator {OPENAPI_GENERATOR}"):
            goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
            artifact = f"-Dartifact=org.openapitools:openapi-generator-cli:{OPENAPI_GENERATOR}"
            run(["mvn", "-q", "-B", goal, artifact, f"-DoutputDirectory={path.parent}"], ROOT)
    if hashlib.sha256(path.read_bytes()).hexdigest() != OPENAPI_GENERATOR_SHA256:
        raise toolchains.Missing(f"{path} is not the pinned {name}: delete it")
    return path


def by_openapi_generator(place: Path) -> None:
    """Check that the client exists; `batch` has generated the clients of all languages."""
    if not place.exists():
        raise Failed("openapi-generator generated nothing")


def batch(chosen: Sequence[Generator]) -> None:
    """Generate all clients of openapi-generator in one run, because it starts slowly."""
    configurations = []
    for one in chosen:
        language = one.name.removeprefix("openapi-generator-")
        shutil.rmtree(BUILD / one.name, ignore_errors=True)
        configuration = {
            "inputSpec": str(DOCUMENT),
            "generatorName": language,
            "outputDir": str(BUILD / one.name),
            "globalProperties": NO_EXTRAS,
            "additionalProperties": {"hideGenerationTimestamp": "true", **one.options},
        }
        path = BUILD / f"{one.name}.yaml"
        path.write_text(yaml.safe_dump(configuration), encoding="utf-8")
        configurations.append(str(path))
    java = [
        "java",
        "-Xmx1500m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-jar",
        str(openapi_generator()),
    ]
    with progress.Step("openapi-generator"):
        run([*java, "batch", "--threads", "1", *configurations], BUILD)


def node_folder() -> Path:
    """Return build/generators/node with the pinned packages installed."""
    other_languages.NODE.demand()
    other_languages.NPM.demand()
    place = BUILD / "node"
    shutil.copytree(
        SOURCES / "node", place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules")
    )
    stamp = place / "node_modules" / ".package-lock.json"
    if not stamp.exists() or stamp.stat().st_mtime < (SOURCES / "node" / "package-lock.json").stat().st_mtime:
        with progress.Step("installing scripts/generators/node/package-lock.json"):
            run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], place)
        stamp.touch()
    return place


def by_node(*command: str) -> Callable[[Path], None]:
    def make(place: Path) -> None:
        run(
            ["npx", "--no-install", *(part.format(place=place, document=DOCUMENT) for part in command)],
            node_folder(),
        )

    return make


def type_check(place: Path) -> None:
    """Check TypeScript with the strictest settings."""
    node = node_folder()
    configuration = node / f"tsconfig.{place.name}.json"
    configuration.write_text(
        f'{{"extends": "./tsconfig.json", "include": ["{place.name}"]}}\n', encoding="utf-8"
    )
    shutil.rmtree(node / place.name, ignore_errors=True)
    shutil.copytree(place, node / place.name)  # so that modules resolve to the installed packages
    run(["npx", "--no-install", "tsc", "--project", configuration.name], node)


def go_folder() -> Path:
    """Return build/generators/go with the pinned modules."""
    other_languages.GO.demand()
    place = BUILD / "go"
    place.mkdir(exist_ok=True)
    for name in ("go.mod", "go.sum"):
        shutil.copy(SOURCES / "go" / name, place / name)
    return place


def by_go(*command: str) -> Callable[[Path], None]:
    def make(place: Path) -> None:
        folder = go_folder() / place.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        run(["go", "tool", *(part.format(place=folder, document=DOCUMENT) for part in command)], go_folder())

    return make


def go_vet(place: Path) -> None:
    run(["go", "vet", f"./{place.name}"], go_folder())


def python() -> Path:
    """Return the Python of an environment with scripts/generators/python/requirements.lock installed."""
    place = BUILD / "venv"
    interpreter = place / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    lock = SOURCES / "python" / "requirements.lock"
    stamp = place / ".installed"
    if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
        with progress.Step("installing scripts/generators/python/requirements.lock"):
            venv.create(place, with_pip=True, clear=True)
            run([str(interpreter), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(lock)], ROOT)
        stamp.touch()
    return interpreter


def by_datamodel_codegen(place: Path) -> None:
    place.mkdir(exist_ok=True)
    command = ["-m", "datamodel_code_generator", "--input", str(DOCUMENT), "--input-file-type", "openapi"]
    command += ["--output", str(place / "models.py"), "--output-model-type", "pydantic_v2.BaseModel"]
    run([str(python()), *command, "--target-python-version", "3.11"], BUILD)


def by_openapi_python_client(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    program = str(Path(sys.executable).parent / "openapi-python-client")
    configuration = BUILD / f"{place.name}.yaml"
    configuration.write_text("post_hooks: []\n", encoding="utf-8")
    command = ["generate", "--path", str(DOCUMENT), "--output-path", str(place), "--meta", "none"]
    run([program, *command, "--config", str(configuration), "--fail-on-warning"], BUILD)


IMPORT_ALL = (
    "import importlib, pkgutil, sys; name = sys.argv[1]; package = importlib.import_module(name); "
    "[importlib.import_module(one.name) for one in pkgutil.walk_packages("
    "getattr(package, '__path__', []), name + '.')]"
)


def imports(module: str, *, own: bool = False) -> Callable[[Path], None]:
    def check(place: Path) -> None:
        interpreter = sys.executable if own else str(python())
        run([interpreter, "-c", IMPORT_ALL, module], place.parent if own else place)

    return check


def python_steps(place: Path) -> None:
    program = shutil.copy(SOURCES / "python" / "review.py", place)
    five_steps(str(python()), str(program))


def stock_steps(place: Path) -> None:
    program = shutil.copy(SOURCES / "python" / "review_stock.py", place.parent)  # beside the package
    five_steps(sys.executable, str(program))


def go_check(place: Path) -> None:
    other_languages.GO.demand()
    run(["go", "vet", "./..."], place)


def go_steps(place: Path) -> None:
    (place / "review").mkdir(exist_ok=True)
    shutil.copy(SOURCES / "openapi-generator-go" / "review.go", place / "review")
    run(["go", "build", "-o", "review/review", "./review"], place)
    five_steps(str(place / "review" / "review"))


def ogen_steps(place: Path) -> None:
    program = go_folder() / place.name / "review"
    program.mkdir(exist_ok=True)
    shutil.copy(SOURCES / "ogen" / "review.go", program)
    run(["go", "build", "-o", str(program / "review"), f"./{place.name}/review"], go_folder())
    five_steps(str(program / "review"))


def php_steps(place: Path) -> None:
    require_library("Guzzle", "php", "-r", "require 'GuzzleHttp/autoload.php';")
    five_steps("php", str(SOURCES / "php" / "review.php"), str(place))


def ruby_steps(place: Path) -> None:
    require_library("typhoeus", "ruby", "-e", "require 'typhoeus'")
    five_steps("ruby", f"-I{place / 'lib'}", str(SOURCES / "ruby" / "review.rb"))


def require_library(name: str, *command: str) -> None:
    """Raise `toolchains.Missing` unless a command that loads a library of the generated client succeeds."""
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise toolchains.Missing(f"the {command[0]} library {name} is not on this machine")


def kotlin_check(place: Path) -> None:
    """Compile the client with Maven, because the generated build file is for Gradle."""
    shutil.copy(SOURCES / "kotlin" / "pom.xml", place)
    shutil.copy(SOURCES / "kotlin" / "Review.kt", place / "src" / "main" / "kotlin")
    by_maven(place)


def kotlin_steps(place: Path) -> None:
    five_steps("mvn", "-q", "-B", "-f", str(place / "pom.xml"), "exec:java")


def rust_check(place: Path) -> None:
    """Build the client, with its program as an example of the crate."""
    other_languages.CARGO.demand()
    (place / "examples").mkdir(exist_ok=True)
    shutil.copy(SOURCES / "rust" / "review.rs", place / "examples")
    with (place / "Cargo.toml").open("a", encoding="utf-8") as manifest:
        manifest.write(
            '[dev-dependencies]\ntokio = { version = "^1.46", features = ["macros", "rt", "time"] }\n'
        )
    run(["cargo", "build", "--quiet", "--example", "review"], place)


def rust_steps(place: Path) -> None:
    five_steps(str(place / "target" / "debug" / "examples" / "review"))


def typescript_steps(program: str, client: str = ".") -> Callable[[Path], None]:
    """Return a function that compiles a program with the generated client, and runs it."""

    def steps(place: Path) -> None:
        node = node_folder()
        folder = node / "programs" / program
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(place / client, folder / "client")
        shutil.copy(SOURCES / program / "review.ts", folder)
        # Generated imports have no file extensions, so the modules are CommonJS.
        (folder / "package.json").write_text('{"type": "commonjs"}\n', encoding="utf-8")
        modules = {"module": "commonjs", "moduleResolution": "node10", "noEmit": False, "outDir": "."}
        settings = {"extends": "../../tsconfig.json", "compilerOptions": modules, "files": ["review.ts"]}
        (folder / "tsconfig.json").write_text(json.dumps(settings), encoding="utf-8")
        run(["npx", "--no-install", "tsc", "--project", str(folder)], node)
        five_steps("node", str(folder / "review.js"))

    return steps


def five_steps(*program: str) -> None:
    """Run a program against a local control plane, and check its output."""
    local = [str(Path(sys.executable).parent / "helmr-local"), "run", "--tasks", "examples.tasks", "--"]
    printed = run([*local, *program], ROOT)
    lines = [line for line in other_languages.without_colours(printed).splitlines() if line]
    if lines != other_languages.EXPECTED:
        raise Failed(f"the program printed:\n{printed}")


def by_maven(place: Path) -> None:
    """Compile the client with its own pom.xml."""
    other_languages.MAVEN.demand()
    run(["mvn", "-q", "-B", "-Dmaven.test.skip=true", "compile"], place)


def each_file(pattern: str, *command: str) -> Callable[[Path], None]:
    """Return a function that checks the syntax of every file."""

    def check(place: Path) -> None:
        for path in sorted(place.rglob(pattern)):
            run([*command, str(path)], place)

    return check


GENERATORS = {
    one.name: one
    for one in [
        *(
            Generator(
                f"openapi-generator-{name}",
                language,
                "openapi-generator",
                by_openapi_generator,
                **cast("dict[str, Any]", more),
            )
            for name, language, more in [
                ("csharp", "C#", {"run_by": "no, needs the .NET SDK"}),
                ("dart", "Dart", {"run_by": "no, needs the Dart SDK"}),
                (
                    "go",
                    "Go",
                    {
                        "options": {"enumClassPrefix": "true"},
                        "settings": "`enumClassPrefix=true`, since two filters have a value `expired`",
                        "check": go_check,
                        "checked": "`go vet`",
                        "steps": go_steps,
                    },
                ),
                (
                    "java",
                    "Java",
                    {
                        "options": {"library": "native", "openApiNullable": "false"},
                        "settings": "`library=native`, `openApiNullable=false`",
                        "check": by_maven,
                        "checked": "`mvn compile`",
                        "run_by": "`make clients`",
                        "tools": (other_languages.JAVAC,),
                    },
                ),
                (
                    "kotlin",
                    "Kotlin",
                    {
                        "check": kotlin_check,
                        "checked": "`mvn compile`",
                        "steps": kotlin_steps,
                        "tools": (other_languages.JAVAC,),
                    },
                ),
                (
                    "php",
                    "PHP",
                    {
                        "check": each_file("*.php", "php", "-l"),
                        "checked": "`php -l`",
                        "steps": php_steps,
                        "tools": (PHP,),
                    },
                ),
                (
                    "python",
                    "Python",
                    {"check": imports("openapi_client"), "checked": "imported", "steps": python_steps},
                ),
                (
                    "ruby",
                    "Ruby",
                    {
                        "check": each_file("*.rb", "ruby", "-c"),
                        "checked": "`ruby -c`",
                        "steps": ruby_steps,
                        "tools": (RUBY,),
                    },
                ),
                (
                    "rust",
                    "Rust",
                    {
                        "options": {"packageVersion": "0.0.0"},
                        "settings": "`packageVersion=0.0.0`, since Cargo refuses a date as the version",
                        "check": rust_check,
                        "checked": "`cargo build`",
                        "steps": rust_steps,
                        "tools": (other_languages.CARGO,),
                    },
                ),
                ("swift6", "Swift", {"run_by": "no, needs Swift 6"}),
                (
                    "typescript-fetch",
                    "TypeScript",
                    {
                        "check": type_check,
                        "checked": "`tsc --strict`",
                        "steps": typescript_steps("typescript-fetch"),
                    },
                ),
            ]
        ),
        Generator(
            "ogen",
            "Go",
            "ogen",
            by_go("ogen", "--target", "{place}", "--package", "ogen", "--clean", "{document}"),
            check=go_vet,
            checked="`go vet`",
            steps=ogen_steps,
        ),
        Generator(
            "oapi",
            "Go",
            "oapi-codegen",
            by_go(
                *("oapi-codegen", "-package", "oapi", "-generate", "models,client"),
                *("-o", "{place}/helmr.gen.go", "{document}"),
            ),
            check=go_vet,
            checked="`go vet`",
            run_by="`make clients`",
        ),
        Generator(
            "hey-api",
            "TypeScript",
            "@hey-api/openapi-ts",
            by_node("openapi-ts", "-i", "{document}", "-o", "{place}/client", "-c", "@hey-api/client-fetch"),
            check=type_check,
            checked="`tsc --strict`",
            steps=typescript_steps("hey-api", "client"),
        ),
        Generator(
            "openapi-typescript",
            "TypeScript",
            "openapi-typescript",
            by_node("openapi-typescript", "{document}", "--output", "{place}/helmr.ts"),
            check=type_check,
            checked="`tsc --strict`",
            run_by="`make clients`",
        ),
        Generator(
            "orval",
            "TypeScript",
            "orval (zod)",
            by_node("orval", "--input", "{document}", "--output", "{place}/helmr.ts", "--client", "zod"),
            settings="`client: zod`",
            check=type_check,
            checked="`tsc --strict`",
            run_by="no, it makes schemas only",
        ),
        Generator(
            "datamodel-codegen",
            "Python",
            "datamodel-code-generator",
            by_datamodel_codegen,
            settings="`--output-model-type pydantic_v2.BaseModel`",
            check=imports("models"),
            checked="imported",
            run_by="no, it makes models only",
        ),
        Generator(
            "stock_client",
            "Python",
            "openapi-python-client",
            by_openapi_python_client,
            settings="`post_hooks: []`, unless ruff is on the PATH",
            check=imports("stock_client", own=True),
            checked="imported",
            steps=stock_steps,
        ),
    ]
}


def outcome(one: Generator) -> str:
    """Generate and check one client, and return the result."""
    begin = time.monotonic()
    place = BUILD / one.name
    try:
        if one.tool != "openapi-generator":
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
        one.make(place)
        if one.check is None:
            return "made"
        for tool in one.tools:
            try:
                tool.demand()
            except toolchains.Missing:
                return f"made, not checked: {tool.name} is not on this machine"
        one.check(place)
        if one.steps is not None:
            try:
                one.steps(place)
            except toolchains.Missing as missing:
                return f"checked, not run: {missing}"
    except toolchains.Missing as missing:
        print(f"  left out: {missing}", flush=True)
        return "left out, a tool is missing"
    except Failed as failed:
        print(f"  failed: {failed}", flush=True)
        return "FAILED"
    print(f"  {time.monotonic() - begin:.0f} s", flush=True)
    return "works"


def table(outcomes: dict[str, str]) -> str:
    rows = ["| Language | Generator | Needs | Checked by | Run by | Result |", "|" + " --- |" * 6]
    for one in sorted(GENERATORS.values(), key=lambda one: (one.language.lower(), one.tool.lower())):
        tool = (
            f"{one.tool} `{one.name.partition('-generator-')[2]}`" if "-generator-" in one.name else one.tool
        )
        cells = [one.language, tool, one.settings or "nothing", one.checked, one.run_by, outcomes[one.name]]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def rules_table() -> str:
    rows = ["| Rule | What it does |", "| --- | --- |"]
    for name, rule in client_rendering.RULES.items():
        words = " ".join((rule.__doc__ or "").split())
        rows.append(f"| `{name}` | {words} |")
    return "\n".join(rows) + "\n"


def filled(page: str, **tables: str) -> str:
    """Replace the tables between `<!-- NAME -->` and `<!-- end -->` in the page."""
    for name, text in tables.items():
        begin, end = f"<!-- {name} -->\n", "<!-- end -->"
        before, found, rest = page.partition(begin)
        if found:
            page = f"{before}{begin}{text}{end}{rest.partition(end)[2]}"
    return page


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(GENERATORS)}")
    parser.add_argument("--page", action="store_true", help="write the tables into docs/guides/generators.md")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in GENERATORS]:
        parser.error(f"no generator {unknown[0]!r}: there are {', '.join(GENERATORS)}")
    if options.page and options.names:
        parser.error("--page needs a run of all generators")

    BUILD.mkdir(parents=True, exist_ok=True)
    renderings.write()
    shutil.copy(ROOT / "build" / DOCUMENT.name, DOCUMENT)
    chosen = [GENERATORS[name] for name in options.names or GENERATORS]
    outcomes: dict[str, str] = {}
    in_batch = [one for one in chosen if one.tool == "openapi-generator"]
    try:
        if in_batch:
            batch(in_batch)
    except (toolchains.Missing, Failed) as error:
        print(f"openapi-generator: {error}", flush=True)
        state = "FAILED" if isinstance(error, Failed) else "left out, a tool is missing"
        outcomes |= {one.name: state for one in in_batch}
    for one in chosen:
        if one.name not in outcomes:
            print(f"{one.language}, {one.name}", flush=True)
            outcomes[one.name] = outcome(one)
    print("\n" + "\n".join(f"{name:<36} {state}" for name, state in outcomes.items()))
    if options.page:
        text = filled(PAGE.read_text(encoding="utf-8"), rules=rules_table(), generators=table(outcomes))
        other_languages.write_if_changed(PAGE, text)
    return 1 if "FAILED" in outcomes.values() else 0


if __name__ == "__main__":
    sys.exit(main())
