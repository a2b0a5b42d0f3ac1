"""The web page of helmr_local in a real browser: the content and actions of each view."""

from __future__ import annotations

import json
import socket
import threading
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from helmr_ergonomic import HelmrClient
from helmr_local import LocalHelmr
from tests.docs.browser import Chromium
from tests.page import tasks
from tests.page.tasks import HOSTILE
from tests.page.view import View

pytestmark = [pytest.mark.tool("chromium"), pytest.mark.timeout(300)]


def name() -> str:
    return f"name-{uuid.uuid4().hex[:12]}"


# --- the key ------------------------------------------------------------------------------------------------


def test_the_key_leaves_the_address_bar_and_stays_in_the_tab(view: View) -> None:
    view.open()
    view.shows("Sessions", "h1")
    assert view.page.evaluate("location.href.includes('key') || document.referrer") in (False, "")
    assert view.page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
    view.page.open(f"{view.helmr.url}/")
    view.shows("Sessions", "h1")


def test_the_page_asks_for_a_missing_key(view: View) -> None:
    view.page.open(f"{view.helmr.url}/")
    view.shows("API key", "h1")
    view.write("API key", view.helmr.api_key)
    view.click("Open")
    view.shows("Sessions", "h1")


def test_an_unknown_key_is_reported_and_forgotten(chromium: Chromium, helmr: LocalHelmr) -> None:
    with chromium.page() as page:
        page.open(f"{helmr.url}/#key=hlmr_sk_unknown")
        view = View(page, helmr)
        view.shows("The server does not know this key")
        assert page.evaluate("sessionStorage.length") == 0
        assert all("401" in error for error in page.errors)  # the browser logs the 401


# --- sessions -----------------------------------------------------------------------------------------------


def test_the_list_updates_live_and_can_be_filtered(view: View, client: HelmrClient) -> None:
    one, other, tag = name(), name(), name()
    client.sessions.start("talk", external_id=one, tags=[tag])
    view.open()
    view.shows(one)
    client.sessions.start("echo", 1, external_id=other)
    view.shows(other)

    view.write("External id", one)
    view.shows("1 session.")
    view.write("External id", "")
    view.write("Tag", tag)
    view.shows("1 session with this tag")
    view.write("Tag", "")
    view.write("Task", "echo")
    view.page.wait_until(f"!document.querySelector('main').innerText.includes({json.dumps(one)})")
    view.shows(other)
    view.write("Status", "closed")
    view.shows("No sessions.")
    assert view.page.evaluate("location.hash") == "#/sessions?status=closed&task=echo"


def test_a_session_is_started_used_and_closed(view: View, client: HelmrClient) -> None:
    external_id = name()
    view.open("start")
    view.write("Task", "talk")
    view.write("External id", external_id)
    view.write("Tags", "red, blue")
    view.write("Metadata", '{"number": 12345678901234567890}')
    view.click("Start")
    view.at("sessions/")
    view.shows(external_id)
    view.shows("waiting", "h1")
    assert client.sessions.open(external_id=external_id).retrieve().tags == ["blue", "red"]

    view.write("Data for messages", "{not JSON")
    view.click("Send to messages")
    view.shows("The data is not JSON")
    view.write("Data for messages", '{"big": 98765432109876543210}')
    view.click("Send to messages")
    view.shows('"big": 98765432109876543210', ".stream.is-output")
    view.shows("heard", ".logs")
    view.write("Data for messages", '"stop"')
    view.click("Send to messages")
    view.shows("succeeded", ".runs")
    view.shows("idle", "h1")

    view.click("Close")
    view.click("Close the session")
    view.shows("closed", "h1")
    assert client.sessions.open(external_id=external_id).retrieve().status == "closed"


def test_a_session_is_cancelled_with_a_reason(view: View, client: HelmrClient) -> None:
    started = client.sessions.start("talk")
    view.open(f"sessions/{started.session.id}")
    view.click("Cancel the session")
    view.write("Reason", "no longer needed")
    view.page.evaluate("document.querySelector('dialog .danger').click()")
    view.shows("TaskCancelled: no longer needed")
    view.shows("cancelled", ".runs")


# --- runs ---------------------------------------------------------------------------------------------------


def test_a_run_shows_payload_output_timeline_events_and_logs(view: View, client: HelmrClient) -> None:
    done = client.sessions.start_and_wait("echo", {"number": 7})
    view.open(f"runs/{done.run.id}")
    for heading in ("Payload", "Output", "Timeline", "Logs", "Events"):
        view.shows(heading)
    view.shows('"number": 7')
    view.shows("then succeeded", ".steps")
    view.shows("echoing", ".logs")
    view.shows("run.completed", ".events")
    assert "log.stdout" not in view.text(".events")
    view.page.evaluate("document.querySelector('label.check input').click()")
    view.shows("log.stdout", ".events")
    view.click("run.completed")
    view.shows('"exit_code": 0')


def test_a_failure_is_shown(view: View, client: HelmrClient) -> None:
    started = client.sessions.start("fail")
    view.open(f"runs/{started.run.id}")
    view.shows("Failure")
    view.shows("actor", ".error")
    view.shows("failed", "h1")


def test_an_active_run_is_watched_and_cancelled(view: View, client: HelmrClient) -> None:
    started = client.sessions.start("talk")
    view.open(f"runs/{started.run.id}")
    view.shows(": waiting ", ".steps")
    client.sessions.open(started.session).input("messages").send("news")
    view.shows("heard news", ".logs")
    view.click("Cancel the run")
    view.page.evaluate("document.querySelector('dialog input[type=checkbox]').click()")
    view.page.evaluate("document.querySelector('dialog .danger').click()")
    view.shows("cancelled", "h1")
    view.shows("then cancelled", ".steps")


CREATED = {"kind": "run.created", "at": "2026-01-01T00:00:00Z"}
LOGGED = {"kind": "log.stdout", "at": "2026-01-01T00:00:01Z", "run_lease_id": "a", "category": "log"}
FAILED = {"kind": "run.failed", "at": "2026-01-01T00:00:03Z", "run_lease_id": "a"}
AGAIN = {
    "kind": "run.retry_scheduled",
    "at": "2026-01-01T00:00:03Z",
    "attributes": {"next_attempt_number": 2, "retry_after": "2026-01-01T00:00:08Z"},
}
DONE = {"kind": "run.completed", "at": "2026-01-01T00:00:10Z", "run_lease_id": "b"}


TIMELINES = [
    ([], []),
    ([CREATED], [("queued", 60, 1, None)]),
    ([CREATED, LOGGED], [("queued", 1, 1, None), ("started", 59, 1, None)]),
    ([CREATED, FAILED], [("unseen", 3, 1, "failed")]),  # no event before its end
    (
        [CREATED, LOGGED, FAILED, AGAIN, DONE],
        [
            ("queued", 1, 1, None),
            ("started", 2, 1, "failed"),
            ("backoff", 5, 2, None),
            ("unseen", 2, 2, "succeeded"),
        ],
    ),
]


def test_a_timeline_is_derived_from_the_events(view: View) -> None:
    """Uses events of runs that the page did not watch, seen 60 seconds after the start."""
    view.page.open(f"{view.helmr.url}/")
    for events, expected in TIMELINES:
        parts = view.page.evaluate(
            "import('/page/timeline.js').then(timeline => timeline.segments("
            f"'an id', {json.dumps(events)}, Date.parse('2026-01-01T00:01:00Z')))"
        )
        assert [
            (part["state"], (part["to"] - part["from"]) / 1000, part["attempt"], part.get("end"))
            for part in parts
        ] == expected


# --- tokens -------------------------------------------------------------------------------------------------


def test_a_token_is_completed_and_its_run_continues(view: View, client: HelmrClient) -> None:
    started = client.sessions.start("ask")
    view.open("tokens")
    view.shows("review", ".tokens")
    view.page.evaluate("document.querySelector('.tokens .row a').click()")
    view.write("Data", '{"approved": true}')
    view.click("Complete")
    view.shows("completed", ".fields")
    view.go(f"runs/{started.run.id}")
    view.shows("Output")
    view.shows('"approved": true')


def test_a_token_is_cancelled(view: View, client: HelmrClient) -> None:
    token = client.tokens.create()
    view.open(f"tokens/{token.id}")
    view.click("Cancel the token")
    view.page.evaluate("document.querySelector('dialog .danger').click()")
    view.shows("cancelled", ".fields")
    assert client.tokens.retrieve(token.id).status == "cancelled"


# --- secrets and sandboxes ----------------------------------------------------------------------------------


def test_a_secret_is_set_and_deleted_without_showing_its_value(view: View, client: HelmrClient) -> None:
    secret = f"S{uuid.uuid4().hex}"
    view.open("secrets")
    view.write("Name", secret)
    view.write("Value", "the value that nobody sees")
    view.click("Set")
    view.shows(secret, "table")
    assert "nobody sees" not in str(view.page.evaluate("document.documentElement.outerHTML"))
    view.click("Delete")
    view.click("Delete the secret")
    view.page.wait_until(f"!document.querySelector('main').innerText.includes({secret!r})")


def test_a_schedule_is_deactivated_and_deleted(view: View) -> None:
    key, zone = name(), "Europe/Berlin"
    body = {
        "task": "ask",
        "cron": "0 3 * * *",
        "timezone": zone,
        "deduplication_key": key,
        "external_id": key,
    }
    headers = {"Authorization": f"Bearer {view.helmr.api_key}"}
    with httpx.Client(base_url=view.helmr.url, headers=headers, trust_env=False) as http:
        assert http.post("/api/schedules", json=body).status_code in (200, 201)
    view.open("schedules")
    view.shows(key)
    assert view.page.evaluate("document.querySelectorAll('td time').length") == 1
    view.click("Deactivate")
    view.shows("Activate")
    view.click("Delete")
    view.click("Delete the schedule")
    view.shows("No schedules.")


def test_a_schedule_is_created(view: View) -> None:
    key = name()
    view.open("schedules")
    view.write("Task", "ask")
    view.write("Cron", "0 3 * * *")
    view.write("Time zone", "Europe/Berlin")
    view.write("Key", key)
    view.write("External id", key)
    view.click("Create")
    view.shows(key, "table")
    view.shows("Europe/Berlin", "table")
    view.click("Delete")
    view.click("Delete the schedule")
    view.shows("No schedules.")


def test_sandboxes_are_listed(view: View) -> None:
    view.open("sandboxes")
    view.shows("python", "summary")


def test_the_files_of_a_workspace_are_shown_and_it_is_stopped_and_archived(
    view: View, client: HelmrClient
) -> None:
    workspace = client.workspaces.create("python", external_id=name())
    client.sessions.start_and_wait("write", workspace_id=workspace.id)
    view.open("workspaces")
    view.shows(str(workspace.external_id), "table")
    view.go(f"workspaces/{workspace.id}")
    view.shows("repo", "table")
    view.click("repo")
    view.click("<b>report.txt")
    view.shows("<img src=x> 2 findings", "pre")
    assert view.page.evaluate("document.querySelectorAll('pre img, table b').length") == 0
    view.click("Stop")
    view.shows("stopped", ".fields")
    view.click("Archive")
    view.click("Archive the workspace")
    view.shows("archived")
    assert client.workspaces.retrieve(workspace).state == "archived"


def test_a_command_and_a_terminal_run_in_a_workspace(view: View, client: HelmrClient) -> None:
    workspace = client.workspaces.create("python", external_id=name())
    page = view.page
    view.open(f"workspaces/{workspace.id}")
    view.write("Command", "echo '<img src=x onerror=\"window.hacked = 1\">'; echo wrong >&2; exit 3")
    view.click("Run")
    view.shows('<img src=x onerror="window.hacked = 1">', ".terminal")
    view.shows("wrong", ".terminal")
    view.shows("exited 3")
    view.shows("exit code 3", "table")

    view.click("Open a terminal")
    page.wait_until("document.activeElement.getAttribute('aria-label') === 'Input of the terminal'")
    page.type(r"printf 'over\r\033[31mun\033]0;t\007der\033[0m<b>\342\200\256\n'")
    page.press("Enter")
    view.shows("under<b><U+202E>", ".terminal")
    page.type("sleep 600")
    page.press("Enter")
    view.shows("sleep 600", ".terminal")
    view.click("Ctrl-C")
    (before,) = client.workspaces.ptys.list(workspace.id)
    page.resize(700, 900)
    page.wait_for(lambda: client.workspaces.ptys.list(workspace.id).all()[0].cols != before.cols, "a resize")
    page.type("echo $((40 + 2)) $(stty size)")
    page.press("Enter")
    (after,) = client.workspaces.ptys.list(workspace.id)
    view.shows(f"42 {after.rows} {after.cols}", ".terminal")

    view.go("workspaces")
    view.go(f"workspaces/{workspace.id}")
    view.click("Attach")
    view.shows("under<b>", ".terminal")
    view.click("Close")
    view.shows("closed")
    assert page.evaluate("document.querySelectorAll('main img, .terminal *').length") == 0
    assert page.evaluate("window.hacked") is None


OUTPUT = [
    (["one\r\ntwo\r\n"], "one\ntwo\n"),
    (["wrong\rright\x1b[K"], "right"),
    (["ends\bt", "\x1b[2Kwhole"], "    whole"),
    (["red: \x1b[3", "1mred\x1b[0m"], "red: red"),
    (["\x1b]0;ti", "tle\x07a\x1b]8;;http://x\x1b\\b\x1b(Bc\x1b=d"], "abcd"),
    (["gone\x1b[2J", "\x1b[Hstays"], "stays"),
    (["0123456789", "ab \rc\x1b[A\x1b[9Cx\x1b[Jy"], "012345678x\ny"),
    (["a\tb\x00\x0e", "\r\n\x9b\u202e"], "a       b\n<U+009B><U+202E>"),
    (["\x1b[999999A\x1b[7777;7777Hstill"], "still"),
    (["\x1b[" + "0" * 88, "1mok"], "\n".join(["[000000000", *["0000000000"] * 7, "0000000001", "mok"])),
]


def test_terminal_output_is_rendered_as_lines(view: View) -> None:
    view.open()
    for parts, shown in OUTPUT:
        written = view.page.evaluate(
            "import('/page/screen.js').then(({ Screen }) => { const screen = new Screen('x', 10);"
            f"{json.dumps(parts)}.forEach((part) => screen.take(part)); screen.drawNow();"
            "return screen.element.textContent })"
        )
        assert written == shown, parts


def test_a_view_is_hidden_if_the_server_lacks_its_operations(view: View) -> None:
    view.open()
    shown = view.page.evaluate(
        "import('/page/api.js').then(api => ['listSessions', 'noSuchOperation'].map(api.has))"
    )
    assert shown == [True, False]


# --- opening by id ------------------------------------------------------------------------------------------


def test_an_id_opens_its_session_or_run(view: View, client: HelmrClient) -> None:
    external_id = name()
    started = client.sessions.start("talk", external_id=external_id)
    view.open()
    for wanted, address in [
        (external_id, f"sessions/{started.session.id}"),
        (started.run.id, f"runs/{started.run.id}"),
        (started.session.id, f"sessions/{started.session.id}"),
    ]:
        view.write("Open a session, run or token by its id", wanted)
        view.page.evaluate("document.getElementById('go').requestSubmit()")
        view.at(address)


# --- content of hostile tasks -------------------------------------------------------------------------------


def test_hostile_content_is_shown_and_never_executed(view: View, client: HelmrClient) -> None:
    hostile = [text for text in HOSTILE if "\x00" not in text]
    started = client.sessions.start("hostile", dict.fromkeys(hostile, hostile), metadata={"m": HOSTILE[0]})
    client.sessions.start("hostile", 0, external_id=HOSTILE[0] + name(), tags=[HOSTILE[1], HOSTILE[5]])
    view.open()
    view.shows(HOSTILE[0], ".sessions")
    view.go(f"runs/{started.run.id}")
    view.shows("Failure")
    view.shows("yyy", ".logs")
    view.page.evaluate("void (document.querySelector('.logs').scrollTop = 0)")
    view.shows(HOSTILE[1], ".logs")
    view.shows("␛[31mred", ".logs")
    view.shows("<U+202E>gnp.exe<U+2066>", ".logs")
    view.go(f"sessions/{started.session.id}")
    view.shows(HOSTILE[2], ".records")
    view.shows("Show all 200002 characters", ".records")
    view.click("Show all 200002 characters")
    assert not set("\x1b\x07\x08\u202e\u2066\u200b") & set(view.text("body"))
    assert view.page.evaluate("window.hacked") is None
    assert view.page.evaluate("document.querySelectorAll('img, svg, iframe, main script').length") == 0


def test_the_browser_refuses_markup_from_strings(view: View) -> None:
    """With Trusted Types, even a bug in the page cannot turn a string into markup or code."""
    view.open()
    view.shows("Sessions", "h1")
    attempts = [
        "document.body.innerHTML = '<b>'",
        "document.write('x')",
        "new DOMParser().parseFromString('x', 'text/html')",
    ]
    for attempt in attempts:
        caught = f"(() => {{ try {{ {attempt}; return 'done' }} catch (error) {{ return error.name }} }})()"
        assert view.page.evaluate(caught) == "TypeError", attempt
    view.page.wait_for(
        lambda: len(view.page.errors) == len(attempts), "the browser's reports of these attempts"
    )
    view.page.errors.clear()


# --- keyboard, colours, small screens -----------------------------------------------------------------------


def test_everything_works_with_the_keyboard(view: View, client: HelmrClient) -> None:
    started = client.sessions.start("talk")
    view.open()
    view.shows(started.session.id)
    view.page.press("?")
    view.shows("Keyboard", "dialog")
    view.page.press("Escape")
    view.page.wait_until("!document.querySelector('dialog')")
    view.page.press("/")
    assert view.focused() == "External id"
    view.page.evaluate("document.activeElement.blur()")
    view.page.press("j")
    assert (
        view.page.evaluate("document.activeElement.getAttribute('href')")
        == f"#/sessions/{started.session.id}"
    )
    view.page.press("j")
    view.page.press("k")
    view.page.press("Enter")
    view.at(f"sessions/{started.session.id}")
    view.write("Data for messages", '"stop"')
    view.page.evaluate("document.querySelector('textarea').focus()")
    view.page.press("Enter", "ctrl")
    view.shows("idle", "h1")
    view.page.press("Tab")
    view.page.evaluate("document.activeElement.blur()")
    view.page.press("g")
    view.page.press("t")
    view.at("tokens")
    view.page.press("n")
    view.at("start")
    view.page.wait_until("document.activeElement.tagName === 'SELECT'")


def test_the_first_tab_stop_skips_to_the_content(view: View) -> None:
    view.page.open(f"{view.helmr.url}/#key={view.helmr.api_key}")
    view.shows("Sessions", "h1")
    view.page.press("Tab")
    assert view.focused() == "Skip to content"
    assert view.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    view.page.press("Enter")
    assert view.page.evaluate("document.activeElement.id") == "main"


CONTRAST = """
(() => {
  const channel = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number);
    return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b) };
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (!/, 0\\)$/.test(c) && c !== 'transparent') return c } };
  const poor = [];
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility()) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(e.outerHTML.slice(0, 120));
  }
  return poor;
})()
"""
UNLABELLED = """
[...document.querySelectorAll('input, select, textarea, button, [role=region], dialog')].filter(e =>
  e.checkVisibility() && !(e.labels?.length || e.getAttribute('aria-label')
  || e.getAttribute('aria-labelledby') || e.innerText?.trim())).map(e => e.outerHTML.slice(0, 120))
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360], ids=["desktop", "phone"])
def test_every_view_is_readable_labelled_and_fits_the_screen(
    chromium: Chromium, helmr: LocalHelmr, client: HelmrClient, dark: bool, width: int
) -> None:
    failed = client.sessions.start("fail", tags=["a-tag"])
    started = client.sessions.start("hostile", 0)
    token = client.tokens.create(metadata={"a": 1})
    with chromium.page(width=width, height=740, dark=dark) as page:
        view = View(page, helmr)
        view.open()
        for address, expected in [
            ("sessions", "a-tag" if width > 640 else "fail"),
            (f"sessions/{started.session.id}", "Send to messages"),
            (f"runs/{failed.run.id}", "Failure"),
            ("tokens", "pending"),
            (f"tokens/{token.id}", "Complete"),
            ("start", "Payload"),
            ("secrets", "Set a secret"),
            ("schedules", "Create a schedule"),
            ("sandboxes", "python"),
            ("workspaces", "python"),
            (f"workspaces/{started.session.workspace_id}", "initial empty workspace"),
        ]:
            view.go(address)
            view.shows(expected)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
            assert page.evaluate(CONTRAST) == [], address
            assert page.evaluate(UNLABELLED) == [], address
            assert page.evaluate("[...document.querySelectorAll('main, header, nav')].length") == 3
            assert page.evaluate("document.querySelectorAll('h1').length") == 1
        assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is dark
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(255, 255, 255)") is not dark
        assert page.errors == []


# --- large amounts of data ----------------------------------------------------------------------------------


def clone(helmr: LocalHelmr, table: str, copies: int, columns: dict[str, str]) -> None:
    """Fill a table with copies of its first row; `i` is the number of the copy in the SQL of `columns`."""

    def run(plane: Any) -> None:
        names = [row["name"] for row in plane.db.all(f"PRAGMA table_info({table})")]
        values = [columns.get(name, f"first.{name}") for name in names]
        with plane.db.transaction():
            plane.db.execute(
                f"WITH RECURSIVE counted(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted LIMIT {copies})"  # noqa: S608
                f" INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)}"
                f" FROM counted, (SELECT * FROM {table} ORDER BY no LIMIT 1) AS first"
            )

    helmr._server.on_loop(run)


IDS = {"no": "NULL", "id": "printf('01a21531-%04x-7000-8000-%012x', i / 65536, i)"}


def test_lists_with_a_hundred_thousand_items_stay_fast(chromium: Chromium) -> None:
    """With 100,000 sessions and tokens, the document contains only the visible rows."""
    with LocalHelmr(tasks=tasks) as helmr, helmr.client() as client, chromium.page() as page:
        client.sessions.start_and_wait("echo", 1, external_id="the first")
        client.tokens.create()
        older = {"external_id": "'number-' || i", "updated_at": "first.updated_at - i"}
        clone(helmr, "sessions", 100_000, IDS | older)
        new = {"idempotency_key": "NULL", "callback_hash": "CAST(i AS BLOB)"}
        clone(helmr, "tokens", 100_000, IDS | new)
        view = View(page, helmr)
        view.open()
        view.shows("200 sessions, the newest. The server lists no more than 200")
        page.press("j")
        page.press("End")
        view.shows("number-199", ".sessions")
        assert page.evaluate("document.querySelectorAll('.row').length") < 60
        view.write("External id", "number-99999")
        view.shows("1 session.")

        view.go("tokens")
        view.shows("500 tokens, and more below")
        page.evaluate("void (document.querySelector('.tokens.virtual').scrollTop = 1e9)")
        view.shows("1000 tokens, and more below")
        assert page.evaluate("document.querySelectorAll('.row').length") < 60
        assert page.errors == []


def test_a_run_with_many_events_is_shown_before_all_are_loaded(view: View, client: HelmrClient) -> None:
    done = client.sessions.start_and_wait("lines", 2_000, timeout_seconds=120)
    view.open(f"runs/{done.run.id}")
    view.shows("Payload")
    view.shows("line 1999", ".logs")
    view.shows("2000 of logs not shown")
    view.page.evaluate("document.querySelector('label.check input').click()")
    view.shows("2002 events")
    assert view.page.evaluate("document.querySelectorAll('.row').length") < 200


# --- broken connections -------------------------------------------------------------------------------------


def test_the_page_resumes_when_the_server_is_back(chromium: Chromium, tmp_path: Path) -> None:
    with socket.socket() as held:  # keeps other processes off the port while no server has it
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: both may bind it
        held.bind(("127.0.0.1", 0))
        helmr = LocalHelmr(tasks=tasks, database=tmp_path / "helmr.db", port=held.getsockname()[1])
        with helmr, chromium.page() as page:
            view = View(page, helmr)
            view.open()
            view.shows("No sessions.")
            helmr.stop()
            view.shows("The server does not respond", "#trouble")
            helmr.start()
            with helmr.client() as client:
                external_id = name()
                client.sessions.start("echo", 1, external_id=external_id)
            view.shows(external_id)
            assert view.text("#trouble") == ""


def test_a_hidden_tab_closes_its_streams_and_resumes_them(view: View, client: HelmrClient) -> None:
    started = client.sessions.start("talk")
    session = client.sessions.open(started.session)
    view.open(f"runs/{started.run.id}")
    session.input("messages").send("first")
    view.shows("heard first", ".logs")
    hide = "Object.defineProperty(document, 'hidden', {{configurable: true, value: {}}});"
    view.page.evaluate(hide.format("true") + "void document.dispatchEvent(new Event('visibilitychange'))")
    view.page.listen(0.1)
    requests = len(view.page.requested)
    session.input("messages").send("second")
    threading.Event().wait(0.2)
    view.page.listen()
    assert view.page.requested[requests:] == []
    view.page.evaluate(hide.format("false") + "void document.dispatchEvent(new Event('visibilitychange'))")
    view.shows("heard second", ".logs")
    assert view.text(".logs").count("heard first") == 1
    view.page.errors.clear()  # ignore the aborted streams
