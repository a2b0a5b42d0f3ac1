"""Every program in `examples/` runs as its docstring says and does what it demonstrates."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import io
import os
import pty
import re
import signal
import socketserver
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest
from rich.console import Console

from examples import approval_by_email, follow_run, many_starts, webhook, workspace_agent
from examples.review import ReviewRequest
from helmr_ergonomic import (
    AsyncHelmrClient,
    HelmrClient,
    InputStream,
    OutputStream,
    RetryBackoff,
    RetryPolicy,
    Token,
    errors,
    task,
)
from helmr_local import LocalHelmr, LocalSettings, TaskContext, TaskExit, implement

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
HELMR_LOCAL = str(BIN / "helmr-local")
HASTE = LocalSettings(sweep_interval=0.05, continuation_interval=0.02, log_tick=0.02)


def program(*command: str, environ: dict[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*command],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith(("HELMR_", "PYTEST_"))}
        | {"PYTHONUNBUFFERED": "1"}
        | (environ or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def ended(process: subprocess.Popen[str], seconds: float = 120) -> tuple[int, str, str]:
    with process:
        try:
            out, err = process.communicate(timeout=seconds)
        finally:
            process.kill()
    return process.returncode, out, err


def under_local_control_plane(*command: str, **options: Any) -> subprocess.Popen[str]:
    return program(HELMR_LOCAL, "run", "--tasks", "examples.tasks", "--", sys.executable, *command, **options)


def test_every_example_is_tested_and_documented() -> None:
    """A new example needs a test here, and a docstring that says how to run it."""
    known = {
        "review",  # definitions that the other examples import
        "tasks",  # tasks for the control planes of these tests
        "session_start",
        "webhook",
        "test_webhook",
        "approval_by_email",
        "many_starts",
        "follow_run",
        "workspace_agent",
        "nightly_report",
        "test_nightly_report",
    }
    found = {path.stem: path for path in (ROOT / "examples").glob("*.py") if path.stem != "__init__"}
    assert set(found) == known
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, path in found.items():
        assert f"examples/{name}.py" in readme or name == "review", f"the README does not name {name}"
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert text, f"{name} has no docstring"
        assert name == "review" or f"examples.{name}" in text or f"examples/{name}" in text


# The seed page ----------------------------------------------------------------------------------------------


def test_the_seed_page_runs_as_in_make_demo() -> None:
    recipe = "@$(BIN)/helmr-local run --tasks examples.tasks -- $(BIN)/python -m examples.session_start\n"
    assert f"\t{recipe}" in (ROOT / "Makefile").read_text(encoding="utf-8")

    process = under_local_control_plane("-m", "examples.session_start", start_new_session=True)
    code, out, err = ended(process)
    assert (code, err) == (0, "")
    with pytest.raises(ProcessLookupError):  # no process of it is left
        os.killpg(process.pid, signal.SIGTERM)

    steps = re.split(r"^\d+\. ", out, flags=re.MULTILINE)[1:]
    assert re.findall(r"^(\d+)\. ", out, flags=re.MULTILINE) == [str(n) for n in range(1, 10)]
    shown = [dict(re.findall(r"^   (.+?): (.*)$", step, flags=re.MULTILINE)) for step in steps]
    approved = "Report(summary='OWNER/REPO#42: approved by email:reviewer@example.com')"
    assert shown[0].keys() == {"session", "run"}
    assert shown[1] == {"same session": "True", "is_cached": "True"}
    assert shown[2]["session"] != shown[0]["session"]
    assert shown[3] == {"status": "succeeded", "output": approved}
    assert "'run.created'" in shown[4]["events"]
    assert shown[5] == {"sequence": "1"}
    assert shown[6] == {"#1": "OWNER/REPO#42: the change reads well, waiting for approval"}
    assert shown[7] == {"completion": "completed", "run": "succeeded", "output": approved}
    assert shown[8] == {"response": "200 completed", "decision": "{'approved': True}"}
    assert out.endswith("\nEvery call of the page worked.\n")


# An agent in a workspace ------------------------------------------------------------------------------------


def agent(helmr: LocalHelmr) -> tuple[int, str, str]:
    return ended(program(sys.executable, "-m", "examples.workspace_agent", environ=helmr.environ()))


def test_the_agent_runs_the_tests_of_its_program_and_unmounts_the_workspace() -> None:
    with LocalHelmr() as helmr, helmr.client() as client:
        code, out, err = agent(helmr)
        assert (code, err) == (0, "")
        assert "Ran 1 test" in out
        assert out.endswith('OK\nexit code: 0\nreport: {"ran": 1, "failed": 0}\n')
        (workspace,) = client.workspaces.list(tag="agent").all()
        assert workspace.state == "archived"
        assert [one.state for one in client.workspaces.execs.list(workspace)] == ["exited", "exited"]
        assert workspace.files.read_text("/roman/roman.py") == workspace_agent.PROGRAM["roman.py"]


def test_the_agent_reports_a_failure_and_still_cleans_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalHelmr() as helmr, helmr.client() as client:
        for name, value in helmr.environ().items():
            monkeypatch.setenv(name, value)
        broken = workspace_agent.PROGRAM | {"roman.py": "def roman(number): return 'I'"}
        monkeypatch.setattr(workspace_agent, "PROGRAM", broken)
        assert workspace_agent.main() is False
        monkeypatch.setattr(workspace_agent, "PROGRAM", {"roman.py": "x" * 10, "../up.py": ""})
        with contextlib.suppress(errors.CommandFailedError):  # not every tar rejects `..`
            workspace_agent.main()
        assert {one.state for one in client.workspaces.list(tag="agent")} == {"archived"}


# A webhook --------------------------------------------------------------------------------------------------


def test_the_webhook_passes_its_own_tests() -> None:
    """`examples/test_webhook.py` is also an example. It needs only these two plugins."""
    plugins = ["-p", "helmr_local.pytest_plugin", "-p", "anyio.pytest_plugin", "-p", "no:cacheprovider"]
    code, out, err = ended(
        program(
            *[str(BIN / "pytest"), "-q", *plugins, "examples/test_webhook.py"],
            environ={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        )
    )
    assert code == 0, out + err
    assert "7 passed" in out


def test_the_nightly_report_runs_as_documented_and_passes_its_own_tests() -> None:
    command = [HELMR_LOCAL, "run", "--tasks", "examples.nightly_report", "--", sys.executable]
    code, out, err = ended(program(*command, "-m", "examples.nightly_report"))
    assert code == 0, err
    assert re.fullmatch(r"0 3 \* \* \* Europe/Berlin, next: \d{4}-\d\d-\d\d 0[12]:00:00\+00:00\n", out)
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:schemathesis")  # a second of processor time to load
    tests = program(str(BIN / "pytest"), *options, "examples/test_nightly_report.py")
    code, out, err = ended(tests)
    assert code == 0, out + err
    assert "2 passed" in out


@pytest.mark.parametrize(
    ("missing", "error", "says"),
    [
        ("GITHUB_WEBHOOK_SECRET", RuntimeError, "set GITHUB_WEBHOOK_SECRET"),
        ("HELMR_API_URL", errors.ConfigurationError, "set the environment variable HELMR_API_URL"),
        ("HELMR_API_KEY", errors.ConfigurationError, "set the environment variable HELMR_API_KEY"),
    ],
)
def test_the_webhook_does_not_start_without_its_configuration(
    monkeypatch: pytest.MonkeyPatch, missing: str, error: type[Exception], says: str
) -> None:
    given = {
        "GITHUB_WEBHOOK_SECRET": "secret",
        "HELMR_API_URL": "https://helmr.example.test",
        "HELMR_API_KEY": "key",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value if name != missing else "")

    async def start() -> None:
        async with webhook.lifespan(webhook.app):
            raise AssertionError("it started")

    with pytest.raises(error, match=says):
        asyncio.run(start())


# An approval by e-mail --------------------------------------------------------------------------------------


class Mailbox(socketserver.ThreadingTCPServer):
    """Receives mail by SMTP and stores it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Smtp)
        self.mails: list[Any] = []
        self.came = threading.Event()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Smtp(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"220 mailbox\r\n")
        for line in self.rfile:
            command = line[:4].upper()
            if command == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                assert isinstance(self.server, Mailbox)
                self.server.mails.append(message_from_bytes(text, policy=policy.default))
                self.server.came.set()
            self.wfile.write(b"221 bye\r\n" if command == b"QUIT" else b"250 ok\r\n")
            if command == b"QUIT":
                return


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as box:
        thread = threading.Thread(target=box.serve_forever, args=(0.01,))
        thread.start()
        yield box
        box.shutdown()
        thread.join()


@contextmanager
def approval_page(url: str) -> Iterator[tuple[str, list[str]]]:
    """Run the page under uvicorn, as its docstring says. Yields its URL and its output, complete at exit."""
    written: list[str] = []
    process = program(
        *[str(BIN / "uvicorn"), "--no-access-log", "--port", "0", "examples.approval_by_email:app"],
        environ={"HELMR_API_URL": url},
    )
    with process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                written.append(line)
                if running := re.search(r"running on (http://127\.0\.0\.1:\d+)", line):
                    yield running[1], written
                    break
            else:
                raise AssertionError("".join(written))
            process.terminate()
            written += process.communicate(timeout=30)
        finally:
            process.kill()


def test_an_approval_by_email(mailbox: Mailbox) -> None:
    """From the question on the command line, through the mail and the page, to the exit status."""
    with LocalHelmr() as helmr, helmr.client() as client, approval_page(helmr.url) as (page, written):
        asking = program(
            *[sys.executable, "-m", "examples.approval_by_email", "reviewer@example.com", "Release 1.2?"],
            environ=helmr.environ() | {"SMTP_HOST": mailbox.address, "APPROVAL_PAGE_URL": page},
        )
        try:
            assert mailbox.came.wait(30)
            (mail,) = mailbox.mails
            assert (mail["To"], mail["Subject"]) == ("reviewer@example.com", "Release 1.2?")
            (link,) = (word for word in mail.get_content().split() if word.startswith("http"))
            assert link.startswith(f"{page}/approvals/")

            with httpx.Client(trust_env=False) as browser:
                shown = browser.get(link)
                assert shown.status_code == 200
                assert shown.headers["Referrer-Policy"] == "no-referrer"
                assert shown.headers["Cache-Control"] == "no-store"
                (token,) = client.tokens.list()
                assert token.is_pending  # opening the link decides nothing
                assert asking.poll() is None
                yes, no = (
                    str(shown.url.join(unescape(action)))
                    for action in re.findall(r'formaction="([^"]+)"', shown.text)
                )
                assert "Thank you" in browser.post(yes).text
                assert ended(asking) == (0, "reviewer@example.com: yes\n", "")
                assert browser.post(yes).status_code == 200  # a second click
                assert browser.post(no).status_code == 409
        finally:
            asking.kill()
        assert client.tokens.retrieve(token).data == {"approved": True}
        credential = str(httpx.URL(link).params["credential"])
    assert len(credential) > 20
    assert credential not in "".join(written)


@asynccontextmanager
async def visitor() -> AsyncIterator[httpx.AsyncClient]:
    app = approval_by_email.app
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as http,
    ):
        yield http


def decide_by_link(token: Token, credential: str | None = None, *, approved: str = "false") -> int:
    """Decide with this link and return the status of the page."""
    query = {"credential": credential or token.public_access_token, "approved": approved}

    async def post() -> int:
        async with visitor() as http:
            return (await http.post(f"/approvals/{token.id}", params=query)).status_code

    return asyncio.run(post())


@pytest.mark.sends_invalid_requests("a link that someone changed has an invalid token id")
def test_invalid_links_do_not_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalHelmr(settings=HASTE) as helmr, helmr.client() as client:
        monkeypatch.setenv("HELMR_API_URL", helmr.url)
        monkeypatch.delenv("HELMR_API_KEY", raising=False)
        one, other = client.tokens.create(timeout="1h"), client.tokens.create(timeout="1h")
        assert decide_by_link(one, other.public_access_token) == 404
        assert decide_by_link(one, "made up") == 404
        assert decide_by_link(one, "made-up") == 404
        assert decide_by_link(one, approved="perhaps") == 422
        assert client.tokens.retrieve(one).is_pending
        client.tokens.cancel(other)
        assert decide_by_link(other) == 409
        late = client.tokens.create(timeout="1ms")
        assert client.tokens.wait(late).ok is False
        assert decide_by_link(late) == 410
        assert decide_by_link(one) == 200
        assert client.tokens.retrieve(one).unwrap() == {"approved": False}
    assert decide_by_link(one) == 503


def test_a_rejection_and_a_missing_decision_have_different_exit_statuses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with LocalHelmr() as helmr, helmr.client() as client:
        for name, value in helmr.environ().items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("SMTP_HOST", raising=False)

        def decide(act: Callable[[Any], Any]) -> int:
            known = {token.id for token in client.tokens.list()}

            def decide_the_next() -> None:
                given_up = monotonic() + 30
                while not (new := [token for token in client.tokens.list() if token.id not in known]):
                    assert monotonic() < given_up
                act(new[0])

            somebody = threading.Thread(target=decide_the_next)
            somebody.start()
            try:
                return approval_by_email.main("reviewer@example.com", "Ship it?")
            finally:
                somebody.join()

        assert decide(lambda token: client.tokens.complete(token, {"approved": False})) == 1
        out = capsys.readouterr().out
        assert "To: reviewer@example.com" in out
        assert out.endswith("reviewer@example.com: no\n")
        assert decide(lambda token: client.tokens.cancel(token)) == 2
        assert "no decision: token " in capsys.readouterr().err


# Many starts ------------------------------------------------------------------------------------------------


class Counting(httpx.AsyncHTTPTransport):
    """Counts concurrent requests."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = self.all = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.now += 1
        self.all += 1
        self.most = max(self.most, self.now)
        try:
            return await super().handle_async_request(request)
        finally:
            self.now -= 1


def test_many_starts_run_with_limited_concurrency() -> None:
    requests = [ReviewRequest("OWNER", "REPO", number) for number in range(1, 41)]
    counting = Counting()

    async def start(helmr: LocalHelmr) -> Any:
        async with (
            httpx.AsyncClient(transport=counting, trust_env=False) as http,
            AsyncHelmrClient(helmr.url, helmr.api_key, http_client=http) as client,
        ):
            return await many_starts.start_all(client, requests, at_once=7)

    with LocalHelmr("examples.tasks") as helmr, helmr.client() as client:
        ended_before = client.sessions.start(
            "review-pull-request",
            {"owner": "OWNER", "repo": "REPO", "prNumber": 3},
            external_id="github:OWNER/REPO#3",
        )
        client.sessions.cancel(ended_before.session)
        outcomes = asyncio.run(start(helmr))
        assert isinstance(outcomes[2], errors.ConflictError)
        assert outcomes[2].code == "session_terminal"
        started = [one for one in outcomes if not isinstance(one, errors.HelmrError)]
        assert [one.session.external_id for one in started] == [
            f"github:OWNER/REPO#{number}" for number in range(1, 41) if number != 3
        ]
        assert (counting.most, counting.all) == (7, 40)
        assert len(client.sessions.list(limit=200).all()) == 40


def test_many_starts_from_the_command_line() -> None:
    script = (
        "import subprocess, sys\n"
        "command = [sys.executable, '-m', 'examples.many_starts', 'OWNER/REPO', '1', '2', '3']\n"
        "first, again = (subprocess.run(command, capture_output=True, text=True) for _ in range(2))\n"
        "assert first.returncode == again.returncode == 0, first.stderr + again.stderr\n"
        "sessions = [[line.split()[1] for line in done.stdout.splitlines()] for done in (first, again)]\n"
        "assert sessions[0] == sessions[1], sessions\n"
        "print(first.stdout, end='')\n"
    )
    code, out, err = ended(under_local_control_plane("-c", script))
    assert (code, err) == (0, "")
    assert re.fullmatch(r"(#[123]: [0-9a-f-]{36} \((queued|running|waiting)\)\n){3}", out)


def test_failed_starts_are_listed() -> None:
    with LocalHelmr() as helmr:  # no task is deployed
        code, out, err = ended(
            program(
                *[sys.executable, "-m", "examples.many_starts", "OWNER/REPO", "1", "2"],
                environ=helmr.environ(),
            )
        )
    assert (code, out) == (1, "")
    assert [line.split(": ")[0] for line in err.splitlines()] == ["#1", "#2"]
    assert "`tasks.list` lists what is deployed" in err


# Following a run --------------------------------------------------------------------------------------------

go_on = InputStream("go-on", int)
progress = OutputStream("progress", dict[str, Any])
talk = task("talk", payload=dict[str, int], output=str)


@implement(talk, inputs=[go_on], outputs=[progress])
def do_talk(ctx: TaskContext[dict[str, int]]) -> str:
    """Write output that is hard to display, then wait."""
    ctx.stdout.write("one l")
    ctx.stderr.write("warning: [bold]no markup[/bold]\n")
    ctx.stdout.write("ine in two chunks: größer\r\n")
    ctx.stdout.write("\x1b[31mred\x1b[0m, not \x1b[2Jcleared\n")
    ctx.stdout.write("x" * 200 + "\n")
    ctx.output(progress).append({"done": 1})
    if ctx.run.attempt_number == 1:
        ctx.stdout.write("the last words of the first attempt")
        raise TaskExit(3)
    ctx.input(go_on).wait().unwrap()
    ctx.stdout.write("no end of line")
    return "[done]"


RETRY = RetryPolicy(2, backoff=RetryBackoff(min_ms=1, jitter="none"))


@pytest.fixture
def talking() -> Iterator[tuple[LocalHelmr, HelmrClient]]:
    with LocalHelmr([do_talk], settings=HASTE) as helmr, helmr.client() as client:
        yield helmr, client


def test_following_a_run_shows_all_of_it(talking: tuple[LocalHelmr, HelmrClient]) -> None:
    helmr, client = talking
    started = client.sessions.start(talk, {"n": 1}, retry=RETRY)
    client.sessions.open(started.session).input(go_on).send(1)
    screen = io.StringIO()

    async def follow() -> bool:
        async with helmr.async_client() as watching:
            run = await watching.runs.retrieve(started.run.id)
            return await follow_run.follow(watching, run, Console(file=screen, width=80))

    assert asyncio.run(follow()) is True
    shown = screen.getvalue()
    lines = shown.splitlines()
    for line in [
        "one line in two chunks: größer",
        "warning: [bold]no markup[/bold]",
        "red, not cleared",
        "x" * 200,
    ]:
        assert lines.count(line) == 2, f"{line!r} must appear in both attempts as written"
    assert [line for line in lines if line.startswith("progress #")] == ["progress #1", "progress #2"]
    assert lines.count("{'done': 1}") == 2
    assert lines.count("the last words of the first attempt") == 1
    assert lines.count("no end of line") == 1
    assert lines[-2:] == ["talk succeeded", "'[done]'"]
    assert "\x1b[2J" not in shown


def test_following_a_run_that_fails(talking: tuple[LocalHelmr, HelmrClient]) -> None:
    helmr, client = talking
    client.sessions.start(talk, {"n": 1})
    code, out, err = ended(
        program(sys.executable, "-m", "examples.follow_run", environ=helmr.environ())  # the newest run
    )
    assert (code, err) == (1, "")
    assert out.splitlines()[-1].endswith("failed: the task exited with code 3")


def test_following_a_run_live_in_a_terminal(talking: tuple[LocalHelmr, HelmrClient]) -> None:
    """A run's output appears as it is written, with colours but without other escape sequences."""
    helmr, client = talking
    started = client.sessions.start(talk, {"n": 1}, retry=RETRY)
    ours, theirs = pty.openpty()
    watching = subprocess.Popen(
        [sys.executable, "-m", "examples.follow_run", started.run.id],
        cwd=ROOT,
        env=os.environ | helmr.environ() | {"TERM": "xterm-256color"},
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    try:
        with os.fdopen(ours, "rb", buffering=0) as screen:
            given_up = monotonic() + 30
            while not (b"progress #2" in seen and b", attempt 2" in seen):
                assert monotonic() < given_up, f"the screen only shows: {seen!r}"
                seen += screen.read(4096)
            assert not client.runs.retrieve(started.run).is_terminal
            client.sessions.open(started.session).input(go_on).send(1)
            try:
                while more := screen.read(4096):
                    seen += more
            except OSError:  # a terminal reports the end of its program like this
                pass
        assert watching.wait(timeout=30) == 0
    finally:
        watching.kill()
        watching.wait()
    text = seen.decode()
    assert "\x1b[31mred" in text
    assert "\x1b[2J" not in text
    assert "talk succeeded" in text


def test_following_without_any_run() -> None:
    code, out, err = ended(under_local_control_plane("-m", "examples.follow_run"))
    assert (code, out, err) == (1, "", "there is no run yet\n")


def test_following_an_unknown_run() -> None:
    nobody = "0190a1b2-0000-7000-8000-000000000000"
    code, out, err = ended(under_local_control_plane("-m", "examples.follow_run", nobody))
    assert (code, out) == (1, "")
    assert err.startswith("follow_run: ")
    assert err.count("\n") == 1
