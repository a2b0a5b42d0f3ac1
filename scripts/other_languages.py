"""Generate, compile and run clients in other languages: `python scripts/other_languages.py [LANGUAGE ...]`.

Each folder of `examples/other-languages/` is a small project with one program: it starts a session, sends
input, reads output, completes a token and handles a conflict. This chore copies the folder to
`build/clients/`, adds the rendering for clients, runs the commands in docs/guides/other-languages.md, and
then runs the program against a local control plane with the tasks of `examples.tasks`.

A language whose tools are missing is reported and skipped. `--page` updates the programs and commands in the
guide.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import renderings
import spec_rules
import toolchains

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "examples" / "other-languages"
BUILD = ROOT / "build" / "clients"
DOCUMENT = "openapi-client.yaml"
PAGE = ROOT / "docs" / "guides" / "other-languages.md"

# The output of each program.
EXPECTED = [
    "started a session, its run is queued",
    "sent input record 1",
    "read output: OWNER/REPO#42: the change reads well, waiting for approval",
    "token: completed",
    "conflict: the token was completed with other data",
]


class Failed(Exception):
    """A command of a client failed. The message is its output."""


@dataclass(frozen=True)
class Tool:
    """A required program on the PATH."""

    command: str
    oldest: tuple[int, int]
    name: str
    home: str
    ask: tuple[str, ...] = ("--version",)

    def demand(self) -> None:
        toolchains.find(self.command, self.oldest, self.ask, self.name, self.home)


NODE = Tool("node", toolchains.OLDEST_NODE, "Node.js", "https://nodejs.org")
NPM = Tool("npm", (10, 0), "npm, which comes with Node.js,", "https://nodejs.org")
GO = Tool("go", toolchains.OLDEST_GO, "Go", "https://go.dev/dl", ("version",))
JAVAC = Tool("javac", (17, 0), "A Java development kit", "https://adoptium.net")
MAVEN = Tool("mvn", (3, 8), "Maven", "https://maven.apache.org")
CARGO = Tool("cargo", (1, 88), "Rust", "https://rustup.rs")
CURL = Tool("curl", (7, 68), "curl", "https://curl.se")
JQ = Tool("jq", (1, 6), "jq", "https://jqlang.org")


@dataclass(frozen=True)
class Client:
    """A language: its folder, its tools and its commands."""

    folder: str
    language: str
    tools: tuple[Tool, ...]
    build: tuple[str, ...]
    run: str
    prepare: Callable[[Path], None] | None = None
    build_driver: str | None = None
    driver: str | None = None  # the command that `helmr-contract client` runs


def write_cargo_lock(place: Path) -> None:
    """Write Cargo.lock from crates.lock, which lacks only the address of the registry."""
    described = output_of(["cargo", "metadata", "--no-deps", "--offline", "--format-version", "1"], place)
    (source,) = {one["source"] for one in json.loads(described)["packages"][0]["dependencies"]}
    pinned = (place / "crates.lock").read_text(encoding="utf-8")
    lock = re.sub(r"^checksum = ", f'source = "{source}"\n\\g<0>', pinned, flags=re.MULTILINE)
    write_if_changed(place / "Cargo.lock", lock)


CLIENTS = {
    client.folder: client
    for client in [
        Client(
            folder="curl",
            language="curl",
            tools=(CURL, JQ),
            build=(),
            run="./review.sh",
        ),
        Client(
            folder="typescript",
            language="TypeScript",
            tools=(NODE, NPM),
            build=(
                "npm ci --no-audit --no-fund",
                "npx openapi-typescript openapi-client.yaml --output src/helmr.ts",
                "npx tsc",
            ),
            run="node out/review.js",
            driver="node out/driver.js",
        ),
        Client(
            folder="go",
            language="Go",
            tools=(GO,),
            build=("go generate ./helmr", "go vet ./...", "go build -o review ."),
            run="./review",
            build_driver="go build -o review-driver ./driver",
            driver="./review-driver",
        ),
        Client(
            folder="java",
            language="Java",
            tools=(JAVAC, MAVEN),
            build=("mvn --quiet --batch-mode compile",),
            run="mvn --quiet --batch-mode exec:java",
            # The driver is started without Maven, which writes to the standard output as well.
            build_driver="mvn --quiet --batch-mode exec:exec -Dexec.executable=echo"
            " '-Dexec.args=-cp %classpath' -Dexec.outputFile=target/java-arguments",
            driver="java @target/java-arguments example.Driver",
        ),
        Client(
            folder="rust",
            language="Rust",
            tools=(CARGO,),
            build=("cargo build --locked",),
            run="target/debug/review",
            driver="target/debug/driver",
            prepare=write_cargo_lock,
        ),
    ]
}


def try_out(client: Client) -> None:
    """Generate, compile and run one client.

    Raises:
        toolchains.Missing: a tool of its language is not installed.
        Failed: a command failed, or the program's output is not as expected.
    """
    for tool in client.tools:
        tool.demand()
    place = BUILD / client.folder
    shutil.copytree(SOURCES / client.folder, place, dirs_exist_ok=True)
    if client.build:
        document = renderings.to_yaml(renderings.to_client(spec_rules.load(ROOT / "openapi.yaml")))
        write_if_changed(place / DOCUMENT, document)
    if client.prepare is not None:
        client.prepare(place)
    for command in client.build:
        output_of(shlex.split(command), place, shown=command)
    local = [str(Path(sys.executable).parent / "helmr-local"), "run", "--tasks", "examples.tasks", "--"]
    printed = output_of([*local, *shlex.split(client.run)], place, shown=client.run)
    lines = [line for line in without_colours(printed).splitlines() if line]
    print("\n".join(f"    {line}" for line in lines), flush=True)
    if lines != EXPECTED:
        raise Failed("expected the program to print:\n" + "\n".join(EXPECTED))
    if client.build_driver is not None:
        output_of(shlex.split(client.build_driver), place, shown=client.build_driver)
    if client.driver is not None:
        contract = [str(Path(sys.executable).parent / "helmr-contract"), "client", "--"]
        output = output_of([*contract, *shlex.split(client.driver)], place, shown=client.driver)
        print("\n".join(f"    {line}" for line in output.splitlines()[-6:]), flush=True)
        check_names(output)


def check_names(output: str) -> None:
    """Refuse a driver that names calls or scenarios that do not exist, which the command only notes."""
    for line in output.splitlines():
        if "do not exist: " in line:
            raise Failed(line.removeprefix("note").strip())


def output_of(command: Sequence[str], place: Path, *, shown: str = "") -> str:
    """Run a command in the client's folder, and return its output."""
    begin = time.monotonic()
    if shown:
        print(f"  $ {shown}", end="", flush=True)
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if shown:
        print(f"  ({time.monotonic() - begin:.1f} s)", flush=True)
    if done.returncode != 0:
        raise Failed(
            f"{shlex.join(command)}: exit status {done.returncode}\n{done.stdout}{done.stderr}".rstrip()
        )
    return done.stdout


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def write_if_changed(path: Path, text: str) -> None:
    """Write a file if its content changes, so that build tools do not rebuild without need."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def filled(page: str) -> str:
    """Return the guide with the current programs and commands in its blocks.

    A block with `title="FOLDER/FILE"` contains that file, and one with `title="FOLDER"` the commands of that
    client.
    """

    def fill(block: re.Match[str]) -> str:
        folder, _, file = block["title"].partition("/")
        client = CLIENTS[folder]
        text = (
            (SOURCES / folder / file).read_text(encoding="utf-8")
            if file
            else "\n".join([*client.build, client.run]) + "\n"
        )
        return f"{block['head']}{text}```\n"

    return re.sub(
        r'(?P<head>^```\w+ title="(?P<title>[^"]+)"\n)(?:(?!```).*\n)*?```\n', fill, page, flags=re.MULTILINE
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help=f"of {', '.join(CLIENTS)}")
    parser.add_argument("--page", action="store_true", help="update the programs and commands in the guide")
    options = parser.parse_args()
    if unknown := [name for name in options.languages if name not in CLIENTS]:
        parser.error(f"no client {unknown[0]!r}: there are {', '.join(CLIENTS)}")
    if options.page:
        write_if_changed(PAGE, filled(PAGE.read_text(encoding="utf-8")))
        return 0

    outcomes: dict[str, str] = {}
    for name in options.languages or CLIENTS:
        client = CLIENTS[name]
        begin = time.monotonic()
        print(f"{client.language}", flush=True)
        try:
            try_out(client)
        except toolchains.Missing as missing:
            print(f"  left out: {missing}", flush=True)
            outcomes[name] = "left out, a tool is missing"
        except Failed as failed:
            print(f"  failed: {failed}", flush=True)
            outcomes[name] = "FAILED"
        else:
            outcomes[name] = f"works, {time.monotonic() - begin:.0f} s"
    print("\n" + "\n".join(f"{CLIENTS[name].language:<11} {outcome}" for name, outcome in outcomes.items()))
    return 0 if all(outcome.startswith("works") for outcome in outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
